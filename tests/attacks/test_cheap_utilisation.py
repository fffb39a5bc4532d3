"""Utilisation lifts κ for all that is burned, so it must cost what it is worth, in every market.

An attacker opens a market of its own that nobody else is in, lets its price sink to the least there
is, and fills it with its own work. Counted in units that work would be most of the chain's; counted
by what it cost it is next to nothing.
"""

from dataclasses import replace

from runtime.compute.job import PERBILL, Market
from runtime.compute.price import MICRO
from runtime.primitives.types import UNIT
from runtime.terms import DEFAULTS
from tests.pallets.compute_market import MARKET, ComputeMarket

OWN = Market(1, 2)
RATING = 10**6
"""Micro-CU per second of all honest providers, and of the attacker's."""
PERIOD = 10
ROOM = RATING * PERIOD * 6
"""What either market can do in a period, in micro-CU."""
LEAST = DEFAULTS.pricing.base_min


def load_of(fake: int, price: int = LEAST) -> tuple[int, int]:
    """Return use and capacity of a period with three tenths of honest work, and fake work."""
    world = ComputeMarket()
    world.pricing.config = replace(world.pricing.config, period_blocks=PERIOD)
    world.reprice(UNIT)
    world.reprice(price, OWN)
    for market in (MARKET, OWN):
        world.pricing.rate(market, 0, RATING)
    world.pricing.serve(MARKET, 3 * ROOM // 10)
    world.pricing.serve(OWN, fake)
    world.pass_blocks(PERIOD)
    return world.pricing.take_load()


def test_attack_of_a_cheap_market_its_work_lifts_utilisation_by_what_it_cost() -> None:
    (before, room), (after, same) = load_of(0), load_of(ROOM)
    assert room == same
    assert after - before == ROOM * LEAST // MICRO, "what the fake work cost, in planck"
    assert (after - before) * PERBILL // room < PERBILL // 10**5
    by_units = (3 * ROOM // 10 + ROOM) * PERBILL // (2 * ROOM) - 3 * PERBILL // 20
    assert by_units == PERBILL // 2, "counted in units it would have been half of the chain's"


def test_work_at_the_price_of_others_counts_as_theirs_does() -> None:
    (before, room), (after, _) = load_of(0, UNIT), load_of(ROOM, UNIT)
    assert (before * 100 // room, after * 100 // room) == (15, 65)
