"""From a table and a query to the file with the answer, as a client does it around a job."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cli.errors import UsageError
from cli.sdk.data import Asked, ask_table, save_answer
from cli.sdk.queries import parse_query
from cli.sdk.tables import open_table
from runtime.compute.registry import check_limits

SALES = Path(__file__).parents[2] / "docs/tutorials/sales.csv"
ROWS = list(csv.DictReader(SALES.open(encoding="utf-8")))
Keep = Callable[[dict[str, str]], bool]


def asked(query: str, table: Path = SALES, decimals: int = 6) -> Asked:
    found = ask_table(parse_query(query), open_table(table, decimals), decimals)
    check_limits(found.work)
    return found


def answered(query: str, directory: Path, table: Path = SALES) -> list[list[str]]:
    """Run the query as a provider does, and read the saved answer."""
    question, out = asked(query, table), directory / "out.csv"
    question.save(question.work, question.work.run(question.content).output, out)
    return list(csv.reader(out.open(encoding="utf-8")))


def prices(keep: Keep) -> list[float]:
    return [float(row["price"]) for row in ROWS if row["price"] and keep(row)]


def test_a_summary_by_city(tmp_path: Path) -> None:
    header, *lines = answered("summary of price by city where pieces > 10", tmp_path)
    assert header == ["city", "count", "sum", "least", "greatest", "mean"]
    assert [line[0] for line in lines] == ["Lisbon", "Oslo", "Paris", "Reykjavík"]
    for city, count, total, least, greatest, mean in lines:
        exact = prices(lambda row, city=city: row["city"] == city and int(row["pieces"]) > 10)
        assert int(count) == len(exact)
        assert float(total) == pytest.approx(sum(exact))
        assert (float(least), float(greatest)) == (min(exact), max(exact))
        assert float(mean) == pytest.approx(sum(exact) / len(exact), abs=1e-6)


def test_a_summary_of_everything(tmp_path: Path) -> None:
    _, line = answered("summary of pieces", tmp_path)
    pieces = [int(row["pieces"]) for row in ROWS]
    assert line[:5] == ["all", "720", str(sum(pieces)), str(min(pieces)), str(max(pieces))]


def test_a_histogram(tmp_path: Path) -> None:
    query = "histogram of price from 4 to 12 in 16 bins where product = 'coffee, ground'"
    header, *lines = answered(query, tmp_path)
    assert header == ["from", "to", "count"]
    assert lines[0][:2] == ["", "4"]
    assert lines[1][:2] == ["4", "4.5"]
    assert lines[-1][:2] == ["12", ""]
    exact = prices(lambda row: row["product"] == "coffee, ground")
    for low, high, count in lines:
        inside = [p for p in exact if float(low or "-inf") <= p < float(high or "inf")]
        assert int(count) == len(inside)


def test_rows_that_fulfil_conditions(tmp_path: Path) -> None:
    header, *lines = answered("rows where city = 'Oslo' and price >= 9 and day < 30", tmp_path)
    assert header == list(ROWS[0])
    assert lines == [
        list(row.values())
        for row in ROWS
        if row["city"] == "Oslo" and float(row["price"] or 0) >= 9 and int(row["day"]) < 30
    ]


def test_rows_in_order(tmp_path: Path) -> None:
    _, *lines = answered("rows sorted by price where product != 'tea'", tmp_path)
    kept = [row for row in ROWS if row["product"] != "tea" and row["price"]]
    assert lines == [
        list(row.values()) for row in sorted(kept, key=lambda row: float(row["price"]))
    ]


def test_a_column_may_be_a_number_and_a_group(tmp_path: Path) -> None:
    _, *lines = answered("summary of pieces by day where day <= 3", tmp_path)
    assert [line[:2] for line in lines] == [["1", "12"], ["2", "12"], ["3", "12"]]


def test_a_text_that_no_cell_equals_selects_nothing(tmp_path: Path) -> None:
    assert len(answered("rows where city = 'Rome'", tmp_path)) == 1


def test_an_array_is_asked_like_a_table(tmp_path: Path) -> None:
    path = tmp_path / "table.npy"
    cells = np.random.default_rng(1).integers(-50, 50, (1000, 3))
    np.save(path, cells)
    question = asked("rows sorted by c2 where c0 > 0", path, 0)
    out = tmp_path / "out.csv"
    said = question.save(question.work, question.work.run(question.content).output, out)
    kept = cells[cells[:, 0] > 0]
    exact = kept[np.argsort(kept[:, 2], kind="stable")]
    assert said == f"{len(exact)} rows"
    assert np.array_equal(np.loadtxt(out, np.int64, delimiter=",", skiprows=1), exact)


@pytest.mark.parametrize(
    ("query", "header", "lines"),
    [
        ("summary of pieces by city", ["group", "count", "sum", "least", "greatest"], 4),
        ("histogram of price from 0 to 10 in 5 bins", ["bin", "count"], 7),
        ("rows where day = 1", ["row"], 12),
        ("rows sorted by day", ["chunk", "row"], 720),
    ],
)
def test_an_answer_is_readable_without_the_table(
    tmp_path: Path, query: str, header: list[str], lines: int
) -> None:
    question, out = asked(query), tmp_path / "raw.csv"
    said = save_answer(question.work, question.work.run(question.content).output, out)
    read = list(csv.reader(out.open()))
    assert (read[0], len(read) - 1, said) == (header, lines, f"{lines} lines")


@pytest.mark.parametrize(
    ("query", "what"),
    [
        ("rows", "--query: wanted a condition, or rows sorted by a column, got all rows"),
        ("summary of weight", f"{SALES}: wanted one column weight, got no among day, city"),
        ("summary of city", f"{SALES}, line 2: column city: wanted a number, got 'Lisbon'"),
        (
            "rows where price > 1.2345678",
            "--query: wanted a number with at most 6 decimals, got 1.2345678",
        ),
        (
            "histogram of price from 0 to 1 in 3 bins",
            "--query: wanted bins of at most 6 decimals, got 3 from 0 to 1",
        ),
        ("histogram of price from 0 to 1 in 2000 bins", "--query: wanted at most 1024 bins, got"),
    ],
)
def test_what_cannot_be_asked_is_refused(query: str, what: str) -> None:
    with pytest.raises(UsageError) as caught:
        asked(query)
    assert str(caught.value).startswith(what)
