"""Attacks that gain nothing themselves and are to cost others: each costs its victim nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runtime.compute.price import MICRO
from runtime.frame import Signed
from runtime.pallets.emission import AvailabilityPaid
from runtime.terms import DEFAULTS
from tests.pallets.compute_market import ALICE, BOB, CAROL, JOBS, ComputeMarket

WORK = 5 * MICRO
ROOT = bytes([1]) * 32


def proven(world: ComputeMarket, uptime: int = 10**9) -> int:
    """Let Carol prove work and give a sign of life in an epoch, and close it; return the epoch."""
    epoch, record = world.chance.epoch, world.providers.providers[CAROL]
    world.providers.providers[CAROL] = replace(record, uptime=uptime)
    world.call(world.providers.heartbeat, Signed(CAROL), ROOT, 0)
    world.providers.record_work(CAROL, epoch, WORK)
    for _ in range(2):
        world.chance.epoch += 1
        world.next_block()
    return epoch


def paid(world: ComputeMarket, epoch: int) -> AvailabilityPaid:
    """Let a stranger have Carol paid for an epoch, and return what was told of it."""
    world.call(world.emission.payout_provider, Signed(BOB), CAROL, epoch)
    (found,) = [e for e in world.own_events(world.emission) if isinstance(e, AvailabilityPaid)]
    return found


@pytest.fixture
def world() -> ComputeMarket:
    market = ComputeMarket(mints=True)
    market.emission.util_ema = 0
    market.join(CAROL)
    market.next_block()
    return market


def test_attack_of_an_early_payout_a_rival_cannot_choose_a_bad_hour(world: ComputeMarket) -> None:
    """Carol was there all of an epoch, and is silent now: what she proved is paid as it was."""
    epoch = proven(world)
    world.context.number += 20 * world.providers.config.heartbeat_blocks
    assert 0 < world.providers.standing.reliability(CAROL) < 10**9 * 7 // 10
    told = paid(world, epoch)
    assert told.reliability == 10**9
    assert told.amount == world.emission.epoch_info[epoch].budget * 9 // 10


def test_attack_of_a_late_payout_nobody_waits_for_a_better_hour(world: ComputeMarket) -> None:
    """Who was hardly there in an epoch is not paid as if it had been, once it is there again."""
    epoch = proven(world, uptime=900_000_000)
    then = world.providers.telemetry(CAROL, epoch)
    assert then is not None
    assert then.reliability < 510_000_000
    record = world.providers.providers[CAROL]
    world.providers.providers[CAROL] = replace(record, uptime=10**9)
    assert world.providers.standing.reliability(CAROL) == 10**9
    assert paid(world, epoch).reliability == then.reliability


@pytest.mark.parametrize("is_running", [False, True])
def test_attack_of_orders_to_a_rival_its_name_is_safe_and_its_loss_is_small(
    is_running: bool,
) -> None:
    """Whoever names a provider that is away for a moment has its money back; it keeps its name."""
    world = ComputeMarket()
    world.join(CAROL)
    before = world.providers.standing.reputation(CAROL)
    bond = world.providers.providers[CAROL].bond
    jobs = [world.submit(ALICE, to=CAROL) for _ in range(world.providers.config.jobs_per_provider)]
    if is_running:
        for job in jobs:
            world.call(world.jobs.start_job, Signed(CAROL), job)
    staked = world.providers.providers[CAROL].exposure
    world.pass_blocks(max(JOBS.start_blocks, JOBS.run_blocks) + 2)
    record = world.providers.providers[CAROL]
    assert record.open_jobs == 0
    assert world.providers.standing.reputation(CAROL) == before
    assert bond - record.bond == staked // 100 <= bond * DEFAULTS.bonds.exposure_factor // 100


def test_a_matched_job_that_is_not_done_still_costs_a_name() -> None:
    world = ComputeMarket()
    world.join(CAROL)
    before = world.providers.standing.reputation(CAROL)
    world.assigned()
    world.pass_blocks(JOBS.start_blocks + 2)
    assert world.providers.standing.reputation(CAROL) == before * 98 // 100
