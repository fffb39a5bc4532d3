"""The first state of a fork: another chain's, run by people who have none of its keys."""

from dataclasses import replace

import pytest

from runtime.config import UnknownRuntime
from runtime.executive import Executive
from runtime.forked_state import CannotFork, Heirs, forked_storage
from runtime.genesis_state import empty_state, genesis_state
from runtime.pallets.session import SessionKeys
from runtime.primitives.types import UNIT
from tests.property.everybody import Everybody
from tests.support.chain import CHAIN, FIRST_SLOT, SLOT_MILLISECONDS, MemoryChain, pair

OLD_VALIDATORS, ERA_BLOCKS, CROWD_STEPS = 4, 40, 300
NEW = [pair(900), pair(901)]
NAMES = tuple(one.public for one in NEW)
BOND, LEAST = 10_000 * UNIT, 500_000 * UNIT
LATER = FIRST_SLOT + 10**6
"""A slot long after those that the chain had."""


def heirs(**changes: object) -> Heirs:
    keys = tuple((one.public, SessionKeys(one.public, one.public, one.public)) for one in NEW)
    given = Heirs(
        validators=keys,
        bond=BOND,
        agpu=tuple((one.public, LEAST) for one in NEW),
        amax=tuple((one.public, UNIT) for one in NEW),
        slot=LATER,
        slot_milliseconds=SLOT_MILLISECONDS,
    )
    return replace(given, **changes)  # type: ignore[arg-type]


def grown(blocks: int) -> MemoryChain:
    config = replace(CHAIN, era_blocks=ERA_BLOCKS)
    accounts = {"accounts": 6, "endowment": 10**6 * UNIT, "validators": OLD_VALIDATORS}
    chain = MemoryChain(chain=config, **accounts)
    for _ in range(blocks):
        chain.advance()
    return chain


def fork(chain: MemoryChain, given: Heirs) -> MemoryChain:
    """Let a chain go on as a fork of itself, in which slots go on after those of the heirs."""
    storage = forked_storage(chain.state, chain.head.number, given)
    first, state = genesis_state(storage, chain.head.number, chain.head.parent_hash)
    chain.genesis = first
    chain.executive = Executive.of_state(state, first.hash)
    chain.adopt(first, state)
    chain.slot = given.slot + 1
    return chain


@pytest.mark.parametrize("blocks", [0, 1, 23, ERA_BLOCKS - 3])
def test_a_fork_begins_where_the_other_chain_was_and_goes_on(blocks: int) -> None:
    """At its beginning, within an epoch, and while an era is about to be elected."""
    chain = grown(blocks)
    before, account = chain.runtime(), chain.pairs[5].public
    index, epoch = before.session.current_index, before.babe.epoch_index
    was = before.balances.free(account)
    fork(chain, heirs())
    after = chain.runtime()
    assert (chain.head.number, after.system.number) == (blocks, blocks)
    assert (after.session.current_index, after.babe.epoch_index) == (index, epoch)
    assert after.balances.free(account) == was
    for _ in range(ERA_BLOCKS + 20):
        chain.advance()
    later = chain.runtime()
    assert later.staking.era() > after.staking.era()
    assert sorted(later.session.validators) == sorted(NAMES)
    assert [public for public, _ in later.babe.authorities] == [*later.session.validators]
    assert later.grandpa.current_set_id == after.grandpa.current_set_id


def test_what_a_crowd_left_behind_goes_on_without_a_fault() -> None:
    """Jobs, stakes, slashes that wait, assets: as random calls of all pallets made it."""
    everybody = Everybody(1)
    everybody.run(CROWD_STEPS)
    left = everybody.chain
    chain = MemoryChain()
    chain.head, chain.state = left.head, empty_state().updated(left.state.entries)
    chain = fork(chain, heirs())
    for _ in range(20):
        chain.advance()
    assert set(chain.runtime().session.validators) <= set(NAMES)


