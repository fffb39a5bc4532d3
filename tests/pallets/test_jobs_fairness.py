"""Fairness of matching: equals by chance, no operator too much, markets in turn."""

from collections import Counter
from dataclasses import replace

import pytest

from runtime.compute.job import Market
from runtime.frame import Signed
from runtime.frame.fungible import HoldReason
from runtime.pallets.jobs import JobState
from runtime.pallets.jobs.matching import after
from runtime.primitives.types import UNIT
from runtime.terms import DEFAULTS
from tests.pallets.compute_market import ALICE, BOB, MARKET, ComputeMarket, order
from tests.support.bench import account

OWNER = account(900)
"""Operates many providers."""


def rich(world: ComputeMarket, first: int, count: int) -> list[bytes]:
    """Return accounts with money."""
    crowd = [account(first + i) for i in range(count)]
    for who in crowd:
        world.token.mint_into(who, 10_000 * UNIT)
    return crowd


def crowded(providers: int) -> tuple[ComputeMarket, list[bytes]]:
    """Return a market with providers that are alike."""
    world = ComputeMarket()
    crowd = rich(world, 1000, providers)
    for who in crowd:
        world.join(who)
    return world, crowd


def drawn_for(world: ComputeMarket, jobs: int) -> Counter[bytes]:
    """Count whom jobs would be given to by as many draws, none of which changes anything."""
    seen = Counter[bytes]()
    number = world.submit()
    job = world.jobs.jobs[number]
    offer = world.jobs.lifecycle.offer(job)
    assert offer is not None
    for i in range(jobs):
        chosen = world.jobs.matcher.choose(number, job, offer, i.to_bytes(32, "little"))
        assert chosen is not None
        seen[chosen] += 1
    return seen


@pytest.mark.parametrize("providers", [2, 5, 8, 9, 20])
def test_req_34_equals_are_chosen_equally_within_sampling_error(providers: int) -> None:
    draws = 250 * providers
    world, crowd = crowded(providers)
    seen = drawn_for(world, draws)
    assert sorted(seen) == sorted(crowd)
    expected = draws / providers
    chi_squared = sum((count - expected) ** 2 / expected for count in seen.values())
    # five deviations above what chance gives with so many degrees of freedom
    freedom = providers - 1
    assert chi_squared < freedom + 5 * (2 * freedom) ** 0.5


def test_the_better_of_two_is_preferred_but_does_not_get_everything() -> None:
    world, (one, two, three) = crowded(3)
    world.call(world.providers.bond_extra, Signed(two), 10 * UNIT)
    got = []
    for client in (ALICE, BOB, ALICE):
        job = world.submit(client)
        world.pass_blocks(2)
        got.append(world.provider_of(job))
    assert got[0] == two
    assert sorted(got) == sorted([one, two, three])


def test_an_operator_has_at_most_a_third_of_a_market_while_others_are_idle() -> None:
    world, crowd = crowded(12)
    grouped = crowd[:8]
    for who in grouped:
        provider = world.providers.providers[who]
        world.providers.providers[who] = replace(
            provider, operator_group=OWNER, bond=provider.bond + UNIT
        )
        world.token.hold(HoldReason.PROVIDER_BOND, who, UNIT)
    clients = rich(world, 2000, 2)
    for i in range(12):
        world.submit(clients[i % 2])
    world.pass_blocks(2)
    running = Counter(world.providers.operator(world.provider_of(job)) for job in range(12))
    assert sum(running.values()) == 12
    assert running[OWNER] == 4
    assert world.jobs.running_units[MARKET] == 120
    assert world.jobs.operator_units[MARKET, OWNER] == 40


def test_an_operator_alone_gets_everything() -> None:
    world, crowd = crowded(3)
    for who in crowd:
        provider = world.providers.providers[who]
        world.providers.providers[who] = replace(provider, operator_group=OWNER)
    jobs = [world.submit() for _ in range(6)]
    world.pass_blocks(2)
    assert all(world.state(job) is JobState.ASSIGNED for job in jobs)
    for job in jobs:
        world.call(world.jobs.cancel_job, Signed(ALICE), job)
    assert world.jobs.running_units[MARKET] == 0


def test_no_more_than_three_clones_are_drawn_for_a_job() -> None:
    world, crowd = crowded(30)
    for who in crowd[:24]:
        provider = world.providers.providers[who]
        world.providers.providers[who] = replace(provider, operator_group=OWNER)
    for i in range(50):
        drawn = world.providers.candidates(MARKET, i.to_bytes(32, "little"))
        operators = Counter(world.providers.operator(one.provider) for one in drawn)
        assert operators[OWNER] <= 3


def test_where_one_block_stops_the_next_goes_on() -> None:
    markets = [Market(0, region) for region in range(4)]
    assert after(tuple(markets), None) == tuple(markets)
    assert after(tuple(markets), markets[1]) == (*markets[2:], *markets[:2])
    assert after(tuple(markets), markets[3]) == tuple(markets)
    assert after((markets[0], markets[3]), markets[1]) == (markets[3], markets[0])


def test_req_34_a_flooded_market_does_not_keep_the_others_waiting() -> None:
    world = ComputeMarket()
    regions = [Market(0, region) for region in range(3)]
    crowd = rich(world, 1000, 60)
    for i, who in enumerate(crowd):
        world.join(who, market=regions[i % 3])
    clients, pallets = rich(world, 2000, 4), world.pallets
    world.pallets = []
    for i in range(2 * DEFAULTS.queue.max_matches):
        spec = order(world.context.number, market=regions[0])
        world.jobs.submit_job(Signed(clients[i % 4]), spec, None, 0)
    quiet = [world.submit(market=market) for market in regions[1:]]
    world.pallets = pallets
    world.pass_blocks(4)
    assert all(world.state(job) is JobState.ASSIGNED for job in quiet)
