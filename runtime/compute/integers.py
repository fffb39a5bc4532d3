"""Arithmetic of networks on integers: rounding, clamping, and a softmax without floats.

Everything rounds half up, that is towards plus infinity, by adding a half and rounding down: an
arithmetic shift and numpy's `//` do so for negative numbers too, C's `/` does not.
"""

from __future__ import annotations

import numpy as np

from runtime.compute.classes import Cells
from runtime.compute.reference import Int8s, Int32s, exact_product, weighted_sums

INT8_LOW, INT8_HIGH = -128, 127
INT32_LOW, INT32_HIGH = -(2**31), 2**31 - 1
OCTAVE = 16
"""Steps in which a softmax weight falls to its half."""
OCTAVES = 16
"""Halvings after which a weight is nothing: the largest is 2**15."""
HALVINGS = np.array(
    [
        *(32768, 31379, 30048, 28774, 27554, 26386, 25268, 24196),
        *(23170, 22188, 21247, 20347, 19484, 18658, 17867, 17109),
    ],
    np.int64,
)
"""round(2**15 * 2**(-i / 16)): the weights of the first octave."""


def dense(x: Int8s, weights: Int8s, bias: Int32s) -> Int32s:
    """Multiply (n, inner) by the transpose of (m, inner), add (m,), and clamp to int32."""
    sums = exact_product(x, weights).astype(np.int64) + bias
    clamped: Int32s = np.clip(sums, INT32_LOW, INT32_HIGH).astype(np.int32)
    return clamped


def requantise(cells: Cells, shift: int, low: int = INT8_LOW) -> Int8s:
    """Divide by 2**shift, round half up, and clamp to low..127 as int8."""
    half = 1 << shift >> 1
    clamped: Int8s = np.clip((cells.astype(np.int64) + half) >> shift, low, INT8_HIGH)
    return clamped.astype(np.int8)


def attend(q: Int8s, k: Int8s, v: Int8s, first_row: int, shift: int) -> Int8s:
    """Average rows of v (t, m) for each row of q (n, width), by how well it fits k (t, width).

    Row i of q stands at place first_row + i and sees the rows of k and v up to that place. With
    s_j = q . k_j and u_j = (max s - s_j) >> shift, row j weighs HALVINGS[u_j % 16] >> (u_j // 16),
    which is 2**(15 - u_j / 16), and the average is rounded half up.
    """
    scores = exact_product(q, k).astype(np.int64)
    places = first_row + np.arange(q.shape[0])
    is_seen = np.arange(k.shape[0]) <= places[:, None]
    best = np.where(is_seen, scores, INT32_LOW).max(axis=1, keepdims=True)
    steps = np.where(is_seen, best - scores, 0) >> shift
    octave, step = np.minimum(steps // OCTAVE, OCTAVES), steps % OCTAVE
    weights = np.where(is_seen, HALVINGS[step] >> octave, 0)
    total = weights.sum(axis=1, keepdims=True)
    sums = weighted_sums(weights, v)
    averages: Int8s = ((2 * sums + total) // (2 * total)).astype(np.int8)
    return averages
