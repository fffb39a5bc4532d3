"""Overflow: jobs that may leave an overloaded market do, in order; no other ever moves (D4)."""

from dataclasses import replace
from typing import Any

import pytest

from runtime.compute.job import LatencyClass, Market
from runtime.frame import BadOrigin, DispatchError, Root, Signed
from runtime.pallets import jobs, pricing
from runtime.pallets.jobs import Conditions, JobState, Thresholds
from runtime.pallets.jobs.conditions import MAX_REGIONS
from runtime.pallets.jobs.hook_weights import MAX_MOVES
from runtime.pallets.jobs.overflow import FRONT
from runtime.pallets.jobs.records import MAX_ATTEMPTS, MAX_HISTORY
from runtime.primitives.types import UNIT
from tests.pallets.compute_market import ALICE, CAROL, DAVE, EVE, PRICE, ComputeMarket
from tests.support.bench import account

HOME, NEAR, FAR = (Market(0, region) for region in (0, 1, 2))
NEVER = Thresholds(queue=512, wait=2**31, saturation=2**31)
"""No market is ever overloaded."""
CROWD = tuple(account(1000 + i) for i in range(10))


@pytest.fixture
def world() -> ComputeMarket:
    """Nobody serves at home; Dave is near and Eve is far."""
    world = ComputeMarket()
    world.join(DAVE, market=NEAR)
    world.join(EVE, market=FAR)
    set_overflow(world, NEVER)
    return world


def set_overflow(world: ComputeMarket, thresholds: Thresholds) -> None:
    """Decide when a market is overloaded."""
    world.call(world.jobs.set_overflow, Root(), thresholds)


def wandering(world: ComputeMarket, *regions: int, client: bytes = ALICE, **terms: Any) -> int:
    """Order a job that may move to some regions."""
    return world.order(client, conditions=Conditions(regions=regions), **terms)


def markets(world: ComputeMarket, listed: list[int]) -> list[int]:
    """Return the regions in which jobs are."""
    return [world.jobs.jobs[job].market.region for job in listed]


def test_a_job_that_waits_too_long_moves_and_is_done_elsewhere(world: ComputeMarket) -> None:
    job = wandering(world, 1)
    pinned = world.submit()
    world.pass_blocks(5)
    assert markets(world, [job, pinned]) == [0, 0]
    set_overflow(world, replace(NEVER, wait=7))
    world.pass_blocks(2)
    assert markets(world, [job, pinned]) == [1, 0]
    assert world.happened()[-1] == jobs.JobMoved(job, HOME, NEAR)
    world.next_block()
    assert world.provider_of(job) == DAVE
    assert world.history(job)[:2] == [("QUEUED", 1), ("QUEUED", 8)]


def test_req_d4_a_pinned_job_never_moves(world: ComputeMarket) -> None:
    world.join_idly()
    pinned = [world.submit() for _ in range(20)]
    set_overflow(world, Thresholds(queue=1, wait=1, saturation=1))
    world.pass_blocks(90)
    assert markets(world, pinned) == [0] * 20


def test_a_queue_above_its_threshold_spills_the_first_first(world: ComputeMarket) -> None:
    world.providers.config = replace(world.providers.config, jobs_per_provider=100)
    late = [wandering(world, 1) for _ in range(4)]
    first = [wandering(world, 1, latency=LatencyClass.REALTIME) for _ in range(MAX_MOVES)]
    set_overflow(world, replace(NEVER, queue=7))
    world.next_block()
    assert markets(world, first + late) == [1] * 4 + [0] * 4
    world.pass_blocks(3)
    assert markets(world, late) == [0] * 4


def test_req_d4_load_above_its_threshold_spills(world: ComputeMarket) -> None:
    job = wandering(world, 1)
    set_overflow(world, replace(NEVER, saturation=9 * 10**8))
    point = pricing.PricePoint(0, 1, 1, 1, 1, 0, 0, 0, pressure=9 * 10**8 - 1)
    world.pricing.price_history[HOME, 0] = point
    world.next_block()
    assert markets(world, [job]) == [0]
    world.pricing.price_history[HOME, 0] = replace(point, pressure=9 * 10**8)
    world.next_block()
    assert markets(world, [job]) == [1]


def test_an_old_load_is_no_load(world: ComputeMarket) -> None:
    point = pricing.PricePoint(0, 1, 1, 1, 1, 0, 0, 0, pressure=10**9)
    world.pricing.price_history[HOME, 0] = point
    assert world.pricing.pressure(HOME) == 10**9
    world.context.number = 256 * world.pricing.config.period_blocks
    assert world.pricing.pressure(HOME) == 0


