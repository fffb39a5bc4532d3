"""Point 4: any one node may be killed, and nothing stops for it or stays stuck."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.e2e.commands import until, until_final
from tests.e2e.devnet import AGPU, Devnet
from tests.e2e.matrices import Matrices, matrices

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

HALFWAY = ("assigned", "running", "committed")
"""States of a job that has a provider and no opened result."""

ATTEMPTS = 5
"""Orders until the provider was killed in the middle of one."""

ENDS = ("completed", "cancelled", "expired", "failed")


@pytest.fixture(autouse=True)
def whole_again(devnet: Devnet) -> Iterator[None]:
    """Leave the other tests a whole devnet, whatever fails here."""
    yield
    for node in devnet.plan.nodes:
        devnet.start(node.name)
        until_final(node.rpc_port, 0, 60)


def starts_of(devnet: Devnet, name: str) -> list[int]:
    """Return the last final block that a node found in its database, for each of its starts."""
    log = devnet.node(name).log_file.read_text()
    lines = [line for line in log.splitlines() if "node: started" in line]
    return [int(re.findall(r"finalized=(\d+)", line)[0]) for line in lines]


def restart(devnet: Devnet, name: str, known: int) -> None:
    """Start a killed node; it goes on from its database and reaches the others."""
    starts = len(starts_of(devnet, name))
    devnet.start(name)
    until(f"{name} runs again", lambda: len(starts_of(devnet, name)) > starts, 60)
    assert starts_of(devnet, name)[-1] >= known
    until_final(devnet.port(name), devnet.final("full"))


def heights_of(devnet: Devnet, author: str) -> list[int]:
    """Return the blocks that a node wrote, by its log."""
    log = devnet.node(author).log_file.read_text()
    lines = [line for line in log.splitlines() if "consensus: authored" in line]
    return [int(re.findall(r"number=(\d+)", line)[0]) for line in lines]


def test_req_c2_a_validator_that_was_killed_is_back_votes_and_authors(
    devnet: Devnet,
) -> None:
    known = devnet.final("alice")
    devnet.kill("alice")
    devnet.advance(3, "full")
    restart(devnet, "alice", known)

    # with charlie gone three of four votes are left, and all are needed: alice's is one of them
    known, height = devnet.final("charlie"), devnet.final("full")
    devnet.kill("charlie")
    devnet.advance(3, "full")
    until("alice authors again", lambda: max(heights_of(devnet, "alice")) > height)
    restart(devnet, "charlie", known)


def order(devnet: Devnet, directory: Path, client: str, *words: object) -> tuple[Matrices, int]:
    """Order a product and return at once, with the number of the job."""
    work = matrices(directory, 65, 31, 77)
    said = ("--max-price", "5AGPU", "--signer", client, *words)
    ran = devnet.cli("job", "submit", "matmul", *work.inputs, *said, node="bob")
    return work, ran.json()["job"]


def state_of(devnet: Devnet, job: int) -> str:
    """Return the state of a job on the best block; a node that does not know it yet says queued."""
    found = devnet.rpc("jobs_get", f"0x{job:016x}", node="full")
    return "queued" if found is None else str(found["state"])


def interrupted(
    devnet: Devnet, directory: Path, client: str, *words: object
) -> tuple[Matrices, int]:
    """Order a product, and kill the provider once it has the job, before it opens the result.

    What is seen of a quick provider may be late: order again where it had done the job by then.
    """
    for attempt in range(ATTEMPTS):
        work, job = order(devnet, directory / str(attempt), client, *words)
        until("the job has a provider", lambda job=job: state_of(devnet, job) != "queued")
        known = devnet.final("gpu0")
        devnet.kill("gpu0")
        if state_of(devnet, job) in HALFWAY:
            return work, job
        restart(devnet, "gpu0", known)
    raise AssertionError(f"the provider was quicker than this test {ATTEMPTS} times")


def ended(devnet: Devnet, job: int) -> str:
    """Wait until a job has ended in a final block; return its last state."""

    def last_state() -> str | None:
        status = devnet.cli("job", "status", job, "--at", "final", node="full").json()
        return status["state"] if status["state"] in ENDS else None

    return until("the job has ended", last_state, 200)


def test_a_job_whose_provider_was_killed_goes_on_when_it_is_back(
    devnet: Devnet, tmp_path: Path
) -> None:
    known = devnet.final("gpu0")
    work, job = interrupted(devnet, tmp_path, "//Charlie")
    devnet.advance(2, "full")
    restart(devnet, "gpu0", known)
    assert ended(devnet, job) == "completed"
    devnet.cli("job", "result", job, "--out", work.c).json()
    assert np.array_equal(work.saved(), work.product)
    assert devnet.escrowed("//Charlie", "final") == 0


def test_a_job_whose_provider_stays_away_expires_and_its_client_is_refunded(
    devnet: Devnet, tmp_path: Path
) -> None:
    known = devnet.final("gpu0")
    _, job = interrupted(devnet, tmp_path, "//Ferdie", "--deadline", 1)
    assert ended(devnet, job) == "expired"
    restart(devnet, "gpu0", known)
    status = devnet.cli("job", "status", job, "--at", "final").json()
    assert (status["paid"], status["on_hold"]) == ("0 AGPU", "0 AGPU")
    assert devnet.escrowed("//Ferdie", "final") == 0
    ordered, ended_at = status["submitted_at"], status["history"][-1]["block"]
    before, after = (sum(devnet.balance("//Ferdie", at).values()) for at in (ordered - 1, ended_at))
    assert 0 < before - after < AGPU // 100  # the fee of its own transaction
