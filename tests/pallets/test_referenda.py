"""Referenda: from submission to the block of the call, and every way to end before."""

from dataclasses import replace
from typing import Any

import pytest

from runtime.frame import BadOrigin, GovernanceOrigin, Governed, Root, Signed, TokenError
from runtime.frame.fungible import HoldReason
from runtime.frame.origins import ROOT_CALLER, CustomOrigin, RawSigned, SystemOrigin
from runtime.frame.polls import FinishedPoll, OngoingPoll, Tally
from runtime.frame.preimages import Inline, Legacy, Lookup
from runtime.frame.schedule import After, At
from runtime.pallets.conviction_voting import Conviction
from runtime.pallets.referenda import Error, enactment_name
from runtime.pallets.referenda.types import (
    MAX_QUEUED,
    Approved,
    Cancelled,
    ConfirmAborted,
    Confirmed,
    ConfirmStarted,
    DecisionDepositPlaced,
    DecisionDepositRefunded,
    DecisionExtended,
    DecisionStarted,
    Deposit,
    DepositSlashed,
    Killed,
    MetadataCleared,
    MetadataSet,
    ReferendumApproved,
    ReferendumCancelled,
    ReferendumKilled,
    ReferendumRejected,
    ReferendumTimedOut,
    Rejected,
    SubmissionDepositRefunded,
    Submitted,
    TimedOut,
)
from runtime.primitives.hashing import blake2_256
from runtime.primitives.types import UNIT
from tests.pallets.governance_world import (
    ANNA,
    BERT,
    CARA,
    DORA,
    ENDOWMENT,
    ERA,
    SMALL,
    GovernanceWorld,
    Written,
    seasoned_world,
)

DECISION_DEPOSIT, SUBMISSION_DEPOSIT = 200 * UNIT, 10 * UNIT
CANCELLER = Governed(GovernanceOrigin.REFERENDUM_CANCELLER)
KILLER = Governed(GovernanceOrigin.REFERENDUM_KILLER)
PREPARE, DECIDE, CONFIRM, ENACT = 2, 140, 20, 10
TIMEOUT = 28 * ERA


@pytest.fixture
def world() -> GovernanceWorld:
    return seasoned_world()


def mine(events: list[object]) -> list[object]:
    """Leave the events of other pallets out."""
    return [one for one in events if type(one).__module__ == "runtime.pallets.referenda.types"]


def held(world: GovernanceWorld, who: bytes = DORA) -> int:
    return world.amax.held(HoldReason.REFERENDUM, who)


def decided(world: GovernanceWorld, number: int = 1) -> int:
    """Return a referendum whose decision has just begun."""
    index = world.submit(number)
    world.deposit(index)
    world.block(PREPARE)
    assert world.status(index).deciding is not None
    return index


