"""Ordering work of any class: upload, submit, follow, fetch, check, save."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

from cli.bars import transfer
from cli.errors import CommandError, UsageError
from cli.job import job_record, save_output, teller
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
    order_work,
    submit_job,
    upload,
)
from cli.sdk.private import InputSealing, kept_secrets, new_secrets, refuse_other_secrets
from cli.sdk.results import Save, check_place, save_result
from cli.sdk.session import ask
from cli.tx import amount_of, signing_pair
from genesis.notation import format_amount
from runtime.compute.audit import LEAST_RATE
from runtime.compute.classes import Work
from runtime.compute.job import PERBILL, Market, ProofType
from runtime.pallets.jobs.records import Job, JobState
from runtime.primitives.crypto import Pair

PROOFS = {
    "sampled": ProofType.SAMPLED,
    "attested": ProofType.ATTESTED,
    "witnessed": ProofType.WITNESSED,
}

DEADLINE_BLOCKS = 200
"""Ten minutes of three-second blocks: three providers in turn could have done it."""


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Buying:
    """What a client says about any order."""

    max_price: str
    """The most that the job may cost in all, such as 5AGPU; what it does not cost comes back."""

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

    @property
    def audit_rate(self) -> int:
        """Probability of a full check, in parts per billion."""
        return max(self.audit_percent * PERBILL // 100, LEAST_RATE)

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
        market = Market(buying.tier, buying.region)
        order = order_work(
            *(wanted.work, wanted.content, most, until, market),
            audit_rate=buying.audit_rate,
            way=way,
        )
        with kept_secrets(order.secrets, buying.out, progress):
            submitted = await place(client, order, pair)
        if buying.is_awaited:
            delivery = Delivery(wanted.save, buying.out, remote.output)
            await deliver(client, submitted, order, delivery)
        else:
            show(placed(submitted), remote.output)

    ask(remote, dialogue)


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


def way_of(buying: Buying) -> Way:
    """Return how a job is to be proven, with new secrets if it is private.

    Raises: UsageError.
    """
    if not buying.private:
        return Way(PROOFS[buying.proof or "sampled"])
    if buying.proof == "sampled":
        raise UsageError("--private: a sample that every node recomputes is one that all can read")
    if buying.out is None:
        raise UsageError("--private: wanted --out, beside which the secrets of the job are kept")
    refuse_other_secrets(buying.out)
    return Way(PROOFS[buying.proof or "witnessed"], new_secrets())


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
        raise CommandError(f"job {submitted.job} {record.state.name.lower()}: it has no result")


def placed(submitted: Submitted) -> dict[str, object]:
    """Return where an order stands and what it holds."""
    where, held = submitted.receipt.block_number, format_amount(submitted.escrow)
    return {"job": submitted.job, "block": where, "escrow": held}
