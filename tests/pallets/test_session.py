"""Session and Grandpa: keys that validators set, when they act, and who then votes."""

import pytest

from runtime.frame import Signed
from runtime.pallets.babe import Babe, Config, NextEpochData, Reports
from runtime.pallets.canonical_work import CanonicalWork
from runtime.pallets.grandpa import Grandpa, NewAuthorities
from runtime.pallets.session import (
    Error,
    NewQueued,
    NewSession,
    Queued,
    Session,
    SessionKeys,
    Sessions,
    is_owner,
    ownership_message,
)
from runtime.primitives.block import BABE_ENGINE, GRANDPA_ENGINE, Consensus
from runtime.primitives.finality import ScheduledChange, change_payload
from runtime.primitives.fixed import Perbill
from runtime.primitives.scale import decode
from runtime.primitives.slot_claim import PrimaryPreDigest, VrfSignature
from tests.support.bench import Bench, account
from tests.support.chain import MemoryChain, pair
from tests.support.offences import NOBODY, BondsOf

ANNA, BERT, STRANGER = account(11), account(12), account(13)


def keys_of(number: int) -> SessionKeys:
    return SessionKeys(*(pair(10 * number + kind).public for kind in range(3)))


def proof_of(number: int, who: bytes) -> bytes:
    message = ownership_message(who)
    return b"".join(pair(10 * number + kind).sign(message) for kind in range(3))


class World(Bench):
    """Two validators, epochs of three slots."""

    def __init__(self) -> None:
        super().__init__()
        self.context.number = 0
        self.grandpa = Grandpa(self.context, NOBODY, NOBODY, index=18)
        self.session = Session(self.context, BondsOf(ANNA, BERT), index=12)
        sessions = Sessions(self.session, (self.grandpa,))
        work = CanonicalWork(self.context, self.session, index=53)
        reports = Reports(NOBODY, NOBODY)
        self.babe = Babe(self.context, sessions, work, reports, Config(1000, 3), index=2)
        for pallet in (self.babe, self.session, self.grandpa):
            self.add(pallet)
        sessions.build(((ANNA, 1), (BERT, 3)), (keys_of(1), keys_of(2)))
        self.babe.build(bytes(32))
        self.slot = 99

    def block(self, slots: int = 1) -> None:
        self.slot += slots
        self.context.events.clear()
        vrf = VrfSignature(self.slot.to_bytes(32, "big"), bytes(64))
        self.claim(PrimaryPreDigest(0, self.slot, vrf))
        self.next_block()

    def epoch(self) -> None:
        """Make the first block of the next epoch."""
        self.block(3 - (self.slot - 100) % 3)

    def set_keys(self, who: bytes, number: int, owner: bytes | None = None) -> None:
        proof = proof_of(number, who if owner is None else owner)
        self.call(self.session.set_keys, Signed(who), keys_of(number), proof)

    def producers(self) -> tuple[bytes, ...]:
        return tuple(key for key, _ in self.babe.authorities)


@pytest.fixture
def world() -> World:
    made = World()
    made.block()
    return made


def test_genesis_keys_act_at_once(world: World) -> None:
    assert world.producers() == (keys_of(1).babe, keys_of(2).babe)
    assert world.grandpa.authorities == ((keys_of(1).grandpa, 1), (keys_of(2).grandpa, 3))
    assert (world.session.validators, world.grandpa.current_set_id) == ((ANNA, BERT), 0)
    assert world.session.queued() == (
        Queued(ANNA, keys_of(1).babe, 1),
        Queued(BERT, keys_of(2).babe, 3),
    )


def test_keys_are_announced_one_session_and_act_two_sessions_after_they_are_set(
    world: World,
) -> None:
    world.set_keys(ANNA, 3)
    world.epoch()
    assert world.happened() == [NewSession(1), NewQueued()]
    log = world.logs()[0]
    assert isinstance(log, Consensus)
    announced = decode(log.payload[1:], NextEpochData).authorities
    assert (log.engine, [key for key, _ in announced]) == (
        BABE_ENGINE,
        [keys_of(3).babe, keys_of(2).babe],
    )
    assert world.producers() == (keys_of(1).babe, keys_of(2).babe)
    world.epoch()
    assert world.producers() == (keys_of(3).babe, keys_of(2).babe)
    voters = ((keys_of(3).grandpa, 1), (keys_of(2).grandpa, 3))
    assert world.happened() == [NewSession(2), NewAuthorities(voters)]


def test_the_block_in_which_voters_change_says_so_in_its_digest(world: World) -> None:
    world.set_keys(BERT, 3)
    world.epoch()
    assert [item.engine for item in world.logs()] == [BABE_ENGINE]
    world.epoch()
    voters = ((keys_of(1).grandpa, 1), (keys_of(3).grandpa, 3))
    log = Consensus(GRANDPA_ENGINE, change_payload(ScheduledChange(voters, 0)))
    assert world.logs()[0] == log
    assert (world.grandpa.current_set_id, world.grandpa.authorities) == (1, voters)
    assert world.grandpa.set_since == world.context.number
    world.epoch()
    assert (world.grandpa.current_set_id, len(world.logs())) == (1, 1)


