"""Point 5: a new full node joins from genesis and has the same state at every height."""

from pathlib import Path

import pytest

from tests.e2e.commands import lone_node, rpc, starminer, until_final
from tests.e2e.devnet import Devnet

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def roots(port: int, numbers: list[int]) -> list[tuple[str, str]]:
    """Return the hash and the state root of blocks."""
    hashes = rpc(port, "chain_getBlockHash", numbers)
    return [(found, rpc(port, "chain_getHeader", found)["stateRoot"]) for found in hashes]


def test_req_c2_a_new_full_node_has_the_state_roots_of_the_others(
    devnet: Devnet, tmp_path: Path
) -> None:
    head = devnet.advance(2)
    peers = ("--bootnodes", devnet.node("bob").peer_address)
    with lone_node(tmp_path / "newcomer", "--chain", "local", *peers) as newcomer:
        until_final(newcomer.rpc, head)
        numbers = [0, 1, head // 2, head]
        assert roots(newcomer.rpc, numbers) == roots(devnet.port(), numbers)
        until_final(newcomer.rpc, head + 2)
        words = ("query", "account", "//Alice", "--at", head, "--output", "json")
        found = starminer(*words, "--rpc", newcomer.url).json()
        assert found == starminer(*words, "--rpc", devnet.url()).json()
