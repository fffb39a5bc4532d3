"""Jobs: the way of a job from its order to its payment, with the money at each step."""

from dataclasses import replace

import pytest

from runtime.compute.job import DeclineReason, LatencyClass
from runtime.compute.receipt import Opening
from runtime.frame import Signed
from runtime.frame.fungible import HoldReason
from runtime.pallets import jobs, providers
from runtime.pallets.jobs import JobState
from runtime.primitives.types import UNIT
from tests.pallets.compute_market import (
    ALICE,
    CAROL,
    DAVE,
    FEE,
    MARKET,
    NODE_KEY,
    POTS,
    PRICE,
    PROOF,
    RICH,
    ComputeMarket,
    output,
)

ESCROW, QUEUE = HoldReason.JOB_ESCROW, HoldReason.QUEUE_DEPOSIT
SLOT = 5 * 10**10
"""The deposit for the first slot of a lane."""


@pytest.fixture
def world() -> ComputeMarket:
    world = ComputeMarket()
    world.join(CAROL)
    return world


def test_req_45_a_job_walks_every_state_and_its_fee_is_split(world: ComputeMarket) -> None:
    issued, carol = world.token.total_issuance, world.token.free(CAROL)
    job = world.verified()
    world.next_block()
    assert world.history(job) == [
        ("QUEUED", 1),
        ("ASSIGNED", 3),
        ("RUNNING", 3),
        ("COMMITTED", 3),
        ("VERIFYING", 6),
        ("SETTLED", 7),
        ("COMPLETED", 7),
    ]
    assert world.token.free(CAROL) - carol == FEE * 74 // 100
    assert world.token.free(ALICE) == RICH - FEE
    assert (world.token.held(ESCROW, ALICE), world.token.held(QUEUE, ALICE)) == (0, 0)
    assert issued - world.token.total_issuance == FEE * 15 // 100
    assert world.own_events(world.jobs) == [
        jobs.JobSubmitted(job, ALICE, MARKET, FEE),
        jobs.JobAssigned(job, CAROL, jobs.Price(PRICE, 0, 0), 8 * FEE),
        jobs.JobStarted(job, CAROL),
        jobs.SegmentCommitted(job, 0, CAROL, output()),
        jobs.SegmentVerified(job, 0, PROOF),
        jobs.SegmentSettled(
            job=job,
            segment=0,
            units=10,
            fee=FEE,
            burn=FEE * 15 // 100,
            scarcity_burn=0,
            provider_paid=FEE * 74 // 100,
            validators=FEE * 3 // 100,
            oracles=FEE // 100,
            stakers=FEE * 2 // 100,
            treasury=FEE * 5 // 100,
            discount=0,
            minted=0,
            reputation=500_000_000,
        ),
        jobs.JobCompleted(job, FEE),
        jobs.JobRefunded(job, 0),
    ]
    pots = (POTS.validators, POTS.oracles, POTS.stakers, POTS.treasury)
    assert [(world.token.free(pot) - 10**9) * 100 // FEE for pot in pots] == [3, 1, 2, 5]


def test_req_51_the_escrow_covers_the_highest_price_and_the_rest_is_refunded() -> None:
    world = ComputeMarket()
    world.join(CAROL, rating=100)
    world.certify(CAROL)
    world.reprice(20_000 * UNIT)
    job = world.submit(max_price=50_000 * UNIT, latency=LatencyClass.FAST, tip=10**8)
    # ten micro-CU at 50,000 AGPU per CU, 25 % for the class and 10 % as a tip
    assert world.token.held(ESCROW, ALICE) == UNIT // 2 * 135 // 100
    world.pass_blocks(2)
    assert world.jobs.jobs[job].price == jobs.Price(20_000 * UNIT, 0, 7_000 * UNIT)
    world.call(world.jobs.start_job, Signed(CAROL), job)
    world.commit(job)
    world.pass_blocks(3)
    world.include(openings=(Opening(job, 0, PROOF),))
    world.next_block()
    fee = UNIT // 5 * 135 // 100
    assert world.token.free(ALICE) == RICH - fee
    refunded = jobs.JobRefunded(job, UNIT // 2 * 135 // 100 - fee)
    assert world.own_events(world.jobs)[-1] == refunded


def test_the_queue_deposit_returns_when_the_job_is_assigned(world: ComputeMarket) -> None:
    world.submit()
    assert world.token.held(QUEUE, ALICE) == SLOT
    world.pass_blocks(2)
    assert world.token.held(QUEUE, ALICE) == 0


def test_anyone_may_settle_at_once(world: ComputeMarket) -> None:
    job = world.verified()
    world.call(world.jobs.settle_segment, Signed(DAVE), job, 0)
    assert world.history(job)[-2:] == [("SETTLED", 6), ("COMPLETED", 6)]
    with world.refuses(jobs.Error.WRONG_STATE):
        world.call(world.jobs.settle_segment, Signed(DAVE), job, 0)
    world.next_block()


def test_the_key_of_a_node_works_for_its_provider() -> None:
    world = ComputeMarket()
    world.join(CAROL, node_key=NODE_KEY)
    job = world.assigned()
    world.call(world.jobs.start_job, Signed(NODE_KEY), job)
    world.call(world.jobs.commit_segment, Signed(NODE_KEY), job, 0, output())
    assert world.jobs.segments[job, 0].provider == CAROL


def test_earnings_can_go_to_the_bond() -> None:
    world = ComputeMarket()
    world.join(CAROL, payout=providers.PayoutDestination.BOND)
    world.verified()
    world.next_block()
    assert world.providers.providers[CAROL].bond == 100 * UNIT + FEE * 74 // 100


def test_a_pot_that_cannot_be_opened_leaves_its_part_to_the_treasury(world: ComputeMarket) -> None:
    world.jobs.config = replace(world.jobs.config, pots=replace(POTS, oracles=bytes(32)))
    world.jobs.config = replace(world.jobs.config, minimum_fee=FEE // 2)
    before = world.token.free(POTS.treasury)
    world.verified()
    world.next_block()
    # the oracles' hundredth of half the fee is below the existential deposit
    assert world.token.free(POTS.treasury) - before == FEE // 2 * 6 // 100


def test_a_job_for_a_named_provider_is_its_at_once_and_moves_no_reputation(
    world: ComputeMarket,
) -> None:
    job = world.submit(to=CAROL)
    assert world.history(job) == [("QUEUED", 1), ("ASSIGNED", 1)]
    world.call(world.jobs.start_job, Signed(CAROL), job)
    world.commit(job)
    world.pass_blocks(3)
    world.include(openings=(Opening(job, 0, PROOF),))
    world.next_block()
    assert world.state(job) is JobState.COMPLETED
    assert world.providers.standing.reputation(CAROL) == 5 * 10**8


def test_a_verified_job_raises_the_reputation_by_its_burn(world: ComputeMarket) -> None:
    world.verified()
    world.next_block()
    burn, window = FEE * 15 // 100, 100 * UNIT
    assert world.providers.standing.reputation(CAROL) == 5 * 10**8 + 5 * 10**8 * burn // window


# ---------------------------------------------------------------------------------- ways to fail


def test_req_52_a_result_that_is_not_opened_costs_the_provider_eight_prices(
    world: ComputeMarket,
) -> None:
    job = world.committed()
    world.call(world.providers.chill, Signed(CAROL))
    issued, seen = world.token.total_issuance, len(world.own_events(world.providers))
    world.pass_blocks(12)
    assert world.state(job) is JobState.COMMITTED
    world.next_block()
    assert world.history(job)[-1] == ("QUEUED", 16)
    assert world.token.free(ALICE) == RICH, "the award makes the client's loss good"
    assert world.token.held(ESCROW, ALICE) == FEE
    assert issued - world.token.total_issuance == 7 * FEE
    carol = world.providers.providers[CAROL]
    assert (carol.bond, carol.exposure, carol.open_jobs) == (100 * UNIT - 8 * FEE, 0, 0)
    assert world.own_events(world.providers)[seen:] == [
        providers.ReputationChanged(CAROL, 25 * 10**7),
        providers.ProviderSlashed(
            CAROL, providers.Offence.FAILED_VERIFICATION, amount=8 * FEE, awarded=FEE, found=0
        ),
    ]


REASON = DeclineReason.INPUT_UNAVAILABLE


def test_a_job_that_its_only_provider_declined_waits_for_another_until_its_deadline(
    world: ComputeMarket,
) -> None:
    job = world.assigned()
    world.call(world.jobs.decline_job, Signed(CAROL), job, REASON)
    world.pass_blocks(world.jobs.jobs[job].deadline - world.context.number)
    assert world.state(job) is JobState.QUEUED
    assert world.jobs.declined[job] == (CAROL,)
    world.next_block()
    assert world.state(job) is JobState.EXPIRED
    assert world.jobs.declined[job] == ()
    assert world.token.free(ALICE) == RICH
    assert world.own_events(world.jobs)[-2:] == [jobs.JobExpired(job), jobs.JobRefunded(job, FEE)]


def test_a_declined_job_goes_to_a_provider_that_has_not_had_it(world: ComputeMarket) -> None:
    world.join(DAVE)
    job = world.assigned()
    first = world.provider_of(job)
    world.call(world.jobs.decline_job, Signed(first), job, REASON)
    world.next_block()
    if world.state(job) is JobState.QUEUED:
        world.next_block()
    assert world.jobs.jobs[job].tried == (first,)
    assert world.provider_of(job) == (DAVE if first == CAROL else CAROL)


def test_a_provider_that_does_not_start_loses_a_hundredth_and_its_turn(
    world: ComputeMarket,
) -> None:
    job = world.assigned()
    world.pass_blocks(21)
    assert world.history(job)[-1] == ("QUEUED", 24)
    carol = world.providers.providers[CAROL]
    assert carol.status is providers.ProviderStatus.ABSENT
    assert carol.bond == 100 * UNIT - 8 * FEE // 100
    assert world.providers.standing.reputation(CAROL) == 5 * 10**8 * 98 // 100
    world.pass_blocks(5)
    assert world.state(job) is JobState.QUEUED, "nobody else is there"
    world.call(world.providers.heartbeat, Signed(CAROL), bytes(32), 0)
    world.next_block()
    assert world.state(job) is JobState.ASSIGNED


def test_a_provider_that_stops_in_the_middle_is_replaced(world: ComputeMarket) -> None:
    job = world.running()
    world.pass_blocks(40)
    assert world.state(job) is JobState.RUNNING
    world.join(DAVE)
    world.next_block()
    assert world.provider_of(job) == DAVE
    assert world.jobs.jobs[job].tried == (CAROL,)


def test_a_queued_job_expires_at_its_deadline_with_everything_back() -> None:
    world = ComputeMarket()
    job = world.submit(deadline=9)
    world.pass_blocks(8)
    assert world.state(job) is JobState.QUEUED
    world.next_block()
    assert world.history(job) == [("QUEUED", 1), ("EXPIRED", 10)]
    assert world.token.free(ALICE) == RICH
    assert world.own_events(world.jobs)[1:] == [jobs.JobExpired(job), jobs.JobRefunded(job, FEE)]


@pytest.mark.parametrize("state", ["assigned", "running"])
def test_a_job_expires_while_its_provider_is_at_it(world: ComputeMarket, state: str) -> None:
    job = getattr(world, state)(deadline=9)
    world.pass_blocks(7)
    assert world.history(job)[-1] == ("EXPIRED", 10)
    assert world.token.free(ALICE) == RICH
    late = 98 if state == "running" else 100
    assert world.providers.standing.reputation(CAROL) == 5 * 10**8 * late // 100


def test_a_committed_job_may_finish_after_its_deadline(world: ComputeMarket) -> None:
    job = world.committed(deadline=4)
    world.pass_blocks(3)
    world.include(openings=(Opening(job, 0, PROOF),))
    world.next_block()
    assert world.state(job) is JobState.COMPLETED


def test_a_failed_job_for_a_named_provider_goes_to_no_other(world: ComputeMarket) -> None:
    world.join(DAVE)
    job = world.submit(to=CAROL)
    world.pass_blocks(21)
    assert world.history(job)[-1] == ("FAILED", 22)
    assert world.token.free(ALICE) == RICH


def test_anyone_may_expire_a_job_when_it_is_due_and_not_before(world: ComputeMarket) -> None:
    job = world.assigned(deadline=9)
    with world.refuses(jobs.Error.NOT_DUE):
        world.call(world.jobs.expire_job, Signed(DAVE), job)
    world.pass_blocks(7)
    with world.refuses(jobs.Error.WRONG_STATE):
        world.call(world.jobs.expire_job, Signed(DAVE), job)
    with world.refuses(jobs.Error.UNKNOWN_JOB):
        world.call(world.jobs.expire_job, Signed(DAVE), 99)


# --------------------------------------------------------------------------- cancel, top up, end


def test_a_quick_cancellation_burns_a_tenth_of_the_deposit() -> None:
    world = ComputeMarket()
    job = world.submit()
    world.call(world.jobs.cancel_job, Signed(ALICE), job)
    assert world.token.free(ALICE) == RICH - SLOT // 10
    assert world.state(job) is JobState.CANCELLED


def test_a_patient_client_cancels_for_nothing() -> None:
    world = ComputeMarket()
    job = world.submit()
    world.pass_blocks(10)
    world.call(world.jobs.cancel_job, Signed(ALICE), job)
    assert world.token.free(ALICE) == RICH


@pytest.mark.parametrize(("state", "charge"), [("assigned", FEE // 20), ("running", FEE)])
def test_a_late_cancellation_is_shared_by_the_provider_and_the_fire(
    world: ComputeMarket, state: str, charge: int
) -> None:
    issued, carol = world.token.total_issuance, world.token.free(CAROL)
    job = getattr(world, state)()
    world.call(world.jobs.cancel_job, Signed(ALICE), job)
    assert world.token.free(ALICE) == RICH - charge
    assert world.token.free(CAROL) - carol == charge // 2
    assert issued - world.token.total_issuance == charge // 2
    assert world.providers.exposure(CAROL) == 0


def test_a_committed_job_cannot_be_cancelled(world: ComputeMarket) -> None:
    job = world.committed()
    with world.refuses(jobs.Error.WRONG_STATE):
        world.call(world.jobs.cancel_job, Signed(ALICE), job)


def test_a_top_up_prepays_more_units(world: ComputeMarket) -> None:
    job = world.submit(max_price=10_000 * UNIT)
    world.call(world.jobs.top_up_job, Signed(ALICE), job, 10)
    assert world.token.held(ESCROW, ALICE) == UNIT // 5
    assert world.jobs.jobs[job].max_units == 20
    with world.refuses(jobs.Error.ZERO_UNITS):
        world.call(world.jobs.top_up_job, Signed(ALICE), job, 0)
    with world.refuses(jobs.Error.AMOUNT_TOO_LARGE):
        world.call(world.jobs.top_up_job, Signed(ALICE), job, 2**64 - 1)


def test_an_ended_job_is_kept_for_seven_eras(world: ComputeMarket) -> None:
    job = world.verified()
    world.next_block()
    world.pass_blocks(7 * 30 - 1)
    assert job in world.jobs.jobs
    world.next_block()
    assert job not in world.jobs.jobs
    assert job not in world.jobs.specs
    assert (job, 0) not in world.jobs.segments
