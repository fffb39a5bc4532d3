"""Fixed-point vectors: exact integer arithmetic on many of them at once.

A vector is an array of shape (3, n) or (3,), int64. Positions have 16 fractional bits (Q16), unit
vectors have 30 (Q30). Shifts of negative numbers round down, as `>>` does everywhere else here.
"""

from __future__ import annotations

import numpy as np

from runtime.compute.reference import Int64s

Q16 = 1 << 16
"""One, in positions, lengths and colours."""
Q30 = 1 << 30
"""One, in unit vectors: the error of a direction stays below a position's over the whole scene."""
UNIT_SHIFT = 30


def dot(a: Int64s, b: Int64s) -> Int64s:
    """Multiply vectors and add up: (3, n) by (3, n) or (3, 1) gives (n,)."""
    total: Int64s = a[0] * b[0]
    total += a[1] * b[1]
    total += a[2] * b[2]
    return total


def cross(a: Int64s, b: Int64s) -> Int64s:
    """Multiply two (3,) vectors to one at right angles to both; Q30 by Q30 gives Q30."""
    turned = (
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    )
    crossed: Int64s = np.array(turned, np.int64) >> UNIT_SHIFT
    return crossed


def along(origin: Int64s, direction: Int64s, distance: Int64s | int) -> Int64s:
    """Go `distance` (Q16) from `origin` (Q16) in `direction` (Q30)."""
    end: Int64s = origin + ((direction * distance) >> UNIT_SHIFT)
    return end


def normalized(vector: Int64s) -> Int64s:
    """Scale vectors, each below 2**31 in length, to length one in Q30; zero stays zero.

    One division serves three components: 2**60 // length, then a product of at most 2**60.
    """
    inverse = (1 << 60) // np.maximum(isqrt(dot(vector, vector)), 1)
    unit: Int64s = (vector * inverse) >> UNIT_SHIFT
    return unit


def isqrt(values: Int64s) -> Int64s:
    """Take the square root of integers from 0 to 2**62, rounded down.

    The result is exact: float64 gives a guess that is off by one at most (2**31 is far below
    2**52), and integers settle which of the three it is.
    """
    roots = np.sqrt(values.astype(np.float64)).astype(np.int64)
    roots -= roots * roots > values
    above = roots + 1
    roots += above * above <= values
    return roots
