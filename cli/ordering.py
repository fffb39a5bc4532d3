"""Ordering work of any class: upload, submit, follow, fetch, check, save."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

from cli.accounts import account_of
from cli.bars import transfer
from cli.errors import UsageError
from cli.job import job_record, no_result, save_output, teller
from cli.options import Format, Remote, Signing
from cli.printing import progress, show
from cli.sdk.client import Client
from cli.sdk.jobs import (
    BLOCKS_TO_ENTER,
    DEFAULT_MARKET,
    Order,
    Submitted,
    Way,
    deadline_after,
    follow,
    order_call,
    order_work,
    submit_job,
    upload,
)
from cli.sdk.names import find_call
from cli.sdk.prices import highest_share, takers_now
from cli.sdk.private import InputSealing, kept_secrets, new_secrets, refuse_other_secrets
from cli.sdk.results import Save, check_place, save_result
from cli.sdk.session import ask
from cli.sdk.transactions import Prepared, prepare
from cli.tx import amount_of, readable, rehearse, signing_pair, summary_of
from genesis.notation import format_amount
from runtime.compute.classes import Work
from runtime.compute.job import PERBILL, LatencyClass, Market, ProofType
from runtime.pallets.jobs.conditions import Conditions
from runtime.pallets.jobs.records import Job, JobState
from runtime.pallets.providers.conduct import MEASURED
from runtime.primitives.crypto import Pair
from runtime.terms import DEFAULTS

PROOFS = {
    "sampled": ProofType.SAMPLED,
    "attested": ProofType.ATTESTED,
    "witnessed": ProofType.WITNESSED,
}

SERVICES = {
    "economy": LatencyClass.BATCH,
    "standard": LatencyClass.STANDARD,
    "premium": LatencyClass.FAST,
}
"""The latency class behind each name that clients know."""

DEADLINE_BLOCKS = 200
"""Ten minutes of three-second blocks: three providers in turn could have done it."""


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Buying:
    """What a client says about any order."""

    max_price: str
    """The most that the job may cost in all, such as 5AGPU; what it does not cost comes back."""

    dry_run: Annotated[bool, Parameter(negative="")] = False
    """Show the call and its fee; upload nothing, send nothing."""

    wait: Annotated[bool, Parameter(negative="")] = False
    """Stay until the job has ended in a final block."""

    out: Path | None = None
    """Where to save the result; implies --wait."""

    deadline: int = DEADLINE_BLOCKS
    """Blocks until the job is given up and refunded."""

    tier: int = DEFAULT_MARKET.tier
    """The class of hardware to buy from."""

    region: int = DEFAULT_MARKET.region
    """Where it stands."""

    audit_percent: Annotated[int, Parameter(validator=Number(gte=0, lte=100))] = 0
    """How likely validators check the whole result before it is paid: an eighth of all they check
    anyway, and half of a newcomer's. Nobody can read a private one to check it."""

    proof: Literal["sampled", "attested"] | None = None
    """How the work is proven: by a sample that every node recomputes, unless something else is
    said; or by the attestation of a hardware vendor that the chain trusts."""

    private: Annotated[bool, Parameter(negative="")] = False
    """Seal input and result, so that only the provider and you read them; drawn validators see
    the sample that they check. Needs --out; what opens the result is written beside it."""

    service: Literal["economy", "standard", "premium"] = "standard"
    """How soon it is wanted: economy is cheaper and waits, premium is dearer and comes first."""

    tip_percent: Annotated[int, Parameter(validator=Number(gte=0, lte=100))] = 0
    """What is added to the price to come first; most of it is the provider's."""

    sponsor: str | None = None
    """Who pays for it, by a budget that it has set for you."""

    deny: tuple[str, ...] = ()
    """A provider that must not have it; repeat it for several."""

    allow_overflow: tuple[int, ...] = ()
    """A region to which it may move when its own is overloaded; repeat it, in order of preference.
    Without any it stays where it is."""

    reservation: int | None = None
    """The number of a reservation that pays for it; it then waits in front."""

    @property
    def audit_rate(self) -> int:
        """Probability of a full check, in parts per billion."""
        return max(self.audit_percent * PERBILL // 100, DEFAULTS.audits.least_rate)

    @property
    def is_awaited(self) -> bool:
        """Whether the command stays until the job has ended."""
        return self.wait or self.out is not None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Work to be done on an input, and how its result becomes a file."""

    work: Work
    content: bytes
    save: Save = save_result


def buy(wanted: Wanted, buying: Buying, signing: Signing, remote: Remote) -> None:
    """Order some work, and see it through as far as was asked."""
    pair = signing_pair(signing)
    most = amount_of("--max-price", buying.max_price)
    if buying.out is not None:
        check_place(buying.out)
    way = way_of(buying)

    async def dialogue(client: Client) -> None:
        until = await deadline_after(client, buying.deadline + BLOCKS_TO_ENTER)
        market, tip = Market(buying.tier, buying.region), buying.tip_percent * PERBILL // 100
        limit = most * PERBILL // await highest_share(client, way.latency, tip)
        ordered = order_work(
            *(wanted.work, wanted.content, limit, until, market),
            audit_rate=buying.audit_rate,
            way=way,
        )
        order = replace(ordered, tip=tip, conditions=conditions_of(client, buying))
        await warn_of_waiting(client, market, way.latency)
        prepared, shown = await prepared_order(client, order, pair)
        if buying.dry_run:
            await rehearse(client, prepared, shown, remote.output)
            return
        summary = await summary_of(client, prepared, shown)
        progress(f"{summary['call']}  fee {summary['fee']}")
        with kept_secrets(order.secrets, buying.out, progress):
            submitted = await place(client, order, pair)
        if buying.is_awaited:
            delivery = Delivery(wanted.save, buying.out, remote.output)
            await deliver(client, submitted, order, delivery)
        else:
            show(placed(submitted), remote.output)

    ask(remote, dialogue)


async def prepared_order(client: Client, order: Order, pair: Pair) -> tuple[Prepared, str]:
    """Return the transaction that places an order, and its call as people read it."""
    name, terms = order_call(order)
    call = readable(client, find_call(client.pallets, client.calls, f"jobs.{name}"), *terms)
    return await prepare(client, call.encoded, pair), call.shown


async def place(client: Client, order: Order, pair: Pair) -> Submitted:
    """Upload the input of an order, unless it is to be sealed, and put it on the chain."""
    if order.secrets is None:
        size = len(order.payload)
        progress(f"uploading {size:,} bytes")
        with transfer("uploading", size) as shown:
            await upload(client, order.payload, order.spec.input_root, shown)
    submitted = await submit_job(client, order, pair)
    told = placed(submitted)
    progress(f"job {told['job']} is in block {told['block']}; {told['escrow']} on hold")
    return submitted


async def warn_of_waiting(client: Client, market: Market, latency: LatencyClass) -> None:
    """Say so if nobody may be given a fast job now: it would wait for a certificate."""
    if latency in MEASURED and not await takers_now(client, market, latency):
        progress(
            f"no provider of tier {market.tier}, region {market.region} has room and is certified "
            f"for the class {latency.name.lower()}: the job waits until one is, and is refunded at "
            "its deadline; --service standard needs no certificate"
        )


def way_of(buying: Buying) -> Way:
    """Return how a job is to be proven, with new secrets if it is private.

    Raises: UsageError.
    """
    latency = SERVICES[buying.service]
    if not buying.private:
        return Way(PROOFS[buying.proof or "sampled"], latency=latency)
    if buying.proof == "sampled":
        raise UsageError("--private: a sample that every node recomputes is one that all can read")
    if buying.out is None:
        raise UsageError("--private: wanted --out, beside which the secrets of the job are kept")
    refuse_other_secrets(buying.out)
    return Way(PROOFS[buying.proof or "witnessed"], new_secrets(), latency)


def conditions_of(client: Client, buying: Buying) -> Conditions:
    """Return what holds for a job beyond its work.

    Raises: UsageError if an account is none, or a region is named twice.
    """
    regions = (buying.region, *buying.allow_overflow)
    if len(dict.fromkeys(regions)) < len(regions):
        raise UsageError(f"--allow-overflow: wanted other regions, each once, got {regions[1:]}")
    return Conditions(
        sponsor=None if buying.sponsor is None else account_of(client, buying.sponsor),
        denied=tuple(account_of(client, one) for one in buying.deny),
        regions=buying.allow_overflow,
        reservation=buying.reservation,
    )


@dataclass(frozen=True, slots=True)
class Delivery:
    """What becomes of a result."""

    save: Save
    out: Path | None
    form: Format


async def deliver(client: Client, submitted: Submitted, order: Order, delivery: Delivery) -> None:
    """Follow a job to its end, save its checked result, and show what it cost.

    Raises: CommandError if the job ended without a result.
    """
    out, form, secrets = delivery.out, delivery.form, order.secrets
    tell = teller(client, submitted.job)
    if secrets is None:
        heard = tell
    else:
        job, payload = submitted.job, order.payload
        sealing = InputSealing(job, payload, secrets, upload, progress)

        async def heard(place: int, record: Job) -> None:
            await tell(place, record)
            await sealing.attend(client, record)

    record = await follow(client, submitted.job, heard)
    if record.state is JobState.COMPLETED and out is not None:
        await save_output(client, submitted.job, out, delivery.save, secrets=secrets)
    back = format_amount(submitted.escrow - record.paid)
    show({**await job_record(client, submitted.job, record), "refunded": back}, form)
    if record.state is not JobState.COMPLETED:
        raise no_result(submitted.job, record)


def placed(submitted: Submitted) -> dict[str, object]:
    """Return where an order stands and what it holds."""
    where, held = submitted.receipt.block_number, format_amount(submitted.escrow)
    return {"job": submitted.job, "block": where, "escrow": held}
