"""Ordering work of any class and getting it: upload, submit, follow, fetch, check."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from cli.errors import CommandError, UsageError
from cli.sdk.client import FINAL, Client, unhex
from cli.sdk.downloads import CHUNK_BYTES, Shown, Told, fetch_checked, unseen, untold
from cli.sdk.heads import heads
from cli.sdk.private import Secrets, check_sealed_output, sealed_output
from cli.sdk.transactions import Receipt, Signer, prepare, submit
from runtime.compute.classes import Work
from runtime.compute.contents import check_output, input_root
from runtime.compute.job import BadSpec as BadJob
from runtime.compute.job import JobSpec, LatencyClass, Market, ProofType, Terms
from runtime.compute.receipt import Commitment
from runtime.compute.registry import check_limits, job_spec, units, work_of
from runtime.pallets.jobs.conditions import PLAIN, Conditions
from runtime.pallets.jobs.events import JobSubmitted
from runtime.pallets.jobs.records import Job, JobState, Segment
from runtime.primitives.types import U128_MAX
from runtime.terms import DEFAULTS

DEFAULT_MARKET = Market(1, 0)
"""Tier 1 in the first region, where a provider without further wishes offers itself."""

MICRO = 10**6
"""Micro-CU in a CU."""

Heard = Callable[[int, Job], Awaitable[None]]
"""Hears of a state that a job entered, by its place in the record's history."""

BLOCKS_TO_ENTER = 16
"""Between reading the head and being in a block, at most: a deadline counts from then."""


@dataclass(frozen=True, slots=True)
class Order:
    """Work to be ordered: its input as bytes, and the specification on chain."""

    work: Work
    payload: bytes
    spec: JobSpec
    secrets: Secrets | None = None
    """Of a private job."""
    tip: int = 0
    """Added to the price, in parts per billion of it."""
    conditions: Conditions = PLAIN


@dataclass(frozen=True, slots=True)
class Way:
    """How a job is proven, whether it is private, and how soon it is wanted."""

    proof: ProofType = ProofType.SAMPLED
    secrets: Secrets | None = None
    latency: LatencyClass = LatencyClass.STANDARD


OPENLY = Way()


@dataclass(frozen=True, slots=True)
class Committed:
    """A job: what was ordered, and what its provider committed to."""

    spec: JobSpec
    work: Work
    commitment: Commitment


@dataclass(frozen=True, slots=True)
class Submitted:
    """A job that is on the chain."""

    job: int
    escrow: int
    receipt: Receipt


