"""Networks of int8 layers: what one computes, and how their sheets are cut in leaves.

A sheet is (rows, width) cells: sheet 0 is the input, sheet l + 1 what layer l makes of the ones
before. All are int8 but the last, which is int32, and tokens, which are bytes. A layer computes
rows from rows, and attention alone looks at earlier ones; so rows can be computed as they come.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from runtime.compute.classes import Cells
from runtime.compute.integers import INT8_LOW, attend, dense, requantise
from runtime.compute.reference import Int8s
from runtime.primitives.types import U8, U32

VOCABULARY = 256
"""Tokens are bytes: any text has them, and a row of logits is one kilobyte."""


class LayerKind(Enum):
    """What a layer does. Indices are append-only."""

    DENSE = 0
    """x W^T + b, requantised."""
    RELU = 1
    """The same, with what is negative made zero."""
    ATTENTION = 2
    """Causal attention; the sheet before holds queries, keys and values side by side."""
    ADD = 3
    """The sum of the sheet before and an earlier one."""
    EMBEDDING = 4
    """A row of a table for each token, plus a row for its place."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of a network."""

    kind: LayerKind
    width: U32
    shift: U8
    """Requantisation divides by 2**shift; of attention, the scores."""
    argument: U8
    """Heads of an attention; how many sheets back an addition reaches; otherwise 0."""

    @property
    def has_weights(self) -> bool:
        """Whether it is a product with a weight matrix."""
        return self.kind in (LayerKind.DENSE, LayerKind.RELU)

    @property
    def low(self) -> int:
        """The smallest cell it makes."""
        return 0 if self.kind is LayerKind.RELU else INT8_LOW

    @property
    def head_width(self) -> int:
        """Columns of one head of an attention."""
        return self.width // self.argument


@dataclass(frozen=True, slots=True)
class Weights:
    """What a layer takes from the job's input, in the layout of the client.

    A product has (width, inner) int8 and (width,) int32; an embedding has its table
    (256, width) int8 and its places (rows, width) int8.
    """

    matrix: Int8s
    bias: Cells


@dataclass(frozen=True, slots=True)
class Network:
    """Layers with their weights. Computes rows of a sheet from the sheets before it."""

    layers: tuple[Layer, ...]
    weights: tuple[Weights | None, ...]

    def extend(self, sheets: Sequence[Cells], start: int, stop: int) -> None:
        """Fill rows start to stop of all sheets but the first, which has them."""
        for number in range(len(self.layers)):
            sheets[number + 1][start:stop] = self._rows(number, sheets, start, stop)

    def _rows(self, number: int, sheets: Sequence[Cells], start: int, stop: int) -> Cells:
        layer, x, weights = self.layers[number], sheets[number], self.weights[number]
        match layer.kind:
            case LayerKind.ATTENTION:
                return attention(layer, x, start, stop)
            case LayerKind.ADD:
                earlier = sheets[number + 1 - layer.argument][start:stop]
                return add(layer, x[start:stop], earlier)
            case LayerKind.EMBEDDING:
                assert weights is not None
                return embed(x[start:stop, 0], weights.matrix.T, weights.bias[start:stop])
            case _:
                assert weights is not None
                is_last = number == len(self.layers) - 1
                return product(layer, x[start:stop], weights, is_last=is_last)


def product(layer: Layer, x: Int8s, weights: Weights, *, is_last: bool) -> Cells:
    """Multiply rows by weights; the last layer's sums stay as they are."""
    sums = dense(x, weights.matrix, weights.bias)
    return sums if is_last else requantise(sums, layer.shift, layer.low)


def attention(layer: Layer, sheet: Int8s, start: int, stop: int) -> Int8s:
    """Attend with every head, for rows start to stop of a sheet (rows, 3 width)."""
    width, parts = layer.head_width, []
    for first in range(0, layer.width, width):
        q, k, v = (
            sheet[:, part * layer.width + first : part * layer.width + first + width]
            for part in range(3)
        )
        parts.append(attend(q[start:stop], k[:stop], v[:stop], start, layer.shift))
    return np.concatenate(parts, axis=1)


def add(layer: Layer, one: Int8s, other: Int8s) -> Int8s:
    """Add cell by cell, and requantise."""
    return requantise(one.astype(np.int64) + other, layer.shift)


def embed(tokens: Cells, columns: Int8s, places: Int8s) -> Int8s:
    """Look tokens (n,) up in columns (m, 256), and add places (n, m)."""
    sums = columns[:, tokens].T.astype(np.int64) + places
    return requantise(sums, 0)


def next_token(logits: Cells) -> int:
    """Choose the likeliest token of (256,) int32; of equals the first."""
    return int(np.argmax(logits))
