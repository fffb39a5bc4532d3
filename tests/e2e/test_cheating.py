"""Who skips a tenth of its work is caught by the sample of leaves, and so is who does none at all.

A thief works meanwhile, in a market of its own: it commits to what another provider committed to
for the same input, and to an answer that it had ready before it knew the question.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cli.sdk.chain import connect
from genesis.notation import parse_account
from runtime.pallets.jobs.events import (
    JobAssigned,
    JobCompleted,
    JobRefunded,
    SegmentCommitted,
    SegmentVerified,
    VerificationFailed,
)
from runtime.pallets.providers.events import ProviderSlashed
from runtime.pallets.providers.records import Offence
from runtime.pallets.transaction_payment import TransactionFeePaid
from tests.e2e.commands import COMMAND_SECONDS, begin, ended, lone_node, until
from tests.e2e.devnet import Devnet, provider_info
from tests.e2e.matrices import Matrices, matrices
from tests.e2e.past import Past

pytestmark = [pytest.mark.e2e, pytest.mark.alone, pytest.mark.timeout(1200)]

PROGRAM = (sys.executable, str(Path(__file__).with_name("dishonest_node.py")), "a tenth")
EVE = "ed25519://Eve"
BY_EVE = ("--signer", EVE, "--wait", "finalized")
MARKET = {"tier": 2, "region": 0}
"""A market of its own, so that the honest provider does not get the job."""

SHAPE = (40, 50, 56)
"""35 leaves, of which 32 are opened and four were skipped: one of these is always seen."""

STAKE = 8
"""Segment prices that a provider puts at stake."""

STEALING = (sys.executable, "-m", "tests.e2e.stealing_node")
THIEF, ROBBED = "ed25519://Charlie", "//Eve"
LAIR = {"tier": 2, "region": 1}
TAKEN, MADE_UP = (56, 50, 40), (64, 30, 40)
"""35 and 40 leaves: of a result that is right nowhere, every sample shows it."""


@dataclass(frozen=True, slots=True)
class Robbery:
    """Two jobs of a thief, and the one that the first of them was taken from."""

    copied: dict[str, Any]
    prepared: dict[str, Any]
    owner: dict[str, Any]
    past: Past
    bond: int
    held: int
    """What the client had before it ordered."""

    @property
    def jobs(self) -> tuple[int, int]:
        """The numbers of the thief's jobs."""
        return self.copied["job"], self.prepared["job"]


@pytest.fixture(scope="module", autouse=True)
def robbery(devnet: Devnet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Robbery]:
    """Let the thief work while the tests run."""
    directory = tmp_path_factory.mktemp("thief")
    taken = matrices(directory / "taken", *TAKEN)
    made_up = matrices(directory / "made up", *MADE_UP)
    owner = order(devnet, taken, "//Bob")
    is_new = "status" not in devnet.storage("Providers.Providers", EVE)
    join(devnet, {THIEF: LAIR, **({EVE: MARKET} if is_new else {})})
    until("the owner has committed", lambda: state_of(devnet, owner) in COMMITTED, COMMAND_SECONDS)
    bond = int(devnet.storage("Providers.Providers", THIEF)["bond"])
    held = sum(devnet.balance(ROBBED, "final").values())
    where = ("--tier", LAIR["tier"], "--region", LAIR["region"], "--deadline", 1)
    with (
        lone_node(directory / "thief", *node_words(devnet, "Charlie"), program=STEALING),
        connect(devnet.url()) as session,
    ):
        copied, prepared = (order(devnet, work, ROBBED, *where) for work in (taken, made_up))
        past = Past(devnet, session, owner["block"])
        yield Robbery(copied, prepared, owner, past, bond, held)


COMMITTED = ("committed", "verifying", "settled", "completed")


def order(devnet: Devnet, work: Matrices, client: str, *where: object) -> dict[str, Any]:
    """Order a product; return the job and its block."""
    terms = ("--max-price", "5AGPU", "--signer", client, *where)
    placed: dict[str, Any] = devnet.cli("job", "submit", "matmul", *work.inputs, *terms).json()
    return placed


def state_of(devnet: Devnet, placed: dict[str, Any]) -> str:
    """Return the state of a job in the best block."""
    shown = devnet.rpc("jobs_get", "0x" + placed["job"].to_bytes(8, "big").hex())
    return str(shown["state"])


def node_words(devnet: Devnet, name: str) -> tuple[str, ...]:
    """Return the words of the node of a provider with a development key."""
    peers = [("--bootnodes", devnet.node(one).peer_address) for one in ("alice", "gpu0")]
    words = ("--chain", "local", "--provider", "--dev-key", name, "--name", name.lower())
    return (*words, *peers[0], *peers[1])


