"""The first state of a fork: the state of another chain, handed over to people who run a copy.

Everything stays as it was but what would stop a copy: who makes blocks and votes, what an election
under way would bring back, and the slots, which go on where the copy's clock is. The accounts named
have at least what is asked for; what they lacked is new, and counts as what the first block had.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from runtime.books.supply import supply_of
from runtime.config import CODE_KEY
from runtime.construct import Runtime
from runtime.frame import Context, DispatchError, InvariantError
from runtime.frame.sessions import Member
from runtime.genesis_state import Endowment
from runtime.pallets.balances import Balances
from runtime.pallets.session import Session, SessionKeys
from runtime.pallets.staking import STAKE_UNIT, Staking, ToBond, ValidatorPrefs
from runtime.primitives.membership import AUDIT_KEY
from runtime.primitives.types import U32, U64, AccountId, Balance, BlockNumber, Slot
from runtime.state.overlay import Overlay
from runtime.state.trie import Trie
from runtime.versions import VERSIONS, Versions, chosen_by


class CannotFork(ValueError):
    """A state that cannot be handed over; the message says why."""


@dataclass(frozen=True, slots=True)
class Heirs:
    """Who runs the copy, and by which clock."""

    validators: tuple[tuple[AccountId, SessionKeys], ...]
    """In order of authority; each of them has `bond` at stake at least."""
    bond: Balance
    agpu: Endowment
    """What accounts have at least, beside what is on hold; the validators are among them."""
    amax: Endowment
    slot: Slot
    """The slot of the first block: those after it are later."""
    slot_milliseconds: U32


def forked_storage(
    state: Trie, number: BlockNumber, heirs: Heirs, versions: Versions = VERSIONS
) -> dict[bytes, bytes]:
    """Return the storage of a fork's first block, key by key, from the state after a block.

    Raises:
        UnknownRuntime: this release does not carry the runtime of the state.
        CannotFork: it would contradict itself.
    """
    config, version = chosen_by(state.get(CODE_KEY), versions)
    overlay = Overlay(state)
    runtime = version.make(Context(overlay, number=number), config)
    try:
        endow(runtime.balances, (*heirs.agpu, *bonds_missing(runtime, heirs)))
        endow(runtime.amax, heirs.amax)
        end_election(runtime)
        hand_over(runtime, heirs)
    except DispatchError as error:
        raise CannotFork(f"the state could not be handed over: {error.error}") from error
    begin_slots(runtime, heirs)
    forget_block(runtime)
    check(runtime)
    paced = replace(config, slot_milliseconds=heirs.slot_milliseconds)
    overlay.put(CODE_KEY, paced.encode(), bytes)
    storage = {key: value for key in state.keys(b"") if (value := state.get(key)) is not None}
    for key, value in overlay.changes().items():
        if value is None:
            storage.pop(key, None)
        else:
            storage[key] = value
    return storage


def endow(ledger: Balances, least: Endowment) -> None:
    """Let accounts have that much free at least, on top of what they have on hold."""
    wanted: dict[AccountId, Balance] = {}
    for who, amount in least:
        wanted[who] = wanted.get(who, 0) + amount
    missing = ((who, amount - ledger.free(who)) for who, amount in wanted.items())
    ledger.build(tuple((who, amount) for who, amount in missing if amount > 0))


def bonds_missing(runtime: Runtime, heirs: Heirs) -> Iterator[tuple[AccountId, Balance]]:
    """Yield what each validator needs besides, to put its bond up."""
    for who, _ in heirs.validators:
        ledger = runtime.staking.ledger.get(who)
        yield who, max(heirs.bond - (0 if ledger is None else ledger.active), 0)


def end_election(runtime: Runtime) -> None:
    """Give up an election under way, and what it wrote down of its winners."""
    elections, staking = runtime.elections, runtime.staking
    elections.current, elections.candidates = None, ()
    for place, _ in tuple(elections.votes.items()):
        del elections.votes[place]
    for place, _ in tuple(elections.backing.items()):
        del elections.backing[place]
    coming = (era for era, _ in tuple(staking.eras_total_stake.items()))
    for era in coming:
        if era > staking.counting_era():
            forget_era(staking, era)


def forget_era(staking: Staking, era: U32) -> None:
    """Forget who was to stand behind whom in an era that was not seated."""
    for page, _ in tuple(staking.eras_stakers_paged.items_under(era)):
        del staking.eras_stakers_paged[page]
    for winner, _ in tuple(staking.eras_stakers_overview.items_under(era)):
        del staking.eras_stakers_overview[winner]
    for winner, _ in tuple(staking.eras_validator_prefs.items_under(era)):
        del staking.eras_validator_prefs[winner]
    del staking.eras_total_stake[era]


def hand_over(runtime: Runtime, heirs: Heirs) -> None:
    """Let the heirs, and nobody else, validate: in this session, and in elections to come."""
    staking = runtime.staking
    named = dict(heirs.validators)
    for who, _ in tuple(staking.validators.items()):
        if who not in named:
            staking.roles.chill(who)
    for who, _ in heirs.validators:
        stand(runtime, who, heirs.bond)
    stakes = {who: staking.ledger[who].active // STAKE_UNIT for who in named}
    take_session(runtime.session, heirs, stakes)
    index = runtime.session.current_index
    members = tuple(Member(who, stakes[who], keys.by_kind()) for who, keys in heirs.validators)
    runtime.historical.on_new_session(index, members)
    runtime.grandpa.on_new_session(index, members)
    runtime.babe.build(runtime.babe.randomness)
    hear_all(runtime)


def take_session(session: Session, heirs: Heirs, stakes: dict[AccountId, U64]) -> None:
    """Let the heirs validate in the session under way and in the next, with keys of their own."""
    for who, keys in heirs.validators:
        session.forget(who)
        for name in keys.by_kind():
            if (owner := session.key_owner.get(name)) is not None:
                session.forget(owner)
            session.key_owner[name] = who
        session.next_keys[who] = keys
    session.electorate = tuple(stakes.items())
    session.validators = tuple(stakes)
    session.queued_keys, session.queued_changed = heirs.validators, False
    session.disabled_validators = ()


def stand(runtime: Runtime, who: AccountId, bond: Balance) -> None:
    """Let an account put up a bond, if it has less, and stand for election."""
    staking = runtime.staking
    ledger = staking.ledger.get(who)
    if ledger is None:
        staking.ledgers.open(who, bond, ToBond())
    elif ledger.active < bond:
        staking.ledgers.add(who, bond - ledger.active)
    if who not in staking.validators:
        staking.roles.stand(who, ValidatorPrefs(commission=staking.min_commission))


def hear_all(runtime: Runtime) -> None:
    """Let nobody be silent in the session under way: the heirs had no time to show themselves."""
    online, session = runtime.im_online, runtime.historical.session()
    for author, _ in tuple(online.authored_blocks.items()):
        del online.authored_blocks[author]
    for heard, _ in tuple(online.received_heartbeats.items()):
        del online.received_heartbeats[heard]
    for place in range(len(runtime.historical.owners_of(AUDIT_KEY))):
        online.received_heartbeats[session, place] = True
    online.heartbeat_after = 0


def begin_slots(runtime: Runtime, heirs: Heirs) -> None:
    """Go on with the epoch under way at another slot, as if no time had passed.

    Raises: CannotFork, where fewer slots have begun than the chain has had.
    """
    babe, timestamp = runtime.babe, runtime.timestamp
    if not babe.current_slot:
        return  # block 1 has the first slot of all
    if heirs.slot < (passed := babe.current_slot - babe.genesis_slot):
        raise CannotFork(f"wanted a slot from {passed} on, got {heirs.slot}")
    babe.genesis_slot += heirs.slot - babe.current_slot
    babe.current_slot = heirs.slot
    timestamp.now = min(timestamp.now, heirs.slot * heirs.slot_milliseconds)


def forget_block(runtime: Runtime) -> None:
    """Forget what is told of the block whose state it was: the fork's own has no extrinsics."""
    system = runtime.system
    system.event_log, system.event_count, system.digest = b"\x00", 0, ()


def check(runtime: Runtime) -> None:
    """Check every invariant of the state.

    Raises: CannotFork, naming the one that does not hold.
    """
    supply = supply_of(runtime)
    if supply.issuance > supply.cap:
        raise CannotFork(
            f"the accounts of the fork would bring the issuance above its cap: wanted at most "
            f"{supply.cap} planck, got {supply.issuance}"
        )
    try:
        runtime.try_state()
    except InvariantError as error:
        raise CannotFork(f"the state that was handed over contradicts itself: {error}") from error
