"""Verdicts on committed segments: payment waits for them, and a cheat is punished early or late."""

import pytest

from runtime.frame import Signed
from runtime.pallets import jobs, providers
from runtime.pallets.jobs import Error, JobState, SegmentStatus
from runtime.pallets.jobs.verdicts import MAX_VERDICTS
from tests.pallets.compute_market import ALICE, BOB, CAROL, DAVE, FEE, RICH, ComputeMarket

BACKSTOP = 600
STAKE = 8 * FEE


@pytest.fixture
def world() -> ComputeMarket:
    made = ComputeMarket()
    made.join(CAROL)
    return made


@pytest.fixture
def job(world: ComputeMarket) -> int:
    return world.verified()


@pytest.fixture
def settled(world: ComputeMarket, job: int) -> int:
    world.pass_blocks(1)
    assert world.state(job) is JobState.COMPLETED
    return job


def bond_of(world: ComputeMarket, who: bytes) -> int:
    return world.providers.providers[who].bond


def test_a_segment_is_paid_when_no_verdict_on_it_is_awaited(world: ComputeMarket, job: int) -> None:
    world.jobs.verdicts.hold(job, 0)
    world.jobs.verdicts.hold(job, 0)
    world.pass_blocks(5)
    world.jobs.verdicts.give(job, 0, CAROL)
    with world.refuses(Error.VERDICT_AWAITED):
        world.call(world.jobs.settle_segment, Signed(BOB), job, 0)
    world.pass_blocks(5)
    assert world.state(job) is JobState.VERIFYING
    world.jobs.verdicts.give(job, 0, CAROL)
    world.pass_blocks(1)
    assert world.state(job) is JobState.COMPLETED


def test_a_verdict_that_nobody_gives_delays_payment_only_so_long(
    world: ComputeMarket, job: int
) -> None:
    world.jobs.verdicts.hold(job, 0)
    world.pass_blocks(BACKSTOP - 1)
    assert world.state(job) is JobState.VERIFYING
    world.pass_blocks(1)
    assert world.state(job) is JobState.COMPLETED
    world.jobs.verdicts.give(job, 0, CAROL)
    assert world.jobs.jobs[job].verdicts == 0


def test_only_a_verified_segment_waits_for_verdicts(world: ComputeMarket) -> None:
    job = world.committed()
    with world.refuses(Error.WRONG_STATE):
        world.jobs.verdicts.hold(job, 0)
    with world.refuses(Error.UNKNOWN_JOB):
        world.jobs.verdicts.hold(job + 1, 0)
    world.pass_blocks(20)
    world.jobs.verdicts.give(job, 0, CAROL)
    world.jobs.verdicts.give(job + 1, 0, CAROL)


def test_a_segment_waits_for_no_more_verdicts_than_it_can_count(
    world: ComputeMarket, job: int
) -> None:
    for _ in range(MAX_VERDICTS):
        world.jobs.verdicts.hold(job, 0)
    with world.refuses(Error.VERDICT_AWAITED):
        world.jobs.verdicts.hold(job, 0)
    with world.refuses(Error.WRONG_SEGMENT):
        world.jobs.verdicts.hold(job, 1)


def test_a_cheat_proven_before_payment_loses_eight_prices_and_the_job(
    world: ComputeMarket, job: int
) -> None:
    world.jobs.verdicts.hold(job, 0)
    escrow, bond = world.jobs.jobs[job].escrow, bond_of(world, CAROL)
    issued = world.token.total_issuance
    assert world.jobs.verdicts.convict(job, 0, CAROL, DAVE) == STAKE
    assert bond_of(world, CAROL) == bond - STAKE
    assert world.token.free(DAVE) == RICH + STAKE // 2
    assert issued - world.token.total_issuance == STAKE - STAKE // 2 - FEE
    assert world.state(job) is JobState.QUEUED
    assert (world.jobs.jobs[job].escrow, world.jobs.jobs[job].verdicts) == (escrow, 0)
    assert world.jobs.segments[job, 0].status is SegmentStatus.FAILED


def test_a_cheat_proven_after_payment_makes_the_client_good(
    world: ComputeMarket, settled: int
) -> None:
    paid, bond = world.jobs.jobs[settled].paid, bond_of(world, CAROL)
    assert paid == FEE
    before = world.token.free(ALICE)
    assert world.jobs.verdicts.convict(settled, 0, CAROL, None) == STAKE
    assert world.token.free(ALICE) == before + FEE
    assert bond_of(world, CAROL) == bond - STAKE
    assert world.state(settled) is JobState.COMPLETED
    assert world.own_events(world.providers)[-1] == providers.ProviderSlashed(
        CAROL, providers.Offence.FAILED_VERIFICATION, amount=STAKE, awarded=FEE, found=0
    )


def test_nobody_is_convicted_twice_or_for_another(world: ComputeMarket, settled: int) -> None:
    with world.refuses(Error.NOT_CONVICTABLE):
        world.jobs.verdicts.convict(settled, 0, DAVE, ALICE)
    with world.refuses(Error.WRONG_SEGMENT):
        world.jobs.verdicts.convict(settled, 1, CAROL, ALICE)
    with world.refuses(Error.UNKNOWN_JOB):
        world.jobs.verdicts.convict(settled + 1, 0, CAROL, ALICE)
    world.jobs.verdicts.convict(settled, 0, CAROL, ALICE)
    with world.refuses(Error.NOT_CONVICTABLE):
        world.jobs.verdicts.convict(settled, 0, CAROL, ALICE)


def test_a_cheat_that_reports_itself_gets_nothing_back(world: ComputeMarket, settled: int) -> None:
    before = world.token.free(CAROL)
    world.jobs.verdicts.convict(settled, 0, CAROL, CAROL)
    assert world.token.free(CAROL) == before


def test_a_late_verdict_does_not_touch_the_next_provider(world: ComputeMarket, job: int) -> None:
    world.join(DAVE)
    world.jobs.verdicts.convict(job, 0, CAROL, None)
    world.pass_blocks(2)
    assert world.provider_of(job) == DAVE
    world.call(world.jobs.start_job, Signed(DAVE), job)
    world.commit(job)
    with world.refuses(Error.NOT_CONVICTABLE):
        world.jobs.verdicts.convict(job, 0, CAROL, None)
    assert world.jobs.segments[job, 0].status is jobs.SegmentStatus.COMMITTED
