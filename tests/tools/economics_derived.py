"""Numbers in sentences of docs/economics.md that follow from several of the runtime, by name."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType

from runtime.pallets.jobs import Thresholds, money
from runtime.pallets.jobs.agenda import MAX_OPEN_JOBS
from runtime.pallets.jobs.records import LANE_SLOTS
from runtime.pallets.vaults import cover
from runtime.primitives.types import UNIT
from runtime.terms import DEFAULTS
from runtime.terms.records import PERBILL
from runtime.terms.relations import CHEAPEST_LIMIT, MARGINAL_LIMIT
from tests.attacks.test_lazy_auditors import FREIVALDS, HOUR, MINUTE, PRICE, break_even, loss
from tests.attacks.test_numbers import places_for_a_month, return_of_own_burn
from tests.attacks.test_parameters import most_in_a_year
from tests.pallets.test_emission_formulas import worst_returns
from tests.pallets.test_mining_attacks import pot
from tests.support.chain import MemoryChain
from tests.tools.economics_tables import YEAR

CURVE, TERMS = DEFAULTS.emission, DEFAULTS
BOND = TERMS.staking.validator_bond
CHALLENGED = 24
"""One epoch of fake capacity in so many is found out, in the argument of the bond."""
SLASHED = 5
"""One part in so many of a bond, for capacity that is not there."""


@cache
def capacity_shares() -> tuple[int, int, int]:
    """Return the parts of the pay for capacity: provider, validators, oracles."""
    own, validators = MemoryChain().runtime().emission.config.availability
    return own, validators, PERBILL - own - validators


@cache
def returned() -> dict[str, float]:
    """Return what coalitions have back of own work."""
    return worst_returns(CURVE)


def all_places() -> int:
    """Return the deposits for all places of the chain, whatever the lanes."""
    least = TERMS.queue.deposit
    return sum(money.queue_deposit(least, 0, taken) for taken in range(MAX_OPEN_JOBS))


def deposits() -> int:
    """Return what a full lane has on hold."""
    return sum(money.queue_deposit(TERMS.queue.deposit, waiting) for waiting in range(LANE_SLOTS))


def slashed_epochs() -> int:
    """Return how many epochs of pay a slash for fake capacity takes at least."""
    return TERMS.bonds.capacity_epochs // SLASHED


DERIVED: Mapping[str, Callable[[], int | str]] = MappingProxyType(
    {
        "marginal": lambda: 2 * CURVE.kappa_max - CURVE.kappa_min,
        "limit": lambda: MARGINAL_LIMIT,
        "cheapest": lambda: CHEAPEST_LIMIT,
        "share.capacity.provider": lambda: capacity_shares()[0],
        "share.capacity.validators": lambda: capacity_shares()[1],
        "share.capacity.oracles": lambda: capacity_shares()[2],
        "amax.half": lambda: f"{math.log(2) * PERBILL / TERMS.distribution.delta / YEAR:.1f}",
        "swap.fee": lambda: TERMS.exchange.total_fee,
        "insured": lambda: PERBILL // cover.LARGEST_RISK,
        "slash.epochs": slashed_epochs,
        "slash.times": lambda: f"{slashed_epochs() / CHALLENGED:g}",
        "returned.provider": lambda: f"{returned()['provider']:.3f}",
        "returned.roles": lambda: f"{returned()['all but burn and treasury']:.3f}",
        "returned.burn": lambda: f"{return_of_own_burn():.3f}",
        "pot.least": lambda: f"{pot(1, 1):.2f}",
        "pot.most": lambda: f"{pot(1, 4):.2f}",
        "overload.queue": lambda: Thresholds().queue,
        "overload.load": lambda: Thresholds().saturation,
        "overload.wait": lambda: Thresholds().wait,
        "places.locked": lambda: f"{places_for_a_month()[0] / UNIT:.0f} AGPU",
        "places.burned": lambda: f"{places_for_a_month()[1] / UNIT:,.0f} AGPU",
        "places.flat": lambda: f"{places_for_a_month()[2] / UNIT:.1f} AGPU",
        "places.all": lambda: f"{all_places() / UNIT:,.0f} AGPU",
        "queue.held": lambda: f"{deposits() / UNIT:.0f} AGPU",
        "treasury.year": lambda: f"{most_in_a_year():.0%}".replace("%", " %"),
        "lazy.price": lambda: f"{PRICE / UNIT:g} AGPU",
        "lazy.loss": lambda: f"{float(loss(BOND)) / UNIT:.0f} AGPU",
        "lazy.minute": lambda: f"{float(break_even(BOND, MINUTE)) * 100:.1f} %",
        "lazy.hour": lambda: f"{float(break_even(BOND, HOUR)) * 100:.0f} %",
        "lazy.product": lambda: f"{float(break_even(BOND, HOUR, FREIVALDS)) * 100:.1f} %",
        "queue.burned": lambda: f"{deposits() * money.FLICKER_SHARE / PERBILL / UNIT:.1f}",
    }
)