def test_keys_without_the_finality_key_change_no_voters(world: World) -> None:
    old, new = keys_of(1), keys_of(3)
    mixed = SessionKeys(new.babe, old.grandpa, new.audit)
    message = ownership_message(ANNA)
    signers = (pair(30), pair(11), pair(32))
    proof = b"".join(one.sign(message) for one in signers)
    world.call(world.session.set_keys, Signed(ANNA), mixed, proof)
    world.epoch()
    world.epoch()
    assert world.producers()[0] == new.babe
    assert world.grandpa.current_set_id == 0


def test_who_does_not_own_the_keys_cannot_set_them(world: World) -> None:
    with world.refuses(Error.INVALID_PROOF):
        world.set_keys(ANNA, 3, owner=BERT)
    with world.refuses(Error.INVALID_PROOF):
        world.call(world.session.set_keys, Signed(ANNA), keys_of(3), b"")
    assert is_owner(ANNA, keys_of(3), proof_of(3, ANNA))
    for broken in range(3):
        raw = bytearray(proof_of(3, ANNA))
        raw[64 * broken] ^= 1
        assert not is_owner(ANNA, keys_of(3), bytes(raw))


def test_only_who_may_validate_sets_keys(world: World) -> None:
    with world.refuses(Error.NO_ASSOCIATED_VALIDATOR_ID):
        world.set_keys(STRANGER, 3)


def test_a_key_has_one_owner_until_it_is_replaced(world: World) -> None:
    with world.refuses(Error.DUPLICATED_KEY):
        world.set_keys(ANNA, 2)
    world.set_keys(BERT, 3)
    world.set_keys(ANNA, 2)
    world.set_keys(ANNA, 2)
    world.epoch()
    assert [one.babe for one in world.session.queued()] == [keys_of(2).babe, keys_of(3).babe]


def test_purged_keys_retire_a_validator(world: World) -> None:
    world.call(world.session.purge_keys, Signed(ANNA))
    with world.refuses(Error.NO_KEYS):
        world.call(world.session.purge_keys, Signed(ANNA))
    world.epoch()
    assert world.session.validators == (ANNA, BERT)
    world.epoch()
    assert (world.session.validators, world.producers()) == ((BERT,), (keys_of(2).babe,))
    assert world.grandpa.authorities == ((keys_of(2).grandpa, 3),)
    world.set_keys(ANNA, 1)
    world.epoch()
    world.epoch()
    assert (world.session.validators, world.grandpa.current_set_id) == ((ANNA, BERT), 2)


def test_the_last_validators_stay(world: World) -> None:
    for who in (ANNA, BERT):
        world.call(world.session.purge_keys, Signed(who))
    for _ in range(3):
        world.epoch()
    assert (world.session.validators, world.grandpa.current_set_id) == ((ANNA, BERT), 0)


def test_a_transaction_sets_keys_that_then_author_and_vote() -> None:
    chain = MemoryChain()
    who, new = chain.pairs[0], keys_of(4)
    call = chain.call("Session", "set_keys", new, proof_of(4, who.public))
    chain.advance(chain.sign(who, call, 0))
    for _ in range(20):
        chain.advance()
    runtime = chain.runtime()
    assert runtime.babe.authorities == ((new.babe, 10**9),)
    assert runtime.grandpa.authorities == ((new.grandpa, 1),)
    assert runtime.grandpa.current_set_id == 1


def disabled_of(count: int, *places: int) -> Session:
    """Return the sessions of so many validators of which some are disabled, the last gravest."""
    session = Session(Bench().context, BondsOf(), index=12)
    electorate = tuple((account(n), 1) for n in range(count))
    session.build(electorate, tuple(keys_of(n) for n in range(count)))
    for severity, place in enumerate(places, 1):
        session.disable(account(place), Perbill(severity))
    return session


def test_fewer_than_a_third_are_disabled() -> None:
    assert disabled_of(7, 0, 6, 3).disabled() == (0, 6)
    assert disabled_of(3, 1).disabled() == ()


@pytest.mark.parametrize(("left", "wanted"), [(7, (0, 6)), (4, (3,)), (3, ()), (2, ())])
def test_of_fewer_validators_fewer_stay_disabled(left: int, wanted: tuple[int, ...]) -> None:
    session = disabled_of(7, 0, 6)
    session.elect(tuple((account(n), 1) for n in (*range(left - 1), 6)))
    session.queue()
    assert session.disabled_next() == wanted
    session.begin()
    assert session.disabled() == wanted
