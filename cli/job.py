"""`starminer job`: follow what was ordered, fetch and check the result."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from cli.accounts import account_of
from cli.bars import transfer
from cli.errors import CommandError, UsageError
from cli.options import Format, Remote
from cli.printing import progress, show
from cli.sdk.client import Client
from cli.sdk.jobs import Heard, fetch_output, follow, job_of, number_of
from cli.sdk.outlook import Setback, is_setback, setback, setbacks, what_next, word_of
from cli.sdk.private import Secrets, load_secrets
from cli.sdk.results import Save, check_place, save_result
from cli.sdk.session import ask
from cli.sdk.verifying import verify_job
from cli.sdk.webhooks import checked, poster
from cli.sending import USUAL, Sending, make, order_of, send
from cli.tx import amount_of
from genesis.notation import format_amount
from runtime.pallets.jobs.records import Job, JobState
from runtime.primitives.types import U32_MAX

LOCAL = Remote()

MOST_LISTED = 20
MOST_SEARCHED = 2_000
"""Jobs that are looked through for those of one client: some seconds of questions."""
NEVER = U32_MAX
"""The end of a budget that has none."""
LEAVES_CHECKED = 256
"""At so many, who cheated on a fiftieth of the leaves passes one time in 170."""


def status(job: str, /, *, at: str = "best", remote: Remote = LOCAL) -> None:
    """Show a job: every state it was in, what went wrong and why, and what happens next.

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
        return await job_record(client, number, record)

    show(ask(remote, question), remote.output)


def watch(job: str, /, *, webhook: str | None = None, remote: Remote = LOCAL) -> None:
    """Follow a job to its end in a final block.

    Parameters
    ----------
    job
        Its number.
    webhook
        A URL of http:// or https:// that each state of the job is posted to, as JSON.
    """
    number, url = number_of(job), None if webhook is None else checked(webhook)

    async def dialogue(client: Client) -> None:
        await job_of(client, number)
        heard = [teller(client, number)]
        if url is not None:
            heard.append(poster(url, number, client.config.ss58_prefix, progress))
        record = await follow(client, number, all_of(heard))
        show(await job_record(client, number, record), remote.output)
        if record.state is not JobState.COMPLETED:
            raise no_result(number, record)

    ask(remote, dialogue)


def list_jobs(
    *, limit: int = MOST_LISTED, client: str | None = None, remote: Remote = LOCAL
) -> None:
    """List the newest jobs.

    Parameters
    ----------
    limit
        How many, at most.
    client
        Who ordered them, an address or //Alice; all clients, if it is left out.
    """

    async def question(chain: Client) -> list[dict[str, object]]:
        wanted = None if client is None else account_of(chain, client)
        at = await chain.block_hash()
        following: int = await chain.storage("Jobs", "NextJobId", at=at)
        rows: list[dict[str, object]] = []
        for number in range(following - 1, max(following - 1 - MOST_SEARCHED, -1), -1):
            if len(rows) == limit:
                break
            record: Job | None = await chain.storage("Jobs", "Jobs", number, at=at)
            if record is not None and wanted in (None, record.client):
                rows.append(job_row(chain, number, record))
        return rows

    show(ask(remote, question), remote.output)


def result(job: str, /, *, out: Path, secrets: Path | None = None, remote: Remote = LOCAL) -> None:
    """Fetch a job's output, check it against the final root, and save it.

    What came before an interruption is not fetched again.

    Parameters
    ----------
    job
        Its number.
    out
        The file to write: .npy, or what the class of the job makes.
    secrets
        Of a private job: the file that the order wrote beside its result.
    """
    number = number_of(job)
    form: Format = remote.output
    check_place(out)
    held = None if secrets is None else load_secrets(secrets)

    async def dialogue(client: Client) -> None:
        await save_output(client, number, out, secrets=held)
        show({"job": number, "saved": str(out), "checked": "every leaf"}, form)

    ask(remote, dialogue)


