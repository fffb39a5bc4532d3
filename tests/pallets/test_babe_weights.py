"""The arithmetic of proof-of-compute weight."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.pallets.babe import WEIGHT_TOTAL, authority_weights

STAKES = st.integers(1, 2**64 - 1)
WORK = st.integers(0, 2**64 - 1)
VALIDATORS = st.lists(st.tuples(STAKES, WORK), min_size=1, max_size=64)


def exact(stakes: tuple[int, ...], work: tuple[int, ...]) -> list[Fraction]:
    """The formula of the design page, then as parts of the sum."""
    half = Fraction(1, 2)
    if sum(work) == 0:
        return [Fraction(stake, sum(stakes)) for stake in stakes]
    shares = [
        (Fraction(stake, sum(stakes)), Fraction(done, sum(work)))
        for stake, done in zip(stakes, work, strict=True)
    ]
    weights = [half * stake + half * min(done, 2 * stake) for stake, done in shares]
    return [weight / sum(weights) for weight in weights]


@given(VALIDATORS)
def test_weights_are_the_exact_shares_floored(validators: list[tuple[int, int]]) -> None:
    stakes, work = zip(*validators, strict=True)
    wanted = tuple(int(share * WEIGHT_TOTAL) for share in exact(stakes, work))
    assert authority_weights(stakes, work) == wanted


@given(VALIDATORS)
def test_the_sum_is_the_total_less_one_part_per_authority_at_most(
    validators: list[tuple[int, int]],
) -> None:
    stakes, work = zip(*validators, strict=True)
    total = sum(authority_weights(stakes, work))
    assert WEIGHT_TOTAL - len(stakes) < total <= WEIGHT_TOTAL


@given(VALIDATORS, st.integers(0, 63), st.integers(1, 2**64))
def test_more_work_never_lowers_a_weight(
    validators: list[tuple[int, int]], place: int, more: int
) -> None:
    stakes, work = zip(*validators, strict=True)
    place %= len(stakes)
    raised = tuple(done + more * (i == place) for i, done in enumerate(work))
    if sum(work):
        assert authority_weights(stakes, raised)[place] >= authority_weights(stakes, work)[place]


@given(VALIDATORS)
def test_work_at_most_triples_a_weight_against_a_peer_of_equal_stake(
    validators: list[tuple[int, int]],
) -> None:
    work = tuple(done for _, done in validators)
    weights = authority_weights((1,) * len(work), work)
    assert max(weights) <= 3 * (min(weights) + 1)


@pytest.mark.parametrize(
    ("stakes", "work", "weights"),
    [
        ((1, 1), (0, 0), (500_000_000, 500_000_000)),
        ((1, 3), (0, 0), (250_000_000, 750_000_000)),
        ((1, 1), (7, 7), (500_000_000, 500_000_000)),
        ((1, 3), (1, 3), (250_000_000, 750_000_000)),
        ((1, 1), (3, 1), (625_000_000, 375_000_000)),
        ((1, 1, 1, 1), (5, 0, 0, 0), (500_000_000, 166_666_666, 166_666_666, 166_666_666)),
    ],
)
def test_a_table_of_weights(
    stakes: tuple[int, ...], work: tuple[int, ...], weights: tuple[int, ...]
) -> None:
    assert authority_weights(stakes, work) == weights
