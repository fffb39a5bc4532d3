"""The data class: a query over a client's table, answered chunk by chunk.

A chunk of the input is 256 rows; a leaf of the output is the query's answer for one of them. Adding
the answers up, or merging them, is the client's: it takes less time than asking.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from runtime.compute.classes import (
    Cells,
    Chunk,
    Definition,
    Result,
    Section,
    Tree,
    path_bytes,
    sections_bytes,
)
from runtime.compute.job import SAMPLES, BadSpec, JobClass
from runtime.compute.reference import Int64s
from runtime.compute.tables import (
    CHUNK_ROWS,
    NO_KEY,
    NOTHING,
    Operation,
    Query,
    answers,
    fingerprints,
)
from runtime.compute.tables import Chunks as TableChunks
from runtime.primitives.types import U8, U32

CELL_BYTES = 8
MAX_COLUMNS = 6
"""The two of a query and the four of its conditions."""
MAX_GROUPS = {
    Operation.HISTOGRAM: 1024,
    Operation.SUMMARY: 256,
    Operation.FILTER: 0,
    Operation.SORT: 0,
}
"""Bins or groups; an answer is then at most four times as large as a column of its chunk."""
MACS_PER_CELL = 1024
"""int8 multiply-accumulates that take a device as long as one cell: 110 on a CPU core (6 ns, and it
does 19 of them per ns in a product), 1,000 on a GPU [estimated: 8 bytes at 4 TB/s, against
5 * 10**14 per second]. The price is a GPU's."""
SORTING_CELLS = 16
"""Cells that sorting one row counts for."""
GAS_PER_CELL = 80
"""Nanoseconds: 20 on the reference core, times four."""
GAS_PER_CHECK = 4_000_000
"""Calls of numpy, whatever the query."""
CHECKED_CHUNKS = 64
"""Chunks of a device's answer that are answered again on the CPU."""
_LENGTHS_BYTES = 4 * 4
"""Of the four parts of a proof, each as a compact integer."""
_EMPTY = {
    columns: tuple(
        fingerprints(np.full((1, columns, CHUNK_ROWS), cell)).tobytes() for cell in (0, NOTHING)
    )
    for columns in range(1, MAX_COLUMNS + 1)
}
"""Fingerprints of chunks with nothing in them, by the number of columns."""


