"""What commands print: data on standard output, everything else on standard error."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum

import msgspec

from cli.options import Format

Row = Mapping[str, object]

CELL_CHARACTERS = 160
"""An address, an amount and their names; longer ones would hide the columns beside them."""

NARROW, FOLDED = 16, 8
"""Characters of a column that is not folded while the others have so many: one of numbers."""


def show(value: Row | Sequence[Row], form: Format, *, columns: Sequence[str] = ()) -> None:
    """Print one record, or a list of them.

    Records are mappings of what JSON knows. In a table `columns` chooses and orders.
    """
    if form == "json":
        print(msgspec.json.format(msgspec.json.encode(jsonable(value)), indent=2).decode())
    elif form == "jsonl":
        for row in [value] if isinstance(value, Mapping) else value:
            print(msgspec.json.encode(jsonable(row)).decode())
    elif isinstance(value, Mapping):
        show_record(value)
    else:
        show_table(value, columns)


def show_deed(record: Row, form: Format) -> None:
    """Print what was done for a program; a person hears of it by `progress`, in a sentence."""
    if form != "table":
        show(record, form)


def show_record(record: Row) -> None:
    """Print a record as lines of name and value; lists of records below it as tables."""
    plain = {key: value for key, value in record.items() if not is_rows(value)}
    width = max((len(key) for key in plain), default=0)
    for key, value in plain.items():
        print(f"{key:<{width}}  {cell(value)}")
    for key, value in record.items():
        if is_rows(value):
            print(f"\n{key}:")
            show_table(value, ())  # type: ignore[arg-type]


def show_table(rows: Sequence[Row], columns: Sequence[str]) -> None:
    """Print records in columns, each as wide as its widest cell; at a terminal as wide as it is."""
    if not rows:
        print("(none)")
        return
    names = list(columns) or list(rows[0])
    cells = [[shortened(cell(row.get(name))) for name in names] for row in rows]
    if sys.stdout.isatty():
        draw_table(names, cells)
        return
    widths = [max(len(text) for text in column) for column in zip(names, *cells, strict=True)]
    for line in (names, *cells):
        padded = (text.ljust(width) for text, width in zip(line, widths, strict=True))
        print("  ".join(padded).rstrip())


def draw_table(names: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    """Draw columns that share the width of the terminal; what is too long goes on below itself."""
    # Imported here: a script, whose output is no terminal, never draws.
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=sys.stdout)
    widths = [max(len(text) for text in column) for column in zip(names, *cells, strict=True)]
    least = sum(2 + (width if width <= NARROW else FOLDED) for width in widths)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name, width in zip(names, widths, strict=True):
        is_whole = width <= NARROW and least <= console.width
        table.add_column(Text(name), overflow="fold", no_wrap=is_whole)
    for line in cells:
        table.add_row(*(Text(text) for text in line))
    console.print(table)


def shortened(text: str) -> str:
    """Return text that fits a cell; --output json has all of it."""
    return text if len(text) <= CELL_CHARACTERS else text[: CELL_CHARACTERS - 1] + "…"


def progress(text: str) -> None:
    """Tell the person at the terminal what is going on."""
    print(text, file=sys.stderr, flush=True)


def is_rows(value: object) -> bool:
    """Say whether a value is a list of records."""
    return isinstance(value, list | tuple) and bool(value) and isinstance(value[0], Mapping)


def cell(value: object) -> str:
    """Return a value as text in a table."""
    if value is None:
        return "–"
    if isinstance(value, str | int):
        return str(value)
    return msgspec.json.encode(jsonable(value)).decode()


def jsonable(value: object) -> object:
    """Return a runtime value in JSON's types: bytes as hex, wide integers as decimal strings."""
    if isinstance(value, bool | str) or value is None:
        return value
    if isinstance(value, Enum):
        return value.name.lower()
    if isinstance(value, int):
        return value if abs(value) < 2**53 else str(value)
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, Mapping):
        return {str(jsonable(key)): jsonable(item) for key, item in value.items()}
    if is_dataclass(value):
        named = {item.name.strip("_"): getattr(value, item.name) for item in fields(value)}
        return {name: jsonable(item) for name, item in named.items()}
    if isinstance(value, list | tuple):
        return [jsonable(item) for item in value]
    return value
