"""`starminer provider earnings|withdraw`: what a provider was paid, and how its bond comes back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import groupby
from typing import Annotated

from cyclopts import Parameter

from cli.errors import CommandError, UsageError
from cli.options import Remote, Signing
from cli.printing import show
from cli.provider.records import bond_asked, find, providers_of
from cli.provider.settings import Provider, acting_key, signer_of
from cli.sdk.client import Client
from cli.sdk.names import find_call
from cli.sdk.session import ask
from cli.sdk.transactions import Wait
from cli.sdk.transport import RpcRefusal
from cli.secrets import ENVIRONMENT, Password
from cli.tx import Order, amount_of, carry_out, readable
from genesis.notation import format_amount
from runtime.pallets.jobs.events import SegmentSettled
from runtime.pallets.jobs.records import Job, JobState, Segment, SegmentStatus
from runtime.pallets.providers import Chunk
from runtime.pallets.providers.conduct import MICRO
from runtime.terms import Bonding

LOCAL, NOBODY, USUAL = Remote(), Signing(), Provider()
MOST_JOBS = 1000
"""Jobs looked at, newest first: a call each."""


@dataclass(frozen=True, slots=True)
class Settled:
    """A segment that was paid."""

    epoch: int
    units: int
    fee: int
    paid: int


def earnings(*, jobs: int = 200, provider: Provider = USUAL, remote: Remote = LOCAL) -> None:
    """Show what a provider was paid for its segments, by epoch.

    The chain keeps ended jobs for seven eras; the amounts are those of its events.

    Parameters
    ----------
    jobs
        How many of the newest jobs to look at, 1 to 1000.
    """
    if not 1 <= jobs <= MOST_JOBS:
        raise UsageError(f"--jobs: wanted 1 to {MOST_JOBS}, got {jobs}")
    key = acting_key(provider)

    async def question(client: Client) -> list[dict[str, object]]:
        who, _ = await find(client, key)
        return epoch_rows([settled async for settled in settled_of(client, who, jobs)])

    show(ask(remote, question), remote.output)


async def settled_of(client: Client, who: bytes, limit: int) -> AsyncIterator[Settled]:
    """Yield the paid segments of a provider among the newest jobs.

    Raises: CommandError if the node has not the state of a block any more.
    """
    at = await client.block_hash("final")
    following: int = await client.storage("Jobs", "NextJobId", at=at)
    for number in range(following - 1, max(following - 1 - limit, -1), -1):
        record: Job | None = await client.storage("Jobs", "Jobs", number, at=at)
        for index in range(0 if record is None else record.segments):
            segment: Segment | None = await client.storage("Jobs", "Segments", number, index, at=at)
            is_paid = segment is not None and segment.status is SegmentStatus.SETTLED
            if record is not None and segment is not None and is_paid and segment.provider == who:
                yield await payment_of(client, record, number, index)


async def payment_of(client: Client, record: Job, number: int, index: int) -> Settled:
    """Find the payment of a segment in the events of the blocks that settled the job.

    Raises: CommandError.
    """
    blocks = [step.block for step in record.history if step.state is JobState.SETTLED]
    for block in blocks:
        at = await client.block_hash(str(block))
        try:
            events = [item.event for item in await client.events(at)]
        except RpcRefusal as refusal:
            raise CommandError(
                f"the node has not the state of block {block} any more: ask one that runs with "
                f"--state-pruning archive, or fewer --jobs ({refusal})"
            ) from refusal
        for event in events:
            if isinstance(event, SegmentSettled) and (event.job, event.segment) == (number, index):
                epoch: int = await client.storage("Babe", "EpochIndex", at=at)
                return Settled(epoch, event.units, event.fee, event.provider_paid)
    raise CommandError(f"no event of blocks {blocks} says what segment {index} of {number} earned")


def epoch_rows(settled: list[Settled]) -> list[dict[str, object]]:
    """Add payments up by epoch, the newest first, and all of them at the end."""
    ordered = sorted(settled, key=lambda one: -one.epoch)
    rows = [
        total_row(epoch, list(group)) for epoch, group in groupby(ordered, lambda one: one.epoch)
    ]
    return [*rows, total_row("all", ordered)]


def total_row(epoch: int | str, settled: list[Settled]) -> dict[str, object]:
    """Return the sums of some payments."""
    return {
        "epoch": epoch,
        "segments": len(settled),
        "units": f"{sum(one.units for one in settled) / MICRO:.6f} CU",
        "fees": format_amount(sum(one.fee for one in settled)),
        "earned": format_amount(sum(one.paid for one in settled)),
    }


def withdraw(
    *,
    unbond: str | None = None,
    show_only: Annotated[bool, Parameter(name="--show", negative="")] = False,
    provider: Provider = USUAL,
    signing: Signing = NOBODY,
    password: Password = ENVIRONMENT,
    wait: Wait = "included",
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    remote: Remote = LOCAL,
) -> None:
    """Take back what has left the bond, or begin to take some out of it with --unbond.

    Earnings need no withdrawal: they are in the free balance. Of the bond, what is taken out
    stays liable for 28 eras. All of it can go only when the provider is paused and has no open job.

    Parameters
    ----------
    unbond
        How much to begin to take out, such as 50AGPU, or `all`.
    show_only
        Show what is on its way and what can be withdrawn; change nothing.
    wait
        Return when the call is handed in, in a block, or in a final block.
    dry_run
        Show the call and its fee, and send nothing.
    """
    key = acting_key(provider)
    if show_only:
        show(ask(remote, lambda client: bond_record(client, key)), remote.output)
        return
    signer = signer_of(signing, provider, password)

    async def act(client: Client) -> None:
        entry, arguments = await withdrawal(client, key, unbond)
        call = readable(client, find_call(client.pallets, client.calls, entry), *arguments)
        await carry_out(client, call, Order(signer, wait, dry_run), remote.output)

    ask(remote, act)


async def withdrawal(client: Client, key: bytes, unbond: str | None) -> tuple[str, tuple[int, ...]]:
    """Return the call that takes money out of a bond.

    Raises: CommandError if nothing is due, with the era from which something is.
    """
    who, record = await find(client, key)
    if unbond is not None:
        amount = record.bond if unbond == "all" else amount_of("--unbond", unbond)
        return "providers.unbond", (amount,)
    chunks, era = await chunks_of(client, who)
    is_leaving = not record.bond and not chunks and not record.open_jobs
    if not is_leaving and not any(chunk.era <= era for chunk in chunks):
        first = min((chunk.era for chunk in chunks), default=None)
        when = f"the first part is due in era {first}" if first else "nothing is on its way"
        terms: Bonding = await client.storage("Parameters", "Bonds")
        raise CommandError(
            f"nothing can be withdrawn in era {era}: {when}; begin with "
            "`starminer provider withdraw --unbond AMOUNT` and return "
            f"{terms.unbonding_eras} eras later"
        )
    return "providers.withdraw_unbonded", ()


async def chunks_of(client: Client, who: bytes) -> tuple[tuple[Chunk, ...], int]:
    """Return what is on its way out of a bond, and the era of the best block."""
    at = await client.block_hash()
    chunks: tuple[Chunk, ...] = await client.storage("Providers", "Unbonding", who, at=at)
    return chunks, await client.number(at) // providers_of(client).config.era_blocks


async def bond_record(client: Client, key: bytes) -> dict[str, object]:
    """Return what a provider has in its bond, and on its way out of it."""
    who, record = await find(client, key)
    chunks, era = await chunks_of(client, who)
    account = await client.account(who)
    needed = await bond_asked(client, record.info.market, record.info.rating)
    blocks = providers_of(client).config.era_blocks
    return {
        "address": client.address(who),
        "free_balance": format_amount(account.data.free),
        "bond": format_amount(record.bond),
        "at_stake": format_amount(record.exposure),
        "needed_for_the_rating": format_amount(needed),
        "era": era,
        "can_be_withdrawn": format_amount(sum(one.amount for one in chunks if one.era <= era)),
        "unbonding": [
            {"amount": format_amount(one.amount), "era": one.era, "block": one.era * blocks}
            for one in chunks
        ],
    }
