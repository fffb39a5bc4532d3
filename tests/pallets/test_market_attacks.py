"""Attacks on the market, in the words of the design's register: each costs more than it gains.

For a price pump, an attacker owns a share of a market's capacity and buys matched work there, a
part of what its own devices could do, in every hour of 120 days; clients buy less as the price
rises. What it buys is given out at random, so strangers earn most of it, and what makes the price
scarce is burned. The market's own formulas run; the demand of clients is a float outside of them.
"""

from dataclasses import replace

import pytest

from runtime.compute.job import PERBILL
from runtime.compute.price import MICRO, fee_of
from runtime.compute.receipt import Opening
from runtime.frame import Signed
from runtime.pallets.emission import formulas as emission
from runtime.pallets.jobs import money
from runtime.pallets.pricing import formulas
from runtime.primitives.types import UNIT
from runtime.terms import DEFAULTS, Rules, Shares, SplitRates
from tests.pallets.compute_market import ALICE, FEE, PROOF, ComputeMarket

HOURS = 120 * 24
CAPACITY = 10**6 * MICRO
RULES = Rules(divisor=8)
"""An hour at once: the move of its six periods."""
ELASTICITY = 0.4
"""How little clients react: by 0.4 % less work for 1 % more price."""


def earned_per_unit(base: int, average: int) -> float:
    """Return what providers earn of a micro-CU: the fee's part, and the mint at its highest."""
    normal = formulas.normal_part(base, average, PERBILL, RULES.band)
    fee = fee_of(CAPACITY, formulas.price_of(normal, base - normal, PERBILL, 0), 0)
    parts = money.split(fee, PERBILL // 2, SplitRates())
    minted = parts.burn * DEFAULTS.emission.kappa_max // PERBILL
    own = emission.slices_of(minted, Shares(), 3 * PERBILL // 4, is_direct=False)
    return (parts.provider + own.provider) / CAPACITY


def run(share: float, fake: float) -> tuple[float, float]:
    """Return what the attacker earned and spent, buying `fake` of its own capacity."""
    base = average = UNIT
    bought = int(CAPACITY * share * fake)
    revenue = spent = 0.0
    for _ in range(HOURS):
        wanted = 0.7 * CAPACITY * (base / UNIT) ** -ELASTICITY
        used = min(int(wanted) + bought, CAPACITY)
        revenue += used * share * earned_per_unit(base, average)
        spent += bought * base / MICRO
        load = formulas.pressure(used, 0, CAPACITY, RULES.target)
        base = formulas.next_base(base, load, RULES)
        average = formulas.moved_average(average, base, RULES.average_divisor)
    return revenue, spent


@pytest.mark.parametrize(
    ("share", "fake", "gain"),
    [
        (0.02, 0.15, -0.96),
        (0.10, 0.50, -0.82),
        (0.33, 0.15, -0.40),
        (0.33, 0.50, -0.53),
        (0.50, 0.15, -0.12),
        (0.50, 0.50, -0.39),
    ],
)
def test_pumping_a_price_loses_up_to_half_of_a_market(
    share: float, fake: float, gain: float
) -> None:
    quiet, _ = run(share, 0)
    revenue, spent = run(share, fake)
    per_spent = (revenue - quiet - spent) / spent
    assert round(per_spent, 2) == gain < 0


@pytest.mark.parametrize("direct", [False, True])
def test_a_provider_that_buys_its_own_jobs_loses(direct: bool) -> None:
    world = ComputeMarket(mints=True)
    world.emission.kappa = DEFAULTS.emission.kappa_max  # as good as it gets
    world.join(ALICE)
    before = world.token.total(ALICE)
    spent = FEE * 10
    world.jobs.config = replace(world.jobs.config, minimum_fee=spent)
    if direct:
        job = world.submit(ALICE, to=ALICE)
        world.call(world.jobs.start_job, Signed(ALICE), job)
        world.commit(job)
        world.pass_blocks(3)
        world.include(openings=(Opening(job, 0, PROOF),))
        world.next_block()
    else:
        world.verified(client=ALICE)
        world.next_block()
    lost = before - world.token.total(ALICE)
    assert world.providers.providers[ALICE].open_jobs == 0
    assert spent * (1 - 0.883) < lost <= spent * 26 // 100
