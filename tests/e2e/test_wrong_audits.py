"""Full audits with real processes: what a sample misses is found, and wrong auditors pay.

The last file of its directory on purpose: two validators of the devnet do wrong, and one of them
writes no blocks any more.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest

from cli.devnet.plan import arguments_of
from cli.sdk.chain import connect
from genesis.notation import parse_account
from runtime.pallets.audits import Outcome
from runtime.pallets.audits.events import (
    AuditDecided,
    AuditorFaulted,
    FinderPaid,
    VerdictRevealed,
)
from runtime.pallets.jobs.events import (
    JobAssigned,
    JobCompleted,
    JobExpired,
    SegmentSettled,
    SegmentVerified,
    VerificationFailed,
)
from runtime.pallets.providers.events import ProviderSlashed
from runtime.pallets.staking.events import SlashReported
from tests.e2e.commands import START_SECONDS, begin_program, end, finalized, lone_node, until
from tests.e2e.devnet import Devnet, provider_info
from tests.e2e.matrices import matrices
from tests.e2e.past import Past

pytestmark = [pytest.mark.e2e, pytest.mark.alone, pytest.mark.timeout(1800)]

HERE = Path(__file__)
CHEAT = (sys.executable, str(HERE.with_name("dishonest_node.py")), "one element")
FERDIE = "ed25519://Ferdie"
MARKET = {"tier": 1, "region": 1}
"""A market of the cheat's own."""
DEPOSIT = 10**9
HONEST = {parse_account(f"//{name}", 42) for name in ("Alice", "Dave")}
ATTEMPTS = 6
"""Audits until both of them were in time."""
T = TypeVar("T")
SIDE, INNER = 512, 64
"""4,096 tiles: a sample of 32 misses a wrong one 99 times in 100."""


@dataclass(frozen=True, slots=True)
class Story:
    """What happened to one job up to the decision of its audit, by the events of final blocks."""

    job: int
    audit: int
    decided: int
    """In which block."""
    outcome: Outcome
    past: Past

    def of_job(self, kind: type[T]) -> list[T]:
        """Return the events of a kind that are of this job."""
        return [event for _, event in self.past.all(kind, job=self.job)]

    def of_audit(self, kind: type[T]) -> list[T]:
        """Return the events of a kind that are of its audit."""
        return [event for _, event in self.past.all(kind, audit=self.audit)]

    @property
    def shown(self) -> set[bytes]:
        """Who showed a verdict in time."""
        return {one.auditor for one in self.of_audit(VerdictRevealed)}


@contextmanager
def instead(devnet: Devnet, name: str, kind: str) -> Iterator[None]:
    """Run a validator with another auditor for the length of a `with` block."""
    devnet.kill(name)
    node = devnet.node(name)
    words = arguments_of(devnet.plan, node)[4:]
    log = Path(node.home) / f"{kind}.log"
    program = (sys.executable, "-m", "tests.e2e.wrong_auditor", kind)
    process = begin_program(program, *words, log=log)
    try:
        until(f"{name} answers", lambda: finalized(node.rpc_port) is not None, START_SECONDS)
        yield
    finally:
        end(process)
        devnet.start(name)


def register(devnet: Devnet) -> str:
    """Let the cheat join its market; return its address."""
    shown = devnet.cli("query", "account", FERDIE).json()
    info = provider_info(shown["public_key"], MARKET)
    words = (info, "bond=1000AGPU", "--signer", FERDIE, "--wait", "finalized")
    assert devnet.cli("tx", "providers.register_provider", *words).code == 0
    return str(shown["address"])


def order(devnet: Devnet, directory: Path, *where: object) -> dict[str, Any]:
    """Order a product that is surely audited."""
    work = matrices(directory, SIDE, INNER, SIDE)
    terms = ("--max-price", "5AGPU", "--audit-percent", 100, "--signer", "//Charlie", *where)
    ran = devnet.cli("job", "submit", "matmul", *work.inputs, *terms)
    assert ran.code == 0, ran.err
    placed: dict[str, Any] = ran.json()
    return placed


