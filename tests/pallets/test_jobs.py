"""Jobs: the way of a job from its order to its payment, with the money at each step."""

import pytest

from runtime.frame import Signed
from runtime.frame.fungible import HoldReason
from runtime.pallets import jobs
from tests.pallets.compute_market import (
    ALICE,
    BOB,
    CAROL,
    FEE,
    POTS,
    PROOF,
    RICH,
    ComputeMarket,
    output,
)

ESCROW, QUEUE = HoldReason.JOB_ESCROW, HoldReason.QUEUE_DEPOSIT


@pytest.fixture
def world() -> ComputeMarket:
    world = ComputeMarket()
    world.join(CAROL)
    return world


def test_a_job_walks_every_state_and_its_fee_is_split(world: ComputeMarket) -> None:
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
    price = jobs.Price(10**12, 0, 0)
    assert world.own_events(world.jobs) == [
        jobs.JobSubmitted(job, ALICE, world.jobs.jobs[job].market, FEE),
        jobs.JobAssigned(job, CAROL, price, 8 * FEE),
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
        ),
        jobs.JobCompleted(job, FEE),
        jobs.JobRefunded(job, 0),
    ]
    pots = (POTS.validators, POTS.oracles, POTS.stakers, POTS.treasury)
    assert [world.token.free(pot) - 10**9 for pot in pots] == [
        FEE * 3 // 100,
        FEE // 100,
        FEE * 2 // 100,
        FEE * 5 // 100,
    ]


def test_a_job_that_is_not_opened_costs_the_provider_eight_prices(world: ComputeMarket) -> None:
    job = world.committed()
    world.pass_blocks(12)
    assert world.state(job) is jobs.JobState.COMMITTED
    world.next_block()
    assert world.state(job) is jobs.JobState.QUEUED
    assert world.token.free(ALICE) == RICH - FEE + FEE, "the award makes the client's loss good"
