"""How prices move: arithmetic on planck and parts per billion; every step rounds down.

Each function is that of the design's integer reference, `econ.py`, against which the golden vectors
in `tests/conformance/vectors/economy.json` hold it. Source: design page "Economy", section 5.3.
"""

from __future__ import annotations

from collections.abc import Iterable

from runtime.compute.job import PERBILL, LatencyClass
from runtime.compute.price import MICRO, Price
from runtime.pallets.pricing.records import Load
from runtime.primitives.types import Balance
from runtime.terms import Rules


def pressure(used: int, backlog: int, capacity: int, target: int) -> int:
    """Return the load of a market in ppb of its capacity, at most twice the target.

    `used`, `backlog` and `capacity` are in the same unit; the capacity is above zero.
    """
    return min(2 * target, (used + backlog) * PERBILL // capacity)


def next_base(base: Balance, load: int, rules: Rules) -> Balance:
    """Return the base price after a period under a pressure: at most one part in D away.

    One that is out of bounds, since a referendum moved them, comes back in such steps too.
    """
    target, divisor = rules.target, rules.divisor
    if load >= target:
        rise = base * (load - target) // target // divisor
        moved = base + max(rise, 1 if load > target else 0)
    else:
        moved = base - base * (target - load) // target // divisor
    part = base // divisor
    bounded = max(rules.base_min, min(rules.base_max, moved))
    return max(base - part, min(base + max(part, 1), bounded))


def with_period(load: Load, price: Balance, used: int, capacity: int) -> Load:
    """Return the load of all markets with a period of one of them, at its price in planck per CU.

    Work counts by what it cost: a unit of κ must not be had in a market where it costs less than
    what κ gives back elsewhere.
    """
    return Load(load.used + used * price // MICRO, load.capacity + capacity * price // MICRO)


def moved_average(average: Balance, value: Balance, divisor: int) -> Balance:
    """Move an average by one part in `divisor` of its distance to a value."""
    if value >= average:
        return average + (value - average) // divisor
    return average - (average - value) // divisor


def market_index(markets: Iterable[tuple[Balance, Balance]], least: int) -> int:
    """Return the lower median of price to average over markets, in ppb.

    It moves when all prices do, as when the token itself is worth more or less, and not when one
    market runs hot. With fewer than `least` markets it is 1.
    """
    ratios = sorted(base * PERBILL // average for base, average in markets if average > 0)
    return ratios[(len(ratios) - 1) // 2] if len(ratios) >= least else PERBILL


def normal_part(base: Balance, average: Balance, index: int, band: int) -> Balance:
    """Return the part of a base price that is no scarcity premium."""
    return min(base, average * index // PERBILL * band // PERBILL)


def rate_of(latency: LatencyClass, rules: Rules) -> int:
    """Return what a latency class makes of a price, in ppb: Standard is the measure."""
    match latency:
        case LatencyClass.BATCH:
            return rules.batch
        case LatencyClass.STANDARD:
            return PERBILL
        case LatencyClass.FAST:
            return rules.fast
        case LatencyClass.REALTIME:
            return rules.realtime


def price_of(normal: Balance, scarcity: Balance, rate: int, tip: int) -> Price:
    """Return a price with what a latency class and a tip, both in ppb, do to it.

    A rate below 1 is a discount on the normal part; what it adds above 1 is a surge.
    """
    whole = normal + scarcity
    surge = whole * max(rate - PERBILL, 0) // PERBILL + whole * tip // PERBILL
    return Price(normal * min(rate, PERBILL) // PERBILL, scarcity, surge)
