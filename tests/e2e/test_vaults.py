"""Stakes by the command line, on real nodes: a vault is made, joined, looked at and left."""

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


def test_what_cannot_be_done_says_why(devnet: Devnet) -> None:
    early = devnet.cli("vault", "unbond", 0, "all", "--signer", "//Ferdie")
    assert (early.code, "no stake in vault 0" in early.err) == (1, True)
    odd = devnet.cli("vault", "create", "market:9/9", *STAKER)
    assert (odd.code, "Vaults.UnknownMarket" in odd.err) == (4, True)
