"""Invariants after every block: what is sound is noted, what is broken ends the node."""

import io

import pytest

from genesis.spec import load_spec
from node.config import BadConfig
from node.log import LogFormat, LogLevels, Logs
from node.rpc.state_check import StateCheckNamespace
from node.state_check import StateCheck, refuse_public
from runtime.frame import InvariantError
from runtime.pallets.balances import Balances
from runtime.primitives.scale import encode
from runtime.primitives.types import Balance
from tests.node.backend_support import MemoryNode


class CheckedNode(MemoryNode):
    """A node whose every block is checked when somebody says so."""

    def __init__(self) -> None:
        super().__init__()
        self.said = io.StringIO()
        logs = Logs(LogFormat.JSON, LogLevels.parse(()), node="test", stream=self.said)
        self.checks = StateCheck(self.executive, self.chain, logs.logger("state"))


async def test_every_block_since_the_last_look_is_checked() -> None:
    node = CheckedNode()
    assert StateCheckNamespace(node.checks).last() is None
    node.pass_blocks(2)
    await node.checks.catch_up()
    first = node.checks.last
    assert first is not None
    assert first.number == 2
    node.register()
    node.pass_blocks(3)
    await node.checks.catch_up()
    found = StateCheckNamespace(node.checks).last()
    assert found is not None
    assert (found.block, found.hash) == (6, "0x" + node.chain.best.hash.hex())
    assert found.invariants > 50
    assert node.checks._unchecked(node.chain.best) == []


async def test_a_broken_invariant_is_named_and_ends_the_node(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    node = CheckedNode()
    node.pass_blocks(1)
    balances = node.runtime().balances
    key = Balances.total_issuance.prefix(balances)
    spoiled = node.maker.state.updated({key: encode(balances.total_issuance + 1, Balance)})
    monkeypatch.setattr(node.chain, "state_at", lambda _: spoiled)
    with pytest.raises(InvariantError, match=r"Balances\.issuance_is_the_sum_of_accounts"):
        await node.checks.catch_up()
    assert node.checks.last is None
    (line,) = node.said.getvalue().splitlines()
    assert "invariant_broken" in line
    assert "Balances.issuance_is_the_sum_of_accounts" in line


async def test_what_was_checked_is_not_checked_again() -> None:
    node = CheckedNode()
    node.pass_blocks(2)
    await node.checks.catch_up()
    last = node.checks.last
    assert last is not None
    node.pass_blocks(3)
    following = [header.number for header in node.checks._unchecked(node.chain.best)]
    assert following == [5, 4, 3]


def test_a_node_that_does_not_check_says_so() -> None:
    assert StateCheckNamespace(None).last() is None


def test_public_chains_are_not_checked_so() -> None:
    for name in ("dev", "local"):
        refuse_public(load_spec(name))
    with pytest.raises(BadConfig, match="--try-state wants a chain of type Development or Local"):
        refuse_public(load_spec("testnet"))
