"""Queries as work, and their answers as .csv files."""

from __future__ import annotations

import csv
import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import numpy as np

from cli.errors import UsageError
from cli.sdk.queries import Question
from cli.sdk.tables import Column, Kind, Table, stored
from runtime.compute.data import MAX_COLUMNS, MAX_GROUPS, Data
from runtime.compute.reference import Int64s
from runtime.compute.tables import (
    CHUNK_ROWS,
    HEAD_WORDS,
    NO_KEY,
    NOTHING,
    SUMMARY_WORDS,
    Condition,
    Operation,
    Query,
)

Lines = Iterable[Iterable[object]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about a table, as work, and what is needed to read the answer."""

    question: Question
    table: Table
    decimals: int
    columns: list[Column]
    cells: Int64s
    """(columns, rows), as they are sent but not in chunks yet."""
    query: Query

    @property
    def work(self) -> Data:
        """The work to order."""
        return Data(self.cells.shape[1], len(self.columns), self.query)

    @property
    def content(self) -> bytes:
        """The table, in chunks that are filled up with nothing."""
        work = self.work
        filled = np.full((work.columns, work.chunks * CHUNK_ROWS), NOTHING, "<i8")
        filled[:, : work.rows] = self.cells
        return filled.reshape(work.columns, work.chunks, CHUNK_ROWS).swapaxes(0, 1).tobytes()

    def save(self, work: Data, content: bytes, out: Path) -> str:
        """Save an answer that was checked, in the words of the question; return what it is."""
        match self.question.operation:
            case Operation.HISTOGRAM:
                bins = enumerate(histogram(work, content))
                rows = [(*self._edges(place), count) for place, count in bins]
                return _saved(out, ("from", "to", "count"), rows)
            case Operation.SUMMARY:
                return _saved(out, _summary_header(self.question.key), self._groups(work, content))
            case Operation.FILTER:
                return self._save_rows(selected_rows(work, content), out)
            case Operation.SORT:
                return self._save_rows(self._merged(work, content), out)

    def _edges(self, place: int) -> tuple[object, object]:
        """Return where a bin begins and ends; the first and the last are open."""
        query = self.query
        low = "" if place == 0 else self._number(query.low + (place - 1) * query.width)
        is_last = place > query.groups
        return low, "" if is_last else self._number(query.low + place * query.width)

    def _groups(self, work: Data, content: bytes) -> Lines:
        """Yield one line for each group that has rows, by its name."""
        names = ["all"]
        if self.question.key is not None:
            names = list(self.columns[self.query.key].texts)
        found = zip(names, summary(work, content), strict=False)
        for name, (count, total, least, greatest) in sorted(found):
            if count:
                mean = Decimal(total) / count
                numbers = (total, least, greatest, int(mean.to_integral_value()))
                yield (name, count, *map(self._number, numbers))

    def _merged(self, work: Data, content: bytes) -> Iterator[int]:
        """Merge the sorted chunks: rows by value, then by number."""
        values = self.cells[self.query.value]
        parts = [((int(values[row]), row) for row in rows) for rows in sorted_rows(work, content)]
        return (row for _, row in heapq.merge(*parts))

    def _save_rows(self, rows: Iterable[int], out: Path) -> str:
        count = 0
        with out.open("wb") as file:
            file.write(self.table.header.rstrip(b"\r\n") + b"\n")
            for line in self.table.lines(rows):
                file.write(line)
                count += 1
        return f"{count} rows"

    def _number(self, units: int) -> str:
        """Show a stored number as people write it."""
        text = f"{Decimal(units).scaleb(-self.decimals):f}"
        return text.rstrip("0").rstrip(".") if "." in text else text


def ask_table(question: Question, table: Table, decimals: int) -> Asked:
    """Read what a question is about, and write it down as work.

    Raises: UsageError.
    """
    columns = _columns(question)
    cells = table.cells(columns)
    places = {(column.name, column.kind): place for place, column in enumerate(columns)}
    conditions = []
    for where in question.conditions:
        kind = Kind.TEXT if isinstance(where.bound, str) else Kind.NUMBER
        place = places[where.column, kind]
        if isinstance(where.bound, str):
            bound = columns[place].texts[where.bound]
        else:
            bound = _units(where.bound, decimals)
        conditions.append(Condition(place, where.comparison, bound))
    low = _units(question.low, decimals)
    width = (_units(question.high, decimals) - low) // max(question.bins, 1)
    if question.bins and width * question.bins != _units(question.high, decimals) - low:
        raise UsageError(
            f"--query: wanted bins of at most {decimals} decimals, got {question.bins} from "
            f"{question.low} to {question.high}"
        )
    key = NO_KEY if question.key is None else places[question.key, Kind.KEY]
    query = Query(
        operation=question.operation,
        value=0 if question.value is None else places[question.value, Kind.NUMBER],
        key=key,
        low=low,
        width=max(width, 1),
        groups=_group_count(question, columns, key),
        conditions=tuple(conditions),
    )
    return Asked(question, table, decimals, columns, cells, query)


def _columns(question: Question) -> list[Column]:
    """List the columns that a question is about; one may be there as number and as text."""
    columns: dict[tuple[str, Kind], Column] = {}
    if question.value is not None:
        columns[question.value, Kind.NUMBER] = Column(question.value, Kind.NUMBER)
    if question.key is not None:
        columns[question.key, Kind.KEY] = Column(question.key, Kind.KEY)
    for where in question.conditions:
        kind = Kind.TEXT if isinstance(where.bound, str) else Kind.NUMBER
        column = columns.setdefault((where.column, kind), Column(where.column, kind))
        if isinstance(where.bound, str):
            column.texts.setdefault(where.bound, len(column.texts))
    if not columns:
        raise UsageError("--query: wanted a condition, or rows sorted by a column, got all rows")
    assert len(columns) <= MAX_COLUMNS, "a question has two columns, and four of its conditions"
    return list(columns.values())


def _units(number: Decimal, decimals: int) -> int:
    try:
        return stored(f"{number:f}", decimals)
    except ValueError as error:
        raise UsageError(f"--query: wanted {error}, got {number}") from error


def _group_count(question: Question, columns: list[Column], key: int) -> int:
    if question.operation is Operation.SUMMARY:
        return 1 if key == NO_KEY else max(1, len(columns[key].texts))
    if question.bins > MAX_GROUPS[Operation.HISTOGRAM]:
        most = MAX_GROUPS[Operation.HISTOGRAM]
        raise UsageError(f"--query: wanted at most {most} bins, got {question.bins}")
    return question.bins


# -- Answers ---------------------------------------------------------------------------------------


def histogram(work: Data, content: bytes) -> list[int]:
    """Add up the rows below all bins, in each bin, and above all."""
    counts: list[int] = work.answered(content)[:, HEAD_WORDS:].sum(axis=0).tolist()
    return counts


def summary(work: Data, content: bytes) -> list[tuple[int, int, int, int]]:
    """Put together count, sum, least and greatest of each group."""
    answers = work.answered(content)[:, HEAD_WORDS:]
    parts = answers.reshape(len(answers), -1, SUMMARY_WORDS)
    # Sums of chunks fit int64; that of a whole column need not.
    totals = [sum(column.tolist()) for column in parts[:, :, 1].T]
    counts = parts[:, :, 0].sum(axis=0).tolist()
    least, greatest = parts[:, :, 2].min(axis=0).tolist(), parts[:, :, 3].max(axis=0).tolist()
    return list(zip(counts, totals, least, greatest, strict=True))


def selected_rows(work: Data, content: bytes) -> Iterator[int]:
    """Yield the numbers of the selected rows, ascending."""
    bits = np.ascontiguousarray(work.answered(content)[:, HEAD_WORDS:]).astype("<i8")
    for row in np.flatnonzero(np.unpackbits(bits.view(np.uint8), bitorder="little")):
        yield int(row)


def sorted_rows(work: Data, content: bytes) -> Iterator[list[int]]:
    """Yield, chunk by chunk, the numbers of its selected rows in their order."""
    for chunk, answer in enumerate(work.answered(content)):
        rows = np.frombuffer(answer[HEAD_WORDS:].astype("<i8").tobytes(), np.uint8)
        yield [chunk * CHUNK_ROWS + int(row) for row in rows[: int(answer[1])]]


def save_answer(work: Data, content: bytes, out: Path) -> str:
    """Save an answer without the table that it is about: numbers as stored, rows by number."""
    match work.query.operation:
        case Operation.HISTOGRAM:
            return _saved(out, ("bin", "count"), enumerate(histogram(work, content)))
        case Operation.SUMMARY:
            groups = enumerate(summary(work, content))
            rows = [(group, *found[:-1], found[-1]) for group, found in groups]
            return _saved(out, _summary_header(None)[:-1], rows)
        case Operation.FILTER:
            return _saved(out, ("row",), ((row,) for row in selected_rows(work, content)))
        case Operation.SORT:
            chunks = enumerate(sorted_rows(work, content))
            return _saved(out, ("chunk", "row"), ((at, row) for at, rows in chunks for row in rows))


def _summary_header(key: str | None) -> tuple[str, ...]:
    return (key or "group", "count", "sum", "least", "greatest", "mean")


def _saved(out: Path, header: tuple[str, ...], rows: Lines) -> str:
    count = 0
    with out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        for row in rows:
            writer.writerow(row)
            count += 1
    return f"{count} lines"
