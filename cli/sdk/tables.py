"""Tables in files, .csv or .npy: their cells as integers, and their rows as lines.

A file is read once, line by line, and only the columns that a query names are kept, eight bytes a
cell. A .csv file is UTF-8 with a header; its numbers are stored as so many units of the last
decimal.
"""

from __future__ import annotations

import csv
import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Protocol

import numpy as np

from cli.errors import UsageError
from cli.sdk.arrays import map_array
from cli.sdk.lines import Lines
from runtime.compute.data import CELL_BYTES, MAX_GROUPS
from runtime.compute.job import MAX_CONTENT_BYTES
from runtime.compute.reference import Int64s
from runtime.compute.tables import NOTHING, Operation

MAX_COLUMNS = 4096
LARGEST = 1 << 55
"""Stored numbers are below it in size, so that the sum of a chunk never wraps."""
MAX_KEYS = MAX_GROUPS[Operation.SUMMARY]
NUMBER = re.compile(r"(?P<sign>[+-]?)(?P<whole>\d+)(?:\.(?P<fraction>\d*))?", re.ASCII)
MAX_DIGITS = 18
"""Before the point; more are above `LARGEST` with any decimals."""


class Kind(Enum):
    """What the cells of a column are taken for."""

    NUMBER = "number"
    KEY = "key"
    """A text that stands for a group; numbered in order of appearance."""
    TEXT = "text"
    """A text that is compared with some others: the number of the one it equals, or -1."""


@dataclass(slots=True)
class Column:
    """A column as a query wants it."""

    name: str
    kind: Kind
    texts: dict[str, int] = field(default_factory=dict)
    """Of a key: its groups, filled while reading. Of a text: what it is compared with."""


class Table(Protocol):
    """A table in a file."""

    @property
    def header(self) -> bytes:
        """The line with the names of its columns."""

    def cells(self, columns: Sequence[Column]) -> Int64s:
        """Read columns: (columns, rows).

        Raises: UsageError that names the line, the column, what was wanted and what came.
        """

    def lines(self, rows: Iterable[int]) -> Iterator[bytes]:
        """Return rows as lines, in the order given, once `cells` has been read."""


def stored(text: str, decimals: int) -> int:
    """Return a number, as it is written, in units of the last decimal.

    Raises: ValueError that says what was wanted.
    """
    found = NUMBER.fullmatch(text)
    if found is None:
        raise ValueError("a number")
    whole, fraction = found["whole"].lstrip("0"), (found["fraction"] or "").rstrip("0")
    if len(fraction) > decimals:
        raise ValueError(f"a number with at most {decimals} decimals")
    units = int(whole[:MAX_DIGITS] + fraction.ljust(decimals, "0") or "0")
    if len(whole) > MAX_DIGITS or units >= LARGEST:
        raise ValueError(f"a number below {Decimal(LARGEST).scaleb(-decimals):f}")
    return -units if found["sign"] == "-" else units


def open_table(path: Path, decimals: int) -> Table:
    """Open a table by what its name ends in.

    Raises: UsageError.
    """
    match path.suffix.lower():
        case ".csv":
            return CsvTable(path, decimals)
        case ".npy":
            return NpyTable(path, decimals)
    raise UsageError(f"{path}: wanted a name that ends in .csv or .npy")


def most_rows(columns: int) -> int:
    """Return how many rows of so many columns one job takes."""
    return MAX_CONTENT_BYTES // (CELL_BYTES * columns)


class CsvTable:
    """A .csv file. Invariant: `_starts` are the places of its rows, as it was when it was read."""

    def __init__(self, path: Path, decimals: int) -> None:
        self._path, self._decimals = path, decimals
        self._starts = array("q")
        self._stamp = (0, 0)
        self.header = b""

    def cells(self, columns: Sequence[Column]) -> Int64s:
        """Read columns: (columns, rows)."""
        try:
            with self._path.open("rb") as file:
                self._stamp = self._stamp_now()
                return self._read(Lines(self._path, file), columns)
        except OSError as error:
            raise UsageError(f"{self._path}: {error.strerror}") from error

    def lines(self, rows: Iterable[int]) -> Iterator[bytes]:
        """Return rows as they stand in the file.

        Raises: UsageError if the file is not what it was.
        """
        if self._stamp_now() != self._stamp:
            raise UsageError(f"{self._path}: it has changed since it was read")
        with self._path.open("rb") as file:
            for row in rows:
                file.seek(self._starts[row])
                line = file.read(self._starts[row + 1] - self._starts[row])
                yield line.rstrip(b"\r\n") + b"\n"

    def _stamp_now(self) -> tuple[int, int]:
        found = self._path.stat()
        return found.st_size, found.st_mtime_ns

    def _read(self, lines: Lines, columns: Sequence[Column]) -> Int64s:
        reader = csv.reader(lines, strict=True)
        try:
            names = next(reader, [])
            self.header = lines.raw
            places = self._places(names, columns)
            stores = [array("q") for _ in columns]
            limit, self._starts = most_rows(max(len(columns), 1)), array("q")
            start = lines.offset
            for row in reader:
                if row:
                    if len(row) != len(names):
                        raise lines.wrong(f"wanted {len(names)} cells, got {len(row)}")
                    for column, place, store in zip(columns, places, stores, strict=True):
                        store.append(self._cell(lines, column, row[place].strip()))
                    self._starts.append(start)
                    if len(self._starts) > limit:
                        raise UsageError(f"{self._path}: wanted at most {limit} rows, got more")
                start = lines.offset
        except csv.Error as error:
            raise lines.wrong(f"wanted CSV: {error}") from error
        if not self._starts:
            raise UsageError(f"{self._path}: wanted rows below the header, got none")
        self._starts.append(start)
        return np.array([np.frombuffer(store, np.int64) for store in stores]).reshape(
            len(columns), -1
        )

    def _places(self, names: Sequence[str], columns: Sequence[Column]) -> list[int]:
        if not names or len(names) > MAX_COLUMNS:
            raise UsageError(
                f"{self._path}: wanted a header of 1 to {MAX_COLUMNS} names, got {len(names)}"
            )
        return [_place(self._path, [name.strip() for name in names], one) for one in columns]

    def _cell(self, lines: Lines, column: Column, text: str) -> int:
        """Read one cell; an empty one is missing."""
        if not text:
            return NOTHING
        if column.kind is Kind.TEXT:
            return column.texts.get(text, -1)
        if column.kind is Kind.KEY:
            number = column.texts.setdefault(text, len(column.texts))
            if number >= MAX_KEYS:
                what = f"at most {MAX_KEYS} different values to group by, got more"
                raise lines.wrong(f"column {column.name}: wanted {what}")
            return number
        try:
            return stored(text, self._decimals)
        except ValueError as error:
            raise lines.wrong(
                f"column {column.name}: wanted {error}, got {_short(text)}"
            ) from error


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:40]}…")


