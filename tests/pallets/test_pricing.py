"""Markets and their prices: they open, move by load, close; who decides on what; what it costs."""

from dataclasses import replace

import pytest

from runtime.compute.job import PERBILL, LatencyClass, Market
from runtime.compute.price import Price, Service
from runtime.frame import BadOrigin, GovernanceOrigin, Governed, Root, Signed
from runtime.pallets import jobs, pricing, providers
from runtime.pallets.pricing import Error, Factor, TierInfo
from runtime.pallets.pricing.records import HISTORY, MAX_MARKETS, MAX_WAITING
from runtime.primitives.types import UNIT
from runtime.terms import Rules
from tests.pallets.compute_market import (
    ALICE,
    CAROL,
    DAVE,
    FEE,
    GOVERNS,
    MARKET,
    ComputeMarket,
)
from tests.support.bench import Bench
from tests.support.free_terms import free_terms

PERIOD = 5
CONFIG = pricing.Config(
    start_price=UNIT,
    minimum_fee=FEE,
    period_blocks=PERIOD,
    epoch_blocks=2 * PERIOD,
    era_blocks=100,
    block_milliseconds=6000,
)
RATING = 1_000_000
"""A reference device: one CU per second, so thirty in a period of five blocks."""
FULL = 30 * 10**6
"""Micro-CU that it does in a period."""
PARAMETERS = Governed(GovernanceOrigin.ECONOMIC_PARAMS)
MARKETS = [Market(tier, region) for tier in range(4) for region in range(16)]


class Stall(Bench):
    """Pricing alone, on a bench."""

    def __init__(self, config: pricing.Config = CONFIG, rules: Rules | None = None) -> None:
        super().__init__()
        self.terms = free_terms(self.context, pricing=rules or Rules())
        self.pricing = self.add(pricing.Pricing(self.context, GOVERNS, self.terms, config, index=7))

    def pass_period(self) -> None:
        """Go on to the block that ends the period."""
        self.next_block()
        while self.context.number % self.pricing.config.period_blocks:
            self.next_block()


@pytest.fixture
def stall() -> Stall:
    """Return a bench on which one device of reference is for rent."""
    found = Stall()
    found.pricing.rate(MARKET, 0, RATING)
    return found


@pytest.fixture
def world() -> ComputeMarket:
    market = ComputeMarket()
    market.pricing.config = replace(
        market.pricing.config, period_blocks=PERIOD, epoch_blocks=2 * PERIOD
    )
    return market


# prices


def test_idle_capacity_lowers_the_price_by_a_forty_eighth(stall: Stall) -> None:
    stall.pass_period()
    lower = UNIT - UNIT // 48
    assert stall.pricing.base[MARKET] == lower
    assert stall.happened() == [
        pricing.MarketOpened(MARKET),
        pricing.BasePriceUpdated(MARKET, UNIT, lower, 0),
    ]


