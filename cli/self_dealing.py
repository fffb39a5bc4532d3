"""`starminer econ attack self-deal`: buy own work on a live devnet, and see that it loses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Annotated

import numpy as np
from cyclopts import Parameter
from cyclopts.validators import Number

from cli.accounts import account_of
from cli.devnet.plan import STATE, load_plan
from cli.errors import CommandError, UsageError
from cli.options import Output, Signing
from cli.printing import progress, show
from cli.sdk.causes import together
from cli.sdk.client import Client, open_client
from cli.sdk.failures import DispatchError
from cli.sdk.jobs import Order, Submitted, deadline_after, follow, order_work, submit_job, upload
from cli.sdk.ledgers import ACCOUNT_BYTES, keys_under, place
from cli.sdk.matmul import matmul_work
from cli.sdk.self_dealing import Bounds, Takings, bounds, measured
from cli.sdk.session import run_within
from cli.tx import signing_pair
from genesis.notation import format_amount
from runtime.pallets.jobs import Error
from runtime.pallets.jobs.records import Job, JobState
from runtime.pallets.providers import Provider
from runtime.primitives.crypto import Pair
from runtime.primitives.types import UNIT, AccountId
from runtime.terms import Curve

KINDS = ("direct", "matched")
MOST_JOBS = 8
"""Of each kind: a provider has four places, the others wait."""
SIDE = 64
"""Rows and columns of the matrices: work of the least fee."""
TRIES = 8
"""Orders for a provider that is busy with the work of others, each in a block of its own."""
DEADLINE_BLOCKS = 200
ESCROW = 5 * UNIT
DECIMALS = 6

TERMINAL = Output()
PARTY = Signing(signer="//Dave")
"""The client of the party, which has AGPU on every devnet."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A job that the party ordered from itself."""

    kind: str
    submitted: Submitted


def self_deal(
    *,
    devnet: Annotated[Path, Parameter(name=("--devnet", "--state"))] = STATE,
    provider: str | None = None,
    jobs: Annotated[int, Parameter(validator=Number(gte=1, lte=MOST_JOBS))] = 1,
    signing: Signing = PARTY,
    timeout: float = 600.0,
    output: Output = TERMINAL,
) -> None:
    """Order work from oneself on a devnet, named and matched, and count what comes back.

    Client, provider and both referrers are one party: what any of them receives is returned, and
    the referrers' slices are counted even where nobody is paid them. Exit code 1 if it pays.

    Parameters
    ----------
    devnet
        Where a running devnet keeps its state.
    provider
        The party's provider; the only one of the devnet, when none is named.
    jobs
        How many of each kind.
    timeout
        Seconds for all of it, at most.
    """
    plan, pair = load_plan(devnet), signing_pair(signing)

    async def dialogue() -> dict[str, object]:
        async with open_client(plan.nodes[0].url) as client:
            return await attack(client, pair, provider, jobs)

    record = run_within(timeout, dialogue)
    show(record, output.output)
    if not record["loses"]:
        raise CommandError("buying own work paid: more came back than was spent")


async def attack(client: Client, pair: Pair, named: str | None, count: int) -> dict[str, object]:
    """Order, wait, and measure."""
    who = await provider_of(client, named)
    market = (await _record(client, who)).info.market
    content = np.ones((SIDE, SIDE), np.int8)
    placed: list[Placed] = []
    for number in range(count * len(KINDS)):
        kind = KINDS[number % len(KINDS)]
        work, payload = matmul_work(content, content * np.int8(number + 1))
        until = await deadline_after(client, DEADLINE_BLOCKS)
        order = order_work(work, payload, ESCROW, until, market)
        await upload(client, order.payload, order.spec.input_root)
        if kind == "direct":
            submitted = await named_job(client, order, pair, who)
        else:
            submitted = await submit_job(client, order, pair)
        progress(f"job {submitted.job}, {kind}, is in block {submitted.receipt.block_number}")
        placed.append(Placed(kind, submitted))
    ends = await _followed(client, placed)
    first = min(one.submitted.receipt.block_number for one in placed)
    kinds = {one.submitted.job: one.kind for one in placed}
    party = tuple(dict.fromkeys((pair.account, who)))
    found = await measured(client, party, kinds, range(first, max(ends) + 1))
    terms: Curve = await client.storage("Parameters", "Emission")
    most = bounds(await client.storage("Parameters", "Fees"), terms.shares)
    return record_of(client, party, found, most)


