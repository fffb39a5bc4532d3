"""What a stake weighs, and what weight is worth: arithmetic on planck and parts per billion.

Every step rounds down, so that a vault never owes more than it has. Source: design page "Economy",
sections 5.6 and 5.9.
"""

from __future__ import annotations

from runtime.compute.job import PERBILL
from runtime.primitives.types import UNIT, Balance

FULL_LOCK = 364
"""Eras of the lock that counts twice. An era is a day on public chains."""
LEVEL_STEP = 100 * UNIT
"""The weight that the first level asks for; each further one asks for twice as much more."""
MAX_LEVEL = 8
"""Eight levels of 25 blocks each are a third of what a job can be put ahead by."""


def multiplier(lock: int) -> int:
    """Return what a lock of so many eras multiplies a stake by, in ppb: 1 to 2."""
    return PERBILL + PERBILL * min(lock, FULL_LOCK) // FULL_LOCK


def secured(agpu: Balance, rwa: Balance) -> Balance:
    """Return what counts of a position: its AGPU, and of other assets as much at most."""
    return agpu + min(rwa, agpu)


def room(agpu: Balance, share: int) -> Balance:
    """Return how much of other assets counts beside AGPU, if they are `share` ppb of both."""
    return agpu * share // (PERBILL - share)


def weighed(stake: int, lock: int) -> int:
    """Return the weight of a stake, in planck or in points, under a lock of so many eras."""
    return stake * multiplier(lock) // PERBILL


def part_weight(points: int, lock: int) -> int:
    """Return the weight of points of a tokenised asset, of which one unit may be much: times 10^9.

    So every planck of earnings reaches it in the same parts of a planck as a stake.
    """
    return points * multiplier(lock)


def level(weight: Balance, jobs: int = 1) -> int:
    """Return the level of a weight that is divided among jobs: floor(log2(1 + w / 100 AGPU)).

    At most 8. Splitting a stake among accounts lowers it, and so does each further job.
    """
    return min(MAX_LEVEL, (1 + weight // max(jobs, 1) // LEVEL_STEP).bit_length() - 1)
