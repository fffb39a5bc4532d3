"""Stakes by the command line, on real nodes: a vault is made, joined, looked at and left."""

from pathlib import Path

import pytest

from tests.e2e.devnet import AGPU, Devnet

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

STAKER = ("--signer", "//Eve")


def test_a_stake_is_made_by_commands_and_seen_by_every_node(devnet: Devnet) -> None:
    made = devnet.cli("vault", "create", "task:rendering", *STAKER).json()
    (created,) = [one for one in made["events"] if one["event"] == "Vaults.VaultCreated"]
    vault = created["data"]["vault"]
    dry = devnet.cli("vault", "join", vault, "12.5AGPU", "--dry-run", *STAKER).json()
    assert dry["call"].startswith("Vaults.join(")
    words = ("vault", "join", vault, "12.5AGPU", "--lock", 364, "--wait", "finalized", *STAKER)
    joined = devnet.cli(*words).json()
    assert (joined["status"], joined["error"]) == ("finalized", None)
    (stake,) = devnet.cli("vault", "show", "//Eve", node="full").json()
    assert (stake["vault"], stake["for"]) == (vault, "task:rendering")
    assert (stake["stake"], stake["unbonding"]) == ("12.499999 AGPU", [])
    listed = devnet.cli("vault", "list").json()
    assert vault in [one["vault"] for one in listed]
    holds = devnet.storage("Balances.Holds", "//Eve", at=str(joined["block"]))["value"]
    held = [int(hold["amount"]) for hold in holds if hold["id"] == "vault"]
    assert held == [135 * AGPU // 10 - 10**6]


def test_an_issuer_registers_an_asset_that_everybody_sees(devnet: Devnet, tmp_path: Path) -> None:
    paper = tmp_path / "prospectus"
    paper.write_bytes(b"one token is one bill")
    words = ("rwa", "register", 900, "--kind", "treasury-bill", "--feed", "energy/kwh-usd")
    words += ("--reserve", "agpu/usd", "--documents", paper, "--signer", "//Eve")
    dry = devnet.cli(*words, "--dry-run").json()
    assert dry["call"].startswith("Rwa.register_rwa(")
    made = devnet.cli(*words, "--wait", "finalized").json()
    assert (made["status"], made["error"]) == ("finalized", None)
    (asset,) = devnet.cli("rwa", "list", node="full").json()
    assert (asset["asset"], asset["status"], asset["haircut"]) == (900, "registered", "10.00 %")
    shown = devnet.cli("rwa", "show", 900, node="full").json()
    assert (shown["feed"], shown["bond"]) == ("energy/kwh-usd", "1,000 AGPU")
    early = devnet.cli("rwa", "mint", 900, "//Ferdie", "1.5", "--signer", "//Eve")
    assert (early.code, "Rwa.NotApproved" in early.err) == (4, True)
    none = devnet.cli("vault", "join", 0, 5, "--asset", 901, "--signer", "//Eve")
    assert (none.code, "no tokenised asset 901" in none.err) == (1, True)


def test_what_cannot_be_done_says_why(devnet: Devnet) -> None:
    early = devnet.cli("vault", "unbond", 0, "all", "--signer", "//Ferdie")
    assert (early.code, "no stake in vault 0" in early.err) == (1, True)
    odd = devnet.cli("vault", "create", "market:9/9", *STAKER)
    assert (odd.code, "Vaults.UnknownMarket" in odd.err) == (4, True)
