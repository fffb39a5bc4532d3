"""Tokenised assets from the command line: what is typed, and what is listed."""

from pathlib import Path

import pytest

from cli.errors import CommandError, UsageError
from cli.rwa import (
    digest_of,
    feed_number,
    kind_of,
    long_row,
    short_row,
    tokens,
    units_of,
)
from cli.vault import part_points_of
from runtime.pallets.rwa import AssetKind
from runtime.primitives.hashing import blake2_256

ASSET = {
    "asset": 900,
    "issuer": "5Issuer",
    "bond": "1000000000000000",
    "kind": "treasury_bill",
    "decimals": 2,
    "feed": 3,
    "reserveFeed": 4,
    "haircut": 100_000_000,
    "cap": "100000",
    "issued": "25050",
    "reserve": None,
    "status": "approved",
    "frozenUntil": 0,
    "legalHash": "0x09",
    "tokenPrice": "500000000000",
    "tokenValue": "450000000000",
}


@pytest.mark.parametrize(("text", "units"), [("12.5", 1250), ("1", 100), ("0.01", 1), ("7.", 700)])
def test_amounts_are_tokens_of_the_decimals_of_the_asset(text: str, units: int) -> None:
    assert units_of(text, ASSET) == units


@pytest.mark.parametrize("text", ["", "1.234", ".5", "-1", "1e3", "1.x"])
def test_what_is_no_amount_of_tokens_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="wanted tokens with 2 decimals at most") as refused:
        units_of(text, ASSET)
    assert str(refused.value).endswith(f"got {text!r}")


@pytest.mark.parametrize(
    ("units", "decimals", "text"), [(1250, 2, "12.5"), (700, 2, "7"), (7, 0, "7")]
)
def test_units_are_shown_as_tokens(units: int, decimals: int, text: str) -> None:
    assert tokens(units, decimals) == text


def test_kinds_feeds_and_documents_are_read(tmp_path: Path) -> None:
    assert kind_of("treasury-bill") is AssetKind.TREASURY_BILL
    with pytest.raises(UsageError, match="wanted other, treasury-bill, energy-credit, got 'gold'"):
        kind_of("gold")
    assert feed_number({"agpu/usd": 0, "gold/usd": 7}, "gold/usd") == 7
    with pytest.raises(CommandError, match="no feed 'silver': it asks for agpu/usd, gold/usd"):
        feed_number({"agpu/usd": 0, "gold/usd": 7}, "silver")
    paper = tmp_path / "prospectus"
    paper.write_bytes(b"one token is one bill")
    assert digest_of(paper) == blake2_256(b"one token is one bill")
    with pytest.raises(UsageError, match=r"--documents: .*No such file"):
        digest_of(tmp_path / "none")


def test_assets_are_listed_and_shown() -> None:
    short = {
        "asset": 900,
        "kind": "treasury-bill",
        "status": "approved",
        "issued": "250.5",
        "cap": "1000",
        "haircut": "10.00 %",
        "token_counts_for": "0.45 AGPU",
    }
    assert short_row(ASSET) == short
    assert long_row(ASSET, {3: "tbill/usd"}) == {
        **short,
        "token_price": "0.5 AGPU",
        "issuer": "5Issuer",
        "bond": "1,000 AGPU",
        "decimals": 2,
        "feed": "tbill/usd",
        "reserve_feed": "4, which is not asked for",
        "reserve": None,
        "frozen_until_block": None,
        "legal_hash": "0x09",
    }


def test_units_of_a_stake_are_turned_into_points() -> None:
    part = {"asset": 900, "points": "300", "units": "100"}
    listed = [{"vault": 4, "assets": [part]}, {"vault": 5, "assets": []}]
    assert [part_points_of(listed, 4, 900, units) for units in (1, 100, None)] == [3, 300, 300]
    with pytest.raises(CommandError, match="wanted at most 100 least units"):
        part_points_of(listed, 4, 900, 101)
    for vault, asset in ((5, 900), (4, 901), (6, 900)):
        with pytest.raises(CommandError, match=f"nothing of asset {asset} in vault {vault}"):
            part_points_of(listed, vault, asset, 1)
