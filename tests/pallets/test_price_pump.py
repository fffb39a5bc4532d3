"""Fake demand to raise a price, as the design's attack register has it: it costs more than it gains.

An attacker owns a share of a market's capacity and buys matched work there, a part of what its own
devices could do, in every period of 120 days; clients buy less as the price rises. What it buys is
given out at random, so strangers earn most of it, and what makes the price scarce is burned. The
market's own formulas run; the demand of clients is a float outside of them.
"""

import pytest

from runtime.compute.job import PERBILL
from runtime.compute.price import MICRO, fee_of
from runtime.pallets.emission import MAINNET
from runtime.pallets.emission import formulas as emission
from runtime.pallets.emission.records import Shares
from runtime.pallets.jobs import money
from runtime.pallets.jobs.money import SplitRates
from runtime.pallets.pricing import Rules, formulas
from runtime.primitives.types import UNIT

PERIODS = 120 * 144
CAPACITY = 10**6 * MICRO
RULES = Rules()
ELASTICITY = 0.4
"""How little clients react: by 0.4 % less work for 1 % more price."""


def earned_per_unit(base: int, average: int) -> float:
    """Return what providers earn of a micro-CU: the fee's part, and the mint at its highest."""
    normal = formulas.normal_part(base, average, PERBILL, RULES.band)
    fee = fee_of(CAPACITY, formulas.price_of(normal, base - normal, PERBILL, 0), 0)
    parts = money.split(fee, PERBILL // 2, SplitRates())
    minted = parts.burn * MAINNET.kappa_max // PERBILL
    own = emission.slices_of(minted, Shares(), 3 * PERBILL // 4, is_direct=False)
    return (parts.provider + own.provider) / CAPACITY


def run(share: float, fake: float) -> tuple[float, float]:
    """Return what the attacker earned and spent, buying `fake` of its own capacity."""
    base = average = UNIT
    bought = int(CAPACITY * share * fake)
    revenue = spent = 0.0
    for period in range(PERIODS):
        wanted = 0.7 * CAPACITY * (base / UNIT) ** -ELASTICITY
        used = min(int(wanted) + bought, CAPACITY)
        revenue += used * share * earned_per_unit(base, average)
        spent += bought * base / MICRO
        load = formulas.pressure(used, 0, CAPACITY, RULES.target)
        base = formulas.next_base(base, load, RULES)
        if period % 6 == 0:
            average = formulas.moved_average(average, base, RULES.average_divisor)
    return revenue, spent


@pytest.mark.parametrize(
    ("share", "fake", "gain"),
    [
        (0.02, 0.15, -0.97),
        (0.10, 0.50, -0.85),
        (0.33, 0.15, -0.44),
        (0.33, 0.50, -0.56),
        (0.50, 0.15, -0.21),
        (0.50, 0.50, -0.52),
    ],
)
def test_pumping_a_price_loses_up_to_half_of_a_market(
    share: float, fake: float, gain: float
) -> None:
    quiet, _ = run(share, 0)
    revenue, spent = run(share, fake)
    per_spent = (revenue - quiet - spent) / spent
    assert round(per_spent, 2) == gain < 0
