"""What became of a job so far, and what happens next: in words, from its record and events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cli.sdk.client import Client
from cli.sdk.transport import RpcRefusal
from runtime.compute.job import DeclineReason
from runtime.pallets.jobs.events import JobDeclined, JobFailed, VerificationFailed
from runtime.pallets.jobs.records import (
    MAX_ATTEMPTS,
    MAX_DECLINES,
    FailReason,
    Job,
    JobState,
    Transition,
)

FUNNEL: Mapping[JobState, str] = {
    JobState.VERIFYING: "verified",
    JobState.SETTLED: "paid",
}
"""What a buyer calls a state, where that is not the chain's word."""

DECLINED: Mapping[DeclineReason, str] = {
    DeclineReason.BAD_SPEC: "its specification is none that can be checked",
    DeclineReason.INPUT_UNAVAILABLE: "no node served its input: keep the node that has it running",
    DeclineReason.BAD_INPUT_SIZE: "its input has not as many bytes as it says",
    DeclineReason.BAD_INPUT_ROOT: "the input that was served is not the one that it names",
    DeclineReason.DEVICE_UNABLE: "its device could not do it: too little memory, or a fault",
    DeclineReason.BAD_INPUT: "its input makes no sense for its class",
    DeclineReason.DEGENERATE: "most of its result is constant, so that no sample shows work",
    DeclineReason.NO_ATTESTATION: "it has no hardware that a vendor of this chain attests for",
    DeclineReason.NO_SEALING_KEY: "it does not open sealed inputs",
}
FAILED: Mapping[FailReason, str] = {
    FailReason.ATTEMPTS_EXHAUSTED: f"{MAX_ATTEMPTS} providers failed, or {MAX_DECLINES} declined",
    FailReason.DIRECT_PROVIDER: "the one provider that it was meant for did not do it",
    FailReason.QUEUE_FULL: "the queue to which it should return had filled up",
    FailReason.NOT_PAYABLE: "its settlement was refused by the ledger",
}


@dataclass(frozen=True, slots=True)
class Setback:
    """Why a job left a provider, or ended without a result."""

    block: int
    provider: bytes | None
    cause: str


def word_of(state: JobState) -> str:
    """Return what a buyer calls a state."""
    return FUNNEL.get(state, state.name.lower())


async def setbacks(client: Client, number: int, record: Job) -> list[Setback]:
    """List what went wrong with a job, oldest first."""
    places = [place for place, step in enumerate(record.history) if is_setback(place, step)]
    return [await setback(client, number, record, place) for place in places]


def is_setback(place: int, step: Transition) -> bool:
    """Say whether a transition is one for the worse; `place` is its place in the history."""
    is_return = step.state is JobState.QUEUED and place > 0
    return is_return or step.state in (JobState.FAILED, JobState.EXPIRED)


async def setback(client: Client, number: int, record: Job, place: int) -> Setback:
    """Say why a job took a step, by its place in the history, from the events of its block."""
    step, before = record.history[place], record.history[:place]
    earlier = sum(is_setback(at, one) for at, one in enumerate(before))
    provider = record.tried[earlier] if earlier < len(record.tried) else None
    try:
        records = await client.events(await client.block_hash(str(step.block)))
    except RpcRefusal:
        unknown = f"not known: this node has dropped the state of block {step.block}"
        return Setback(step.block, provider, unknown)
    events = [one.event for one in records if getattr(one.event, "job", None) == number]
    return Setback(step.block, provider, _cause(step, events))


def _cause(step: Transition, events: list[Any]) -> str:
    for event in events:
        if isinstance(event, JobDeclined):
            return f"declined: {DECLINED[event.reason]}"
        if isinstance(event, VerificationFailed):
            return "its result was not opened in time, or proven wrong: the provider was slashed"
    for event in events:
        if isinstance(event, JobFailed):
            return FAILED[event.reason]
    if step.state is JobState.EXPIRED:
        return "its deadline passed"
    return "its provider let the time run out"


def what_next(number: int, job: Job) -> str:
    """Say what happens next with a job."""
    match job.state:
        case JobState.QUEUED:
            return (
                f"waits for a provider; given up when {MAX_ATTEMPTS} have let it down, or after "
                f"block {job.deadline}, and what is on hold comes back"
            )
        case JobState.ASSIGNED:
            return f"its provider begins before block {job.wake}, or another is found"
        case JobState.RUNNING:
            return f"its provider commits to a result before block {job.wake}, or another is found"
        case JobState.COMMITTED:
            return f"its provider opens a sample before block {job.wake}, or is slashed"
        case JobState.VERIFYING if job.verdicts:
            return f"waits for {job.verdicts} more verdicts; it is paid by block {job.wake}"
        case JobState.VERIFYING | JobState.SETTLED:
            return f"every importer has checked the sample; it is paid by block {job.wake}"
        case JobState.COMPLETED:
            return f"fetch the result: starminer job result {number} --out FILE"
        case _:
            return "ended without a result; what was on hold is back, and it can be ordered again"
