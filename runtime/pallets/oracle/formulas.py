"""How many reports become one number: median, health, clamp and time-weighted average.

Source: design page "Economy", section 5.12. All fractions are in parts per billion; where a bound
is compared the sides are multiplied out, so nothing is rounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from runtime.terms import Reporting

PERBILL = 10**9

LEAST_REPORTS = 5
"""Reports without which there is no median."""
ACCURATE_BAND = 10_000_000
"""Reports within 1 % of the median are paid."""
OUTLIER_BAND = 100_000_000
"""Reports that are off by more than 10 % are punished."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a round's reports say."""

    median: int
    """0 without reports."""
    agreeing: int
    """Reports within the health band."""
    is_healthy: bool


def outcome_of(values: Sequence[int], members: int, terms: Reporting) -> Outcome:
    """Return what the reports of a round say, in a set of `members` reporters."""
    if not values:
        return Outcome(0, 0, is_healthy=False)
    median = lower_median(values)
    agreeing = sum(is_within(value, median, terms.health_band) for value in values)
    is_enough = len(values) >= LEAST_REPORTS and members >= terms.least_members
    return Outcome(median, agreeing, is_enough and 3 * agreeing >= 2 * len(values))


def lower_median(values: Sequence[int]) -> int:
    """Return the middle of some values; of an even number the lower of the two in the middle."""
    return sorted(values)[(len(values) - 1) // 2]


def is_within(value: int, centre: int, band: int) -> bool:
    """Say whether a value is at most `band` parts per billion of `centre` away from it."""
    return abs(value - centre) * PERBILL <= centre * band


def clamped(median: int, last: int | None, step: int) -> int:
    """Return the value that a median moves to from the last one: by `step` ppb of it at most.

    By one unit at least.
    """
    if last is None:
        return median
    most = max(last * step // PERBILL, 1)
    return min(max(median, last - most), last + most)


def average(sums: tuple[int, int], blocks: tuple[int, int], value: int) -> int:
    """Return the average of a value between two blocks, from the sums of value times blocks.

    Rounded down; between a block and itself it is `value`.
    """
    passed = blocks[1] - blocks[0]
    return (sums[1] - sums[0]) // passed if passed else value
