"""Matching: who gets which job, in which order, and within what bounds."""

from dataclasses import replace

import pytest

from runtime.compute.job import LatencyClass
from runtime.frame import Signed
from runtime.pallets import jobs
from runtime.pallets.jobs import Error, JobState, hook_weights
from runtime.pallets.jobs.agenda import AGENDA_SLOTS, MAX_OPEN_JOBS, Agenda
from runtime.pallets.jobs.due import MAX_DUE
from runtime.pallets.jobs.matching import HEADS, ROVERS
from runtime.pallets.jobs.records import LANE_SLOTS
from runtime.pallets.providers import conduct
from runtime.pallets.providers.telemetry import FEWEST_SAMPLES
from runtime.primitives.types import UNIT
from runtime.terms import DEFAULTS
from tests.pallets.compute_market import (
    ALICE,
    CAROL,
    DAVE,
    ELSEWHERE,
    EVE,
    MARKET,
    PEOPLE,
    ComputeMarket,
    order,
)
from tests.support.bench import account

CROWD = tuple(account(1000 + i) for i in range(40))


@pytest.fixture
def world() -> ComputeMarket:
    return ComputeMarket()


def crowd(world: ComputeMarket) -> None:
    """Make more clients, so that the bound of one is not in the way."""
    for who in CROWD:
        world.token.mint_into(who, 10_000 * UNIT)


def test_req_50_a_job_is_matched_two_blocks_after_it_was_submitted(world: ComputeMarket) -> None:
    world.join(CAROL)
    job = world.submit()
    world.next_block()
    assert world.state(job) is JobState.QUEUED
    world.next_block()
    assert world.state(job) is JobState.ASSIGNED


def test_no_job_is_matched_without_the_randomness_of_the_block(world: ComputeMarket) -> None:
    world.join(CAROL)
    job = world.submit()
    world.chance.of_block = lambda number: None  # type: ignore[method-assign]
    world.pass_blocks(3)
    assert world.state(job) is JobState.QUEUED


def test_the_better_provider_of_those_drawn_gets_the_job(world: ComputeMarket) -> None:
    for who in (CAROL, DAVE, EVE):
        world.join(who)
    world.call(world.providers.bond_extra, Signed(DAVE), 10 * UNIT)
    job = world.assigned()
    assert world.provider_of(job) == DAVE


def test_req_56_class_and_tip_put_a_job_ahead(world: ComputeMarket) -> None:
    waiting = [
        world.submit(latency=LatencyClass.BATCH),
        world.submit(),
        world.submit(latency=LatencyClass.FAST, tip=10**8),
        world.submit(latency=LatencyClass.REALTIME, tip=5 * 10**8),
    ]
    world.providers.config = replace(world.providers.config, jobs_per_provider=1)
    world.next_block()
    world.join(CAROL)
    world.certify(CAROL)
    for expected in reversed(waiting):
        world.next_block()
        taken = [job for job in waiting if world.state(job) is JobState.ASSIGNED]
        assert taken == [expected]
        world.call(world.jobs.cancel_job, Signed(ALICE), expected)


@pytest.mark.parametrize("latency", [LatencyClass.FAST, LatencyClass.REALTIME])
def test_req_32_nodes_not_certified_for_a_class_cannot_receive_its_jobs(
    world: ComputeMarket, latency: LatencyClass
) -> None:
    world.join(CAROL)
    fast, plain = world.submit(latency=latency), world.submit()
    world.pass_blocks(6)
    assert (world.state(fast), world.state(plain)) == (JobState.QUEUED, JobState.ASSIGNED)
    world.certify(CAROL)
    world.next_block()
    assert world.provider_of(fast) == CAROL


def test_req_32_a_named_node_must_be_certified_too(world: ComputeMarket) -> None:
    world.join(CAROL)
    spec = order(world.context.number, latency=LatencyClass.FAST)
    with world.refuses(Error.NOT_CERTIFIED):
        world.call(world.jobs.submit_job, Signed(ALICE), spec, CAROL, 0)
    world.certify(CAROL)
    world.call(world.jobs.submit_job, Signed(ALICE), spec, CAROL, 0)
    assert world.provider_of(0) == CAROL


def test_a_fast_job_that_nobody_may_have_expires_and_is_refunded(world: ComputeMarket) -> None:
    world.join(CAROL)
    free = world.token.free(ALICE)
    job = world.submit(latency=LatencyClass.REALTIME, deadline=world.context.number + 20)
    world.pass_blocks(22)
    assert world.state(job) is JobState.EXPIRED
    assert world.token.free(ALICE) == free


