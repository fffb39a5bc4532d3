"""Stochastic gradient descent on integers: int8 activations and errors, int16 weights.

A weight has its upper eight bits in the forward pass, so that small steps add up below them. A
gradient keeps `rate` bits: what is cut off is rounded up as often as it is large, by bits hashed
from seed, step, layer and place. Errors on their way back keep seven bits. Every step is a pure
function of weights, batch and step. Source: the scheme follows NITI (Wang and others, 2020).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runtime.compute.classes import Cells
from runtime.compute.integers import requantise
from runtime.compute.reference import GOLDEN_64, Int8s, Int32s, Words, exact_product, mix
from runtime.primitives.types import U8, U32

WEIGHT_BITS = 8
"""Lower bits of a weight that the forward pass does not see."""
TARGET = 48
"""What the output of the right class shall be, and below zero of all others."""
ERROR_HIGH = 127
ERROR_BITS = 7
MAX_GRADIENT_SHIFT = 31

Int16s = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class TrainedLayer:
    """A dense layer: rectified, unless it is the last."""

    width: U32
    shift: U8
    """Its sums are divided by 2**shift."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Examples: rows (n, width) int8, and the class of each (n,) uint8."""

    rows: Int8s
    labels: Cells


def forward(layers: Sequence[TrainedLayer], weights: Sequence[Int16s], rows: Int8s) -> list[Int8s]:
    """Return the activations of all layers, the input first."""
    activations = [rows]
    for number, (layer, weight) in enumerate(zip(layers, weights, strict=True)):
        low = -ERROR_HIGH if number == len(layers) - 1 else 0
        sums = exact_product(activations[-1], visible(weight))
        activations.append(requantise(sums, layer.shift, low))
    return activations


def train_step(
    layers: Sequence[TrainedLayer],
    weights: Sequence[Int16s],
    batch: Batch,
    rate: int,
    keys: Sequence[int],
) -> list[Int16s]:
    """Return the weights after one batch; `keys` has one for each layer."""
    activations = forward(layers, weights, batch.rows)
    error = output_error(activations[-1], batch.labels)
    after = list(weights)
    for number in reversed(range(len(layers))):
        weight, inputs = weights[number], activations[number]
        gradient = exact_product(transposed(error), transposed(inputs))
        after[number] = descend(weight, gradient, rate, keys[number])
        if number:
            back = exact_product(error, transposed(visible(weight)))
            error = shortened(np.where(inputs > 0, back, 0))
    return after


def step_keys(seed: int, step: int, layers: int) -> list[int]:
    """Return what the rounding of each layer in one step is hashed from."""
    start = (seed + step * int(GOLDEN_64)) % 2**64
    numbers = np.arange(layers, dtype=np.uint64)
    return [int(key) for key in mix(mix(np.array([start], np.uint64)) + numbers)]


def output_error(outputs: Int8s, labels: Cells) -> Int8s:
    """Return how far outputs (n, classes) are above their targets, clamped to int8.

    A label that names no class asks for none.
    """
    is_right = labels[:, None] == np.arange(outputs.shape[1])
    targets = np.where(is_right, TARGET, -TARGET)
    distance = outputs.astype(np.int64) - targets
    return np.clip(distance, -ERROR_HIGH, ERROR_HIGH).astype(np.int8)


def descend(weight: Int16s, gradient: Int32s, rate: int, key: int) -> Int16s:
    """Step against a gradient of which `rate` bits are kept, the rest rounded by chance.

    Place i adds mix(key + (i + 1) G) mod 2**shift before the shift.
    """
    shift = excess_bits(gradient, rate)
    steps = np.arange(1, gradient.size + 1, dtype=np.uint64) * GOLDEN_64
    words: Words = mix(steps + np.uint64(key)) & np.uint64((1 << shift) - 1)
    noisy = gradient.astype(np.int64) + words.astype(np.int64).reshape(gradient.shape)
    stepped = weight.astype(np.int64) - (noisy >> shift)
    return np.clip(stepped, -(2**15), 2**15 - 1).astype(np.int16)


def shortened(error: Cells) -> Int8s:
    """Bring errors to seven bits by the shift that the largest needs."""
    return requantise(error, excess_bits(error, ERROR_BITS))


def excess_bits(cells: Cells, kept: int) -> int:
    """Return how many bits the largest cell has above those that are kept."""
    return max(0, int(np.abs(cells.astype(np.int64)).max()).bit_length() - kept)


def visible(weight: Int16s) -> Int8s:
    """Return the part of weights that the forward pass sees."""
    return (weight >> WEIGHT_BITS).astype(np.int8)


def transposed(cells: Int8s) -> Int8s:
    """Return the transpose, rows contiguous."""
    return np.ascontiguousarray(cells.T)
