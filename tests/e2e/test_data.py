"""Queries over a table are answered as its owner could have."""

import csv
from pathlib import Path

import pytest

from tests.e2e.commands import ROOT
from tests.e2e.devnet import Devnet

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

SALES = ROOT / "docs/tutorials/sales.csv"
TERMS = ("--max-price", "5AGPU", "--signer", "//Alice")


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def asked(devnet: Devnet, query: str, out: Path, *more: object) -> list[dict[str, str]]:
    words = ("--query", query, *TERMS, "--out", out, *more)
    ran = devnet.cli("job", "submit", "data", SALES, *words)
    assert ran.json()["state"] == "completed"
    assert "every leaf checked against the final root" in ran.err
    return read(out)


def test_a_summary_by_city_is_that_of_the_table(devnet: Devnet, tmp_path: Path) -> None:
    query = "summary of price by city where pieces > 10"
    lines = asked(devnet, query, tmp_path / "by-city.csv")
    sold = [row for row in read(SALES) if row["price"] and int(row["pieces"]) > 10]
    assert [line["city"] for line in lines] == sorted({row["city"] for row in sold})
    for line in lines:
        prices = [float(row["price"]) for row in sold if row["city"] == line["city"]]
        assert int(line["count"]) == len(prices)
        assert float(line["sum"]) == pytest.approx(sum(prices))
        assert float(line["greatest"]) == max(prices)


def test_req_57_rows_come_back_in_order_and_a_sponsor_pays_a_tip_for_them(
    devnet: Devnet, tmp_path: Path
) -> None:
    query = "rows sorted by price where product = 'coffee, ground' and price >= 11"
    devnet.cli("job", "budget", "//Alice", "50AGPU", "--signer", "//Bob")
    haste = ("--tip-percent", 10)  # a young network has certified nobody for premium service
    conditions = ("--sponsor", "//Bob", "--deny", "//Charlie", "--allow-overflow", 1)
    lines = asked(devnet, query, tmp_path / "dearest.csv", *haste, *conditions)
    coffee = [row for row in read(SALES) if row["product"] == "coffee, ground" and row["price"]]
    dear = [row for row in coffee if float(row["price"]) >= 11]
    assert lines == sorted(dear, key=lambda row: float(row["price"])) != []


def test_a_cell_that_is_no_number_is_refused_before_anything_is_sent(
    devnet: Devnet, tmp_path: Path
) -> None:
    table = tmp_path / "sales.csv"
    lines = SALES.read_text(encoding="utf-8").splitlines()
    lines[99] = "9,Oslo,tea,cheap,3"
    table.write_text("\n".join(lines), encoding="utf-8")
    ran = devnet.cli("job", "submit", "data", table, "--query", "summary of price", *TERMS)
    assert ran.code == 2
    assert f"{table}, line 100: column price: wanted a number, got 'cheap'" in ran.err