def test_a_job_goes_where_its_client_would_have_it_first(world: ComputeMarket) -> None:
    far_first, near_first = wandering(world, 2, 1), wandering(world, 1, 2)
    set_overflow(world, replace(NEVER, wait=1))
    world.next_block()
    assert markets(world, [far_first, near_first]) == [2, 1]


@pytest.mark.parametrize("reason", ["dear", "busy", "overloaded", "unknown"])
def test_a_job_passes_over_a_market_that_does_not_do(world: ComputeMarket, reason: str) -> None:
    job = wandering(world, 40 if reason == "unknown" else 1, 2)
    limits = replace(NEVER, wait=1)
    if reason == "dear":
        world.reprice(2 * PRICE + 1, NEAR)
    if reason == "busy":
        world.call(world.providers.chill, Signed(DAVE))
    if reason == "overloaded":
        limits = replace(limits, saturation=10**9)
        point = pricing.PricePoint(0, 1, 1, 1, 1, 0, 0, 0, pressure=10**9)
        world.pricing.price_history[NEAR, 0] = point
    set_overflow(world, limits)
    world.next_block()
    assert markets(world, [job]) == [2]


def test_a_job_never_costs_more_than_its_client_allowed(world: ComputeMarket) -> None:
    job = wandering(world, 1, 2, max_price=PRICE)
    for market in (NEAR, FAR):
        world.reprice(PRICE + 1, market)
    set_overflow(world, Thresholds(queue=1, wait=1, saturation=1))
    world.pass_blocks(30)
    assert markets(world, [job]) == [0]


def test_a_job_sees_each_region_once(world: ComputeMarket) -> None:
    job = wandering(world, 1, 2)
    denied = Conditions(denied=(DAVE, EVE), regions=(1, 2))
    world.jobs.conditions[job] = denied
    set_overflow(world, replace(NEVER, wait=3))
    world.pass_blocks(90)
    assert [name for name, _ in world.history(job)] == ["QUEUED"] * 3
    assert world.jobs.conditions[job] == replace(denied, regions=())
    assert markets(world, [job]) == [2]


def test_a_job_keeps_its_place_in_the_order_when_it_moves(world: ComputeMarket) -> None:
    old = wandering(world, 1)
    world.pass_blocks(3)
    world.providers.config = replace(world.providers.config, jobs_per_provider=1)
    young = [world.submit(market=NEAR) for _ in range(2)]
    set_overflow(world, replace(NEVER, wait=4))
    key = world.jobs.jobs[old].key
    world.next_block()
    assert markets(world, [old]) == [1]
    assert [item.job for item in world.jobs.lanes[NEAR].items] == [old, *young]
    assert world.jobs.jobs[old].key == key


def test_jobs_far_behind_the_pinned_have_their_turn(world: ComputeMarket) -> None:
    for who in CROWD:
        world.token.mint_into(who, 1_000 * UNIT)
    world.join_idly()
    for i in range(5 * FRONT):
        world.submit(CROWD[i % 10])
    last = wandering(world, 1, latency=LatencyClass.BATCH)
    set_overflow(world, replace(NEVER, wait=1))
    world.pass_blocks(6)
    assert world.jobs.jobs[last].market == NEAR
    assert world.state(last) in (JobState.QUEUED, JobState.ASSIGNED)


def test_a_market_that_fails_to_take_a_job_blocks_no_other(world: ComputeMarket) -> None:
    stuck, free = wandering(world, 1), wandering(world, 2)
    insert = world.jobs.queues.insert

    def refuse(market: Market, item: Any) -> None:
        if market == NEAR:
            raise DispatchError(jobs.Error.QUEUE_FULL)
        insert(market, item)

    world.jobs.queues.insert = refuse  # type: ignore[method-assign]
    set_overflow(world, replace(NEVER, wait=1))
    world.next_block()
    assert markets(world, [stuck, free]) == [0, 2]


def test_only_a_referendum_on_parameters_decides_what_overloaded_means(
    world: ComputeMarket,
) -> None:
    with world.refuses(BadOrigin.BAD_ORIGIN):
        world.call(world.jobs.set_overflow, Signed(CAROL), NEVER)
    for wrong in ({"queue": 0}, {"queue": 513}, {"wait": 0}, {"saturation": 0}):
        with world.refuses(jobs.Error.BAD_THRESHOLDS):
            set_overflow(world, replace(NEVER, **wrong))


def test_the_history_of_a_job_holds_every_move_and_every_attempt() -> None:
    steps_per_attempt, end = 6, 2
    assert MAX_REGIONS + MAX_ATTEMPTS * steps_per_attempt + end <= MAX_HISTORY
