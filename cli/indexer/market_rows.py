"""What a block left in the market and in governance: jobs, segments, receipts, prices, referenda.

Events name what changed; what it is now stands in the state after the block.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from cli.indexer.tables import (
    Amount,
    JobRow,
    JobState,
    Price,
    Receipt,
    Referendum,
    Segment,
)
from node.explorer.decoding import DecodedBlock
from node.explorer.governance import state_of
from node.explorer.readable import names_of
from node.explorer.receipt_rows import receipt_rows
from runtime.frame.calls import Call
from runtime.pallets.referenda.types import Ongoing

Row = tuple[object, ...]
Read = Callable[[], object]
"""A question to the state, whose answer is not looked at."""


@dataclass(slots=True)
class Touched:
    """What a block's events and calls name; a dict is a set in order."""

    jobs: dict[int, None] = field(default_factory=dict)
    segments: dict[tuple[int, int], None] = field(default_factory=dict)
    referenda: dict[int, None] = field(default_factory=dict)


def touched_by(block: DecodedBlock) -> Touched:
    """Return what a block may have changed."""
    found = Touched()
    for record in block.events:
        event: Any = record.event
        kind: Any = type(event)
        job, segment = getattr(event, "job", None), getattr(event, "segment", None)
        if isinstance(job, int):
            found.jobs[job] = None
            if isinstance(segment, int):
                found.segments[job, segment] = None
        if record.pallet.name == "Referenda" and "index" in names_of(kind):
            found.referenda[event.index] = None
    for decoded in block.extrinsics():
        found.referenda |= dict.fromkeys(polls_in(decoded.call))
    return found


def reads_of(block: DecodedBlock, epoch: int | None) -> Iterator[Read]:
    """Yield what the rows of a block will read of the market, each to be done apart from the rest.

    With an epoch also what its prices need.
    """
    found, runtime = touched_by(block), block.runtime
    for job in found.jobs:
        yield partial(runtime.jobs.jobs.get, job)
        yield partial(runtime.jobs.specs.get, job)
    for place in found.segments:
        yield partial(runtime.jobs.segments.get, place)
    for referendum in found.referenda:
        yield partial(runtime.referenda.referendum_info_for.get, referendum)
    if epoch is not None:
        yield lambda: list(price_rows(block, epoch))


def market_rows(block: DecodedBlock) -> Iterator[Row]:
    """Yield what became of the jobs and referenda that a block touched, and its receipts."""
    found = touched_by(block)
    for job in found.jobs:
        yield from _job(block, job)
    for job, segment in found.segments:
        yield from _segment(block, job, segment)
    yield from _receipts(block)
    for referendum in found.referenda:
        yield from _referendum(block, referendum)


def price_rows(block: DecodedBlock, epoch: int) -> Iterator[Price]:
    """Yield what a CU costs in each open market."""
    pricing, number = block.runtime.pricing, block.header.number
    for market in pricing.open_markets:
        amounts = Amount(pricing.base_price(market)), Amount(pricing.price(market))
        yield Price(epoch, market.tier, market.region, number, *amounts)


def polls_in(value: object) -> Iterator[int]:
    """Yield the referenda that a call votes in, or one within it: their tallies have no event."""
    if isinstance(value, tuple):
        for one in value:
            yield from polls_in(one)
    elif isinstance(value, Call):
        names = [name for name, _ in value.entry.signature]
        if value.entry.pallet == "ConvictionVoting" and "poll_index" in names:
            yield int(value.arguments[names.index("poll_index")])
        yield from polls_in(value.arguments)


def _job(block: DecodedBlock, number: int) -> Iterator[Row]:
    job = block.runtime.jobs.jobs.get(number)
    if job is None:
        return
    address = block.readable.address
    yield JobRow(
        job=number,
        client=address(job.client),
        provider=None if job.provider is None else address(job.provider),
        state=job.state.name.lower(),
        tier=job.market.tier,
        region=job.market.region,
        latency=job.latency.name.lower(),
        units=Amount(job.units),
        max_units=Amount(job.max_units),
        max_price=Amount(job.max_price),
        escrow=Amount(job.escrow),
        paid=Amount(job.paid),
        submitted_block=job.submitted_at,
        deadline_block=job.deadline,
        updated_block=block.header.number,
    )
    for entered in job.history:
        yield JobState(number, entered.block, entered.state.name.lower())


def _segment(block: DecodedBlock, job: int, number: int) -> Iterator[Segment]:
    segment = block.runtime.jobs.segments.get((job, number))
    if segment is not None:
        yield Segment(
            job=job,
            segment=number,
            provider=block.readable.address(segment.provider),
            units=Amount(segment.units),
            status=segment.status.name.lower(),
            out_root="0x" + segment.output.out_root.hex(),
            out_bytes=Amount(segment.output.out_bytes),
            committed_block=segment.committed_at,
            proof_hash=None if segment.proof_hash is None else "0x" + segment.proof_hash.hex(),
            updated_block=block.header.number,
        )


def _receipts(block: DecodedBlock) -> Iterator[Receipt]:
    for _, row in receipt_rows(block):
        yield Receipt(
            block_number=row.block,
            receipt_index=row.place,
            kind=row.kind,
            provider=row.provider,
            job=row.job,
            segment=row.segment,
            epoch=row.epoch,
            shares=row.shares,
            units=Amount(row.units),
            proof_hash=row.proof_hash,
            verified_by=row.verified_by,
            how=row.how,
        )


def _referendum(block: DecodedBlock, number: int) -> Iterator[Referendum]:
    info = block.runtime.referenda.referendum_info_for.get(number)
    if info is None:
        return
    status = info.status if isinstance(info, Ongoing) else None
    yield Referendum(
        referendum=number,
        state=state_of(info),
        track=None if status is None else status.track,
        submitted_block=None if status is None else status.submitted,
        submitter=None if status is None else block.readable.address(status.submission_deposit.who),
        ayes=None if status is None else Amount(status.tally.ayes),
        nays=None if status is None else Amount(status.tally.nays),
        support=None if status is None else Amount(status.tally.support),
        updated_block=block.header.number,
    )
