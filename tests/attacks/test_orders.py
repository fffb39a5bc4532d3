"""Attacks on the market of orders: each has a bound, and jobs are done all the same."""

from __future__ import annotations

from runtime.compute.job import DeclineReason
from runtime.compute.receipt import Opening
from runtime.frame import Signed
from runtime.pallets.jobs import JobState
from runtime.primitives.types import UNIT
from tests.pallets.compute_market import BOB, JOBS, PROOF, RICH, ComputeMarket, info
from tests.support.bench import account

ATTACKERS = tuple(account(300 + i) for i in range(3))
HONEST = tuple(account(310 + i) for i in range(5))
ORDERS = 12
BOND = 100 * UNIT


def crowded() -> ComputeMarket:
    """Return a market of three attackers with ten times the bond, and five honest providers."""
    world = ComputeMarket()
    for who in (*ATTACKERS, *HONEST):
        bond = 10 * BOND if who in ATTACKERS else BOND
        world.token.mint_into(who, RICH)
        world.call(world.providers.register_provider, Signed(who), info(who), bond)
    return world


def test_attack_of_declining_all_jobs_are_done_by_the_honest() -> None:
    """Three ids with the largest bonds gave back what they were given: each job failed at three."""
    world = crowded()
    orders = [world.submit(BOB, deadline=200) for _ in range(ORDERS)]
    declines = 0
    for _ in range(120):
        world.next_block()
        for job in orders:
            who, state = world.jobs.jobs[job].provider, world.state(job)
            if who in ATTACKERS and state is JobState.ASSIGNED:
                reason = DeclineReason.DEVICE_UNABLE
                world.call(world.jobs.decline_job, Signed(who), job, reason)
                declines += 1
            elif state is JobState.ASSIGNED:
                world.call(world.jobs.start_job, Signed(world.provider_of(job)), job)
                world.commit(job)
        age = {job: world.context.number - world.jobs.jobs[job].entered_at for job in orders}
        due = [job for job in orders if (world.state(job), age[job]) == (JobState.COMMITTED, 3)]
        if due:
            world.include(openings=tuple(Opening(job, 0, PROOF) for job in due))
    assert [world.state(job) for job in orders] == [JobState.COMPLETED] * ORDERS
    assert all(world.jobs.jobs[job].provider in HONEST for job in orders)
    assert 0 < declines <= len(ATTACKERS) * ORDERS, "nobody declines a job twice"


def test_attack_of_declining_an_id_has_four_jobs_in_the_time_to_start() -> None:
    """So three ids delay twelve orders of a market in two minutes, whatever it does besides."""
    world = crowded()
    orders = [world.submit(BOB, deadline=200) for _ in range(4 * ORDERS)]
    declines = 0
    for _ in range(JOBS.start_blocks):
        world.next_block()
        for job in orders:
            who = world.jobs.jobs[job].provider
            if who in ATTACKERS and world.state(job) is JobState.ASSIGNED:
                reason = DeclineReason.DEVICE_UNABLE
                world.call(world.jobs.decline_job, Signed(who), job, reason)
                declines += 1
    slots = world.providers.config.jobs_per_provider
    assert declines == len(ATTACKERS) * slots == 12
