"""When the supply grew too much, when AGPU is cheap enough, and when in an epoch it is bought.

Prices are planck of AGPU for a unit of another asset, times 10^18: the dearer AGPU is, the lower
they are. Source: design page "Economy", 5.17.
"""

from __future__ import annotations

from runtime.compute.job import PERBILL
from runtime.primitives.hashing import blake2_256
from runtime.primitives.types import H256, Balance

FIXED_ONE = 10**18
DRAW = b"starminer absorption"
"""What keeps this draw apart from others of the same beacon."""


def excess(before: Balance, now: Balance, growth: int) -> Balance:
    """Return what the supply grew by beyond `growth` ppb; negative where it did not."""
    return now - before - before * growth // PERBILL


def is_near(spot: int, average: int, above: int) -> bool:
    """Say whether AGPU costs at most `above` ppb of its average: a unit buys that much less."""
    return spot > 0 and spot * above >= average * PERBILL


def least_bought(spent: Balance, average: int, dearest: int) -> Balance:
    """Return the AGPU that units must buy, if it costs `dearest` ppb of the average at most."""
    return spent * average * PERBILL // (FIXED_ONE * dearest)


def drawn_slot(beacon: H256, slots: int) -> int:
    """Return the slot of an epoch from which on AGPU may be bought in it."""
    return int.from_bytes(blake2_256(DRAW + beacon), "little") % max(slots, 1)
