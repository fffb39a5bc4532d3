"""Arithmetic of vaults: weights, levels, earnings, and pools whose points never grow dearer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.compute.job import PERBILL
from runtime.frame import accumulator
from runtime.pallets.vaults import formulas
from runtime.pallets.vaults.pools import EMPTY, Pool
from runtime.primitives.types import UNIT

AMOUNTS = st.integers(1, 10**9 * UNIT)
LARGE = st.integers(0, 10**21)


@pytest.mark.parametrize(
    ("lock", "parts"),
    [(28, 1_076_923_076), (182, 1_500_000_000), (364, 2 * PERBILL), (1000, 2 * PERBILL)],
)
def test_a_lock_counts_up_to_twice(lock: int, parts: int) -> None:
    assert formulas.multiplier(lock) == parts


def test_other_assets_count_as_much_as_agpu_at_most() -> None:
    assert [formulas.secured(10, rwa) for rwa in (0, 7, 10, 11)] == [10, 17, 20, 20]


@given(st.integers(0, 10**24))
def test_req_37_a_level_is_the_logarithm_of_what_the_page_says(weight: int) -> None:
    level = formulas.level(weight)
    hundreds = 1 + weight // (100 * UNIT)
    assert 0 <= level <= 8
    assert hundreds >= 2**level
    assert level == 8 or hundreds < 2 ** (level + 1)


@given(st.integers(0, 10**24), st.integers(1, 64), st.integers(1, 8))
def test_splitting_a_stake_never_raises_a_level(weight: int, jobs: int, accounts: int) -> None:
    assert formulas.level(weight // accounts, jobs) <= formulas.level(weight, jobs)
    assert formulas.level(weight, jobs + 1) <= formulas.level(weight, jobs)


@given(st.lists(st.tuples(AMOUNTS, AMOUNTS), max_size=20), st.lists(AMOUNTS, min_size=1))
def test_earnings_lose_a_planck_at_most_for_each_member(
    inflows: list[tuple[int, int]], weights: list[int]
) -> None:
    whole, earned, remainder, total = sum(weights), 0, 0, 0
    for amount, _ in inflows:
        step, remainder = accumulator.shared(amount, remainder, whole)
        earned, total = earned + step, total + amount
    claims = sum(accumulator.due(weight, earned, 0) for weight in weights)
    lost = remainder // accumulator.SCALE + 1
    assert total - len(weights) - lost <= claims <= total


@st.composite
def pools(draw: st.DrawFn) -> Pool:
    points = draw(st.integers(1, 10**21))
    return Pool(points, draw(st.integers(0, points)))


@given(pools(), LARGE, LARGE, st.integers(0, 100))
def test_a_point_never_grows_dearer(pool: Pool, amount: int, points: int, part: int) -> None:
    after = [pool.left(min(points, pool.points)), pool.slashed(part, 100)]
    if not pool.is_wiped_out:
        after.append(pool.joined(pool.points_for(amount)))
    for other in after:
        assert other.balance * pool.points <= pool.balance * other.points
        assert other.balance >= 0


@given(pools(), AMOUNTS)
def test_points_are_worth_what_they_cost_and_a_planck_less_at_most(pool: Pool, amount: int) -> None:
    if pool.is_wiped_out:
        return
    bought = pool.points_for(amount)
    after = pool.joined(bought)
    assert amount <= bought
    assert amount - 2 - amount // pool.points <= after.value(bought) <= amount


def test_an_empty_pool_sells_a_point_for_a_planck() -> None:
    assert EMPTY.joined(EMPTY.points_for(7)) == Pool(7, 7)
    assert EMPTY.value(0) == 0


def test_attack_of_share_inflation_nobody_can_make_others_round_down_to_nothing() -> None:
    """The first brings the least, leaves all but a little, and waits for somebody to come."""
    pool = EMPTY.joined(10 * UNIT)
    pool = pool.left(10 * UNIT - 10**6)
    for step in range(1, 10_000):
        pool = pool.joined(pool.points_for(1 + step % 3)).left(1)
    victim = 5 * UNIT
    bought = pool.points_for(victim)
    assert victim - pool.joined(bought).value(bought) <= 1
    assert pool.balance <= pool.points
