"""The accumulator of F1: what each part of a weight has earned so far, of all that was divided.

Who has a weight is owed it times what the accumulator has grown by since that was last settled, so
nobody is iterated. Each step rounds down, and what a division leaves is carried into the next.
Source: "F1 Fee Distribution", Ojha and Goes, 2019.
"""

from __future__ import annotations

from runtime.primitives.types import Balance

SCALE = 10**24
"""Accumulators count in parts so fine that a planck of earnings reaches every point at once: of a
stake of all AGPU, and of one whose points losses have made a thousand times as many. All fees that
could ever be paid, to the smallest stake, stay within 128 bits of them."""


def shared(amount: Balance, remainder: int, weight: int) -> tuple[int, int]:
    """Divide earnings by a weight: what each part of it earns, scaled, and what is carried over."""
    return divmod(amount * SCALE + remainder, weight)


def due(weight: int, earned: int, paid: int) -> Balance:
    """Return what a weight earned while the accumulator went from `paid` to `earned`."""
    return weight * (earned - paid) // SCALE
