"""How the oracle stands, over RPC on the real runtime."""

import pytest

from genesis.notation import decimal_of
from runtime.pallets.oracle import Feed
from tests.rpc.clients import request
from tests.rpc.real_node import RealNode
from tests.rpc.support import serving


async def test_health_names_members_and_feeds() -> None:
    node = RealNode(feeds=(Feed(b"agpu/usd", 6),))
    async with serving(node) as server:
        found = await server.call("oracle_health")
    (feed,) = found.pop("feeds")
    assert found == {"members": [], "jailed": [], "round": 0, "roundBlocks": 5}
    assert feed == {
        "id": 0,
        "name": "agpu/usd",
        "decimals": 6,
        "value": None,
        "average": None,
        "observedAt": 0,
        "updatedAt": 0,
        "reports": 0,
        "isHealthy": False,
        "round": 0,
        "committed": 0,
        "revealed": 0,
    }


async def test_the_health_of_no_block_is_refused() -> None:
    async with serving(RealNode()) as server:
        error = (await server.post(request("oracle_health", "0x00")))["error"]
    assert error["code"] == -32602


@pytest.mark.parametrize(
    ("units", "decimals", "shown"),
    [(250_000, 6, "0.250000"), (7, 0, "7"), (1, 3, "0.001")],
)
def test_a_value_is_shown_with_all_of_its_digits(units: int, decimals: int, shown: str) -> None:
    assert decimal_of(units, decimals) == shown
