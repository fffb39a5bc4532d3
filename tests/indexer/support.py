"""What tests of the index share: indexing a chain, and looking at what came of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import trio

from cli.indexer.running import Work, index
from cli.indexer.sink import Place, sink_at
from cli.indexer.tables import TABLES
from runtime.versions import VERSIONS, Versions

Dump = dict[str, list[tuple[Any, ...]]]


def indexed(
    url: str,
    path: Path,
    *,
    first: int = 0,
    until: int | str = "final",
    versions: Versions = VERSIONS,
) -> Place | None:
    """Write the blocks of a chain to a file, as `indexer run` does."""
    with sink_at(f"sqlite:{path}", makes=True) as sink:
        return trio.run(index, url, sink, Work(first, until), unheard, versions)


def unheard(_number: int, _final: int) -> None:
    """Hear of no block."""


@contextmanager
def database(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a file for a person who asks questions."""
    with closing(sqlite3.connect(path)) as connection:
        yield connection


def asked(path: Path, query: str, *values: object) -> list[tuple[Any, ...]]:
    """Return the rows of a query."""
    with database(path) as connection:
        return connection.execute(query, values).fetchall()


def dump(path: Path) -> Dump:
    """Return everything in an index, in order."""
    names = [table.name for table in TABLES]
    return {name: sorted(asked(path, f"SELECT * FROM {name}"), key=repr) for name in names}
