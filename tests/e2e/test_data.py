"""Queries over a table are answered as its owner could have, by following the tutorial."""

import csv
import json
from pathlib import Path

import pytest

from tests.e2e.commands import ROOT, starminer
from tests.e2e.devnet import Devnet
from tests.e2e.tutorials import Tutorial

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

SALES = ROOT / "docs/tutorials/sales.csv"


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_tutorial_ends_with_its_answers(devnet: Devnet, tmp_path: Path) -> None:
    ran = Tutorial("data.md", tmp_path, devnet.url()).follow({})
    assert [json.loads(one.out)["state"] for one in ran] == ["completed"] * 3
    for one in ran:
        assert "every leaf checked against the final root" in one.err
    sold = [row for row in read(SALES) if row["price"]]

    wanted = [row for row in sold if int(row["pieces"]) > 10]
    for line in read(tmp_path / "by-city.csv"):
        prices = [float(row["price"]) for row in wanted if row["city"] == line["city"]]
        assert int(line["count"]) == len(prices) > 0
        assert float(line["sum"]) == pytest.approx(sum(prices))
        assert float(line["greatest"]) == max(prices)

    coffee = [row for row in sold if row["product"] == "coffee, ground"]
    dear = [row for row in coffee if float(row["price"]) >= 11]
    ordered = sorted(dear, key=lambda row: float(row["price"]))
    assert read(tmp_path / "dearest.csv") == ordered != []

    counts = [int(line["count"]) for line in read(tmp_path / "prices.csv")]
    assert sum(counts) == len(sold)


def test_a_cell_that_is_no_number_is_refused_before_anything_is_sent(
    devnet: Devnet, tmp_path: Path
) -> None:
    table = tmp_path / "sales.csv"
    lines = SALES.read_text(encoding="utf-8").splitlines()
    lines[99] = "9,Oslo,tea,cheap,3"
    table.write_text("\n".join(lines), encoding="utf-8")
    words = ("--query", "summary of price", "--max-price", "5AGPU", "--signer", "//Bob")
    ran = starminer("job", "submit", "data", table, *words, "--rpc", devnet.url())
    assert ran.code == 2
    assert f"{table}, line 100: column price: wanted a number, got 'cheap'" in ran.err
