"""The budget of AMAX and the design's reference: how far apart they lie, exactly and everywhere.

The reference, `econ.py`, rounds K / K* down to parts per billion before it multiplies, and gives a
chain of few machines nothing; the runtime multiplies first. What that comes to is proven here.
"""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.compute.job import PERBILL
from runtime.compute.price import MICRO
from runtime.pallets.amax_distribution import formulas
from runtime.primitives.types import UNIT
from runtime.terms import DEFAULTS
from runtime.terms.parameter import Parameter
from runtime.terms.registry import ROWS
from tests.conformance.vectors_of import load
from tests.pallets.amax_world import CONFIG

DELTA = DEFAULTS.distribution.delta
VECTORS = load("economy.json")
MOST_DELTA = ROWS[Parameter.AMAX_DELTA].most


def reference(cap: int, delta: int, issuance: int, capacity: int, k_star: int) -> int:
    """Return the reference's budget: K / K* rounded down to ppb first, K in whole CU."""
    rate = min(PERBILL, capacity * PERBILL // k_star)
    return max(0, cap - issuance) * delta // PERBILL * rate // PERBILL


def is_above_by_what_rounding_takes(delta: int, issuance: int, capacity: int, k_star: int) -> bool:
    """Say whether the budget is the reference's and exactly what its rounding took from it.

    With M the most of an epoch, K · 10^9 = q K* + r and r < K*: the reference is ⌊M q / 10^9⌋ and
    ours ⌊M (q + r/K*) / 10^9⌋, so that M r / (10^9 K*) lies between them, rounded down or up.
    """
    found = formulas.budget(CONFIG.cap, delta, issuance, capacity * MICRO, k_star)
    most = max(0, CONFIG.cap - issuance) * delta // PERBILL
    lost = 0 if capacity >= k_star else most * (capacity * PERBILL % k_star)
    above = found - reference(CONFIG.cap, delta, issuance, capacity, k_star)
    return lost // (PERBILL * k_star) <= above <= -(-lost // (PERBILL * k_star))


def test_the_budget_is_that_of_the_reference_and_exactly_what_its_rounding_took() -> None:
    assert len(VECTORS["amax_budget"]) > 50
    for issuance, capacity, k_star, wanted in VECTORS["amax_budget"]:
        assert wanted == reference(CONFIG.cap, DELTA, issuance, capacity, k_star)
        assert is_above_by_what_rounding_takes(DELTA, issuance, capacity, k_star)


SUPPLIES = st.one_of(
    st.integers(0, 2 * CONFIG.cap), st.integers(-3, 3).map(lambda few: CONFIG.cap + few)
)
STRATEGIC = st.integers(ROWS[Parameter.K_STAR].least, ROWS[Parameter.K_STAR].most)


@settings(max_examples=400)
@given(st.integers(0, MOST_DELTA), SUPPLIES, STRATEGIC, st.data())
def test_the_bound_of_the_difference_holds_wherever_referenda_may_lead(
    delta: int, issuance: int, k_star: int, data: st.DataObject
) -> None:
    """Capacities from none to twice the strategic one, and next to each multiple of a ppb of it."""
    near = data.draw(st.integers(0, PERBILL)) * k_star // PERBILL
    capacity = data.draw(st.one_of(st.integers(0, 2 * k_star), st.integers(near, near + 2)))
    assert is_above_by_what_rounding_takes(delta, issuance, capacity, k_star)


@settings(max_examples=300)
@given(st.integers(0, MOST_DELTA), SUPPLIES, STRATEGIC, st.integers(0, 10**19))
def test_no_budget_is_above_the_formula_and_none_two_planck_below(
    delta: int, issuance: int, k_star: int, capacity: int
) -> None:
    """Against exact fractions, in micro-CU: so ours is nearer to the page than the reference."""
    left, part = max(0, CONFIG.cap - issuance), min(1, Fraction(capacity, k_star * MICRO))
    exact = left * Fraction(delta, PERBILL) * part
    found = formulas.budget(CONFIG.cap, delta, issuance, capacity, k_star)
    assert found <= exact < found + 2


def test_the_difference_is_below_four_millionths_of_an_amax_in_any_epoch() -> None:
    """Nothing is issued, δ at its highest, and the reference loses nearly a whole ppb of K*."""
    k_star = 10**12
    budgets = [
        formulas.budget(CONFIG.cap, MOST_DELTA, 0, (PERBILL // 2 * 10**3 + less) * MICRO, k_star)
        for less in (999, 0)
    ]
    above = budgets[0] - reference(CONFIG.cap, MOST_DELTA, 0, PERBILL // 2 * 10**3 + 999, k_star)
    assert above == budgets[0] - budgets[1] == 3_949_646 < 4 * UNIT // 10**6
    assert CONFIG.cap * MOST_DELTA // PERBILL // PERBILL == 3_953_600, "less than this, ever"


def test_the_difference_heals_itself_over_years_of_hourly_epochs() -> None:
    """What was created earlier leaves less to be created: a fiftieth of an AMAX at most."""
    ours = theirs = 40_000_000 * UNIT
    capacity, k_star = 17_999_983, 18_000_000
    gaps = []
    for _ in range(20 * 8_766):
        ours += formulas.budget(CONFIG.cap, DELTA, ours, capacity * MICRO, k_star)
        theirs += reference(CONFIG.cap, DELTA, theirs, capacity, k_star)
        gaps.append(ours - theirs)
    assert 0 < gaps[-1] < max(gaps) < UNIT // 50
    assert ours < CONFIG.cap