@dataclass(frozen=True, slots=True)
class Data:
    """A query over a table of (rows, columns) int64."""

    rows: U32
    columns: U8
    query: Query

    job_class: ClassVar[JobClass] = JobClass.DATA
    definition: ClassVar[Definition] = Definition(
        1,
        "for each chunk of 256 rows: sum of mix(cell + place G); the number of rows without a "
        "missing cell that fulfil all conditions; of these: counts of bins, or count, sum, least "
        "and greatest of groups, or their bits, or their order by value",
    )

    def check_limits(self) -> None:
        """Check the size of the table, and that the query is one about it."""
        query = self.query
        operation = query.operation
        limits = [
            ("rows", self.rows, 1, 2**32 - 1),
            ("columns", self.columns, 1, MAX_COLUMNS),
            ("groups", query.groups, min(1, MAX_GROUPS[operation]), MAX_GROUPS[operation]),
            ("as bin width", query.width, 1, 2**64 - 1),
            ("as value column", query.value, 0, self.columns - 1),
        ]
        limits += [
            ("as column of a condition", condition.column, 0, self.columns - 1)
            for condition in query.conditions
        ]
        if query.key != NO_KEY:
            limits.append(("as key column", query.key, 0, self.columns - 1))
        for name, came, least, most in limits:
            if not least <= came <= most:
                raise BadSpec(f"wanted {least} to {most} {name}, got {came}")

    @property
    def chunks(self) -> int:
        """Leaves."""
        return -(-self.rows // CHUNK_ROWS)

    @property
    def chunk_bytes(self) -> int:
        """Size of one chunk of the table."""
        return CELL_BYTES * CHUNK_ROWS * self.columns

    @property
    def answer_bytes(self) -> int:
        """Size of one leaf."""
        return CELL_BYTES * self.query.answer_words

    @property
    def cells_per_chunk(self) -> int:
        """Cells to be read, written or sorted for one chunk."""
        sorting = SORTING_CELLS if self.query.operation is Operation.SORT else 0
        columns = self.columns + 1 + len(self.query.conditions) + sorting
        return CHUNK_ROWS * columns + self.query.answer_words

    @property
    def operations(self) -> int:
        """Every cell of every chunk, as int8 multiply-accumulates."""
        return self.chunks * self.cells_per_chunk * MACS_PER_CELL

    @property
    def samples(self) -> int:
        """As many as there may be."""
        return SAMPLES

    @property
    def proof_bytes(self) -> int:
        """Sampled chunks and their answers, and the hashes beside them."""
        samples = min(SAMPLES, self.chunks)
        opened = samples * (self.chunk_bytes + self.answer_bytes)
        return opened + 2 * path_bytes(samples, self.chunks) + _LENGTHS_BYTES

    @property
    def check_gas(self) -> int:
        """All cells of the sampled chunks."""
        return GAS_PER_CHECK + GAS_PER_CELL * min(SAMPLES, self.chunks) * self.cells_per_chunk

    @property
    def memory_bytes(self) -> int:
        """The table and the answers, each twice, and the arrays of one batch."""
        contents = self.content_bytes(Tree.INPUT) + self.content_bytes(Tree.OUTPUT)
        return 2 * contents + (32 << 20)

    def content_bytes(self, tree: Tree) -> int:
        """Size of the table, filled up to whole chunks, or of all answers."""
        return sections_bytes(self.sections(tree))

    def sections(self, tree: Tree) -> tuple[Section, ...]:
        """List the chunks of the table, or the answers."""
        match tree:
            case Tree.INPUT:
                return (Section(self.chunks, self.chunk_bytes),)
            case Tree.OUTPUT:
                return (Section(self.chunks, self.answer_bytes),)
            case Tree.AUXILIARY:
                return ()

    def cut(self, tree: Tree, content: bytes) -> tuple[Cells, ...]:
        """Cut the table in chunks, or the answers."""
        return (self.table(content) if tree is Tree.INPUT else self.answered(content),)

    def needs(self, leaf: int, /) -> tuple[Chunk, ...]:
        """Name the chunk that an answer is about."""
        return (Chunk(Tree.INPUT, leaf),)

    def recompute(self, leaf: int, chunks: Sequence[bytes], /) -> Cells:
        """Answer for one chunk."""
        return self.recompute_together([leaf], [chunks])[0]

    def recompute_together(
        self, leaves: Sequence[int], chunks: Sequence[Sequence[bytes]]
    ) -> Sequence[Cells]:
        """Answer for chunks, all in one batch."""
        assert len(leaves) == len(chunks)
        return list(answers(self.query, self.table(b"".join(chunk for (chunk,) in chunks))))

    def run(self, content: bytes) -> Result:
        """Answer for the whole table."""
        return Result(answers(self.query, self.table(content)).tobytes())

    def is_result(self, content: bytes, result: Result, seed: int) -> bool:
        """Answer for some chunks again: a device that errs in a tenth is caught 999 times of 1,000.

        The step is at least one, so a small table is checked whole.
        """
        step = max(1, self.chunks // CHECKED_CHUNKS)
        chosen = slice(seed % step, None, step)
        exact = answers(self.query, self.table(content)[chosen])
        return bool((exact == self.answered(result.output)[chosen]).all())

    def is_constant(self, leaf: bytes, /) -> bool:
        """Say whether an answer is about a chunk with nothing in it, by its fingerprint."""
        return leaf[:CELL_BYTES] in _EMPTY[self.columns]

    def table(self, content: bytes) -> TableChunks:
        """Read (chunks, columns, 256) from an input."""
        return _words(content).reshape(-1, self.columns, CHUNK_ROWS)

    def answered(self, content: bytes) -> Int64s:
        """Read (chunks, words) from an output."""
        return _words(content).reshape(-1, self.query.answer_words)


def _words(content: bytes) -> Int64s:
    return np.frombuffer(content, "<i8").astype(np.int64, copy=False)
