"""Queries once more, row by row in Python's integers: the oracle."""

from __future__ import annotations

import operator

from runtime.compute.tables import NO_KEY, NOTHING, Comparison, Operation, Query

HOLDS = {
    Comparison.EQUAL: operator.eq,
    Comparison.OTHER: operator.ne,
    Comparison.BELOW: operator.lt,
    Comparison.AT_MOST: operator.le,
    Comparison.ABOVE: operator.gt,
    Comparison.AT_LEAST: operator.ge,
}
Rows = list[tuple[int, ...]]


def wrapped(number: int) -> int:
    return (number + 2**63) % 2**64 - 2**63


def scrambled(word: int) -> int:
    word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    word = (word ^ word >> 27) * 0x94D049BB133111EB % 2**64
    return word ^ word >> 31


def answer(query: Query, rows: Rows) -> list[int]:
    """Answer for one chunk of 256 rows."""
    total = sum(
        scrambled((cell + (256 * column + row + 1) * 0x9E3779B97F4A7C15) % 2**64)
        for row, cells in enumerate(rows)
        for column, cell in enumerate(cells)
    )
    chosen = [
        row
        for row, cells in enumerate(rows)
        if NOTHING not in cells
        and all(HOLDS[one.comparison](cells[one.column], one.bound) for one in query.conditions)
    ]
    return [wrapped(total), len(chosen), *body(query, rows, chosen)]


def body(query: Query, rows: Rows, chosen: list[int]) -> list[int]:
    values = {row: rows[row][query.value] for row in chosen}
    if query.operation is Operation.FILTER:
        bits = sum(1 << row for row in chosen)
        return [wrapped(bits >> 64 * word & 2**64 - 1) for word in range(4)]
    if query.operation is Operation.SORT:
        listed = sorted(chosen, key=lambda row: (values[row], row))
        order = bytes(listed).ljust(256, b"\0")
        return [int.from_bytes(order[i : i + 8], "little", signed=True) for i in range(0, 256, 8)]
    if query.operation is Operation.HISTOGRAM:
        counts = [0] * (query.groups + 2)
        for value in values.values():
            place = (value - query.low) // query.width + 1
            counts[max(0, min(place, query.groups + 1))] += 1
        return counts
    found = []
    for group in range(query.groups):
        keys = {row: 0 if query.key == NO_KEY else rows[row][query.key] for row in chosen}
        of = [values[row] for row in chosen if keys[row] == group]
        found += [len(of), wrapped(sum(of)), min(of, default=2**63 - 1), max(of, default=NOTHING)]
    return found