def verify(
    job: str,
    /,
    *,
    leaves: int = LEAVES_CHECKED,
    full: Annotated[bool, Parameter(negative="")] = False,
    remote: Remote = LOCAL,
) -> None:
    """Check a completed job again on this machine, and believe nobody but the final block.

    Parameters
    ----------
    job
        Its number.
    leaves
        How many leaves to recompute, drawn at random.
    full
        Recompute all of them.
    """
    number = number_of(job)
    if leaves < 1:
        raise UsageError(f"--leaves: wanted at least 1, got {leaves}")

    async def dialogue(client: Client) -> None:
        many = None if full else leaves
        found = await verify_job(client, number, many, os.urandom(32), transfer)
        wrong = list(found.wrong[:MOST_LISTED])
        show(
            {
                "job": number,
                "verdict": "wrong" if wrong else "right",
                "leaves": found.leaves,
                "recomputed": found.recomputed,
                "wrong": wrong,
            },
            remote.output,
        )
        if wrong:
            proof = f"`starminer job dispute {number}` proves it on chain"
            raise CommandError(
                f"job {number}: {len(found.wrong)} leaves are wrong: {wrong}: {proof}"
            )

    ask(remote, dialogue)


def cancel(job: str, /, *, sending: Sending = USUAL, remote: Remote = LOCAL) -> None:
    """Withdraw a job; one that a provider has already is charged for.

    Parameters
    ----------
    job
        Its number.
    """
    send(sending, remote, "jobs.cancel_job", number_of(job))


def topup(job: str, units: int, /, *, sending: Sending = USUAL, remote: Remote = LOCAL) -> None:
    """Prepay for more units of an open job.

    Parameters
    ----------
    job
        Its number.
    units
        Micro-CU to add.
    """
    send(sending, remote, "jobs.top_up_job", number_of(job), units)


def budget(
    client: str,
    per_era: str | None = None,
    /,
    *,
    until: int = NEVER,
    sending: Sending = USUAL,
    remote: Remote = LOCAL,
) -> None:
    """Let an account commit up to an amount of yours to jobs in each era.

    Of your own account it is a cap on your spending.

    Parameters
    ----------
    client
        Who orders, an address or //Alice.
    per_era
        How much, such as 20AGPU; without it the budget ends.
    until
        The last block in which it is good.
    """
    order = order_of(sending)
    amount = None if per_era is None else amount_of("per-era", per_era)

    async def dialogue(chain: Client) -> None:
        who = account_of(chain, client)
        await make(chain, order, remote, "jobs.set_budget", who, amount, until)

    ask(remote, dialogue)


async def save_output(
    client: Client,
    job: int,
    out: Path,
    save: Save = save_result,
    *,
    secrets: Secrets | None = None,
) -> None:
    """Fetch, check and save the output of a job; that of a private one is opened first."""
    try:
        work, content = await fetch_output(client, job, secrets=secrets, beside=out, shown=transfer)
        kind = save(work, content, out)
    except OSError as error:
        again = f"starminer job result {job} --out FILE"
        raise CommandError(f"{out}: {error.strerror}; put that right, and then: {again}") from error
    progress(f"saved {out}: {kind}, every leaf checked against the final root")


def teller(client: Client, number: int) -> Heard:
    """Return what says on standard error which state a job has entered, and why if for worse."""

    async def tell(place: int, record: Job) -> None:
        step = record.history[place]
        progress(f"  {word_of(step.state):<10} in block {step.block}")
        if is_setback(place, step):
            found = await setback(client, number, record, place)
            progress(f"             {told(client, found)['cause']}")

    return tell


def all_of(listeners: Sequence[Heard]) -> Heard:
    """Return what tells all of them, in order."""

    async def tell(place: int, record: Job) -> None:
        for one in listeners:
            await one(place, record)

    return tell


def no_result(number: int, record: Job) -> CommandError:
    """Return the error of a job that ended without a result."""
    why = f"`starminer job status {number}` says why"
    return CommandError(f"job {number} {record.state.name.lower()}: it has no result: {why}")


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


async def job_record(client: Client, number: int, record: Job) -> dict[str, object]:
    """Return a job with every state it was in, what went wrong, and what comes next."""
    return {
        **job_row(client, number, record),
        "on_hold": format_amount(record.escrow),
        "deadline": record.deadline,
        "next": what_next(number, record),
        "history": [
            {"state": step.state.name.lower(), "block": step.block} for step in record.history
        ],
        "setbacks": [told(client, one) for one in await setbacks(client, number, record)],
    }


def told(client: Client, found: Setback) -> dict[str, object]:
    """Return a setback in words."""
    provider = None if found.provider is None else client.address(found.provider)
    return {"block": found.block, "provider": provider, "cause": found.cause}
