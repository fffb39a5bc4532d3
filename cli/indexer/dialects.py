"""How two databases say the same: types, marks for values, and how a connection is made."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, get_type_hints
from urllib.parse import unquote, urlsplit

from cli.errors import CommandError, UsageError
from cli.indexer.tables import TABLES, VIEWS, Amount, Json, Table

SQLITE = "sqlite:"
POSTGRES = ("postgresql://", "postgres://")

BUSY_SECONDS = 30.0
"""A reader of a file of SQLite never holds up a writer for longer in its journal mode."""


class Cursor(Protocol):
    """What the index needs of a cursor of DB-API 2."""

    @property
    def rowcount(self) -> int:
        """Rows that the last statement changed."""
        ...

    def fetchall(self) -> list[Any]:
        """Return the rows of the last query."""
        ...


class Connection(Protocol):
    """What the index needs of a connection of DB-API 2 that begins no transaction by itself."""

    def execute(self, sql: str, values: Any = ..., /) -> Any:
        """Run a statement; return its cursor."""
        ...

    def cursor(self) -> Any:
        """Return a cursor, for a statement over many rows."""
        ...

    def close(self) -> None:
        """End the connection."""
        ...


@dataclass(frozen=True, slots=True)
class Dialect:
    """A kind of database."""

    types: dict[object, str]
    """The type of a column, by the annotation of its field."""
    mark: str
    """Stands for a value."""
    begin: str
    """Begins the transaction of a batch."""
    failures: Callable[[], tuple[type[Exception], ...]]
    """What its connections raise."""

    def create(self) -> list[str]:
        """Return the statements that make all tables, indexes and views."""
        made = [self._table(table) for table in TABLES]
        made += [
            f"CREATE INDEX {table.name}_by_{'_'.join(columns)} "
            f"ON {table.name} ({', '.join(columns)})"
            for table in TABLES
            for columns in table.indexes
        ]
        return made + [f"CREATE VIEW {name} AS {query}" for name, query in VIEWS.items()]

    def upsert(self, table: Table) -> str:
        """Return the statement that writes a row, in the place of one with the same key."""
        names = columns_of(table)
        marks = ", ".join([self.mark] * len(names))
        rest = [f"{name} = {_new(table, name)}" for name in names if name not in table.key]
        deed = f"UPDATE SET {', '.join(rest)}" if rest else "NOTHING"
        return (
            f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks}) "
            f"ON CONFLICT ({', '.join(table.key)}) DO {deed}"
        )

    def _table(self, table: Table) -> str:
        hints = get_type_hints(table.row)
        lines = [f"{name} {self._type(hints[name])}" for name in columns_of(table)]
        lines.append(f"PRIMARY KEY ({', '.join(table.key)})")
        return f"CREATE TABLE {table.name} ({', '.join(lines)})"

    def _type(self, hint: Any) -> str:
        if hint in self.types:
            return f"{self.types[hint]} NOT NULL"
        (plain,) = (one for one in hint.__args__ if one is not type(None))
        return self.types[plain]


def columns_of(table: Table) -> tuple[str, ...]:
    """Return the names of a table's columns, in the order of its rows."""
    names: tuple[str, ...] = table.row._fields  # type: ignore[attr-defined]
    return names


def _new(table: Table, name: str) -> str:
    kept = f"COALESCE(excluded.{name}, {table.name}.{name})"
    return kept if name in table.keeps else f"excluded.{name}"


def values_of(table: Table, rows: Iterable[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """Return rows as a database takes them: amounts as their digits."""
    hints = get_type_hints(table.row)
    exact = {
        i for i, name in enumerate(columns_of(table)) if hints[name] in (Amount, Amount | None)
    }
    return [
        tuple(
            str(value) if i in exact and value is not None else value for i, value in enumerate(row)
        )
        for row in rows
    ]


SQLITE_DIALECT = Dialect(
    types={str: "TEXT", int: "INTEGER", bool: "INTEGER", Amount: "TEXT", Json: "TEXT"},
    mark="?",
    begin="BEGIN IMMEDIATE",
    failures=lambda: (sqlite3.Error,),
)


def postgres_failures() -> tuple[type[Exception], ...]:
    """Return what a connection to PostgreSQL raises."""
    return (psycopg().Error,)


POSTGRES_DIALECT = Dialect(
    types={str: "TEXT", int: "BIGINT", bool: "BOOLEAN", Amount: "NUMERIC(39, 0)", Json: "JSONB"},
    mark="%s",
    begin="BEGIN",
    failures=postgres_failures,
)


def opened(url: str, *, makes: bool = False) -> tuple[Connection, Dialect]:
    """Open the database of a URL; `makes` says whether a file that is not there is made.

    Raises: UsageError, CommandError.
    """
    if url.startswith(SQLITE):
        return _sqlite(Path(url.removeprefix(SQLITE)), makes), SQLITE_DIALECT
    if url.startswith(POSTGRES):
        return _postgres(url), POSTGRES_DIALECT
    raise UsageError(
        f"--sink: wanted sqlite:PATH or postgresql://HOST/DATABASE, got {url.split(':')[0]}:…"
    )


def _sqlite(path: Path, makes: bool) -> Connection:
    if not str(path) or str(path) == ".":
        raise UsageError("--sink: wanted the path of a file after sqlite:, got none")
    if not makes and not path.is_file():
        raise CommandError(f"{path} does not exist: `starminer indexer run` makes it")
    try:
        connection = sqlite3.connect(
            path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        # Readers go on while a batch is written; a power cut loses whole batches at most.
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
    except sqlite3.Error as error:
        raise CommandError(f"{path}: wanted a file of SQLite: {error}") from error
    return connection


def _postgres(url: str) -> Connection:
    parts = urlsplit(url)
    if parts.password is not None or "password=" in parts.query:
        raise UsageError(
            "--sink: a password among the arguments is seen by everybody on this machine: "
            "put it into PGPASSWORD, or into the file that PGPASSFILE names"
        )
    module = psycopg()
    try:
        connection: Connection = module.connect(url, autocommit=True)
    except module.Error as error:
        place = f"{parts.hostname or 'a socket'}{unquote(parts.path)}"
        raise CommandError(f"PostgreSQL at {place}: {str(error).strip()}") from error
    return connection


def psycopg() -> Any:
    """Return the driver of PostgreSQL, which is an extra.

    Raises: CommandError.
    """
    try:
        import psycopg as driver
    except ImportError as error:
        raise CommandError(
            "PostgreSQL needs the extra: pip install 'starminer[postgres]' "
            f"(or --sink sqlite:PATH, which needs nothing): {error}"
        ) from error
    return driver
