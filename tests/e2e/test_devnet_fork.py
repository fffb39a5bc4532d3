"""A devnet that goes on from the state of a running one, with fewer authorities than it has."""

from collections.abc import Iterator

import pytest

from cli.devnet.fork import VALIDATORS
from cli.sdk.client import enhex
from genesis.notation import parse_account
from runtime.frame.storage import storage_prefix
from runtime.primitives.hashing import BLAKE2_128_CONCAT
from tests.e2e.commands import lone_node, rpc, starminer, until, until_final
from tests.e2e.conftest import DEADLINE
from tests.e2e.devnet import AGPU, Devnet

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

MOST_ACCOUNTS = 500


@pytest.fixture(scope="module")
def fork(devnet: Devnet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Devnet]:
    """Fork the devnet at its last final block."""
    state = tmp_path_factory.mktemp("fork")
    words = ("--ports", "auto", "--detach", "--try-state", *DEADLINE)
    place = f"{devnet.url('bob')}@{devnet.final('bob')}"
    started = starminer("devnet", "fork", place, "--state", state, *words)
    try:
        assert started.code == 0, started.err
        yield Devnet(state)
    finally:
        starminer("devnet", "down", "--state", state)


def first_of(fork: Devnet) -> int:
    """Return the number of the block with which a fork begins."""
    origin = fork.plan.fork
    assert origin is not None
    return origin.number


def untouched(chain: Devnet, number: int) -> dict[str, str]:
    """Return what a chain has of each account, after a block, but of those that forks endow."""
    prefix, block = storage_prefix("System", "Account"), chain.rpc("chain_getBlockHash", number)
    endowed = {
        enhex(prefix + BLAKE2_128_CONCAT.apply(parse_account(scheme + name)))
        for name in VALIDATORS
        for scheme in ("//", "ed25519://")
    }
    keys = chain.rpc("state_getKeysPaged", enhex(prefix), MOST_ACCOUNTS, None, block)
    (found,) = chain.rpc("state_queryStorageAt", [key for key in keys if key not in endowed], block)
    return dict(found["changes"])


def free(chain: Devnet, who: str) -> int:
    """Return the AGPU that an account has at the best block, in planck."""
    account = chain.rpc("starminer_account", enhex(parse_account(who)))
    (agpu,) = [one for one in account["balances"] if one["symbol"] == "AGPU"]
    return int(agpu["free"])


def test_a_fork_has_the_balances_of_the_chain_and_spends_them_alone(
    devnet: Devnet, fork: Devnet
) -> None:
    number, name = first_of(fork), "0x" + fork.plan.genesis
    kept = untouched(fork, number)
    assert kept == untouched(devnet, number)
    assert kept, "the provider, pots and others"
    assert fork.rpc("chain_getBlockHash", number) == name
    assert devnet.rpc("chain_getBlockHash", number) != name
    paid = starminer("devnet", "faucet", "//Forked", "5AGPU", "--state", fork.state)
    assert paid.code == 0, paid.err
    assert [free(one, "//Forked") for one in (fork, devnet)] == [5 * AGPU, 0]
    final = fork.final()
    assert final > number
    until("every invariant holds there", lambda: fork.rpc("trystate_last")["block"] >= final)


def test_a_node_of_the_fork_talks_to_the_fork_and_not_to_the_chain(
    devnet: Devnet, fork: Devnet
) -> None:
    """It begins with nothing, is told of both, and has every block from the first one on."""
    doors = [devnet.node("alice").peer_address, fork.node("alice").peer_address]
    words = [word for door in doors for word in ("--bootnodes", door)]
    goal = fork.final()
    with lone_node(fork.state / "guest", "--chain", fork.plan.chain, *words) as guest:
        until_final(guest.rpc, goal)
        peers = rpc(guest.rpc, "system_peers")
        assert [peer["peerId"] for peer in peers] == [fork.node("alice").peer_id]
        own = rpc(guest.rpc, "system_localPeerId")
        assert own not in [peer["peerId"] for peer in devnet.rpc("system_peers")]
