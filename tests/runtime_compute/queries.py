"""Tables and queries for tests: any that a client could send."""

from __future__ import annotations

from random import Random

import numpy as np

from runtime.compute.data import MAX_GROUPS, Data
from runtime.compute.tables import (
    CHUNK_ROWS,
    NO_KEY,
    NOTHING,
    Comparison,
    Condition,
    Operation,
    Query,
)

EXTREMES = (NOTHING, NOTHING + 1, -1, 0, 1, 2**63 - 1)


def any_work(chance: Random, operation: Operation) -> Data:
    """A query of one operation about a table of up to four chunks."""
    columns = chance.randint(1, 4)
    most = MAX_GROUPS[operation]
    query = Query(
        operation,
        value=chance.randrange(columns),
        key=chance.choice([NO_KEY, chance.randrange(columns)]),
        low=chance.choice([*EXTREMES, chance.randint(-9, 9)]),
        width=chance.choice([1, 3, 2**62, 2**64 - 1]),
        groups=chance.choice([1, 2, min(7, most), most]) if most else 0,
        conditions=tuple(
            Condition(
                chance.randrange(columns),
                chance.choice(list(Comparison)),
                chance.choice([*EXTREMES, chance.randint(-9, 9)]),
            )
            for _ in range(chance.choice([0, 0, 1, 2, 4]))
        ),
    )
    return Data(chance.randint(1, 4 * CHUNK_ROWS), columns, query)


def any_table(chance: Random, work: Data) -> bytes:
    """A table with small numbers, missing cells, and the ends of int64."""
    drawn = np.random.default_rng(chance.randrange(2**32))
    cells = drawn.integers(-9, 10, (work.chunks, work.columns, CHUNK_ROWS))
    kind = drawn.random(cells.shape)
    cells[kind < 0.1] = drawn.choice(EXTREMES, int((kind < 0.1).sum()))
    wide = (kind > 0.9) & (drawn.random(cells.shape) < 0.5)
    cells[wide] = drawn.integers(-(2**63), 2**63 - 1, int(wide.sum()))
    cells[-1, :, work.rows % CHUNK_ROWS or CHUNK_ROWS :] = NOTHING
    return cells.astype("<i8").tobytes()
