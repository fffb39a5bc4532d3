"""Tables in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def grid(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table; every row has a cell for each word of its head."""
    lines = [_line(head), "|" + "---|" * len(head)]
    for row in rows:
        assert len(row) == len(head), f"wanted {len(head)} cells, got {row}"
        lines.append(_line(row))
    return "\n".join(lines)


def _line(cells: Sequence[object]) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"
