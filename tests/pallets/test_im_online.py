"""ImOnline: who is heard of in a session, who is not, and what silence costs (requirement 54)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.frame import BadOrigin, NoOrigin, Signed
from runtime.frame.offence import Exposure, OffenceDetails
from runtime.frame.unsigned import NotAdmitted, Why
from runtime.pallets.babe import Babe, Reports
from runtime.pallets.babe import Config as Times
from runtime.pallets.canonical_work import CanonicalWork
from runtime.pallets.historical import Historical
from runtime.pallets.im_online import (
    KIND,
    OFFLINE,
    AllGood,
    Awaited,
    Config,
    Error,
    HeartbeatReceived,
    ImOnline,
    SomeOffline,
    Unresponsiveness,
    tolerated,
)
from runtime.pallets.offences import Offence, Offences
from runtime.pallets.session import Session, SessionKeys, Sessions
from runtime.primitives.fixed import Perbill
from runtime.primitives.scale import encode
from runtime.primitives.slot_claim import SecondaryVrfPreDigest, VrfSignature
from runtime.primitives.types import U32
from tests.support.bench import Bench, account
from tests.support.chain import pair
from tests.support.offences import BondsOf

EPOCH_SLOTS = 8
MIDDLE = EPOCH_SLOTS // 2
STAKE = 1000


class Handler:
    """Knows what everybody has at stake, and writes down what offences cost."""

    def __init__(self) -> None:
        self.heard: list[tuple[tuple[bytes, ...], int, int, bool]] = []
        """Who, at what parts per billion, in which session, and whether they are disabled."""

    def exposure(self, who: bytes) -> Exposure:
        return Exposure(STAKE, STAKE)

    def oldest_session(self) -> int:
        return 0

    def on_offence(
        self,
        offenders: tuple[OffenceDetails, ...],
        fraction: Perbill,
        session: int,
        *,
        disables: bool = True,
    ) -> None:
        who = tuple(one.offender[0] for one in offenders)
        self.heard.append((who, fraction.parts, session, disables))


class OnlineWorld(Bench):
    """Sessions of eight slots; who authors is chosen by the test."""

    def __init__(self, validators: int = 4) -> None:
        super().__init__()
        self.context.number = 0
        self.accounts = tuple(account(100 + number) for number in range(validators))
        context, self.handler = self.context, Handler()
        self.session = self.add(Session(context, BondsOf(*self.accounts), index=12))
        self.historical = Historical(context, self.handler, index=26)
        self.offences = Offences(context, self.handler, index=25)
        online = Config(EPOCH_SLOTS)
        self.online = ImOnline(context, self.historical, self.offences, self, online, index=11)
        sessions = Sessions(self.session, (self.online, self.historical))
        work = CanonicalWork(context, self.session, index=53)
        reports = Reports(self.historical, self.offences)
        times = Times(1000, EPOCH_SLOTS)
        self.babe = self.add(Babe(context, sessions, work, reports, times, index=2))
        for pallet in (self.historical, self.offences, self.online):
            self.add(pallet)
        keys = tuple(self.keys_of(number) for number in range(validators))
        sessions.build(tuple((who, STAKE) for who in self.accounts), keys)
        self.babe.build(bytes(32))
        self.slot = 99
        self.block()

    def keys_of(self, number: int) -> SessionKeys:
        return SessionKeys(*(pair(10 * number + kind).public for kind in (1, 2, 3)))

    def slots_into_epoch(self) -> int:
        return self.babe.slots_into_epoch()

    def beacon(self) -> bytes:
        return self.babe.beacon()

    # time

    def block(self, author: int = 0, slots: int = 1) -> None:
        self.slot += slots
        self.context.events.clear()
        vrf = VrfSignature(self.slot.to_bytes(32, "big"), bytes(64))
        self.claim(SecondaryVrfPreDigest(0, self.slot, vrf))
        self.context.author = self.accounts[author]
        self.next_block()

    def into_slot(self, place: int, author: int = 0) -> None:
        """Make blocks up to a slot of the session under way."""
        while self.slots_into_epoch() < place:
            self.block(author)

    def end_session(self, author: int = 0) -> None:
        """Make blocks up to the first one of the next session."""
        session = self.session.current_index
        while self.session.current_index == session:
            self.block(author)

    # signs of life

    def awaited(self, number: int) -> Awaited:
        found = {one.heartbeat.authority_index: one for one in self.online.awaited()}
        return found[number]

    def sign(self, one: Awaited, number: int) -> bytes:
        return pair(10 * number + 3).sign(one.message)

    def beat(self, number: int) -> None:
        one = self.awaited(number)
        self.call(self.online.heartbeat, NoOrigin(), one.heartbeat, self.sign(one, number))


@pytest.fixture
def world() -> OnlineWorld:
    return OnlineWorld()


def test_who_authored_a_block_is_there_without_a_heartbeat(world: OnlineWorld) -> None:
    for author in range(4):
        world.block(author)
    world.into_slot(MIDDLE + 1)
    assert world.online.awaited() == ()
    world.end_session()
    assert AllGood() in world.happened()
    assert world.handler.heard == []


def test_a_heartbeat_counts_as_much_as_a_block(world: OnlineWorld) -> None:
    world.block(1)
    world.into_slot(MIDDLE)
    assert [one.heartbeat.authority_index for one in world.online.awaited()] == [2, 3]
    world.beat(2)
    world.beat(3)
    assert world.happened()[-1] == HeartbeatReceived(world.keys_of(3).audit)
    world.end_session()
    assert AllGood() in world.happened()


def test_heartbeats_are_accepted_from_the_middle_of_the_session_on(world: OnlineWorld) -> None:
    world.into_slot(MIDDLE)
    early = world.awaited(2)
    world.end_session()
    world.into_slot(MIDDLE - 1)
    assert world.online.awaited() == ()
    now = replace(early.heartbeat, session_index=1)
    with world.refuses(Error.TOO_EARLY):
        world.call(world.online.heartbeat, NoOrigin(), now, world.sign(early, 2))


def test_a_heartbeat_enters_once(world: OnlineWorld) -> None:
    world.into_slot(MIDDLE)
    one = world.awaited(2)
    world.beat(2)
    with world.refuses(Error.DUPLICATED_HEARTBEAT):
        world.call(world.online.heartbeat, NoOrigin(), one.heartbeat, world.sign(one, 2))


def test_who_authored_needs_no_heartbeat(world: OnlineWorld) -> None:
    world.into_slot(MIDDLE)
    one = world.awaited(2)
    world.block(2)
    with world.refuses(Error.DUPLICATED_HEARTBEAT):
        world.call(world.online.heartbeat, NoOrigin(), one.heartbeat, world.sign(one, 2))


def test_a_heartbeat_of_another_session_is_refused(world: OnlineWorld) -> None:
    world.into_slot(MIDDLE)
    one = world.awaited(2)
    world.end_session()
    world.into_slot(MIDDLE)
    with world.refuses(Error.OTHER_SESSION):
        world.call(world.online.heartbeat, NoOrigin(), one.heartbeat, world.sign(one, 2))
    moved = replace(one.heartbeat, session_index=1)
    with world.refuses(Error.INVALID_KEY):
        world.call(world.online.heartbeat, NoOrigin(), moved, world.sign(one, 2))


@pytest.mark.parametrize(
    "change",
    [{"authority_index": 3}, {"authority_index": 4}, {"validators_len": 5}, {"block_number": 0}],
)
def test_a_heartbeat_must_be_signed_as_it_stands(
    world: OnlineWorld, change: dict[str, int]
) -> None:
    world.into_slot(MIDDLE)
    one = world.awaited(2)
    with world.refuses(Error.INVALID_KEY):
        other = replace(one.heartbeat, **change)
        world.call(world.online.heartbeat, NoOrigin(), other, world.sign(one, 2))


def test_only_the_audit_key_signs_heartbeats(world: OnlineWorld) -> None:
    world.into_slot(MIDDLE)
    one = world.awaited(2)
    for kind in (1, 2):
        with world.refuses(Error.INVALID_KEY):
            signature = pair(20 + kind).sign(one.message)
            world.call(world.online.heartbeat, NoOrigin(), one.heartbeat, signature)


def test_accounts_do_not_send_heartbeats(world: OnlineWorld) -> None:
    world.into_slot(MIDDLE)
    one = world.awaited(2)
    with world.refuses(BadOrigin.BAD_ORIGIN):
        world.call(
            world.online.heartbeat, Signed(world.accounts[2]), one.heartbeat, world.sign(one, 2)
        )


def test_pools_let_in_what_a_block_would_and_say_why_not_else(world: OnlineWorld) -> None:
    world.into_slot(MIDDLE)
    one = world.awaited(2)
    signature = world.sign(one, 2)
    found = world.online.validate_unsigned("heartbeat", (one.heartbeat, signature))
    assert found.longevity == EPOCH_SLOTS - MIDDLE
    other = world.online.validate_unsigned(
        "heartbeat", (world.awaited(3).heartbeat, world.sign(world.awaited(3), 3))
    )
    assert found.provides != other.provides
    for arguments, why in (
        ((one.heartbeat, bytes(64)), Why.BAD_PROOF),
        ((replace(one.heartbeat, session_index=7), signature), Why.STALE),
    ):
        with pytest.raises(NotAdmitted) as caught:
            world.online.validate_unsigned("heartbeat", arguments)
        assert caught.value.why is why
    with pytest.raises(NotAdmitted):
        world.online.validate_unsigned("other", ())


def test_req_54_one_that_is_away_alone_pays_nothing(world: OnlineWorld) -> None:
    world.block(1)
    world.into_slot(MIDDLE)
    world.beat(2)
    world.end_session()
    offender = (world.accounts[3], Exposure(STAKE, STAKE))
    assert SomeOffline((offender,)) in world.happened()
    assert Offence(KIND, encode(0, U32)) in world.happened()
    assert world.handler.heard == [((world.accounts[3],), 0, 0, False)]


def test_req_54_more_than_a_tenth_away_together_pay_a_hundredth_each_once(
    world: OnlineWorld,
) -> None:
    world.block(1)
    world.end_session()
    silent = (world.accounts[2], world.accounts[3])
    assert world.handler.heard == [(silent, OFFLINE.parts, 0, False)]


def test_each_session_is_judged_by_itself(world: OnlineWorld) -> None:
    for author in range(4):
        world.block(author)
    world.end_session()
    world.into_slot(MIDDLE)
    assert [one.heartbeat.authority_index for one in world.online.awaited()] == [1, 2, 3]
    world.end_session()
    assert [session for _, _, session, _ in world.handler.heard] == [1]
    assert list(world.online.received_heartbeats.items()) == []
    assert list(world.online.authored_blocks.items()) == [((2, world.accounts[0]), 1)]


def test_of_a_chain_that_stood_still_nobody_can_say_who_was_away(world: OnlineWorld) -> None:
    world.block(0, slots=3 * EPOCH_SLOTS)
    assert world.session.current_index == 1
    assert world.handler.heard == []
    world.block(0, slots=MIDDLE)
    world.block(0, slots=MIDDLE)
    assert world.session.current_index == 2
    assert (world.handler.heard, world.online.heartbeat_after) == ([], 0)


def test_all_validators_but_one_away_fit_the_declared_weight() -> None:
    world = OnlineWorld(64)
    world.end_session()
    counts = [len(world.handler.heard[-1][0])]
    for _ in range(2 * EPOCH_SLOTS):
        world.block()
        counts.append(len(world.handler.heard[-1][0]))
    # four in each block; what the last session left is reported when the next one ends
    assert counts[:7] == [4, 8, 12, 16, 20, 24, 28]
    whole = [(len(who), parts) for who, parts, session, _ in world.handler.heard if not session]
    assert whole[-1] == (63, OFFLINE.parts)


def test_all_heartbeats_of_a_session_fit() -> None:
    world = OnlineWorld(64)
    world.into_slot(MIDDLE)
    for number in range(1, 64):
        world.beat(number)
    world.end_session()
    assert AllGood() in world.happened()


@given(validators=st.integers(1, 64), away=st.integers(1, 64))
def test_a_tenth_may_be_away_and_always_one(validators: int, away: int) -> None:
    offence = Unresponsiveness(0, validators, away, (account(1), Exposure(STAKE, STAKE)))
    is_free = away == 1 or 10 * away <= validators
    assert offence.slash_fraction(away) == (Perbill(0) if is_free else Perbill.from_percent(1))
    assert tolerated(validators) <= max(validators / 10, 1)


@settings(max_examples=30, deadline=None)
@given(
    validators=st.integers(2, 12),
    steps=st.lists(st.tuples(st.integers(0, 11), st.booleans()), min_size=8, max_size=40),
)
def test_the_silent_are_those_of_whom_nothing_was_heard(
    validators: int, steps: list[tuple[int, bool]]
) -> None:
    world = OnlineWorld(validators)
    heard = {0}
    for number, is_block in steps:
        who = number % validators
        session = world.session.current_index
        if is_block or who in heard or not world.online.heartbeat_after:
            world.block(who)
            if world.session.current_index != session:
                away = validators - len(heard)
                events = world.happened()
                told = [len(one.offline) for one in events if isinstance(one, SomeOffline)]
                assert told == ([away] if away else [])
                assert (AllGood() in events) == (away == 0)
                heard = set()
        else:
            world.beat(who)
        heard.add(who)
