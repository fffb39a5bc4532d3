"""How the oracle stands, over RPC on the real runtime."""

import pytest

from tests.rpc.clients import request
from tests.rpc.real_node import RealNode
from tests.rpc.support import serving


async def test_health_names_members_and_feeds() -> None:
    node = RealNode()
    async with serving(node) as server:
        found = await server.call("oracle_health")
        assert found == {
            "members": [],
            "jailed": [],
            "round": 0,
            "roundBlocks": 20,
            "feeds": [],
        }
        with pytest.raises(Exception, match="wanted"):
            await server.call("oracle_health", "0x00")


__all__ = ["request"]
