"""How prices move, against the economy's integer reference and at the extremes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.compute.job import PERBILL, LatencyClass
from runtime.compute.price import Fee, Price, Service, fee_of, service_of
from runtime.pallets.pricing import formulas, queues
from runtime.pallets.pricing.records import Waiting
from runtime.terms import Rules
from tests.conformance.vectors_of import load

VECTORS = load("economy.json")
RULES = Rules()
prices = st.integers(RULES.base_min, RULES.base_max)
amounts = st.integers(0, 2**64)


def test_a_base_price_moves_as_in_the_reference() -> None:
    for divisor, base, used, backlog, capacity, wanted in VECTORS["next_base"]:
        moved = base
        if capacity:
            load_now = formulas.pressure(used, backlog, capacity, RULES.target)
            moved = formulas.next_base(base, load_now, Rules(divisor=divisor))
        assert moved == wanted, (divisor, base, used, backlog, capacity)


def test_an_index_is_that_of_the_reference() -> None:
    for bases, averages, wanted in VECTORS["market_index"]:
        pairs = zip(bases, averages, strict=True)
        assert formulas.market_index(pairs, RULES.least_markets) == wanted, (bases, averages)


def test_a_normal_part_is_that_of_the_reference() -> None:
    for base, average, index, wanted in VECTORS["normal_part"]:
        found = formulas.normal_part(base, average, index, RULES.band)
        assert found == wanted, (base, average, index)


def test_an_average_moves_as_in_the_reference() -> None:
    for average, value, divisor, wanted in VECTORS["ema"]:
        found = formulas.moved_average(average, value, divisor)
        assert found == wanted, (average, value, divisor)


@given(prices, amounts, amounts, st.integers(1, 2**64))
def test_a_price_stays_in_its_band_and_moves_by_a_step(
    base: int, used: int, backlog: int, capacity: int
) -> None:
    load_now = formulas.pressure(used, backlog, capacity, RULES.target)
    moved = formulas.next_base(base, load_now, RULES)
    assert RULES.base_min <= moved <= RULES.base_max
    assert abs(moved - base) <= -(-base // RULES.divisor)
    above, below = load_now > RULES.target, load_now < RULES.target
    assert moved >= base if above else moved <= base if below else moved == base


@given(st.lists(prices, min_size=5, max_size=64), st.integers(0, 63), st.integers(1, 1000))
def test_one_market_that_runs_hot_does_not_move_the_index(
    bases: list[int], hot: int, times: int
) -> None:
    pairs = [(base, base) for base in bases]
    quiet = formulas.market_index(pairs, RULES.least_markets)
    base = bases[hot % len(bases)]
    pairs[hot % len(bases)] = (base * times, base)
    assert formulas.market_index(pairs, RULES.least_markets) == quiet == PERBILL


def test_a_repricing_of_the_token_is_no_scarcity_but_a_hot_market_is() -> None:
    averages = [10**12] * 6
    fallen = formulas.market_index([(8 * 10**12, each) for each in averages], 5)
    assert formulas.normal_part(8 * 10**12, 10**12, fallen, RULES.band) == 8 * 10**12
    hot = formulas.market_index([(8 * 10**12, 10**12), *((10**12, 10**12),) * 5], 5)
    assert formulas.normal_part(8 * 10**12, 10**12, hot, RULES.band) == 125 * 10**10


@pytest.mark.parametrize(
    ("rate", "tip", "price"),
    [
        (800_000_000, 0, Price(720, 100, 0)),
        (PERBILL, 0, Price(900, 100, 0)),
        (1_250_000_000, 0, Price(900, 100, 250)),
        (1_600_000_000, PERBILL, Price(900, 100, 1600)),
        (800_000_000, PERBILL // 2, Price(720, 100, 500)),
    ],
)
def test_a_class_discounts_the_normal_part_or_adds_a_surge(
    rate: int, tip: int, price: Price
) -> None:
    assert formulas.price_of(900, 100, rate, tip) == price


def test_a_fee_is_units_times_price_but_never_below_the_minimum() -> None:
    price = Price(4_000_000, 0, 1_000_000)
    assert fee_of(10, price, 20) == Fee(40, 0, 10)
    assert fee_of(10, price, 70) == Fee(60, 0, 10)
    assert fee_of(0, price, 0) == Fee(0, 0, 0)


@given(prices, st.integers(0, 10**15), st.integers(1, 2**64 - 1), st.data())
def test_an_escrow_covers_every_fee_below_its_limits(
    price: int, above: int, units: int, data: st.DataObject
) -> None:
    rate = formulas.rate_of(data.draw(st.sampled_from(LatencyClass)), RULES)
    tip = data.draw(st.integers(0, PERBILL))
    used, scarce = data.draw(st.integers(1, units)), data.draw(st.integers(0, price))
    minimum = data.draw(st.integers(0, 10**12))
    ceiling = formulas.price_of(price + above, 0, max(rate, PERBILL), tip)
    real = formulas.price_of(price - scarce, scarce, rate, tip)
    assert fee_of(used, real, minimum).total <= fee_of(units, ceiling, minimum).total


def test_latency_classes_are_sold_under_three_names() -> None:
    assert [service_of(latency) for latency in LatencyClass] == [
        Service.ECONOMY,
        Service.STANDARD,
        Service.PREMIUM,
        Service.PREMIUM,
    ]


orders = st.tuples(st.integers(1, 9), st.integers(1, 100))


@given(st.lists(orders, max_size=30), st.integers(0, 10), st.randoms())
def test_a_queue_adds_up_whatever_comes_and_goes(
    come: list[tuple[int, int]], price: int, die: object
) -> None:
    queue: tuple[Waiting, ...] = ()
    for limit, units in come:
        queue = queues.with_more(queue, limit, units)
        assert queues.is_in_order(queue)
    wanted = sum(units for limit, units in come if limit >= price)
    assert queues.payable(queue, price) == wanted
    for limit, units in sorted(come, key=lambda _: die.random()):  # type: ignore[attr-defined]
        queue = queues.with_less(queue, limit, units)
        assert queues.is_in_order(queue)
    assert queue == ()