def test_the_target_utilisation_leaves_the_price(stall: Stall) -> None:
    stall.pricing.serve(MARKET, FULL * 7 // 10)
    stall.pass_period()
    assert stall.pricing.price(MARKET) == UNIT
    assert stall.pricing.used[MARKET] == 0


def test_demand_of_any_size_raises_the_price_by_a_forty_eighth(stall: Stall) -> None:
    stall.pricing.serve(MARKET, FULL * 10**6)
    stall.pass_period()
    assert stall.pricing.price(MARKET) == UNIT + UNIT // 48


def test_waiting_work_presses_on_the_price_only_while_it_could_pay_it(stall: Stall) -> None:
    stall.pricing.waits(MARKET, UNIT - 1, 10 * FULL)
    stall.pass_period()
    assert stall.pricing.price(MARKET) < UNIT  # now below the limit, so the work counts
    before = stall.pricing.price(MARKET)
    stall.pass_period()
    assert stall.pricing.price(MARKET) > before
    stall.pricing.leaves(MARKET, UNIT - 1, 10 * FULL)
    stall.pass_period()
    assert stall.pricing.history(MARKET)[-1].backlog == 0


def test_a_price_reacts_within_one_period_req_65(stall: Stall) -> None:
    stall.pricing.serve(MARKET, FULL)
    stall.pass_period()
    point = stall.pricing.history(MARKET)[-1]
    assert (point.pressure, point.base > point.before) == (PERBILL, True)


def test_prices_stay_within_their_bounds() -> None:
    rules = Rules(base_min=UNIT - 1, base_max=UNIT + 1)
    stall = Stall(rules=rules)
    stall.pricing.rate(MARKET, 0, RATING)
    stall.pass_period()
    assert stall.pricing.base[MARKET] == UNIT - 1
    for _ in range(2):
        stall.pricing.serve(MARKET, FULL)
        stall.pass_period()
    assert stall.pricing.base[MARKET] == UNIT + 1


def test_a_history_keeps_the_last_256_periods(stall: Stall) -> None:
    for _ in range(HISTORY + 3):
        stall.pass_period()
    periods = [point.period for point in stall.pricing.history(MARKET)]
    assert periods == list(range(4, HISTORY + 4))


def test_an_average_follows_slowly_once_in_an_epoch(stall: Stall) -> None:
    for _ in range(4):
        stall.pass_period()
    averages = [point.average for point in stall.pricing.history(MARKET)]
    prices = [point.base for point in stall.pricing.history(MARKET)]
    second = UNIT - (UNIT - prices[1]) // 2160
    assert averages == [UNIT, second, second, second - (second - prices[3]) // 2160]


def test_one_hot_market_among_five_has_a_scarcity_part() -> None:
    stall = Stall()
    for market in MARKETS[:5]:
        stall.pricing.rate(market, 0, RATING)
        stall.pricing.base[market] = stall.pricing.base_ema[market] = UNIT
    stall.pricing.base[MARKET] = 2 * UNIT
    for market in MARKETS[:5]:
        stall.pricing.serve(market, FULL * 7 // 10)
    stall.pass_period()
    price = stall.pricing.quote(MARKET, LatencyClass.FAST, 0)
    assert price == Price(125 * UNIT // 100, 75 * UNIT // 100, UNIT // 2)
    assert stall.pricing.quote(MARKETS[1], LatencyClass.BATCH, 0) == Price(8 * UNIT // 10, 0, 0)


# capacity


def test_a_market_opens_with_its_first_provider_and_closes_after_its_last(stall: Stall) -> None:
    stall.pass_period()
    stall.pricing.rate(MARKET, RATING, 0)
    capacities = []
    for _ in range(6):
        stall.pass_period()
        capacities.append(stall.pricing.history(MARKET)[-1].capacity)
    # for the rest of its epoch and for the next, who left still counts
    assert stall.pricing.open_markets == ()
    assert capacities[:3] == [FULL, FULL, FULL]
    assert stall.happened()[-1] == pricing.MarketClosed(MARKET)
    assert stall.pricing.history(MARKET)[-1].capacity == FULL


def test_leaving_for_the_end_of_a_period_does_not_raise_the_price(stall: Stall) -> None:
    stall.pricing.rate(Market(0, 1), 0, RATING)
    stall.pass_period()
    stall.pricing.rate(Market(0, 1), RATING, 1)
    for market in (MARKET, Market(0, 1)):
        stall.pricing.serve(market, FULL // 2)
    stall.pass_period()
    assert stall.pricing.price(Market(0, 1)) == stall.pricing.price(MARKET) < UNIT


def test_a_price_without_capacity_is_kept_while_work_waits() -> None:
    stall = Stall()
    stall.pricing.rate(MARKET, 0, 1)
    stall.pricing.rate(MARKET, 1, 0)
    stall.pricing.waits(MARKET, UNIT, FULL)
    stall.pass_period()
    assert stall.pricing.open_markets == (MARKET,)
    assert stall.pricing.price(MARKET) == UNIT
    stall.pricing.leaves(MARKET, UNIT, FULL)
    stall.pass_period()
    assert stall.pricing.open_markets == ()


def test_what_providers_offer_is_what_their_market_counts(world: ComputeMarket) -> None:
    world.join(CAROL, rating=100)
    world.join(DAVE, rating=50)
    assert world.pricing.rated[MARKET] == 150
    world.call(world.providers.chill, Signed(CAROL))
    assert world.pricing.rated[MARKET] == 50
    world.call(world.providers.resume, Signed(CAROL))
    world.providers.standing.no_show(DAVE, UNIT)
    assert world.pricing.rated[MARKET] == 100


def test_hardware_below_its_tier_is_not_let_in(world: ComputeMarket) -> None:
    world.call(world.pricing.set_tier, Root(), 0, TierInfo(101, 16_384, 0))
    with world.refuses(providers.Error.BELOW_TIER):
        world.join(CAROL, rating=100)
    world.call(world.pricing.set_tier, Root(), 0, TierInfo(100, 16_385, 0))
    with world.refuses(providers.Error.BELOW_TIER):
        world.join(CAROL, rating=100)
    world.call(world.pricing.set_tier, Root(), 0, TierInfo(100, 16_384, 0))
    world.join(CAROL, rating=100)
    with world.refuses(providers.Error.BELOW_TIER):  # nobody is attested yet
        world.join(DAVE, market=Market(3, 0))


# jobs


def test_a_settled_job_is_use_and_a_waiting_one_is_backlog(world: ComputeMarket) -> None:
    world.submit()
    assert world.pricing.backlog(MARKET) == 10
    world.join(CAROL)
    world.pass_blocks(2)
    assert (world.pricing.backlog(MARKET), world.pricing.used[MARKET]) == (0, 0)
    world.pricing.config = replace(world.pricing.config, period_blocks=1000)
    world.verified()
    world.next_block()
    assert world.pricing.used[MARKET] == 10


def test_direct_jobs_press_on_no_price(world: ComputeMarket) -> None:
    world.pricing.config = replace(world.pricing.config, period_blocks=1000)
    world.join(CAROL)
    job = world.submit(to=CAROL)
    world.call(world.jobs.start_job, Signed(CAROL), job)
    world.commit(job)
    assert (world.pricing.backlog(MARKET), world.pricing.used[MARKET]) == (0, 0)


def test_a_job_whose_escrow_a_risen_factor_exceeds_waits_and_is_refunded(
    world: ComputeMarket,
) -> None:
    world.reprice(100_000 * UNIT)
    job = world.submit(max_price=100_000 * UNIT, latency=LatencyClass.FAST, deadline=9)
    world.terms.pricing = replace(world.terms.pricing, fast=1_375_000_000)
    world.join(CAROL)
    world.pricing.config = replace(world.pricing.config, period_blocks=1000)
    world.pass_blocks(4)
    assert world.state(job) is jobs.JobState.QUEUED
    world.pass_blocks(6)
    assert world.state(job) is jobs.JobState.EXPIRED
    assert world.token.held(jobs.lifecycle.ESCROW, ALICE) == 0


# quotes


def test_req_d2_a_quote_names_the_service_the_fee_and_its_last_block(stall: Stall) -> None:
    quote = stall.pricing.offer(MARKET, LatencyClass.FAST, PERBILL // 10, 2 * 10**6)
    price = Price(UNIT, 0, 35 * UNIT // 100)
    assert quote == pricing.Quote(Service.PREMIUM, price, 27 * UNIT // 10, PERIOD - 1)
    stall.pass_period()
    quote = stall.pricing.offer(MARKET, LatencyClass.BATCH, 0, 1)
    assert quote is not None
    assert (quote.service, quote.fee, quote.valid_until) == (Service.ECONOMY, FEE, 2 * PERIOD - 1)


def test_a_quote_holds_until_its_last_block_and_not_a_block_longer(stall: Stall) -> None:
    quote = stall.pricing.offer(MARKET, LatencyClass.STANDARD, 0, 10**6)
    assert quote is not None
    while stall.context.number < quote.valid_until:
        stall.next_block()
        assert stall.pricing.quote(MARKET, LatencyClass.STANDARD, 0) == quote.price
    stall.next_block()
    assert stall.pricing.quote(MARKET, LatencyClass.STANDARD, 0) != quote.price


def test_there_is_no_quote_for_an_unknown_market_or_too_high_a_tip(stall: Stall) -> None:
    assert stall.pricing.offer(Market(0, 16), LatencyClass.STANDARD, 0, 1) is None
    assert stall.pricing.offer(Market(4, 0), LatencyClass.STANDARD, 0, 1) is None
    assert stall.pricing.offer(MARKET, LatencyClass.STANDARD, PERBILL + 1, 1) is None


def test_every_market_that_ever_was_is_shown(stall: Stall) -> None:
    stall.pricing.rate(Market(1, 2), 0, 5)
    stall.pass_period()
    (first, second) = stall.pricing.prices()
    assert (first.market, first.rating, first.is_open) == (MARKET, RATING, True)
    assert (second.market, second.base) == (Market(1, 2), UNIT - UNIT // 48)


# decisions


def test_only_a_referendum_on_parameters_decides(stall: Stall) -> None:
    spending = Governed(GovernanceOrigin.SMALL_SPENDER)
    for origin in (Signed(ALICE), spending):
        with stall.refuses(BadOrigin.BAD_ORIGIN):
            stall.call(stall.pricing.set_region_factor, origin, 0, PERBILL)
        with stall.refuses(BadOrigin.BAD_ORIGIN):
            stall.call(stall.pricing.set_tier, origin, 0, TierInfo(1, 1, 0))


def test_a_region_factor_moves_by_a_tenth_once_in_an_era(stall: Stall) -> None:
    change, dearer = stall.pricing.set_region_factor, 11 * PERBILL // 10
    with stall.refuses(Error.FACTOR_CHANGE_TOO_LARGE):
        stall.call(change, PARAMETERS, 0, dearer + 1)
    stall.call(change, PARAMETERS, 0, dearer)
    assert stall.pricing.price(MARKET) == 11 * UNIT // 10
    assert stall.pricing.region_factors[0] == Factor(dearer, 0)
    with stall.refuses(Error.FACTOR_CHANGE_TOO_SOON):
        stall.call(change, PARAMETERS, 0, dearer)
    stall.context.number += 100
    stall.call(change, PARAMETERS, 0, dearer * 9 // 10)
    assert stall.happened()[-1] == pricing.RegionFactorSet(0, dearer * 9 // 10)
    with stall.refuses(Error.UNKNOWN_MARKET):
        stall.call(change, PARAMETERS, 16, PERBILL)


@pytest.mark.parametrize(("bound", "beyond"), [(PERBILL // 4, -1), (4 * PERBILL, 1)])
def test_a_region_factor_stays_between_a_quarter_and_four(
    stall: Stall, bound: int, beyond: int
) -> None:
    change = stall.pricing.set_region_factor
    stall.pricing.region_factors[1] = Factor(bound - beyond, 0)
    stall.context.number += 100
    with stall.refuses(Error.FACTOR_OUT_OF_BOUNDS):
        stall.call(change, PARAMETERS, 1, bound + beyond)
    stall.call(change, PARAMETERS, 1, bound)


def test_a_latency_class_costs_what_its_parameter_says(stall: Stall) -> None:
    stall.terms.pricing = replace(stall.terms.pricing, fast=1_200_000_000, max_tip=0)
    assert stall.pricing.quote(MARKET, LatencyClass.FAST, 0) == Price(UNIT, 0, UNIT // 5)
    assert stall.pricing.quote(MARKET, LatencyClass.STANDARD, 0) == Price(UNIT, 0, 0)
    assert stall.pricing.offer(MARKET, LatencyClass.FAST, 1, 1) is None


def test_a_price_that_new_bounds_exclude_comes_back_by_small_steps(stall: Stall) -> None:
    stall.terms.pricing = replace(stall.terms.pricing, base_min=2 * UNIT)
    stall.pass_period()
    assert stall.pricing.base[MARKET] == UNIT + UNIT // 48
    stall.terms.pricing = replace(stall.terms.pricing, base_min=1, base_max=UNIT // 2)
    before = stall.pricing.base[MARKET]
    stall.pass_period()
    assert stall.pricing.base[MARKET] == before - before // 48


def test_tiers_and_regions_make_64_markets_at_most(stall: Stall) -> None:
    with stall.refuses(Error.TOO_MANY_MARKETS):
        stall.call(stall.pricing.set_tier, PARAMETERS, 4, TierInfo(1, 1, 0))
    with stall.refuses(Error.ATTESTATION_UNKNOWN):
        stall.call(stall.pricing.set_tier, PARAMETERS, 1, TierInfo(1, 1, 5))
    few = Stall(replace(CONFIG, regions=4))
    assert not few.pricing.has_market(Market(5, 0))
    few.call(few.pricing.set_tier, PARAMETERS, 5, TierInfo(1, 1, 0))
    assert few.pricing.has_market(Market(5, 3))


# cost


def test_64_markets_with_full_queues_cost_less_than_a_tenth_of_a_block() -> None:
    stall = Stall()
    for market in MARKETS:
        stall.pricing.rate(market, 0, RATING)
        stall.pricing.waiting[market] = tuple(
            pricing.Waiting(UNIT + place, 10**9) for place in range(MAX_WAITING)
        )
    assert len(stall.pricing.open_markets) == MAX_MARKETS
    stall.context.number = PERIOD - 1
    stall.next_block()  # the bench compares the keys that the hook touches with its weight
    weight = stall.pricing.on_initialize(2 * PERIOD)
    assert weight.ref_time < 2 * 10**12 // 10
    assert stall.pricing.on_initialize(2 * PERIOD + 1).ref_time == 0
