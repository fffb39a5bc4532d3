"""A provider that skips a tenth of its work is caught by the sample of leaves, and pays for it."""

import sys
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.commands import lone_node, until
from tests.e2e.devnet import Devnet, planck, provider_info
from tests.e2e.matrices import matrices

pytestmark = [pytest.mark.e2e, pytest.mark.alone, pytest.mark.timeout(300)]

PROGRAM = (sys.executable, str(Path(__file__).with_name("dishonest_node.py")), "a tenth")
EVE = "ed25519://Eve"
BY_EVE = ("--signer", EVE, "--wait", "finalized")
MARKET = {"tier": 2, "region": 0}
"""A market of its own, so that the honest provider does not get the job."""

SHAPE = (40, 50, 56)
"""35 leaves, of which 32 are opened and four were skipped: one of these is always seen."""

STAKE = 8
"""Segment prices that a provider puts at stake."""


def register(devnet: Devnet) -> None:
    """Let Eve join her market, before her node would join the common one, or come back to it."""
    known = devnet.storage("Providers.Providers", EVE)
    if "status" in known:
        if known["status"] != "active":
            assert devnet.cli("tx", "providers.resume", *BY_EVE).code == 0
        return
    shown = devnet.cli("query", "account", EVE).json()
    info = provider_info(shown["public_key"], MARKET)
    words = (info, "bond=1000AGPU", *BY_EVE)
    assert devnet.cli("tx", "providers.register_provider", *words).code == 0


def named(events: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [event["data"] for event in events if event["event"] == name]


def final_event(devnet: Devnet, first: int, name: str) -> dict[str, Any]:
    """Wait for an event in a final block from `first` on; return it with its block."""
    seen = first

    def found() -> dict[str, Any] | None:
        nonlocal seen
        while seen <= devnet.final():
            events = devnet.cli("query", "events", seen).json()
            if data := named(events, name):
                return {**data[0], "block": seen}
            seen += 1
        return None

    return until(f"{name} is final", found, 200)


def test_a_provider_that_skips_a_tenth_of_the_leaves_is_slashed_and_its_client_made_good(
    devnet: Devnet, tmp_path: Path
) -> None:
    register(devnet)
    eve = devnet.cli("query", "account", EVE).json()["address"]
    bond = int(devnet.storage("Providers.Providers", EVE)["bond"])
    peers = ("--bootnodes", devnet.node("alice").peer_address)
    words = ("--chain", "local", "--provider", "--dev-key", "Eve", "--name", "eve", *peers)
    with lone_node(tmp_path / "eve", *words, program=PROGRAM):
        work = matrices(tmp_path, *SHAPE)
        before = sum(devnet.balance("//Ferdie", "final").values())
        terms = ("--max-price", "5AGPU", "--deadline", 1, "--tier", 2, "--signer", "//Ferdie")
        ran = devnet.cli("job", "submit", "matmul", *work.inputs, *terms, "--wait", "--out", work.c)
        assert ran.code == 1
        assert "has no result" in ran.err

    status = ran_status(devnet, ran.err)
    states = [step["state"] for step in status["history"]]
    assert (states[:4], states[-1]) == (["queued", "assigned", "running", "committed"], "expired")
    assert (status["paid"], status["on_hold"]) == ("0 AGPU", "0 AGPU")
    assert not work.c.exists()

    causes = [one["cause"] for one in status["setbacks"]]
    assert (
        causes[0] == "its result was not opened in time, or proven wrong: the provider was slashed"
    )
    taken = status["history"][1]["block"]
    (given,) = named(devnet.cli("query", "events", taken).json(), "Jobs.JobAssigned")
    failed = final_event(devnet, status["history"][3]["block"], "Providers.ProviderSlashed")
    assert failed["provider"] == given["provider"] == eve
    assert failed["offence"] == "failed_verification"
    assert planck(failed["amount"]) == planck(given["exposure"])
    assert planck(given["exposure"]) == STAKE * planck(failed["awarded"])
    after = devnet.storage("Providers.Providers", EVE)
    assert bond - int(after["bond"]) == planck(failed["amount"])

    assert devnet.escrowed("//Ferdie", "final") == 0
    gained = sum(devnet.balance("//Ferdie", "final").values()) - before
    assert gained == planck(failed["awarded"]) - fee_of(devnet, status["submitted_at"])


def fee_of(devnet: Devnet, block: int) -> int:
    """Return what the client paid for its order, by the event."""
    client = devnet.cli("query", "account", "//Ferdie").json()["address"]
    paid = named(
        devnet.cli("query", "events", block).json(), "TransactionPayment.TransactionFeePaid"
    )
    (fee,) = [one["actual_fee"] for one in paid if one["who"] == client]
    return planck(fee)


def ran_status(devnet: Devnet, told: str) -> dict[str, Any]:
    """Return the status of the job that a command told of."""
    job = told.partition("job ")[2].split()[0]
    status: dict[str, Any] = devnet.cli("job", "status", job, "--at", "final").json()
    return status
