"""Ordering a matrix product and getting it: upload, submit, follow, fetch, check."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import trio

from cli.errors import CommandError, UsageError
from cli.sdk.client import FINAL, Client, enhex, unhex
from cli.sdk.transactions import Receipt, prepare, submit
from cli.sdk.transport import WebSocketRpc
from runtime.compute.job import BadSpec as BadJob
from runtime.compute.job import (
    JobClass,
    JobSpec,
    Market,
    MatmulParams,
    Terms,
    matmul_params,
    matmul_spec,
    units,
)
from runtime.compute.matmul import BadPayload, check_output, input_tree, pack_input
from runtime.compute.receipt import Commitment
from runtime.compute.reference import Int8s, Int32s
from runtime.pallets.jobs.events import JobSubmitted
from runtime.pallets.jobs.records import Job, JobState, Segment, Transition
from runtime.primitives.crypto import Pair
from runtime.primitives.scale import encode
from runtime.primitives.types import U128_MAX

CHUNK_BYTES = 2 << 20
"""One upload call: in base64 it stays below the largest request of a node."""

DEFAULT_MARKET = Market(1, 0)
"""Tier 1 in the first region, where a provider without further wishes offers itself."""

MICRO = 10**6
"""Micro-CU in a CU."""

FETCH_SECONDS = 2.0
"""Between two attempts to fetch an output that no peer has offered yet."""

BLOCKS_TO_ENTER = 16
"""Between reading the head and being in a block, at most: a deadline counts from then."""


@dataclass(frozen=True, slots=True)
class MatmulOrder:
    """A product to be ordered: its inputs as bytes, and the specification on chain."""

    sizes: MatmulParams
    payload: bytes
    spec: JobSpec


@dataclass(frozen=True, slots=True)
class Submitted:
    """A job that is on the chain."""

    job: int
    escrow: int
    receipt: Receipt


def load_matrix(path: Path) -> Int8s:
    """Read an int8 matrix from a .npy file.

    Raises: UsageError.
    """
    try:
        matrix = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: wanted a .npy file: {error}") from error
    if not isinstance(matrix, np.ndarray) or matrix.dtype != np.int8 or matrix.ndim != 2:
        shape = getattr(matrix, "shape", "?")
        kind = getattr(matrix, "dtype", type(matrix).__name__)
        raise UsageError(f"{path}: wanted a matrix of int8, got {kind} of shape {shape}")
    return matrix


def order_matmul(
    a: Int8s, b: Int8s, most: int, deadline: int, market: Market = DEFAULT_MARKET
) -> MatmulOrder:
    """Write the order for A times B at no more than `most` planck in all.

    Raises: UsageError.
    """
    if a.shape[1] != b.shape[0]:
        raise UsageError(f"wanted as many columns in A as rows in B, got {a.shape} and {b.shape}")
    sizes = MatmulParams(a.shape[0], b.shape[1], a.shape[1])
    try:
        metered = units(JobClass.MATMUL, encode(sizes, MatmulParams))
    except BadJob as error:
        raise UsageError(str(error)) from error
    per_cu = min(most * MICRO // metered, U128_MAX)
    terms = Terms(max_price=per_cu, deadline=deadline, market=market)
    return MatmulOrder(sizes, pack_input(a, b), matmul_spec(sizes, input_tree(a, b).root, terms))


async def deadline_after(client: Client, blocks: int) -> int:
    """Return the number of the block that many blocks after the best one."""
    return await client.number(await client.block_hash()) + blocks


async def upload(client: Client, payload: bytes, root: bytes) -> None:
    """Hand the inputs to the node, which serves them under the root of the order."""
    handle: str | None = None
    for start in range(0, len(payload), CHUNK_BYTES):
        chunk = b64encode(payload[start : start + CHUNK_BYTES]).decode()
        is_last = start + CHUNK_BYTES >= len(payload)
        answer = await client.rpc.call("blobs_put", chunk, handle, start, is_last)
        handle = answer["upload"]
    await client.rpc.call("blobs_alias", "0x" + root.hex(), answer["root"])


async def submit_job(client: Client, order: MatmulOrder, pair: Pair) -> Submitted:
    """Put the order on the chain; the escrow goes on hold.

    Raises: DispatchFailed.
    """
    call = client.calls.encode("Jobs", "submit_job", order.spec, None, 0)
    prepared = await prepare(client, call, pair)
    receipt = (await submit(client, prepared, "included")).required()
    for record in receipt.events:
        if isinstance(record.event, JobSubmitted):
            return Submitted(record.event.job, record.event.escrow, receipt)
    raise CommandError("the block does not say which job was submitted")


async def job_of(client: Client, job: int, at: bytes | None = None) -> Job:
    """Return the record of a job.

    Raises: CommandError if there is none.
    """
    record: Job | None = await client.storage("Jobs", "Jobs", job, at=at)
    if record is None:
        raise CommandError(f"there is no job {job}, or it ended so long ago that it was forgotten")
    return record


async def follow(client: Client, job: int, told: Callable[[Transition], None]) -> Job:
    """Wait until a job has ended in a final block; tell of each state it enters.

    Raises: CommandError if the connection cannot subscribe.
    """
    if not isinstance(client.rpc, WebSocketRpc):
        raise CommandError("following a job needs a URL of ws://")
    subscription = client.rpc.subscribe(
        "chain_subscribeFinalizedHeads", end="chain_unsubscribeFinalizedHeads"
    )
    seen = 0
    async with subscription as heads:
        async for _ in heads:
            at = await client.block_hash(FINAL)
            record: Job | None = await client.storage("Jobs", "Jobs", job, at=at)
            if record is None:
                continue
            for step in record.history[seen:]:
                told(step)
            seen = len(record.history)
            if not record.state.is_open:
                return record
    raise CommandError("the node stopped reporting on the chain")


async def commitment_of(client: Client, job: int) -> tuple[MatmulParams, Commitment]:
    """Return the sizes of a completed job and the commitment in final state.

    Raises: CommandError if it is not completed there.
    """
    at = await client.block_hash(FINAL)
    record = await job_of(client, job, at)
    if record.state is not JobState.COMPLETED:
        raise CommandError(f"job {job} is {record.state.name.lower()}: it has no final result")
    spec: JobSpec = await client.storage("Jobs", "Specs", job, at=at)
    held: Segment = await client.storage("Jobs", "Segments", job, 0, at=at)
    output = held.output
    commitment = Commitment(
        job, 0, held.provider, output.out_root, output.aux_root, output.out_bytes
    )
    return matmul_params(spec.job_class, spec.params), commitment


async def fetch_output(client: Client, job: int) -> Int32s:
    """Fetch the product of a completed job and check every leaf against the final root.

    Raises: CommandError if what the provider serves is not what it committed to.
    """
    sizes, commitment = await commitment_of(client, job)
    payload = await fetch_blob(client, commitment.out_root, commitment.out_bytes)
    try:
        return check_output(sizes, commitment, payload)
    except BadPayload as error:
        raise CommandError(f"job {job}: the served output is not the committed one: {error}") from (
            error
        )


async def fetch_blob(client: Client, root: bytes, size_bytes: int) -> bytes:
    """Fetch a blob in parts; wait while no peer offers it."""
    parts = bytearray()
    while len(parts) < size_bytes:
        answer = await client.rpc.call("blobs_get", enhex(root), len(parts), CHUNK_BYTES)
        if answer is None:
            await trio.sleep(FETCH_SECONDS)
            continue
        if answer["size"] != size_bytes:
            raise CommandError(f"wanted an output of {size_bytes} bytes, got {answer['size']}")
        parts += b64decode(answer["data"])
    return bytes(parts)


def number_of(text: str) -> int:
    """Read a job's number.

    Raises: UsageError.
    """
    try:
        return int.from_bytes(unhex(text), "big") if text.startswith("0x") else int(text)
    except ValueError as error:
        raise UsageError(f"wanted the number of a job, got {text!r}") from error
