"""`starminer job`: order computation, follow it, fetch and check the result."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from cyclopts import Parameter

from cli.errors import CommandError
from cli.options import Format, Remote, Signing
from cli.printing import progress, show
from cli.sdk.client import Client
from cli.sdk.jobs import (
    BLOCKS_TO_ENTER,
    DEFAULT_MARKET,
    MatmulOrder,
    deadline_after,
    fetch_output,
    follow,
    job_of,
    load_matrix,
    number_of,
    order_matmul,
    submit_job,
    upload,
)
from cli.sdk.session import ask
from cli.tx import amount_of, signing_pair
from genesis.notation import format_amount
from runtime.compute.job import Market
from runtime.pallets.jobs.records import Job, JobState, Transition
from runtime.primitives.crypto import Pair

LOCAL = Remote()
NOBODY = Signing()

DEADLINE_BLOCKS = 200
"""Ten minutes of three-second blocks: three providers in turn could have done it."""

MOST_LISTED = 20


def submit_matmul(
    a: Path,
    b: Path,
    /,
    *,
    max_price: str,
    signing: Signing = NOBODY,
    wait: Annotated[bool, Parameter(negative="")] = False,
    out: Path | None = None,
    deadline: int = DEADLINE_BLOCKS,
    tier: int = DEFAULT_MARKET.tier,
    region: int = DEFAULT_MARKET.region,
    remote: Remote = LOCAL,
) -> None:
    """Order the product of two int8 matrices.

    Parameters
    ----------
    a
        A .npy file with an int8 matrix.
    b
        A .npy file with an int8 matrix of as many rows as A has columns.
    max_price
        The most that the job may cost in all, such as 5AGPU; what it does not cost comes back.
    wait
        Stay until the job has ended in a final block.
    out
        Where to save the int32 product; implies --wait.
    deadline
        Blocks until the job is given up and refunded.
    tier
        The class of hardware to buy from.
    region
        Where it stands.
    """
    pair = signing_pair(signing)
    most = amount_of("--max-price", max_price)
    left, right = load_matrix(a), load_matrix(b)

    async def dialogue(client: Client) -> None:
        until = await deadline_after(client, deadline + BLOCKS_TO_ENTER)
        order = order_matmul(left, right, most, until, Market(tier, region))
        await carry_out(client, order, pair, Delivery(wait or out is not None, out), remote.output)

    ask(remote, dialogue)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What becomes of the result."""

    is_awaited: bool
    out: Path | None


async def carry_out(
    client: Client, order: MatmulOrder, pair: Pair, delivery: Delivery, form: Format
) -> None:
    """Upload, submit, follow, fetch, print.

    Raises: CommandError if the job ended without a result.
    """
    progress(f"uploading {len(order.payload):,} bytes")
    await upload(client, order.payload, order.spec.input_root)
    submitted = await submit_job(client, order, pair)
    where, held = submitted.receipt.block_number, format_amount(submitted.escrow)
    progress(f"job {submitted.job} is in block {where}; {held} on hold")
    if not delivery.is_awaited:
        show({"job": submitted.job, "block": where, "escrow": held}, form)
        return
    record = await follow(client, submitted.job, tell)
    if record.state is JobState.COMPLETED and delivery.out is not None:
        await save_output(client, submitted.job, delivery.out)
    back = format_amount(submitted.escrow - record.paid)
    show({**job_record(client, submitted.job, record), "refunded": back}, form)
    if record.state is not JobState.COMPLETED:
        raise CommandError(f"job {submitted.job} {record.state.name.lower()}: it has no result")


def status(job: str, /, *, at: str = "best", remote: Remote = LOCAL) -> None:
    """Show a job and every state it was in, with the block of each.

    Parameters
    ----------
    job
        Its number.
    at
        best, final, a number or a hash.
    """
    number = number_of(job)

    async def question(client: Client) -> dict[str, object]:
        record = await job_of(client, number, await client.block_hash(at))
        return job_record(client, number, record)

    show(ask(remote, question), remote.output)


def list_jobs(*, limit: int = MOST_LISTED, remote: Remote = LOCAL) -> None:
    """List the newest jobs.

    Parameters
    ----------
    limit
        How many, at most.
    """

    async def question(client: Client) -> list[dict[str, object]]:
        at = await client.block_hash()
        following: int = await client.storage("Jobs", "NextJobId", at=at)
        rows = []
        for number in range(following - 1, max(following - 1 - limit, -1), -1):
            record: Job | None = await client.storage("Jobs", "Jobs", number, at=at)
            if record is not None:
                rows.append(job_row(client, number, record))
        return rows

    show(ask(remote, question), remote.output)


def result(job: str, /, *, out: Path, remote: Remote = LOCAL) -> None:
    """Fetch a job's output, check it against the final root, and save it.

    Parameters
    ----------
    job
        Its number.
    out
        The .npy file to write.
    """
    number = number_of(job)
    form: Format = remote.output

    async def dialogue(client: Client) -> None:
        await save_output(client, number, out)
        show({"job": number, "saved": str(out), "checked": "every leaf"}, form)

    ask(remote, dialogue)


async def save_output(client: Client, job: int, out: Path) -> None:
    """Fetch, check and save a product."""
    product = await fetch_output(client, job)
    with out.open("wb") as file:
        np.save(file, product, allow_pickle=False)
    progress(f"saved {out}: int32 {product.shape}, every leaf checked against the final root")


def tell(step: Transition) -> None:
    """Say on standard error which state a job has entered."""
    progress(f"  {step.state.name.lower():<10} in block {step.block}")


def job_row(client: Client, number: int, record: Job) -> dict[str, object]:
    """Return a job in one line."""
    return {
        "job": number,
        "state": record.state.name.lower(),
        "client": client.address(record.client),
        "provider": None if record.provider is None else client.address(record.provider),
        "units": record.units,
        "paid": format_amount(record.paid),
        "submitted_at": record.submitted_at,
    }


def job_record(client: Client, number: int, record: Job) -> dict[str, object]:
    """Return a job with every state it was in."""
    return {
        **job_row(client, number, record),
        "on_hold": format_amount(record.escrow),
        "deadline": record.deadline,
        "history": [
            {"state": step.state.name.lower(), "block": step.block} for step in record.history
        ],
    }
