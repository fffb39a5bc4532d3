"""The database that the index is written to, and how far it has come.

A batch and the place that it leads to are one transaction, which demands the place from which it
began: after a kill at any point a batch is there as a whole or not at all, and two processes that
write the same database do not both go on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from cli.errors import CommandError
from cli.indexer.dialects import Connection, Dialect, opened, values_of
from cli.indexer.tables import TABLES, VERSION, VIEWS, Amount, BalanceRow, Json

STATE = "index_state"
"""The table of one row that says what the others hold."""

Rows = Sequence[tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class Place:
    """How far an index has come."""

    genesis_hash: str
    first: int
    """The first block that is in it."""
    number: int
    hash: str
    epoch: int


class Sink:
    """One index. Invariant: its tables hold the blocks from `first` to the number of its place."""

    def __init__(self, connection: Connection, dialect: Dialect) -> None:
        self._connection, self._dialect = connection, dialect

    def version(self) -> int | None:
        """Return the version of its tables; None where there are none yet."""
        try:
            rows = self._all(f"SELECT schema_version FROM {STATE}")
        except self._dialect.failures():
            return None
        return int(rows[0][0]) if rows else None

    def place(self) -> Place | None:
        """Return how far it has come; None before the first block.

        Raises: CommandError if its tables are of another version.
        """
        found = self.version()
        if found is None:
            return None
        if found != VERSION:
            raise CommandError(
                f"the index has tables of version {found}, and this release writes version "
                f"{VERSION}: `starminer indexer reindex` with the same --sink makes it anew"
            )
        columns = "genesis_hash, first_block, last_block, last_hash, last_epoch"
        ((genesis, first, *rest),) = self._all(f"SELECT {columns} FROM {STATE}")
        return None if genesis is None else Place(genesis, first, *rest)

    def make(self) -> None:
        """Make the tables, unless they are there."""
        if self.version() is not None:
            return
        text, number = self._dialect.types[str], self._dialect.types[int]
        with self._transaction():
            self._connection.execute(
                f"CREATE TABLE {STATE} (id {number} PRIMARY KEY, schema_version {number} NOT NULL, "
                f"genesis_hash {text}, first_block {number}, last_block {number}, "
                f"last_hash {text}, last_epoch {number})"
            )
            for statement in self._dialect.create():
                self._connection.execute(statement)
            marks = ", ".join([self._dialect.mark] * 2)
            self._connection.execute(
                f"INSERT INTO {STATE} (id, schema_version) VALUES ({marks})", (1, VERSION)
            )

    def drop(self) -> None:
        """Remove the tables and views, of whatever version they are."""
        with self._transaction():
            for view in VIEWS:
                self._connection.execute(f"DROP VIEW IF EXISTS {view}")
            for name in (STATE, *(table.name for table in TABLES)):
                self._connection.execute(f"DROP TABLE IF EXISTS {name}")

    def write(self, rows: Rows, before: Place | None, after: Place) -> None:
        """Write the rows of the blocks that lead from one place to another.

        Raises: CommandError if the index is not at `before`: somebody else writes it.
        """
        with self._transaction():
            self._move(before, after)
            for table in TABLES:
                group = values_of(table, (row for row in rows if type(row) is table.row))
                if group:
                    self._connection.cursor().executemany(self._dialect.upsert(table), group)

    def balances(self) -> list[BalanceRow]:
        """Return what every account has now."""
        found = self._all(
            "SELECT token, account, block_number, free, held, frozen, CAST(holds AS TEXT) "
            "FROM balances"
        )
        return [
            BalanceRow(
                *(token, account, number),
                *(Amount(int(free)), Amount(int(held)), Amount(int(frozen))),
                Json(holds),
            )
            for token, account, number, free, held, frozen, holds in found
        ]

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def _move(self, before: Place | None, after: Place) -> None:
        """Note the new place, if the old one is still that of the index."""
        mark = self._dialect.mark
        names = ("genesis_hash", "first_block", "last_block", "last_hash", "last_epoch")
        changes = ", ".join(f"{name} = {mark}" for name in names)
        values = (after.genesis_hash, after.first, after.number, after.hash, after.epoch)
        where = "last_hash IS NULL" if before is None else f"last_hash = {mark}"
        wanted = () if before is None else (before.hash,)
        found = self._connection.execute(
            f"UPDATE {STATE} SET {changes} WHERE {where}", (*values, *wanted)
        )
        if found.rowcount != 1:
            at = "no block" if before is None else f"block {before.number} ({before.hash})"
            raise CommandError(
                f"the index is not at {at} any more: another process writes this database; "
                "end one of both, then `starminer indexer run`"
            )

    def _all(self, query: str) -> list[Any]:
        """Return the rows of a query; what is in them is the schema's to say."""
        rows: list[Any] = self._connection.execute(query).fetchall()
        return rows

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute(self._dialect.begin)
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")


@contextmanager
def sink_at(url: str, *, makes: bool = False) -> Iterator[Sink]:
    """Open the index of a URL for the length of a `with` block.

    Raises: UsageError; CommandError, also for what its database says later.
    """
    connection, dialect = opened(url, makes=makes)
    try:
        yield Sink(connection, dialect)
    except dialect.failures() as error:
        raise CommandError(f"the database of the index: {str(error).strip()}") from error
    finally:
        connection.close()
