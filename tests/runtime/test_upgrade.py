"""A chain that is upgraded: each block by the rules of its height, and the state carried over."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from runtime.api import RuntimeApi, RuntimeVersion
from runtime.config import CODE_KEY, SPEC_VERSION, UnknownRuntime
from runtime.executive import BadExtrinsic, Executive, StateRootMismatch
from runtime.frame import Value, Weight
from runtime.frame.migration import MigrationError, storage_version
from runtime.genesis_state import build_genesis
from runtime.pallets.runtime_upgrades import Upgrade
from runtime.pallets.system import CodeUpdated, UpgradeInfo
from runtime.pallets.timestamp import Timestamp
from runtime.primitives.block import Block, Header, RuntimeEnvironmentUpdated
from runtime.primitives.extrinsic import Id
from runtime.primitives.scale import decode
from runtime.primitives.types import U32, U128, UNIT
from runtime.rules import Rules
from runtime.state.trie import Trie
from runtime.validity import Invalid, InvalidTransaction
from runtime.versions import VERSIONS, Version
from tests.support.chain import CHAIN, MemoryChain
from tests.support.next_release import NEXT_RELEASE, SECOND, WideTimestamp, make_with

HEIGHT = 5


class Upgraded(MemoryChain):
    """A chain whose second version begins at block 5; it remembers its blocks."""

    def __init__(self) -> None:
        super().__init__(upgrade=Upgrade(SECOND, HEIGHT), versions=NEXT_RELEASE)
        self.blocks: list[tuple[Block, Header, Trie]] = []

    def grow(self, *extrinsics: bytes) -> Any:
        block, executed = self.build(extrinsics)
        self.blocks.append((block, self.head, self.state))
        again = self.execute(block)
        assert again.header == executed.header
        self.adopt(again.header, again.state)
        return again

    def until(self, number: int) -> None:
        while self.head.number < number:
            self.grow(self.transfer(self.head.number))

    def transfer(self, nonce: int) -> bytes:
        call = self.call("Balances", "transfer_keep_alive", Id(self.pairs[1].public), UNIT)
        return self.sign(self.pairs[0], call, nonce)

    @property
    def version(self) -> int:
        return self.rules.config.spec_version


@pytest.fixture
def chain() -> Upgraded:
    return Upgraded()


def finished(steps: Iterable[None]) -> Any:
    iterator = iter(steps)
    while True:
        try:
            next(iterator)
        except StopIteration as done:
            return done.value


def test_the_last_old_block_writes_the_code_and_says_so(chain: Upgraded) -> None:
    chain.until(HEIGHT - 2)
    assert chain.version == 1
    last = chain.grow()
    assert chain.version == SECOND
    assert chain.state.get(CODE_KEY) == replace(CHAIN, spec_version=SECOND).encode()
    assert last.header.digest[-1] == RuntimeEnvironmentUpdated()
    (said,) = [one for one in last.events if isinstance(one.event, CodeUpdated)]
    assert (said.pallet.name, said.phase) == ("System", -1)
    assert RuntimeEnvironmentUpdated() not in chain.grow().header.digest


def test_the_first_new_block_migrates_once_and_pays_for_it(chain: Upgraded) -> None:
    chain.until(HEIGHT - 1)
    raw = WideTimestamp.now.prefix(chain.runtime().timestamp)
    before = chain.state.get(raw)
    assert before is not None
    assert len(before) == 8
    chain.grow()
    runtime = chain.runtime()
    after = chain.state.get(raw)
    assert after is not None
    assert len(after) == 16
    assert decode(after, U128) == runtime.timestamp.now
    assert runtime.system.last_runtime_upgrade == UpgradeInfo(SECOND, "starminer")
    assert storage_version(runtime.timestamp) == 1
    chain.grow()
    usual = chain.runtime().system.block_weight.mandatory.ref_time
    assert runtime.system.block_weight.mandatory.ref_time > usual


def test_a_query_between_the_versions_sees_the_state_as_the_next_block_will(
    chain: Upgraded,
) -> None:
    chain.until(HEIGHT - 1)
    runtime = chain.runtime()
    assert runtime.timestamp.now == (chain.slot - 1) * CHAIN.slot_milliseconds + 1
    runtime.try_state()
    assert chain.state.get(WideTimestamp.now.prefix(runtime.timestamp)) is not None


def test_a_newcomer_executes_old_blocks_by_their_own_rules(chain: Upgraded) -> None:
    chain.until(HEIGHT + 3)
    genesis = MemoryChain(upgrade=Upgrade(SECOND, HEIGHT), versions=NEXT_RELEASE)
    newcomer, state, head = genesis.executive, genesis.state, genesis.head
    for block, parent, _ in chain.blocks:
        assert head == parent
        executed = finished(newcomer.execute(block, head, state, {}))
        head, state = executed.header, executed.state
        newcomer.runtime_at(state, head.number).try_state()
    assert (head, state.root) == (chain.head, chain.state.root)
    versions = [chain.executive.rules_at(one).config.spec_version for _, _, one in chain.blocks]
    assert versions == [1] * (HEIGHT - 1) + [SECOND] * 4


def test_any_block_may_be_executed_again_after_the_upgrade(chain: Upgraded) -> None:
    chain.until(HEIGHT + 2)
    for block, parent, state in reversed(chain.blocks):
        again = finished(chain.executive.execute(block, parent, state, {}))
        assert again.header == block.header


def test_a_release_without_the_version_stops_at_the_height(chain: Upgraded) -> None:
    chain.until(HEIGHT)
    old = Executive(chain.executive.config, chain.genesis.hash)
    for block, parent, state in chain.blocks[: HEIGHT - 1]:
        assert finished(old.execute(block, parent, state, {})).header == block.header
    block, parent, state = chain.blocks[HEIGHT - 1]
    told = (
        "the next block is executed by starminer 2, this release carries 1: "
        "install a release that carries starminer 2, a node goes on from its own database"
    )
    for attempt in (
        lambda: finished(old.execute(block, parent, state, {})),
        lambda: old.build(parent, block.header.digest, state),
        lambda: old.runtime_at(state, parent.number),
        lambda: Executive.of_state(state, chain.genesis.hash),
    ):
        with pytest.raises(UnknownRuntime) as caught:
            attempt()
        assert str(caught.value) == told


def test_a_transaction_of_the_old_version_is_refused_by_the_new_one(chain: Upgraded) -> None:
    chain.until(HEIGHT - 2)
    raw = chain.transfer(chain.head.number)
    _, known = chain.executive.validate(raw, chain.state, chain.head, {})
    cache = {known.extrinsic.hash: known}
    chain.grow()
    for remembered in ({}, cache):
        with pytest.raises(InvalidTransaction) as caught:
            chain.executive.validate(raw, chain.state, chain.head, remembered)
        assert caught.value.kind is Invalid.BAD_PROOF
    block, _ = chain.build([])
    carrying = Block(block.header, (*block.extrinsics, raw))
    with pytest.raises(BadExtrinsic, match="bad signature"):
        chain.execute(carrying, cache)
    chain.executive.validate(chain.transfer(chain.head.number - 1), chain.state, chain.head, {})


def test_clients_are_told_the_version_of_the_state_that_they_ask_about(chain: Upgraded) -> None:
    chain.until(HEIGHT + 1)
    api = RuntimeApi(chain.executive)
    told = []
    for _, parent, state in chain.blocks:
        raw = api.call("Core_version", b"", state, parent.number)
        told.append(decode(raw, RuntimeVersion).spec_version)
    assert told == [1, 1, 1, 1, SECOND, SECOND]
    old, new = (api.metadata(chain.blocks[at][2]) for at in (0, HEIGHT))
    assert old != new
    assert api.metadata(chain.blocks[1][2]) is old


@dataclass(frozen=True, slots=True)
class Halves:
    """Eight bytes, as two numbers."""

    low: U32
    high: U32


def test_values_that_the_old_rules_decoded_are_decoded_anew() -> None:
    seen: list[type] = []

    class Halved(Timestamp):
        now: Value[Halves] = Value(default=Halves(0, 0))
        set = Timestamp.set

        def on_initialize(self, number: int) -> Weight:
            seen.append(type(self.now))
            return Weight()

    Halved.__module__ = __name__
    versions = {**VERSIONS, SECOND: Version(make_with(Halved))}
    chain = MemoryChain(upgrade=Upgrade(SECOND, HEIGHT), versions=versions)
    while chain.head.number < HEIGHT - 1:
        chain.advance()
    chain.executive.build(chain.head, chain.digest(chain.slot), chain.state)
    assert seen == [Halves]


def test_a_block_that_skips_the_migration_is_refused(chain: Upgraded) -> None:
    lazy = {**VERSIONS, SECOND: Version()}
    chain.until(HEIGHT - 1)
    block, _ = chain.build()
    idle = Executive(chain.executive.config, chain.genesis.hash, lazy)
    with pytest.raises(StateRootMismatch):
        chain.execute(block, by=idle)


def test_a_release_that_forgot_a_migration_cannot_build(chain: Upgraded) -> None:
    chain.until(HEIGHT - 1)
    forgot = {**VERSIONS, SECOND: Version(NEXT_RELEASE[SECOND].make)}
    executive = Executive(chain.executive.config, chain.genesis.hash, forgot)
    with pytest.raises(MigrationError, match="Timestamp: no migration leads on from layout 0"):
        executive.build(chain.head, chain.digest(chain.slot), chain.state)


def test_the_newest_version_is_the_one_that_new_chains_begin_with() -> None:
    assert max(VERSIONS) == SPEC_VERSION


def test_a_chain_may_begin_with_a_later_version() -> None:
    config = replace(MemoryChain().genesis_config, chain=replace(CHAIN, spec_version=SECOND))
    with pytest.raises(UnknownRuntime, match="starminer 2, this release carries 1"):
        build_genesis(config)
    storage = build_genesis(config, NEXT_RELEASE)
    rules = Rules(config.chain, NEXT_RELEASE[SECOND], bytes(32))
    assert storage[CODE_KEY] == config.chain.encode()
    assert b"\x01\x00" in storage.values()
    assert rules.signatures.additional.spec_version == SECOND