def order_work(
    work: Work,
    content: bytes,
    most: int,
    deadline: int,
    market: Market = DEFAULT_MARKET,
    *,
    audit_rate: int = DEFAULTS.audits.least_rate,
    way: Way = OPENLY,
) -> Order:
    """Write the order for some work at no more than `most` planck in all.

    Raises: UsageError.
    """
    try:
        check_limits(work)
    except BadJob as error:
        raise UsageError(str(error)) from error
    per_cu = min(most * MICRO // units(work), U128_MAX)
    secrets = way.secrets
    reply_key, salt = (None, None) if secrets is None else (secrets.reply.public, secrets.salt)
    terms = Terms(
        *(per_cu, deadline, market, way.latency),
        audit_rate=audit_rate if secrets is None else 0,
        proof=way.proof,
        reply_key=reply_key,
    )
    return Order(work, content, job_spec(work, input_root(work, content, salt), terms), secrets)


async def deadline_after(client: Client, blocks: int) -> int:
    """Return the number of the block that many blocks after the best one."""
    return await client.number(await client.block_hash()) + blocks


async def upload(client: Client, payload: bytes, root: bytes, told: Told = untold) -> None:
    """Hand the inputs to the node, which serves them under the root of the order."""
    handle: str | None = None
    for start in range(0, len(payload), CHUNK_BYTES):
        chunk = b64encode(payload[start : start + CHUNK_BYTES]).decode()
        is_last = start + CHUNK_BYTES >= len(payload)
        answer = await client.rpc.call("blobs_put", chunk, handle, start, is_last)
        handle = answer["upload"]
        told(answer["received"])
    await client.rpc.call("blobs_alias", "0x" + root.hex(), answer["root"])


async def submit_job(
    client: Client, order: Order, pair: Signer, *, provider: bytes | None = None, tip: int = 0
) -> Submitted:
    """Put the order on the chain, for any provider or for one; the escrow goes on hold.

    The tip for the provider is in parts per billion of the price.
    Raises: DispatchFailed.
    """
    name, terms = order_call(order, provider, tip)
    prepared = await prepare(client, client.calls.encode("Jobs", name, *terms), pair)
    return submitted_in((await submit(client, prepared, "included")).required())


def submitted_in(receipt: Receipt) -> Submitted:
    """Return which job a transaction put on the chain."""
    submitted = receipt.the(JobSubmitted)
    return Submitted(submitted.job, submitted.escrow, receipt)


def order_call(
    order: Order, provider: bytes | None = None, tip: int = 0
) -> tuple[str, tuple[object, ...]]:
    """Return the call of the pallet Jobs that places an order, and its arguments."""
    terms = (order.spec, provider, tip or order.tip)
    if order.conditions == PLAIN:
        return "submit_job", terms
    return "order_job", (*terms, order.conditions)


async def job_of(client: Client, job: int, at: bytes | None = None) -> Job:
    """Return the record of a job.

    Raises: CommandError if there is none.
    """
    record: Job | None = await client.storage("Jobs", "Jobs", job, at=at)
    if record is None:
        raise CommandError(
            f"there is no job {job}, or it ended so long ago that it was forgotten: "
            "`starminer job list` shows the newest"
        )
    return record


async def follow(client: Client, job: int, told: Heard) -> Job:
    """Wait until a job has ended in a final block; tell of each state it enters, by its place.

    Raises: CommandError if the connection cannot subscribe.
    """
    seen = 0
    async with heads(client, final=True) as found:
        async for _ in found:
            at = await client.block_hash(FINAL)
            record: Job | None = await client.storage("Jobs", "Jobs", job, at=at)
            if record is None:
                continue
            for place in range(seen, len(record.history)):
                await told(place, record)
            seen = len(record.history)
            if not record.state.is_open:
                return record
    advice = f"`starminer job watch {job}` goes on, with --rpc at another one"
    raise CommandError(f"the node stopped reporting on the chain: {advice}")


async def committed_job(client: Client, job: int) -> Committed:
    """Return what a completed job was and what was committed to, in final state.

    Raises: CommandError if it is not completed there.
    """
    at = await client.block_hash(FINAL)
    record = await job_of(client, job, at)
    if record.state is not JobState.COMPLETED:
        advice = f"`starminer job status {job}` says what is next"
        state = record.state.name.lower()
        raise CommandError(f"job {job} is {state}: it has no final result: {advice}")
    spec: JobSpec = await client.storage("Jobs", "Specs", job, at=at)
    held: Segment = await client.storage("Jobs", "Segments", job, 0, at=at)
    output = held.output
    commitment = Commitment(
        job, 0, held.provider, output.out_root, output.aux_root, output.out_bytes
    )
    return Committed(spec, work_of(spec.job_class, spec.params), commitment)


async def fetch_output(
    client: Client,
    job: int,
    *,
    secrets: Secrets | None = None,
    beside: Path | None = None,
    shown: Shown = unseen,
) -> tuple[Work, bytes]:
    """Fetch the output of a completed job and check every leaf against the final root.

    That of a private job is opened with its secrets. With `beside`, what came before an
    interruption lies beside that path, and is not fetched again.
    Raises: CommandError if what the provider serves is not what it committed to.
    """
    held = await committed_job(client, job)
    work, commitment = held.work, held.commitment
    if held.spec.is_private and secrets is None:
        raise UsageError(f"job {job} is private: wanted the file with its secrets (--secrets)")
    root, size = commitment.out_root, commitment.out_bytes
    check = partial(check_output, work, commitment)
    private = secrets if held.spec.is_private else None
    if private is not None:
        root, size = sealed_output(commitment)
        check = partial(check_sealed_output, work, commitment, private)
    with shown(f"fetching the output of job {job}", size) as told:
        payload = await fetch_checked(client, root, size, check, beside=beside, told=told)
    return work, payload if private is None else private.reply.open(payload)


def number_of(text: str) -> int:
    """Read a job's number.

    Raises: UsageError.
    """
    try:
        return int.from_bytes(unhex(text), "big") if text.startswith("0x") else int(text)
    except ValueError as error:
        raise UsageError(f"wanted the number of a job, got {text!r}") from error
