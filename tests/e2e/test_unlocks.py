"""AMAX on a live chain: a provider claims what its work is worth; it is created, and vests."""

from typing import Any

import pytest

from tests.e2e.commands import until
from tests.e2e.devnet import Devnet

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

PROVIDER = "ed25519://Dave"
"""Who works on `gpu0`."""


@pytest.fixture(scope="module", autouse=True)
def account(devnet: Devnet) -> None:
    """Let the provider have an account of AMAX: what it can claim on a devnet is too little to."""
    words = (f"dest={PROVIDER}", "value=1AMAX", "--signer", "//Bob", "--wait", "finalized")
    ran = devnet.cli("tx", "amax.transfer_keep_alive", *words)
    assert ran.code == 0, ran.err


def test_the_amax_of_a_devnets_provider_is_claimed_and_vests(devnet: Devnet) -> None:
    before = until("an epoch with its work was closed", lambda: claimable(devnet), 600)
    assert before["claimable_epochs"] > 0
    block = devnet.final()
    words = ("--for", PROVIDER, "--signer", "//Bob", "--wait", "finalized")
    ran = devnet.cli("amax", "claim", *words)
    assert ran.code == 0, ran.err
    after = status(devnet)
    assert after["minted_since_block_0"] != before["minted_since_block_0"]
    unlocks = devnet.cli("amax", "unlocks", PROVIDER, "--at", "final").json()
    assert [row["still_to_vest"] for row in unlocks] == [row["vests"] for row in unlocks] != []
    assert all(row["from_block"] > block for row in unlocks)


def status(devnet: Devnet) -> dict[str, Any]:
    shown: dict[str, Any] = devnet.cli("amax", "status", PROVIDER, "--at", "final").json()
    return shown


def claimable(devnet: Devnet) -> dict[str, Any] | None:
    """Return how AMAX stands, once the provider can claim for its capacity."""
    shown = status(devnet)
    return shown if shown["claimable_capacity"] not in ("0 AMAX", "0 planck") else None
