"""What an auditor that checks nothing loses, where no traps are set: it depends on real cheats.

The design wants 2 % of tasks to be known-bad (economy.md 5.10); there are none. So a verdict that
nobody checked is only wrong as often as providers cheat: this says from which rate on it loses.
"""

from __future__ import annotations

from fractions import Fraction

import pytest

from runtime.compute.audit import COMMITTEE
from runtime.pallets.audits.records import FRACTIONS, SIGNED_BAD
from runtime.primitives.types import UNIT
from runtime.terms import DEFAULTS
from runtime.terms.parameter import Parameter
from runtime.terms.registry import FIXED, ROWS

PRICE = UNIT // 200
"""Of a CU, as in the examples of the economy: 0.005 AGPU."""
FREIVALDS = 23
"""How much cheaper a product is to check than to make, at n = 4096 (docs/benchmarks.md)."""
MINUTE, HOUR = 60, 3_600
"""CU of a reference GPU."""
TRAPS = Fraction(2, 100)
"""Of the tasks, in the design."""


def found(honest: Fraction) -> Fraction:
    """Return how likely a bad segment is found: one dissenter asks a larger committee, then all."""
    return 1 - (1 - honest) ** COMMITTEE


def loss(bond: int, honest: Fraction = Fraction(2, 3)) -> Fraction:
    """Return what a good verdict on a bad segment costs in expectation: bond x slash x P."""
    return bond * Fraction(FRACTIONS[SIGNED_BAD].parts, 10**9) * found(honest)


def break_even(bond: int, units: int, cheaper: int = 1) -> Fraction:
    """Return the rate of cheats from which on checking costs less than not checking."""
    return units * PRICE / (loss(bond) * cheaper)


@pytest.mark.parametrize(
    ("bond", "units", "cheaper", "percent"),
    [
        (ROWS[Parameter.VALIDATOR_BOND].least, MINUTE, 1, 0.6),
        (DEFAULTS.staking.validator_bond, MINUTE, 1, 0.3),
        (DEFAULTS.staking.validator_bond, HOUR, 1, 18.0),
        (DEFAULTS.staking.validator_bond, HOUR, FREIVALDS, 0.78),
        (ROWS[Parameter.VALIDATOR_BOND].most, HOUR, 1, 1.8),
    ],
)
def test_an_auditor_that_checks_nothing_loses_from_this_rate_of_cheats_on(
    bond: int, units: int, cheaper: int, percent: float
) -> None:
    rate = break_even(bond, units, cheaper)
    assert round(float(rate) * 100, 2) == percent
    assert loss(bond) * rate == Fraction(units * PRICE, cheaper)


def test_a_bad_segment_is_found_while_two_thirds_check() -> None:
    assert 1 - found(Fraction(2, 3)) == Fraction(1, 3**10)
    assert found(Fraction(0)) == 0, "where nobody checks nothing is found, whatever is at stake"


def test_where_nobody_cheats_checking_never_pays_and_with_traps_it_would() -> None:
    """The deviation in numbers: traps would pay for checks of 2 AGPU, without them cheats must."""
    bond = DEFAULTS.staking.validator_bond
    assert loss(bond) * 0 < MINUTE * PRICE
    assert round(float(loss(bond) * TRAPS / UNIT), 2) == 2.0
    assert break_even(bond, MINUTE) < TRAPS < break_even(bond, HOUR)
    assert "trap receipts" in {one.name for one in FIXED}
