"""Full audits with real processes: what a sample misses is found, and wrong auditors pay.

The last file of its directory on purpose: two validators of the devnet do wrong, and one of them
writes no blocks any more.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cli.devnet.plan import arguments_of
from tests.e2e.commands import begin_program, end, finalized, lone_node, until
from tests.e2e.devnet import Devnet, planck, provider_info
from tests.e2e.matrices import matrices

pytestmark = [pytest.mark.e2e, pytest.mark.alone, pytest.mark.timeout(600)]

HERE = Path(__file__)
CHEAT = (sys.executable, str(HERE.with_name("dishonest_node.py")), "one element")
FERDIE = "ed25519://Ferdie"
MARKET = {"tier": 1, "region": 1}
"""A market of the cheat's own."""
DEPOSIT = 10**9
SIDE, INNER = 512, 64
"""4,096 tiles: a sample of 32 misses a wrong one 99 times in 100."""


@dataclass(frozen=True, slots=True)
class Story:
    """What happened to one job, by the events of final blocks."""

    job: int
    audit: int
    events: list[dict[str, Any]]

    def named(self, name: str) -> list[dict[str, Any]]:
        """Return the events of a kind that are of this job, or of its audit."""
        return [
            event["data"]
            for event in self.events
            if event["event"] == name
            and event["data"].get("job", self.job) == self.job
            and event["data"].get("audit", self.audit) == self.audit
        ]


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
        until(f"{name} answers", lambda: finalized(node.rpc_port) is not None, 60)
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


def follow(devnet: Devnet, orders: list[dict[str, Any]]) -> list[Story]:
    """Wait until the audits of some jobs are decided in final blocks."""
    events: list[dict[str, Any]] = []
    seen = orders[0]["block"]
    decided: dict[int, int] = {}

    def all_decided() -> bool:
        nonlocal seen
        while seen <= devnet.final():
            events.extend(devnet.cli("query", "events", seen).json())
            seen += 1
        for event in events:
            if event["event"] == "Audits.AuditDecided":
                decided[event["data"]["job"]] = event["data"]["audit"]
        return all(one["job"] in decided for one in orders)

    until("the audits are decided", all_decided, 240)
    return [Story(one["job"], decided[one["job"]], events) for one in orders]


@pytest.fixture(scope="module")
def stories(devnet: Devnet, tmp_path_factory: pytest.TempPathFactory) -> list[Story]:
    """Let two jobs be audited at once, one of a cheat; Bob never reads, and Charlie lies."""
    directory = tmp_path_factory.mktemp("audits")
    cheat = register(devnet)
    assert cheat
    peers = ("--bootnodes", devnet.node("alice").peer_address)
    words = ("--chain", "local", "--provider", "--dev-key", "Ferdie", "--name", "ferdie", *peers)
    with (
        lone_node(directory / "ferdie", *words, program=CHEAT),
        instead(devnet, "bob", "lazy"),
        instead(devnet, "charlie", "liar"),
    ):
        orders = [
            order(devnet, directory / "cheat", "--region", 1),
            order(devnet, directory / "honest"),
        ]
        return follow(devnet, orders)


def test_one_wrong_element_is_found_by_the_audit_where_the_sample_passed(
    devnet: Devnet, stories: list[Story]
) -> None:
    story, _ = stories
    cheat = devnet.cli("query", "account", FERDIE).json()["address"]
    assert len(story.named("Jobs.SegmentVerified")) == 1
    assert [one["outcome"] for one in story.named("Audits.AuditDecided")] == ["bad"]
    (failed,) = story.named("Jobs.VerificationFailed")
    assert failed["provider"] == cheat
    given, *_ = story.named("Jobs.JobAssigned")
    slashed = [one for one in story.named("Providers.ProviderSlashed") if one["provider"] == cheat]
    assert [planck(one["amount"]) for one in slashed] == [planck(given["exposure"])]
    found = [planck(one["amount"]) for one in story.named("Audits.FinderPaid")]
    # Alice and Dave; the pot may keep its existential deposit, of the first find of a chain
    half = planck(slashed[0]["found"]) // 2
    assert found in ([half] * 2, [half - DEPOSIT // 2] * 2)
    assert story.named("Jobs.SegmentSettled") == []


def test_an_honest_segment_is_paid_although_one_auditor_lies_and_one_is_lazy(
    devnet: Devnet, stories: list[Story]
) -> None:
    _, story = stories
    assert [one["outcome"] for one in story.named("Audits.AuditDecided")] == ["good"]
    until(
        "the job is completed",
        lambda: devnet.cli("job", "status", story.job).json()["state"] == "completed",
        60,
    )


def test_who_lied_and_who_never_read_is_named_and_owes_a_part_of_its_bond(
    devnet: Devnet, stories: list[Story]
) -> None:
    names = {
        devnet.cli("query", "account", f"//{name}").json()["address"]: name
        for name in ("Alice", "Bob", "Charlie", "Dave")
    }
    for story in stories:
        faulted = sorted(names[one["auditor"]] for one in story.named("Audits.AuditorFaulted"))
        assert faulted == ["Bob", "Charlie"]
        shown = {names[one["auditor"]] for one in story.named("Audits.VerdictRevealed")}
        assert shown == {"Alice", "Charlie", "Dave"}
    reports = [
        event["data"] for event in stories[0].events if event["event"] == "Staking.SlashReported"
    ]
    assert sorted({names[one["validator"]] for one in reports}) == ["Bob", "Charlie"]
