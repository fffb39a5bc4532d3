"""The data class's definition: what a query answers for each chunk of a table of integers.

A table is cut in chunks of 256 rows; a chunk is (columns, 256) int64, and a missing cell, as well
as every cell beyond the last row, is `NOTHING`. The answer for a chunk begins with a fingerprint of
all its cells, so that none can be given without reading them, and the number of selected rows. A
row is selected if all conditions hold for it and none of its cells is missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from runtime.compute.reference import GOLDEN_64, Int64s, Words, mix
from runtime.primitives.schema import Bounded
from runtime.primitives.types import I64, U8, U16, U64

CHUNK_ROWS = 256
"""One thread of a GPU block each; a column's part of a chunk is 2 KiB."""
NOTHING = -(2**63)
"""A missing cell."""
NO_KEY = 255
"""The key of a summary that is of all rows together."""
HEAD_WORDS = 2
"""The fingerprint, and the number of selected rows."""
SUMMARY_WORDS = 4
"""Count, sum, least and greatest value of a group."""
MAX_CONDITIONS = 4
_LARGEST = 2**63 - 1
_WORD_BITS = 64
_BATCH_CHUNKS = 64
"""Chunks answered at a time, so that intermediate results stay in the cache."""

Chunks = Int64s
"""(chunks, columns, 256)."""
Selected = NDArray[np.bool_]
"""(chunks, 256)."""


class Operation(Enum):
    """What is asked about the selected rows of a chunk. Indices are append-only."""

    HISTOGRAM = 0
    SUMMARY = 1
    FILTER = 2
    SORT = 3


class Comparison(Enum):
    """How a cell must compare with a bound. Indices are append-only."""

    EQUAL = 0
    OTHER = 1
    BELOW = 2
    AT_MOST = 3
    ABOVE = 4
    AT_LEAST = 5


COMPARED = {
    Comparison.EQUAL: np.equal,
    Comparison.OTHER: np.not_equal,
    Comparison.BELOW: np.less,
    Comparison.AT_MOST: np.less_equal,
    Comparison.ABOVE: np.greater,
    Comparison.AT_LEAST: np.greater_equal,
}
"""Cells against a bound."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What a row must fulfil."""

    column: U8
    comparison: Comparison
    bound: I64


@dataclass(frozen=True, slots=True)
class Query:
    """A question about a table; columns are counted from 0."""

    operation: Operation
    value: U8 = 0
    """The column that is counted, summed or sorted by."""
    key: U8 = NO_KEY
    """The column whose cells number the groups of a summary; rows of other groups are left out."""
    low: I64 = 0
    """Where the first bin of a histogram begins."""
    width: U64 = 1
    """Of each bin."""
    groups: U16 = 0
    """Bins of a histogram, or groups of a summary."""
    conditions: Annotated[tuple[Condition, ...], Bounded(MAX_CONDITIONS)] = ()

    @property
    def answer_words(self) -> int:
        """Words of the answer for one chunk."""
        match self.operation:
            case Operation.HISTOGRAM:
                return HEAD_WORDS + self.groups + 2
            case Operation.SUMMARY:
                return HEAD_WORDS + SUMMARY_WORDS * self.groups
            case Operation.FILTER:
                return HEAD_WORDS + CHUNK_ROWS // _WORD_BITS
            case Operation.SORT:
                return HEAD_WORDS + CHUNK_ROWS // 8


def answers(query: Query, chunks: Chunks) -> Int64s:
    """Answer a query for each chunk: (chunks, `answer_words`) int64, little-endian."""
    answered = np.empty((len(chunks), query.answer_words), "<i8")
    for start in range(0, len(chunks), _BATCH_CHUNKS):
        batch = chunks[start : start + _BATCH_CHUNKS]
        chosen = selected(query, batch)
        part = answered[start : start + _BATCH_CHUNKS]
        part[:, 0] = fingerprints(batch).view(np.int64)
        part[:, 1] = chosen.sum(axis=1)
        part[:, HEAD_WORDS:] = _body(query, batch, chosen)
    return answered


def fingerprints(chunks: Chunks) -> Words:
    """Add up, for each chunk, mix(cell + place G) modulo 2**64 over all its cells, from place 1."""
    cells = np.ascontiguousarray(chunks).reshape(len(chunks), -1).view(np.uint64)
    places = np.arange(1, cells.shape[1] + 1, dtype=np.uint64) * GOLDEN_64
    total: Words = mix(cells + places).sum(axis=1, dtype=np.uint64)
    return total


def selected(query: Query, chunks: Chunks) -> Selected:
    """Say which rows are whole and fulfil all conditions."""
    chosen: Selected = (chunks != NOTHING).all(axis=1)
    for condition in query.conditions:
        chosen &= _holds(condition, chunks[:, condition.column])
    return chosen


def _holds(condition: Condition, cells: Int64s) -> Selected:
    compared: Selected = COMPARED[condition.comparison](cells, condition.bound)
    return compared


def _body(query: Query, chunks: Chunks, chosen: Selected) -> Int64s:
    match query.operation:
        case Operation.HISTOGRAM:
            return _histogram(query, chunks, chosen)
        case Operation.SUMMARY:
            return _summary(query, chunks, chosen)
        case Operation.FILTER:
            return np.packbits(chosen, axis=1, bitorder="little").view("<i8")
        case Operation.SORT:
            return _order(query, chunks, chosen)


def _histogram(query: Query, chunks: Chunks, chosen: Selected) -> Int64s:
    """Count the rows below all bins, in each bin, and above all."""
    values = chunks[:, query.value]
    # A difference of int64 fits uint64 where it is not negative; the others are not used.
    above_low = values.view(np.uint64) - np.uint64(query.low % 2**64)
    bins = np.minimum(above_low // np.uint64(query.width), np.uint64(query.groups))
    places = np.where(values < query.low, 0, bins.astype(np.int64) + 1)
    return _counted(places, chosen, query.groups + 2)


def _summary(query: Query, chunks: Chunks, chosen: Selected) -> Int64s:
    """Count, add up modulo 2**64 and compare the values of each group."""
    values, shape = chunks[:, query.value], (len(chunks), query.groups)
    keys = np.zeros_like(values) if query.key == NO_KEY else chunks[:, query.key]
    member = chosen & (keys >= 0) & (keys < query.groups)
    places = (np.arange(len(chunks))[:, None] * query.groups + keys)[member]
    sums = np.zeros(shape, np.int64)
    least, greatest = np.full(shape, _LARGEST), np.full(shape, NOTHING)
    np.add.at(sums.reshape(-1), places, values[member])
    np.minimum.at(least.reshape(-1), places, values[member])
    np.maximum.at(greatest.reshape(-1), places, values[member])
    counts = _counted(keys, member, query.groups)
    return np.stack([counts, sums, least, greatest], axis=2).reshape(len(chunks), -1)


def _counted(places: Int64s, chosen: Selected, count: int) -> Int64s:
    """Count the chosen rows of each chunk by their place from 0 to `count` - 1."""
    starts = np.arange(len(places))[:, None] * count
    counts = np.bincount((starts + places)[chosen], minlength=len(places) * count)
    return counts.astype(np.int64).reshape(len(places), count)


def _order(query: Query, chunks: Chunks, chosen: Selected) -> Int64s:
    """List the selected rows by value, then by row, a byte each; zeros follow them."""
    rows = np.lexsort((chunks[:, query.value], ~chosen), axis=1)
    rank = np.arange(CHUNK_ROWS)
    listed = np.where(rank < chosen.sum(axis=1)[:, None], rows, 0)
    return listed.astype(np.uint8).view("<i8")