def judged(devnet: Devnet, past: Past, job: int, directory: Path, *where: object) -> Story:
    """Follow a job until it was judged by both honest auditors; order again where it was not.

    On a busy machine one of them, or the provider, may be too late, which is another story.
    """
    for _ in range(ATTEMPTS):
        block, end = past.until(f"job {job} was judged", partial(ending, past, job))
        if isinstance(end, AuditDecided):
            story = Story(job, end.audit, block, end.outcome, past)
            if story.shown >= HONEST:
                return story
        job = order(devnet, directory, *where)["job"]
    raise AssertionError(f"providers or honest auditors were late in {ATTEMPTS} audits")


def ending(past: Past, job: int) -> tuple[int, AuditDecided | JobExpired] | None:
    """Return how the audit of a job was decided, or that there will be none; and in which block."""
    decided, expired = past.all(AuditDecided, job=job), past.all(JobExpired, job=job)
    return decided[-1] if decided else (expired[-1] if expired else None)


@pytest.fixture(scope="module")
def stories(
    devnet: Devnet, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Story, Story]]:
    """Let two jobs be audited, one of a cheat; Bob never reads, and Charlie lies."""
    directory = tmp_path_factory.mktemp("audits")
    assert register(devnet)
    peers = ("--bootnodes", devnet.node("alice").peer_address)
    words = ("--chain", "local", "--provider", "--dev-key", "Ferdie", "--name", "ferdie", *peers)
    with (
        lone_node(directory / "ferdie", *words, program=CHEAT),
        instead(devnet, "bob", "lazy"),
        instead(devnet, "charlie", "liar"),
        connect(devnet.url()) as session,
    ):
        past = Past(devnet, session, devnet.final())
        ways: tuple[tuple[Any, ...], ...] = (
            (directory / "cheat", "--region", 1),
            (directory / "honest",),
        )
        jobs = [order(devnet, *way)["job"] for way in ways]
        cheated, honest = (
            judged(devnet, past, job, *way) for job, way in zip(jobs, ways, strict=True)
        )
        yield cheated, honest


def test_one_wrong_element_is_found_by_the_audit_where_the_sample_passed(
    stories: tuple[Story, Story],
) -> None:
    story, _ = stories
    cheat = parse_account(FERDIE, 42)
    assert story.of_job(SegmentVerified)
    assert story.outcome is Outcome.BAD
    assert story.of_job(VerificationFailed)[-1].provider == cheat
    assigned = story.past.all(JobAssigned, job=story.job)
    *_, given = [one for block, one in assigned if block < story.decided]
    slashed = [
        one
        for block, one in story.past.all(ProviderSlashed, provider=cheat)
        if block == story.decided
    ]
    assert [one.amount for one in slashed] == [given.exposure]
    found = [one.amount for one in story.of_audit(FinderPaid)]
    # Alice and Dave; the pot may keep its existential deposit, of the first find of a chain
    half = slashed[0].found // 2
    assert found in ([half] * 2, [half - DEPOSIT // 2] * 2)
    assert story.of_job(SegmentSettled) == []


def test_an_honest_segment_is_paid_although_one_auditor_lies_and_one_is_lazy(
    stories: tuple[Story, Story],
) -> None:
    _, story = stories
    assert story.outcome is Outcome.GOOD
    story.past.first(JobCompleted, job=story.job)


def test_who_lied_and_who_never_read_is_named_and_owes_a_part_of_its_bond(
    stories: tuple[Story, Story],
) -> None:
    liar, lazy = (parse_account(f"//{name}", 42) for name in ("Charlie", "Bob"))
    for story in stories:
        assert {one.auditor for one in story.of_audit(AuditorFaulted)} == {liar, lazy}
        assert story.shown == HONEST | {liar}
    reports = {one.validator for _, one in stories[0].past.all(SlashReported)}
    assert {liar, lazy} <= reports
