"""Tables: as wide as a terminal, and plain text for everything else."""

import io
import sys
from collections.abc import Sequence

import pytest

from cli.printing import Row, show_table

ADDRESS = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"
ROWS = [
    {"account": ADDRESS, "state": "active", "cause": "the node wrote [bold] 0x" + "ab" * 30},
    {"account": "short", "state": "chilled", "cause": "–"},
]


class Terminal(io.StringIO):
    """Standard output of a person."""

    def isatty(self) -> bool:
        return True


def seen(monkeypatch: pytest.MonkeyPatch, rows: Sequence[Row], *columns: str) -> list[str]:
    """Return the lines that a terminal of 80 columns, which has no colours, shows of a table."""
    screen = Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setenv("TERM", "dumb")
    show_table(rows, columns)
    return [line.rstrip() for line in screen.getvalue().splitlines()]


def test_a_table_fits_the_terminal_and_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = seen(monkeypatch, ROWS)
    assert max(len(line) for line in lines) <= 80
    place = lines[0].index("state")
    first = lines[1 : next(n for n, line in enumerate(lines) if line.startswith("short"))]
    assert "".join(line[:place].strip() for line in first) == ADDRESS
    cause = "".join(line[lines[0].index("cause") :].strip() for line in first)
    assert cause.replace(" ", "") == str(ROWS[0]["cause"]).replace(" ", "")


def test_numbers_are_whole_where_addresses_can_be_folded(monkeypatch: pytest.MonkeyPatch) -> None:
    row = {f"column{i}": 10**8 + i for i in range(5)} | {"one": ADDRESS, "other": ADDRESS}
    lines = seen(monkeypatch, [row])
    assert max(len(line) for line in lines) <= 80
    assert lines[1].split()[:5] == [str(10**8 + i) for i in range(5)]


def test_more_columns_than_there_is_room_for_are_all_folded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines = seen(monkeypatch, [{f"column{i}": 10**8 + i for i in range(12)}])
    assert max(len(line) for line in lines) <= 80
    assert sum("".join(lines).count(digit) for digit in "0123456789") == 12 * 9 + 14


def test_a_table_that_fits_has_one_line_for_each_record(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"name": "alice", "best": 7}, {"name": "bob", "best": 12}]
    assert seen(monkeypatch, rows, "name", "best") == ["name   best", "alice  7", "bob    12"]


def test_a_pipe_gets_whole_lines_however_long(capsys: pytest.CaptureFixture[str]) -> None:
    show_table(ROWS, ())
    assert capsys.readouterr().out.splitlines() == [
        "account".ljust(48) + "  state    cause",
        f"{ADDRESS}  active   {ROWS[0]['cause']}",
        "short".ljust(48) + "  chilled  –",
    ]
