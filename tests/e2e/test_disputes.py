"""Who disputes a result with a reason is paid for it, who disputes without one pays for that.

Eve's device errs in one leaf of 32,768, which a sample of 32 misses 1,023 times in 1,024; then her
node is gone, and with it what she has to serve. The honest provider is accused falsely meanwhile.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cli.sdk.chain import connect
from runtime.pallets.disputes.events import CaseClosed
from runtime.pallets.disputes.records import Verdict
from tests.e2e.commands import begin, ended, lone_node, until
from tests.e2e.devnet import AGPU, Devnet, planck
from tests.e2e.matrices import matrices
from tests.e2e.past import Past
from tests.e2e.test_cheating import EVE, STAKE, register
from tests.e2e.test_cheating import PROGRAM as SKIPPING

pytestmark = [pytest.mark.e2e, pytest.mark.alone, pytest.mark.timeout(400)]

PROGRAM = (*SKIPPING[:2], "one element of many")
LARGE = (1024, 8, 2048)
"""Rows, inner and columns: 128 x 256 tiles, which take two rounds of a dispute."""
RIGHT = (256, 8, 256)
"""A product that Eve's device computes."""
SMALL = (16, 8, 16)
"""Four tiles, which take one."""
BY_EVE = ("--tier", 2, "--deadline", 1)
"""In her market; once she is caught nobody else is waited for."""
FEE = AGPU // 1000
"""The least fee of a segment, which these cost."""
GUILTY = ("convicted", "moot")
"""By the case itself, or by auditors who were drawn and were faster."""
DONE = ("committed", "verifying", "settled", "completed")


@dataclass(frozen=True, slots=True)
class Told:
    """What was told of three cases, each of them followed to its verdict."""

    false: CaseClosed
    disputed: dict[str, Any]
    withheld: dict[str, Any]
    lost: int
    """Of Eve's bond."""


def order(devnet: Devnet, directory: Path, shape: tuple[int, int, int], *terms: object) -> int:
    """Order a product and return the number of the job."""
    work = matrices(directory, *shape)
    words = ("--max-price", "5AGPU", "--signer", "//Bob", *terms)
    job: int = devnet.cli("job", "submit", "matmul", *work.inputs, *words).json()["job"]
    return job


def until_state(devnet: Devnet, job: int, *states: str) -> None:
    """Wait until a job is in one of some states."""

    def reached() -> bool:
        return devnet.rpc("jobs_get", job_id(job))["state"] in states

    until(f"job {job} is {states[0]}", reached, 120)


def until_turn(devnet: Devnet, job: int, turn: str) -> int:
    """Wait until it is some turn in the one case against a job; return its number."""

    def found() -> list[int] | None:
        cases = devnet.rpc("jobs_cases", job_id(job))
        return [case["case"] for case in cases if case["turn"] == turn] or None

    (number,) = until(f"it is time to {turn} in the case against {job}", found, 120)
    return number


def job_id(job: int) -> str:
    """Return a job as RPC names it."""
    return "0x" + job.to_bytes(8, "big").hex()


def sent(devnet: Devnet, call: str, *arguments: str) -> int:
    """Let Ferdie make a call; return its block."""
    block: int = devnet.cli("tx", call, *arguments, "--signer", "//Ferdie").json()["block"]
    return block


@pytest.fixture(scope="module")
def told(devnet: Devnet, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Let three cases run at the same time."""
    directory = tmp_path_factory.mktemp("disputes")
    honest = order(devnet, directory / "honest", SMALL)
    register(devnet)
    bond = int(devnet.storage("Providers.Providers", EVE)["bond"])
    peers = ("--bootnodes", devnet.node("alice").peer_address)
    words = ("--chain", "local", "--provider", "--dev-key", "Eve", "--name", "eve", *peers)
    with lone_node(directory / "eve", *words, program=PROGRAM):
        wrong = order(devnet, directory / "wrong", LARGE, *BY_EVE)
        withheld = order(devnet, directory / "withheld", RIGHT, *BY_EVE)
        until_state(devnet, wrong, *DONE)
        where = ("--signer", "//Charlie", "--rpc", devnet.url(), "--output", "json")
        dispute = begin("job", "dispute", wrong, *where)
        until_state(devnet, honest, *DONE[1:])
        opened = sent(
            devnet, "disputes.dispute_segment", f"job={honest}", "segment=0", "content=output"
        )
        sent(devnet, "disputes.pick_node", f"case={until_turn(devnet, honest, 'pick')}", "place=3")
        until_state(devnet, withheld, *DONE[1:])
        until_turn(devnet, wrong, "open")
    demanded = devnet.cli("job", "challenge", withheld, "--chunk", 77, "--signer", "//Dave").json()
    ran = ended(dispute)
    disputed = {**ran.json(), "steps": ran.err}
    with connect(devnet.url()) as session:
        _, false = Past(devnet, session, opened).first(CaseClosed, job=honest)
    left = int(devnet.storage("Providers.Providers", EVE)["bond"])
    return Told(false, disputed, demanded, bond - left)


def test_a_false_report_costs_its_bond_half_of_it_for_the_provider(told: Told) -> None:
    assert told.false.verdict is Verdict.ANSWERED
    assert told.false.paid == told.false.burned == AGPU // 2
    assert told.false.slashed == 0


def test_a_wrong_leaf_outside_the_sample_is_found_and_its_provider_slashed(told: Told) -> None:
    assert "leaf 32767 of its output is wrong" in told.disputed["steps"]
    assert told.disputed["steps"].count("at level") == 2
    assert told.disputed["verdict"] in GUILTY
    assert (planck(told.disputed["paid_to_provider"]), planck(told.disputed["burned"])) == (0, 0)


def test_a_provider_that_withholds_what_it_committed_to_is_convicted(told: Told) -> None:
    assert told.withheld["verdict"] in GUILTY
    assert (planck(told.withheld["paid_to_provider"]), planck(told.withheld["burned"])) == (0, 0)


def test_each_of_both_segments_costs_its_price_eight_times_whoever_was_first(told: Told) -> None:
    slashed = [planck(case["slashed"]) for case in (told.disputed, told.withheld)]
    by_verdict = {"convicted": STAKE * FEE, "moot": 0}
    assert slashed == [by_verdict[case["verdict"]] for case in (told.disputed, told.withheld)]
    assert told.lost == 2 * STAKE * FEE
