"""A member of the oracle reports on a devnet, from a file, and pays nothing for it."""

from pathlib import Path

import pytest

from tests.e2e.commands import starminer
from tests.e2e.devnet import AGPU, Devnet

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

EVE = ("--signer", "//Eve")


def test_a_member_joins_and_its_report_is_on_the_chain(devnet: Devnet, tmp_path: Path) -> None:
    price = tmp_path / "price.txt"
    price.write_text("0.125")
    feed = ("--feed", f"agpu/usd=file:{price}", "--journal", tmp_path / "journal")
    refused = devnet.cli("oracle", "run", *feed, *EVE)
    assert refused.code == 1
    assert "starminer oracle join" in refused.err
    devnet.cli("oracle", "join", *EVE).json()
    joined = devnet.cli("oracle", "status", "//Eve").json()
    assert (joined["status"], joined["bond"]) == ("active", "1,000 AGPU")
    before = devnet.balance("//Eve")
    assert before["held"] >= 1_000 * AGPU
    (preview,) = devnet.cli("oracle", "run", *feed, "--dry-run").json()
    assert (preview["would_report"], preview["on_chain"]) == ("0.125000", None)
    (shown,) = devnet.cli("oracle", "run", *feed, "--rounds", 1, *EVE).json()
    assert (shown["feed"], shown["value"]) == ("agpu/usd", "0.125000")
    assert devnet.balance("//Eve") == before, "accepted reports are free"
    listed = devnet.cli("oracle", "feeds").json()
    assert [one["feed"] for one in listed] == ["agpu/usd", "energy/kwh-usd"]
    assert starminer("upgrades", "list", "--rpc", devnet.url(), "--output", "json").json() == []