def test_a_referendum_passes_and_its_call_is_made_when_its_time_has_come(
    world: GovernanceWorld,
) -> None:
    index = world.submit(7)
    proposal = Inline(world.write(7).encode())
    assert mine(world.happened()) == [Submitted(0, 20, proposal)]
    world.deposit(index)
    assert mine(world.happened())[-1] == DecisionDepositPlaced(0, DORA, DECISION_DEPOSIT)
    assert held(world) == SUBMISSION_DEPOSIT + DECISION_DEPOSIT
    for who in (ANNA, BERT, CARA):
        world.cast(who, index)
    tally = world.status(index).tally
    start = world.context.number
    events = mine(world.pass_all(index))
    assert events == [
        DecisionStarted(0, 20, proposal, tally),
        ConfirmStarted(0),
        Confirmed(0, tally),
        ReferendumApproved(0),
    ]
    # three eighths of all AMAX support it: enough when the curve has fallen from 50% to 37.5%
    until_enough = -(-DECIDE * 125 // 450)
    approved = start + PREPARE + until_enough + CONFIRM
    assert world.referenda.poll(index) == FinishedPoll(approved, is_approved=True)
    assert world.until(approved + ENACT - 1) == []
    assert world.block()[0] == Written(7, SMALL)


@pytest.mark.parametrize("desired", [After(0), At(1), After(3)])
def test_req_73_no_wish_shortens_the_enactment_delay(world: GovernanceWorld, desired: Any) -> None:
    proposal = Inline(world.write(7).encode())
    world.call(world.referenda.submit, Signed(DORA), SMALL, proposal, desired)
    world.deposit(0)
    for who in (ANNA, BERT, CARA):
        world.cast(who, 0)
    world.pass_all(0)
    approved = world.context.number
    assert world.scheduler.lookup[enactment_name(0)] == (approved + ENACT, 0)


def test_a_later_enactment_is_granted(world: GovernanceWorld) -> None:
    index = world.submit(7, after=50)
    world.deposit(index)
    for who in (ANNA, BERT, CARA):
        world.cast(who, index)
    world.pass_all(index)
    approved = world.context.number
    assert world.scheduler.lookup[enactment_name(0)] == (approved + 50, 0)


def test_without_votes_a_referendum_is_rejected_at_the_end(world: GovernanceWorld) -> None:
    index = decided(world)
    since = world.context.number
    assert mine(world.pass_all(index)) == [ReferendumRejected(0, Tally())]
    assert world.context.number == since + DECIDE
    info = world.referenda.referendum_info_for[index]
    assert isinstance(info, Rejected)
    assert world.referenda.deciding_count[20] == 0


def test_nays_reject(world: GovernanceWorld) -> None:
    index = decided(world)
    world.cast(ANNA, index)
    for who in (BERT, CARA):
        world.cast(who, index, aye=False)
    world.pass_all(index)
    assert world.referenda.poll(index) == FinishedPoll(world.context.number, is_approved=False)


def test_a_referendum_without_a_deposit_lapses(world: GovernanceWorld) -> None:
    index, start = world.submit(), world.context.number
    assert mine(world.pass_all(index)) == [ReferendumTimedOut(0, Tally())]
    assert world.context.number == start + TIMEOUT
    assert isinstance(world.referenda.referendum_info_for[index], TimedOut)
    assert world.referenda.poll(index) is None


def test_confirmation_breaks_off_when_a_referendum_stops_passing(world: GovernanceWorld) -> None:
    index = decided(world)
    for who in (ANNA, BERT):
        world.cast(who, index)
    world.block(85)
    assert world.status(index).deciding.confirming is not None
    world.cast(CARA, index, aye=False)
    world.call(world.voting.remove_vote, Signed(BERT), None, index)
    assert mine(world.block()) == [ConfirmAborted(0)]
    assert world.status(index).deciding.confirming is None


def test_a_late_turn_lets_the_decision_go_on_once(world: GovernanceWorld) -> None:
    index = decided(world)
    since = world.context.number
    world.until(since + DECIDE - 10)
    for who in (ANNA, BERT):
        world.cast(who, index)
    until = since + DECIDE + 2 * ERA
    assert mine(world.block()) == [DecisionExtended(0, until), ConfirmStarted(0)]
    # the others have until then to answer, though the confirmation alone would end before
    assert world.status(index).deciding.confirming == until
    world.until(until - 5)
    world.call(world.voting.remove_vote, Signed(ANNA), None, index)
    world.call(world.voting.remove_vote, Signed(BERT), None, index)
    world.cast(CARA, index, aye=False)
    assert mine(world.block()) == [ConfirmAborted(0)]
    assert mine(world.pass_all(index))[-1] == ReferendumRejected(0, Tally(0, 50_000 * UNIT, 0))
    assert world.context.number == until
    assert dict(world.referenda.decision_end.items()) == {}


def test_a_turn_before_the_last_eighth_extends_nothing(world: GovernanceWorld) -> None:
    index = decided(world)
    world.until(world.context.number + DECIDE * 7 // 8 - 2)
    for who in (ANNA, BERT):
        world.cast(who, index)
    assert mine(world.block()) == [ConfirmStarted(0)]
    assert dict(world.referenda.decision_end.items()) == {}


def test_only_so_many_are_decided_at_once_and_the_best_comes_next(world: GovernanceWorld) -> None:
    root = [world.submit(n, origin=ROOT_CALLER) for n in range(3)]
    world.amax.mint_into(ANNA, 100_000 * UNIT)
    for index in root:
        world.deposit(index, by=ANNA)
    world.cast(BERT, root[2])
    world.block(ERA)
    assert [world.status(index).deciding is not None for index in root] == [True, False, False]
    assert world.referenda.track_queue[0] == ((1, 0), (2, 50_000 * UNIT))
    world.cast(CARA, root[1], 40_000 * UNIT, conviction=Conviction.LOCKED2X)
    world.block()
    assert world.referenda.track_queue[0] == ((2, 50_000 * UNIT), (1, 80_000 * UNIT))
    world.call(world.referenda.cancel, CANCELLER, root[0])
    assert [world.status(index).deciding is not None for index in root[1:]] == [True, False]


def test_a_referendum_that_waits_in_a_queue_lapses_too(world: GovernanceWorld) -> None:
    world.amax.mint_into(ANNA, 100_000 * UNIT)
    first, start = world.submit(1, origin=ROOT_CALLER), world.context.number
    world.deposit(first, by=ANNA)
    world.block(3)
    second = world.submit(2, origin=ROOT_CALLER)
    world.deposit(second, by=ANNA)
    world.until(start + TIMEOUT + 2)
    assert world.status(second).in_queue
    world.block()
    assert isinstance(world.referenda.referendum_info_for[second], TimedOut)
    assert world.referenda.track_queue[0] == ()


def test_a_full_queue_keeps_those_with_the_most_ayes(world: GovernanceWorld) -> None:
    queue = tuple((1000 + n, n + 1) for n in range(MAX_QUEUED))
    index = world.submit()
    world.referenda.track_queue[20] = queue
    world.referenda.deciding._enqueue(index, world.status(index))
    assert world.referenda.track_queue[20] == queue
    status = world.status(index)
    tally = status.tally.changed(5, 0, 0)
    world.referenda.deciding._enqueue(index, replace(status, tally=tally))
    assert len(world.referenda.track_queue[20]) == MAX_QUEUED
    assert world.referenda.track_queue[20][3] == (index, 5)
    world.referenda.track_queue[20] = ()


def test_who_cancels_and_who_kills(world: GovernanceWorld) -> None:
    first, second = world.submit(1), world.submit(2)
    world.deposit(second)
    for origin in (Signed(DORA), KILLER, Governed(GovernanceOrigin.EMERGENCY)):
        with world.refuses(BadOrigin.BAD_ORIGIN):
            world.call(world.referenda.cancel, origin, first)
    for origin in (Signed(DORA), CANCELLER):
        with world.refuses(BadOrigin.BAD_ORIGIN):
            world.call(world.referenda.kill, origin, first)
    world.call(world.referenda.cancel, CANCELLER, first)
    assert mine(world.happened())[-1] == ReferendumCancelled(0, Tally())
    now = world.context.number
    deposit = Deposit(DORA, SUBMISSION_DEPOSIT)
    assert world.referenda.referendum_info_for[first] == Cancelled(now, deposit, None)
    issued = world.amax.total_issuance
    world.call(world.referenda.kill, KILLER, second)
    assert mine(world.happened())[-3:] == [
        ReferendumKilled(1, Tally()),
        DepositSlashed(DORA, SUBMISSION_DEPOSIT),
        DepositSlashed(DORA, DECISION_DEPOSIT),
    ]
    assert world.amax.total_issuance == issued - SUBMISSION_DEPOSIT - DECISION_DEPOSIT
    assert world.referenda.referendum_info_for[second] == Killed(now)
    for method in (world.referenda.cancel, world.referenda.kill):
        with world.refuses(Error.NOT_ONGOING):
            world.call(method, Root(), second)
    world.block(TIMEOUT + 1)


def test_deposits_go_back_when_a_referendum_has_ended(world: GovernanceWorld) -> None:
    index = world.submit()
    refund = world.referenda.refund_decision_deposit
    with world.refuses(Error.NO_DEPOSIT):
        world.call(refund, Signed(ANNA), index)
    world.deposit(index)
    with world.refuses(Error.UNFINISHED):
        world.call(refund, Signed(ANNA), index)
    with world.refuses(Error.BAD_STATUS):
        world.call(world.referenda.refund_submission_deposit, Signed(ANNA), index)
    world.call(world.referenda.cancel, Root(), index)
    world.call(refund, Signed(ANNA), index)
    assert world.happened()[-1] == DecisionDepositRefunded(0, DORA, DECISION_DEPOSIT)
    world.call(world.referenda.refund_submission_deposit, Signed(ANNA), index)
    assert world.happened()[-1] == SubmissionDepositRefunded(0, DORA, SUBMISSION_DEPOSIT)
    assert (held(world), world.amax.free(DORA)) == (0, ENDOWMENT)
    for method in (refund, world.referenda.refund_submission_deposit):
        with world.refuses(Error.NO_DEPOSIT):
            world.call(method, Signed(ANNA), index)
        with world.refuses(Error.BAD_REFERENDUM):
            world.call(method, Signed(ANNA), 9)


def test_a_lapsed_or_killed_referendum_keeps_the_submission_deposit(world: GovernanceWorld) -> None:
    first, second = world.submit(1), world.submit(2)
    world.call(world.referenda.kill, Root(), second)
    world.block(TIMEOUT)
    for index in (first, second):
        with world.refuses(Error.BAD_STATUS):
            world.call(world.referenda.refund_submission_deposit, Signed(DORA), index)
    with world.refuses(Error.NO_DEPOSIT):
        world.call(world.referenda.refund_decision_deposit, Signed(DORA), second)


def test_a_decision_deposit_is_placed_once_by_whoever_has_it(world: GovernanceWorld) -> None:
    index = world.submit()
    with world.refuses(TokenError.FUNDS_UNAVAILABLE):
        world.deposit(index, by=b"\x09" * 32)
    world.deposit(index, by=CARA)
    with world.refuses(Error.HAS_DEPOSIT):
        world.deposit(index)
    with world.refuses(Error.NOT_ONGOING):
        world.deposit(7)


@pytest.mark.parametrize(
    "origin", [SystemOrigin(RawSigned(DORA)), CustomOrigin(GovernanceOrigin.SMALL_SPENDER)]
)
def test_only_origins_with_a_track_are_proposed_for(world: GovernanceWorld, origin: Any) -> None:
    if origin == SMALL:
        world.submit(origin=origin)
        return
    with world.refuses(Error.NO_TRACK):
        world.submit(origin=origin)


def test_a_proposal_names_the_length_of_its_preimage(world: GovernanceWorld) -> None:
    raw = world.write(1).encode()
    world.call(world.preimage.note_preimage, Signed(ANNA), raw)
    wrong = Lookup(blake2_256(raw), len(raw) + 1)
    with world.refuses(Error.PREIMAGE_STORED_WITH_DIFFERENT_LENGTH):
        world.call(world.referenda.submit, Signed(DORA), SMALL, wrong, After(0))
    for good in (Lookup(blake2_256(raw), len(raw)), Lookup(bytes(32), 9), Legacy(bytes(32))):
        world.call(world.referenda.submit, Signed(DORA), SMALL, good, After(0))


def test_who_submitted_may_say_what_it_is_about(world: GovernanceWorld) -> None:
    index, text = world.submit(), b"why we want this"
    describe = world.referenda.set_metadata
    with world.refuses(Error.PREIMAGE_NOT_EXIST):
        world.call(describe, Signed(DORA), index, blake2_256(text))
    world.call(world.preimage.note_preimage, Signed(DORA), text)
    with world.refuses(Error.NO_PERMISSION):
        world.call(describe, Signed(ANNA), index, blake2_256(text))
    world.call(describe, Signed(DORA), index, blake2_256(text))
    assert world.happened()[-1] == MetadataSet(index, blake2_256(text))
    with world.refuses(Error.NO_PERMISSION):
        world.call(describe, Signed(ANNA), index, None)
    world.call(world.referenda.cancel, Root(), index)
    with world.refuses(Error.NOT_ONGOING):
        world.call(describe, Signed(DORA), index, blake2_256(text))
    world.call(describe, Signed(ANNA), index, None)
    assert world.happened()[-1] == MetadataCleared(index, blake2_256(text))


def test_only_the_chain_nudges(world: GovernanceWorld) -> None:
    index = world.submit()
    for method, argument in (
        (world.referenda.nudge_referendum, index),
        (world.referenda.one_fewer_deciding, 20),
    ):
        with world.refuses(BadOrigin.BAD_ORIGIN):
            world.call(method, Signed(ANNA), argument)
    world.call(world.referenda.one_fewer_deciding, Root(), 20)
    with world.refuses(Error.BAD_TRACK):
        world.call(world.referenda.one_fewer_deciding, Root(), 2)


def test_a_referendum_is_only_submitted_where_its_end_has_a_place(world: GovernanceWorld) -> None:
    call_ = Inline(world.write(1).encode())
    when = world.context.number + TIMEOUT
    for _ in range(50 * 16):
        assert world.scheduler.place_call(when, 0, ROOT_CALLER, call_) is not None
    with world.refuses(Error.FULL):
        world.submit()


def test_an_approved_call_waits_for_room_in_the_agenda(world: GovernanceWorld) -> None:
    index = decided(world, 7)
    for who in (ANNA, BERT, CARA):
        world.cast(who, index)
    world.block(DECIDE // 2 - 30)
    confirming = world.status(index).deciding.confirming
    call_ = Inline(world.write(1).encode())
    for _ in range(50 * 16):
        assert world.scheduler.place_call(confirming + ENACT, 0, ROOT_CALLER, call_) is not None
    world.until(confirming)
    assert isinstance(world.referenda.poll(index), OngoingPoll)
    world.block()
    assert isinstance(world.referenda.referendum_info_for[index], Approved)