class NpyTable:
    """A .npy file of integers: a list, a matrix whose columns are c0, c1, …, or named fields."""

    def __init__(self, path: Path, decimals: int) -> None:
        self._path, self._decimals = path, decimals
        found = map_array(path)
        self._columns = _split(path, found)
        self.header = ",".join(self._columns).encode() + b"\n"

    def cells(self, columns: Sequence[Column]) -> Int64s:
        """Read columns: (columns, rows)."""
        rows = len(next(iter(self._columns.values())))
        limit = most_rows(max(len(columns), 1))
        if not 1 <= rows <= limit:
            raise UsageError(f"{self._path}: wanted 1 to {limit} rows, got {rows}")
        read = np.empty((len(columns), rows), np.int64)
        names = list(self._columns)
        for column, place in zip(columns, read, strict=True):
            values = self._columns[names[_place(self._path, names, column)]]
            most = LARGEST // 10**self._decimals
            if int(values.max()) >= most or int(values.min()) <= -most:
                raise UsageError(f"{self._path}, column {column.name}: wanted numbers below {most}")
            if column.kind is Kind.NUMBER:
                place[:] = values.astype(np.int64) * 10**self._decimals
            else:
                place[:] = self._numbered(column, values)
        return read

    def lines(self, rows: Iterable[int]) -> Iterator[bytes]:
        """Return rows as lines of comma-separated numbers."""
        columns = list(self._columns.values())
        for row in rows:
            yield ",".join(str(int(column[row])) for column in columns).encode() + b"\n"

    def _numbered(self, column: Column, values: np.ndarray) -> Int64s:
        """Give values the numbers that they would have as texts."""
        distinct, places = np.unique(values, return_inverse=True)
        if column.kind is Kind.KEY and len(distinct) > MAX_KEYS:
            what = f"at most {MAX_KEYS} different values to group by, got {len(distinct)}"
            raise UsageError(f"{self._path}, column {column.name}: wanted {what}")
        if column.kind is Kind.KEY:
            column.texts.update({str(value): number for number, value in enumerate(distinct)})
        numbers = [column.texts.get(str(value), -1) for value in distinct]
        return np.array(numbers, np.int64)[places.reshape(-1)]


def _split(path: Path, found: np.ndarray) -> dict[str, np.ndarray]:
    """Split an array in its columns by name."""
    if found.dtype.names and found.ndim == 1:
        columns = {name: found[name] for name in found.dtype.names}
    elif found.ndim in (1, 2):
        matrix = found.reshape(len(found), -1) if len(found) else found.reshape(0, 1)
        columns = {f"c{place}": matrix[:, place] for place in range(matrix.shape[1])}
    else:
        raise UsageError(f"{path}: wanted a list or a matrix, got shape {found.shape}")
    for name, column in columns.items():
        if column.dtype.kind not in "iu" or column.ndim != 1:
            raise UsageError(f"{path}, column {name}: wanted integers, got {column.dtype}")
    if not 1 <= len(columns) <= MAX_COLUMNS:
        raise UsageError(f"{path}: wanted 1 to {MAX_COLUMNS} columns, got {len(columns)}")
    return columns


def _place(path: Path, names: Sequence[str], column: Column) -> int:
    """Find a column by its name."""
    found = [place for place, name in enumerate(names) if name == column.name]
    if len(found) != 1:
        count = "no" if not found else str(len(found))
        known = ", ".join(names[:20])
        raise UsageError(f"{path}: wanted one column {column.name}, got {count} among {known}")
    return found[0]