def test_the_heirs_alone_validate_and_have_what_was_asked_for() -> None:
    runtime = fork(grown(23), heirs()).runtime()
    assert runtime.session.validators == NAMES
    assert dict(runtime.staking.validators.items()).keys() == set(NAMES)
    assert [key for key, _ in runtime.grandpa.authorities] == [*NAMES]
    assert [runtime.balances.free(who) for who in NAMES] == [LEAST] * 2
    assert [runtime.staking.ledger[who].active for who in NAMES] == [BOND] * 2
    assert [runtime.amax.free(who) for who in NAMES] == [UNIT] * 2


def test_what_the_heirs_lacked_counts_as_what_the_first_block_had() -> None:
    chain = grown(3)
    before = chain.runtime().balances
    issued, at_first = before.total_issuance, before.genesis_issuance
    after = fork(chain, heirs()).runtime().balances
    added = 2 * (LEAST + BOND)
    assert (after.total_issuance, after.genesis_issuance) == (issued + added, at_first + added)


def test_who_validated_already_keeps_its_stake_and_its_keys() -> None:
    chain = grown(3)
    old = chain.pairs[0].public
    staked = chain.runtime().staking.ledger[old].active
    keys = SessionKeys(old, old, old)
    given = heirs(validators=((old, keys),), bond=staked - 1, agpu=(), amax=())
    runtime = fork(chain, given).runtime()
    assert (runtime.session.validators, runtime.staking.ledger[old].active) == ((old,), staked)


def test_a_key_of_somebody_else_becomes_the_heirs() -> None:
    chain = grown(3)
    taken = chain.pairs[2].public
    who = NAMES[0]
    given = heirs(validators=((who, SessionKeys(taken, taken, taken)),))
    session = fork(chain, given).runtime().session
    assert (session.has_keys(chain.pairs[2].public), session.next_keys[who].babe) == (False, taken)


def test_nobody_is_reported_as_silent_in_the_session_that_was_handed_over() -> None:
    chain = fork(grown(23), heirs())
    began = chain.runtime().session.current_index
    while chain.runtime().session.current_index == began:
        chain.advance()
    assert chain.runtime().im_online.unreported is None


def test_slots_go_on_from_the_heirs_in_the_same_place_of_the_epoch() -> None:
    chain = grown(23)
    into = chain.runtime().babe.slots_into_epoch()
    runtime = fork(chain, heirs(slot=7000, slot_milliseconds=500)).runtime()
    assert (runtime.babe.slots_into_epoch(), runtime.babe.current_slot) == (into, 7000)
    assert runtime.timestamp.now <= 7000 * 500
    assert chain.executive.config.slot_milliseconds == 500


def test_a_clock_that_is_younger_than_the_chain_is_refused() -> None:
    with pytest.raises(CannotFork, match="wanted a slot from 22 on, got 21"):
        forked_storage(grown(23).state, 23, heirs(slot=21))


def test_a_fork_that_would_break_the_cap_is_refused() -> None:
    chain = grown(1)
    cap = chain.runtime().emission.terms.emission.cap
    with pytest.raises(CannotFork, match=f"wanted at most {cap} planck, got"):
        forked_storage(chain.state, 1, heirs(agpu=((NAMES[0], cap), (NAMES[1], UNIT))))


def test_a_state_of_a_runtime_that_is_not_here_is_refused() -> None:
    chain = grown(1)
    with pytest.raises(UnknownRuntime, match="this release carries 2"):
        forked_storage(chain.state, 1, heirs(), versions={2: None})  # type: ignore[dict-item]


def test_a_state_that_contradicts_itself_is_refused() -> None:
    chain = grown(1)
    runtime = chain.runtime()
    runtime.balances.total_issuance += 1
    broken = chain.state.updated(runtime.context.overlay.changes())
    with pytest.raises(CannotFork, match=r"contradicts itself: Balances\.issuance_is"):
        forked_storage(broken, 1, heirs())