async def named_job(client: Client, order: Order, pair: Pair, who: AccountId) -> Submitted:
    """Order from the party's own provider; where others keep it busy, once it has a place.

    Raises: DispatchError if it never has, or the call is refused for anything else.
    """
    for _ in range(TRIES - 1):
        try:
            return await submit_job(client, order, pair, provider=who)
        except DispatchError as refusal:
            if refusal.kind is not Error.PROVIDER_UNAVAILABLE:
                raise
            progress("its provider has no place left; once more")
    return await submit_job(client, order, pair, provider=who)


async def provider_of(client: Client, named: str | None) -> AccountId:
    """Return the party's provider.

    Raises: UsageError where it is not one, or there are several and none is named.
    """
    if named is not None:
        who = account_of(client, named)
        await _record(client, who)
        return who
    at = await client.block_hash()
    prefix = place(client, "Providers", "Providers").key
    known = [key[-ACCOUNT_BYTES:] for key in await keys_under(client, prefix, at)]
    if len(known) != 1:
        listed = ", ".join(client.address(one) for one in known) or "none"
        raise UsageError(f"--provider: wanted one provider to be the party's, there are {listed}")
    return known[0]


async def _record(client: Client, who: AccountId) -> Provider:
    record: Provider | None = await client.storage("Providers", "Providers", who)
    if record is None:
        raise UsageError(f"--provider: {client.address(who)} is not a provider of this chain")
    return record


async def _followed(client: Client, placed: Sequence[Placed]) -> list[int]:
    """Wait until all jobs are paid in final blocks; return the blocks in which they ended.

    Raises: CommandError for a job that ended without being paid.
    """
    ends: list[int] = []

    async def one(each: Placed) -> None:
        job = each.submitted.job

        async def tell(place: int, record: Job) -> None:
            step = record.history[place]
            progress(f"job {job}: {step.state.name.lower()} in block {step.block}")

        record = await follow(client, job, tell)
        if record.state is not JobState.COMPLETED:
            why = f"`starminer job status {job}` says why"
            raise CommandError(f"job {job} {record.state.name.lower()}: it was not paid: {why}")
        ends.append(record.entered_at)

    await together(partial(one, each) for each in placed)
    return ends


def record_of(
    client: Client, party: Sequence[AccountId], found: dict[str, Takings], most: Bounds
) -> dict[str, object]:
    """Return the table as it is printed."""
    return {
        "party": [client.address(who) for who in party],
        "loses": all(one.loses for one in found.values()),
        "bound_all_roles": shown(most.all_roles),
        "jobs": [row_of(kind, takings, most) for kind, takings in found.items()],
    }


def row_of(kind: str, takings: Takings, most: Bounds) -> dict[str, object]:
    """Return what jobs of a kind took and gave in one line."""
    lost = takings.spent - takings.returned
    return {
        "ordered": kind,
        "jobs": takings.jobs,
        "spent": format_amount(takings.spent),
        "provider": format_amount(takings.provider),
        "minted": format_amount(takings.minted),
        "referrers": format_amount(takings.referrers),
        "returned_per_agpu": shown(takings.rate),
        "bound": shown(most.coalition),
        "lost": format_amount(lost),
        "and_transaction_fees": format_amount(takings.transactions),
    }


def shown(rate: Fraction) -> str:
    """Return a ratio with six decimals, rounded down."""
    whole, part = divmod(rate.numerator * 10**DECIMALS // rate.denominator, 10**DECIMALS)
    return f"{whole}.{part:0{DECIMALS}}"
