"""`starminer job dispute` and `job challenge`: hold a provider to its result."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from cli.errors import CommandError, UsageError
from cli.options import Remote, Signing
from cli.printing import progress, show
from cli.sdk.client import Client
from cli.sdk.disputes import (
    Closed,
    Opened,
    challenge_call,
    committed_of,
    dispute_call,
    find_error,
    follow_case,
    open_challenge,
    open_dispute,
    take_turns,
)
from cli.sdk.jobs import number_of
from cli.sdk.names import find_call
from cli.sdk.session import ask
from cli.sdk.transactions import prepare
from cli.tx import readable, rehearse, signing_pair, summary_of
from genesis.notation import format_amount
from runtime.compute.classes import leaf_count
from runtime.pallets.disputes import Verdict
from runtime.primitives.crypto import Pair

LOCAL = Remote()
NOBODY = Signing()

MEANINGS = {
    Verdict.CONVICTED: "the provider did not answer and was slashed",
    Verdict.ANSWERED: "the provider opened the leaf, and it is exact",
    Verdict.WITHDRAWN: "the challenger missed its turn",
    Verdict.MOOT: "the segment failed before the case was decided",
}
"""What a verdict says, in words."""


def dispute(
    job: str,
    /,
    *,
    signing: Signing = NOBODY,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    remote: Remote = LOCAL,
) -> None:
    """Compute a job again and, if its result is wrong, prove that on the chain.

    A bond goes on hold: it comes back, with half of what the provider loses, when the wrong leaf
    is found.

    Parameters
    ----------
    job
        Its number.
    dry_run
        Show the call that opens the case and its fee, and send nothing.
    """
    pair, number = signing_pair(signing), number_of(job)

    async def dialogue(client: Client) -> None:
        held = await committed_of(client, number)
        progress(f"computing job {number} again: {held.work.job_class.name.lower()}")
        aim = await find_error(client, held)
        if aim is None:
            raise CommandError(f"the result of job {number} is right: there is nothing to dispute")
        where = "some leaf" if aim.leaf is None else f"leaf {aim.leaf}"
        progress(f"{where} of its {aim.content.name.lower()} is wrong")
        if await is_shown_only(client, pair, dry_run, remote, *dispute_call(aim)):
            return
        opened = await open_dispute(client, pair, aim)
        tell_opened(opened)
        closed = await take_turns(client, pair, opened, aim, progress)
        show(case_record(opened, closed), remote.output)
        if closed.event.verdict in (Verdict.ANSWERED, Verdict.WITHDRAWN):
            raise CommandError(f"the bond is lost: {MEANINGS[closed.event.verdict]}")

    ask(remote, dialogue)


def challenge(
    job: str,
    /,
    *,
    chunk: int = 0,
    signing: Signing = NOBODY,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    remote: Remote = LOCAL,
) -> None:
    """Demand a leaf of a job's result that its provider does not serve.

    The price of the answer goes on hold and is the provider's if it answers; otherwise it comes
    back, with half of what the provider then loses.

    Parameters
    ----------
    job
        Its number.
    chunk
        The number of the leaf: those of the output first, then those of the auxiliary content.
    dry_run
        Show the call that opens the case and its fee, and send nothing.
    """
    pair, number = signing_pair(signing), number_of(job)

    async def dialogue(client: Client) -> None:
        held = await committed_of(client, number)
        if not 0 <= chunk < (leaves := leaf_count(held.work)):
            raise UsageError(f"--chunk: wanted 0 to {leaves - 1}, got {chunk}")
        if await is_shown_only(client, pair, dry_run, remote, *challenge_call(held, chunk)):
            return
        opened = await open_challenge(client, pair, held, chunk)
        tell_opened(opened)
        show(case_record(opened, await follow_case(client, opened)), remote.output)

    ask(remote, dialogue)


async def is_shown_only(
    client: Client, pair: Pair, is_dry: bool, remote: Remote, name: str, *arguments: object
) -> bool:
    """Show the call that opens a case, with its fee; say whether that is all that was wanted."""
    call = readable(client, find_call(client.pallets, client.calls, f"disputes.{name}"), *arguments)
    prepared = await prepare(client, call.encoded, pair)
    if is_dry:
        await rehearse(client, prepared, call.shown, remote.output)
    else:
        summary = await summary_of(client, prepared, call.shown)
        progress(f"{summary['call']}  fee {summary['fee']}")
    return is_dry


def tell_opened(opened: Opened) -> None:
    """Say on standard error that a case is on the chain."""
    bond = format_amount(opened.bond)
    progress(f"case {opened.case} is in block {opened.block}; {bond} on hold")


def case_record(opened: Opened, closed: Closed) -> dict[str, object]:
    """Return how a case ended."""
    event = closed.event
    return {
        "case": opened.case,
        "job": event.job,
        "verdict": event.verdict.name.lower(),
        "meaning": MEANINGS[event.verdict],
        "block": closed.block,
        "bond": format_amount(opened.bond),
        "slashed": format_amount(event.slashed),
        "paid_to_provider": format_amount(event.paid),
        "burned": format_amount(event.burned),
    }
