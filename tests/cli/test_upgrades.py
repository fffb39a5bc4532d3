"""Claims of upgrades from the command line: what is typed, and what is listed."""

from decimal import Decimal
from pathlib import Path

import pytest

from cli.errors import CommandError, UsageError
from cli.upgrades import claim_row, hash_of_file, last_telemetry, parts_of, root_of, upgrades_of
from runtime.pallets.upgrades import Cause, Claim, ClaimKind, Verdict
from runtime.pallets.upgrades.records import Live, Review, Seat
from runtime.primitives.hashing import blake2_256
from tests.cli.chain_rpc import ChainRpc, client_of
from tests.support.chain import MemoryChain, pair

ROOT = bytes([1]) * 32


@pytest.mark.parametrize(
    ("text", "parts"), [("12.5%", 125_000_000), ("100%", 10**9), ("0.0000001%", 1)]
)
def test_a_gain_is_a_percentage(text: str, parts: int) -> None:
    assert parts_of(text) == parts


@pytest.mark.parametrize("text", ["12.5", "0%", "101%", "-1%", "nan%", "x%", "0.00000001%", "%"])
def test_what_is_no_gain_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="wanted a percentage above 0% and up to 100%"):
        parts_of(text)


def test_evidence_is_hashed_and_a_root_has_its_length(tmp_path: Path) -> None:
    shown = tmp_path / "report.pdf"
    shown.write_bytes(b"less power")
    assert hash_of_file(shown) == blake2_256(b"less power")
    assert root_of("0x" + "01" * 32) == ROOT
    with pytest.raises(UsageError, match="--evidence"):
        hash_of_file(tmp_path / "none")
    for text in ("0x01", "x" * 64):
        with pytest.raises(UsageError, match="wanted 0x and 64 hex digits"):
            root_of(text)


async def test_a_claim_is_listed_with_what_it_counts_and_who_looks_at_it() -> None:
    client = client_of(ChainRpc(MemoryChain()))
    assert upgrades_of(client).config.review_eras == 7
    with pytest.raises(CommandError, match="sent no heartbeat"):
        await last_telemetry(client, pair(1).account)
    seats = (Seat(pair(2).account, Verdict.FALSE), Seat(pair(3).account, None))
    found = Claim(
        provider=pair(1).account,
        kind=ClaimKind.COOLING,
        baseline_root=ROOT,
        evidence=ROOT,
        gain=125_000_000,
        baseline=8_000_000,
        efficiency=0,
        bond=5,
        review=Review(Cause.CHALLENGED, 3, 700, seats, None),
        live=Live(1_000_000, 0, 0),
    )
    row = claim_row(client, 4, found, 73)
    assert Decimal(str(row["gain"]).removesuffix("%")) == Decimal("12.5")
    assert (row["claim"], row["points"], row["until_block"]) == (4, 0.8, 700)
    assert row["oracles"] == [
        {"oracle": client.address(pair(2).account), "found": Verdict.FALSE},
        {"oracle": client.address(pair(3).account), "found": None},
    ]