def register(devnet: Devnet) -> None:
    """Let Eve join her market, before her node would join the common one, or come back to it."""
    known = devnet.storage("Providers.Providers", EVE)
    if "status" in known:
        if known["status"] != "active":
            assert devnet.cli("tx", "providers.resume", *BY_EVE).code == 0
        return
    join(devnet, {EVE: MARKET})


def join(devnet: Devnet, markets: dict[str, dict[str, int]]) -> None:
    """Let providers join their markets, all at the same time."""
    running = []
    for who, market in markets.items():
        info = provider_info("0x" + parse_account(who, 42).hex(), market)
        words = (info, "bond=1000AGPU", "--signer", who, "--wait", "finalized")
        where = ("--rpc", devnet.url(), "--output", "json")
        running.append(begin("tx", "providers.register_provider", *words, *where))
    for process in running:
        ran = ended(process)
        assert ran.code == 0, ran.err


def test_a_provider_that_skips_a_tenth_of_the_leaves_is_slashed_and_its_client_made_good(
    devnet: Devnet, robbery: Robbery, tmp_path: Path
) -> None:
    register(devnet)
    past, eve = robbery.past, parse_account(EVE, 42)
    bond = int(devnet.storage("Providers.Providers", EVE)["bond"])
    with lone_node(tmp_path / "eve", *node_words(devnet, "Eve"), program=PROGRAM):
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
    _, given = past.first(JobAssigned, taken, job=status["job"])
    committed = status["history"][3]["block"]
    _, failed = past.first(ProviderSlashed, committed, provider=eve)
    assert given.provider == eve
    assert failed.offence is Offence.FAILED_VERIFICATION
    assert failed.amount == given.exposure == STAKE * failed.awarded
    after = devnet.storage("Providers.Providers", EVE)
    assert bond - int(after["bond"]) == failed.amount

    assert devnet.escrowed("//Ferdie", "final") == 0
    client = parse_account("//Ferdie", 42)
    paid = past.all(TransactionFeePaid, who=client)
    (fee,) = [one.actual_fee for block, one in paid if block == status["submitted_at"]]
    gained = sum(devnet.balance("//Ferdie", "final").values()) - before
    assert gained == failed.awarded - fee


def ran_status(devnet: Devnet, told: str) -> dict[str, Any]:
    """Return the status of the job that a command told of."""
    job = told.partition("job ")[2].split()[0]
    status: dict[str, Any] = devnet.cli("job", "status", job, "--at", "final").json()
    return status


def test_a_copied_result_is_refused_by_all_and_its_owner_is_paid(
    devnet: Devnet, robbery: Robbery
) -> None:
    copied, owner = robbery.copied["job"], robbery.owner["job"]
    _, mine = robbery.past.first(SegmentCommitted, job=copied)
    _, theirs = robbery.past.first(SegmentCommitted, job=owner)
    assert mine.output == theirs.output
    assert mine.provider == parse_account(THIEF, 42) != theirs.provider
    robbery.past.first(VerificationFailed, job=copied)
    robbery.past.first(JobCompleted, job=owner)
    logs = [(Path(devnet.node(one).home) / "node.log").read_text() for one in ("alice", "gpu0")]
    refused = [line for log in logs for line in log.splitlines() if "receipt_refused" in line]
    assert any("BadOutputPath" in line for line in refused)


def test_an_answer_that_was_ready_before_the_question_is_never_verified(robbery: Robbery) -> None:
    job = robbery.prepared["job"]
    _, committed = robbery.past.first(SegmentCommitted, job=job)
    assert committed.provider == parse_account(THIEF, 42)
    robbery.past.first(VerificationFailed, job=job)
    verified = [one.job for _, one in robbery.past.all(SegmentVerified)]
    assert not {*verified} & {*robbery.jobs}


def test_what_a_thief_loses_makes_its_client_good_to_the_planck(
    devnet: Devnet, robbery: Robbery
) -> None:
    past, thief, client = robbery.past, parse_account(THIEF, 42), parse_account(ROBBED, 42)
    for job in robbery.jobs:
        past.first(JobRefunded, job=job)
    stakes = [past.first(JobAssigned, job=job)[1].exposure for job in robbery.jobs]
    slashes = [one for _, one in past.all(ProviderSlashed, provider=thief)]
    assert sorted(one.amount for one in slashes) == sorted(stakes)
    lost = robbery.bond - int(devnet.storage("Providers.Providers", THIEF)["bond"])
    awarded = sum(one.awarded for one in slashes)
    assert lost == sum(stakes) == STAKE * awarded
    assert devnet.escrowed(ROBBED, "final") == 0
    fees = [one.actual_fee for _, one in past.all(TransactionFeePaid, who=client)]
    gained = sum(devnet.balance(ROBBED, "final").values()) - robbery.held
    assert (len(fees), gained) == (2, awarded - sum(fees))