def test_standard_jobs_earn_a_node_its_certificate_and_slow_fast_ones_cost_it(
    world: ComputeMarket,
) -> None:
    world.join(CAROL)
    started = world.providers.standing.started

    def is_fast() -> bool:
        return LatencyClass.FAST in conduct.certified(world.providers.providers[CAROL].latency_p95)

    for _ in range(FEWEST_SAMPLES - 1):
        started(CAROL, LatencyClass.STANDARD, 2)
    assert not is_fast()
    job = world.assigned()
    world.call(world.jobs.start_job, Signed(CAROL), job)
    assert is_fast(), "the start of a plain job is one more"
    for _ in range(FEWEST_SAMPLES):
        started(CAROL, LatencyClass.FAST, 9)
    assert not is_fast()
    starts = 0
    while not is_fast():
        started(CAROL, LatencyClass.STANDARD, 1)
        starts += 1
    assert FEWEST_SAMPLES < starts < 20 * FEWEST_SAMPLES


def test_a_job_for_a_named_provider_earns_no_certificate(world: ComputeMarket) -> None:
    world.join(CAROL)
    job = world.submit(to=CAROL)
    world.call(world.jobs.start_job, Signed(CAROL), job)
    assert not dict(world.providers.starts.items())


def test_a_job_of_another_market_waits_for_a_provider_of_its_own(world: ComputeMarket) -> None:
    world.join(CAROL)
    here, there = world.submit(), world.submit(market=ELSEWHERE)
    world.pass_blocks(2)
    assert (world.state(here), world.state(there)) == (JobState.ASSIGNED, JobState.QUEUED)
    world.join(DAVE, market=ELSEWHERE)
    world.next_block()
    assert world.provider_of(there) == DAVE


def test_heads_that_nobody_can_take_do_not_block_those_behind(world: ComputeMarket) -> None:
    world.join(CAROL)
    world.reprice(UNIT)
    giants = HEADS + 2 * ROVERS
    for _ in range(giants):
        world.submit(latency=LatencyClass.REALTIME)
    for number in range(giants):
        record = world.jobs.jobs[number]
        world.jobs.jobs[number] = replace(record, max_price=0)
    small = world.submit()
    world.pass_blocks(4)
    assert world.state(small) is JobState.ASSIGNED


def test_a_block_looks_at_as_many_jobs_as_its_weight_has_room_for(world: ComputeMarket) -> None:
    nothing_due = hook_weights.LIST + hook_weights.PRUNE
    most = hook_weights.matches_left(world.jobs.config.hook_picoseconds, nothing_due)
    assert 24 <= most <= DEFAULTS.queue.max_matches
    crowd(world)
    providers = CROWD[:20]
    for who in providers:
        world.join(who)
    for client in CROWD[20:40]:
        for _ in range(3):
            world.submit(client)
    world.pass_blocks(2)
    assigned = sum(world.state(job) is JobState.ASSIGNED for job in range(60))
    assert assigned == most
    world.pass_blocks(2)
    assert sum(world.state(job) is JobState.ASSIGNED for job in range(60)) == 60


def test_a_lane_holds_512_jobs(world: ComputeMarket) -> None:
    crowd(world)
    world.join_idly()
    world.pallets = []
    for i in range(LANE_SLOTS):
        world.submit(CROWD[i % 40])
    with world.refuses(jobs.Error.QUEUE_FULL):
        world.submit()
    world.submit(market=ELSEWHERE)
    world.jobs.try_state()


def test_the_agenda_passes_on_what_does_not_fit_and_a_block_does_its_share(
    world: ComputeMarket,
) -> None:
    crowd(world)
    world.join_idly()
    pallets, world.pallets = world.pallets, []
    total = AGENDA_SLOTS + MAX_DUE
    for i in range(total):
        world.submit(CROWD[i % 40], deadline=9)
    world.pallets = pallets
    assert {block: len(listed) for block, listed in world.jobs.agenda.items()} == {
        10: AGENDA_SLOTS,
        11: MAX_DUE,
    }
    ended = []
    shares = -(-total // MAX_DUE)
    for _ in range(8 + shares):
        world.next_block()
        ended.append(total - world.jobs.open_jobs)
    assert ended == [0] * 8 + [min(MAX_DUE * n, total) for n in range(1, shares + 1)]


class Lists(dict[int, tuple[int, ...]]):
    """Lists of an agenda, empty until they are filled."""

    def __missing__(self, key: int) -> tuple[int, ...]:
        return ()


def test_the_agenda_has_room_for_every_open_job() -> None:
    agenda = Agenda(Lists())  # type: ignore[arg-type]
    blocks = [agenda.put(job, 7) for job in range(MAX_OPEN_JOBS)]
    assert blocks == [7 + job // AGENDA_SLOTS for job in range(MAX_OPEN_JOBS)]


def test_a_provider_takes_four_jobs_at_once(world: ComputeMarket) -> None:
    world.join(CAROL)
    for client in PEOPLE:
        world.submit(client)
    world.pass_blocks(2)
    assert world.providers.providers[CAROL].open_jobs == 4
    assert not world.providers.has_idle(MARKET)
