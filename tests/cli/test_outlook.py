"""Why a job left its provider, and what happens next, in words."""

from typing import Any

import pytest

from cli.job import job_record
from cli.sdk.outlook import DECLINED, FAILED, setbacks, what_next, word_of
from cli.sdk.transport import RpcRefusal
from runtime.compute.job import DeclineReason
from runtime.pallets.jobs.events import (
    JobDeclined,
    JobExpired,
    JobFailed,
    JobRequeued,
    VerificationFailed,
)
from runtime.pallets.jobs.records import FailReason, Job, JobState
from tests.cli.served import Served, record
from tests.runtime_compute.any_class import ordered
from tests.runtime_compute.networks import perceptron

NUMBER = 7
ONE, TWO = b"1" * 32, b"2" * 32
QUEUED, ASSIGNED, RUNNING = JobState.QUEUED, JobState.ASSIGNED, JobState.RUNNING


@pytest.fixture
def node() -> Served:
    return Served(ordered(*perceptron(4, (5, 6, 7))))


def tried_twice(end: JobState) -> Job:
    """Write a job that two providers had in vain."""
    steps = [(QUEUED, 3), (ASSIGNED, 4), (QUEUED, 6), (ASSIGNED, 7), (RUNNING, 8), (end, 9)]
    return record(*steps, tried=(ONE, TWO))


async def test_a_job_that_was_declined_says_by_whom_and_why(node: Served) -> None:
    node.events_of = {
        6: [
            JobDeclined(3, TWO, DeclineReason.BAD_SPEC),
            JobDeclined(NUMBER, ONE, DeclineReason.INPUT_UNAVAILABLE),
            JobRequeued(NUMBER, 1),
        ],
        9: [VerificationFailed(NUMBER, 0, TWO), JobFailed(NUMBER, FailReason.QUEUE_FULL)],
    }
    found = await setbacks(node.client, NUMBER, tried_twice(JobState.FAILED))
    assert [(one.block, one.provider) for one in found] == [(6, ONE), (9, TWO)]
    assert found[0].cause.startswith("declined: no node served its input")
    assert "the provider was slashed" in found[1].cause


async def test_time_that_ran_out_is_said_to_have(node: Served) -> None:
    node.events_of = {6: [JobRequeued(NUMBER, 1)], 9: [JobExpired(NUMBER)]}
    found = await setbacks(node.client, NUMBER, tried_twice(JobState.EXPIRED))
    assert [one.cause for one in found] == [
        "its provider let the time run out",
        "its deadline passed",
    ]


async def test_a_job_that_failed_for_another_reason_says_so(node: Served) -> None:
    node.events_of = {6: [], 9: [JobFailed(NUMBER, FailReason.NOT_PAYABLE)]}
    found = await setbacks(node.client, NUMBER, tried_twice(JobState.FAILED))
    assert found[1].cause == "its settlement was refused by the ledger"


async def test_a_state_that_the_node_dropped_is_named(
    node: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def pruned(at: bytes) -> list[Any]:
        raise RpcRefusal("state_getStorage", -32000, "unknown block", at)

    monkeypatch.setattr(node, "events", pruned)
    found = await setbacks(node.client, NUMBER, tried_twice(JobState.EXPIRED))
    assert found[0].cause == "not known: this node has dropped the state of block 6"


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (QUEUED, "waits for a provider; given up when 3 have let it down, or after block 90"),
        (ASSIGNED, "begins before block 12"),
        (RUNNING, "commits to a result before block 12"),
        (JobState.COMMITTED, "opens a sample before block 12, or is slashed"),
        (JobState.VERIFYING, "it is paid by block 12"),
        (JobState.COMPLETED, "starminer job result 7 --out FILE"),
        (JobState.EXPIRED, "what was on hold is back"),
    ],
)
def test_every_state_says_what_comes_next(state: JobState, told: str) -> None:
    job = record((state, 8), tried=(ONE, TWO), wake=12)
    assert told in what_next(NUMBER, job)


def test_a_verified_job_says_how_many_verdicts_it_waits_for() -> None:
    job = record((JobState.VERIFYING, 8), verdicts=2, wake=40)
    assert what_next(NUMBER, job) == "waits for 2 more verdicts; it is paid by block 40"


def test_every_reason_has_words() -> None:
    assert set(DECLINED) == set(DeclineReason)
    assert set(FAILED) == set(FailReason)
    assert [word_of(state) for state in (JobState.VERIFYING, JobState.SETTLED, QUEUED)] == [
        "verified",
        "paid",
        "queued",
    ]


async def test_the_status_of_a_job_has_its_setbacks_in_words(node: Served) -> None:
    node.events_of = {6: [JobDeclined(NUMBER, ONE, DeclineReason.DEGENERATE)], 9: []}
    shown = await job_record(node.client, NUMBER, tried_twice(JobState.EXPIRED))
    assert shown["setbacks"] == [
        {
            "block": 6,
            "provider": ONE[:2].hex(),
            "cause": f"declined: {DECLINED[DeclineReason.DEGENERATE]}",
        },
        {"block": 9, "provider": TWO[:2].hex(), "cause": "its deadline passed"},
    ]
