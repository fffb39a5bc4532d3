"""`starminer job`: follow what was ordered, fetch and check the result."""

from __future__ import annotations

from pathlib import Path

from cli.options import Format, Remote
from cli.printing import progress, show
from cli.sdk.client import Client
from cli.sdk.jobs import fetch_output, job_of, number_of
from cli.sdk.results import Save, save_result
from cli.sdk.session import ask
from genesis.notation import format_amount
from runtime.pallets.jobs.records import Job, Transition

LOCAL = Remote()

MOST_LISTED = 20


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
        The file to write: .npy, or what the class of the job makes.
    """
    number = number_of(job)
    form: Format = remote.output

    async def dialogue(client: Client) -> None:
        await save_output(client, number, out)
        show({"job": number, "saved": str(out), "checked": "every leaf"}, form)

    ask(remote, dialogue)


async def save_output(client: Client, job: int, out: Path, save: Save = save_result) -> None:
    """Fetch, check and save the output of a job."""
    work, content = await fetch_output(client, job)
    kind = save(work, content, out)
    progress(f"saved {out}: {kind}, every leaf checked against the final root")


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
