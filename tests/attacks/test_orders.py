"""Attacks on the market of orders: each has a bound, and jobs are done all the same."""

from __future__ import annotations

import pytest

from runtime.compute.job import PERBILL, DeclineReason, Market
from runtime.compute.receipt import Opening
from runtime.frame import Signed
from runtime.frame.fungible import HoldReason
from runtime.pallets.audits.records import MAX_OPEN, WISHES_UNTIL
from runtime.pallets.jobs import JobState, money
from runtime.pallets.jobs.agenda import MAX_OPEN_JOBS
from runtime.pallets.jobs.events import Error
from runtime.pallets.jobs.orders import FIRST_SLOTS, JOBS_PER_CLIENT
from runtime.primitives.types import UNIT
from runtime.terms import DEFAULTS
from tests.pallets.audit_world import AuditWorld
from tests.pallets.compute_market import (
    ALICE,
    BOB,
    CAROL,
    DAVE,
    EVE,
    JOBS,
    MARKET,
    PROOF,
    RICH,
    ComputeMarket,
    info,
)
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


MARKETS = 64
"""Markets that there are at most."""
LEAST = DEFAULTS.queue.deposit


def held_for_all_places() -> tuple[int, int]:
    """Return what all places of the chain hold in lanes that are filled alike, and held before."""
    each = MAX_OPEN_JOBS // MARKETS
    before = MARKETS * sum(money.queue_deposit(LEAST, waiting) for waiting in range(each))
    return sum(money.queue_deposit(LEAST, 0, taken) for taken in range(MAX_OPEN_JOBS)), before


def test_attack_of_all_places_of_orders_they_hold_six_times_as_much() -> None:
    """64 jobs in each of 64 lanes stopped every order of the chain; no lane was full."""
    held, before = held_for_all_places()
    assert (round(before / UNIT), round(held / UNIT)) == (220, 1228)
    whole_lane = [money.queue_deposit(LEAST, taken, taken) for taken in range(512)]
    assert whole_lane == [money.queue_deposit(LEAST, taken) for taken in range(512)]
    assert money.queue_deposit(LEAST, 0, MAX_OPEN_JOBS) == 16 * LEAST


def test_attack_of_markets_without_providers_a_quarter_of_the_places_is_all_they_take() -> None:
    """There nothing is ever matched: what waits keeps its place until its deadline."""
    world = ComputeMarket()
    world.join(CAROL)
    pallets, world.pallets = world.pallets, []
    markets = [market for market in open_markets(world) if market != MARKET]
    clients = [account(400 + i) for i in range(MARKETS)]
    for who in clients:
        world.token.mint_into(who, RICH)
    taken = 0
    for market in markets:
        for _ in range(FIRST_SLOTS):
            world.submit(clients[taken // JOBS_PER_CLIENT], market=market)
            taken += 1
        with world.refuses(Error.NO_PROVIDER):
            world.submit(clients[-1], market=market)
    assert (len(markets), taken, world.jobs.open_jobs) == (63, 1008, 1008)
    assert taken < MAX_OPEN_JOBS // 4
    job = world.submit(ALICE)
    deposit = world.token.held(HoldReason.QUEUE_DEPOSIT, ALICE)
    assert deposit == money.queue_deposit(world.terms.queue.deposit, 0, taken)
    assert round(deposit / world.terms.queue.deposit, 2) == 1.91
    world.pallets = pallets
    world.pass_blocks(2)
    assert world.state(job) is JobState.ASSIGNED


def open_markets(world: ComputeMarket) -> list[Market]:
    """Return every market that there is."""
    markets = [Market(tier, region) for tier in range(8) for region in range(64)]
    return [market for market in markets if world.pricing.has_market(market)]


def test_attack_of_wishes_for_audits_a_quarter_of_all_places_is_the_chains_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A client's certainty is free: 512 open audits let all others' segments be paid unaudited."""
    assert (MAX_OPEN, WISHES_UNTIL) == (512, 384)
    monkeypatch.setattr("runtime.pallets.audits.pallet.MAX_OPEN", 4)
    monkeypatch.setattr("runtime.pallets.audits.pallet.WISHES_UNTIL", 3)
    least = DEFAULTS.audits.newcomer_rate
    monkeypatch.setattr(
        "runtime.pallets.audits.pallet.is_audited", lambda _seed, _of, rate: rate >= least
    )
    world = AuditWorld()
    sellers = (CAROL, DAVE, EVE)
    for who in sellers:
        world.join(who)
    wished = [world.drawn(client=ALICE, rate=PERBILL)[1] for _ in range(5)]
    assert [audit in world.audits.audits for audit in wished] == [True] * 3 + [False] * 2
    world.newcomers.new = list(sellers)
    _, own = world.drawn(client=BOB, rate=0)
    assert own in world.audits.audits
