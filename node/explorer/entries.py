"""From a decoded block to what the index keeps of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar

import msgspec

from node.explorer import records
from node.explorer.conduct import Act, said_by
from node.explorer.decoding import Decoded, DecodedBlock
from node.explorer.readable import hints_of, is_account
from node.explorer.receipt_rows import receipt_rows
from node.explorer.records import ConductRow, Entry, HourRow, Order, Point, SlotRow
from runtime.construct import Runtime
from runtime.frame.metadata.registry import variant_name
from runtime.frame.pallet import Record
from runtime.pallets.balances.types import Minted
from runtime.pallets.jobs.events import (
    JobAssigned,
    JobCompleted,
    JobSubmitted,
    SegmentSettled,
    VerificationFailed,
)
from runtime.pallets.providers.events import ProviderSlashed

ITEMS_PER_STEP = 16
"""Extrinsics or events between two pauses: a few milliseconds."""

MAX_FIELDS_BYTES = 2048
"""A line of a history shows no more; its page shows all."""

LONG = {"…": "too long for a line"}

NOISE = frozenset(
    {
        "System.ExtrinsicSuccess",
        "System.ExtrinsicFailed",
        "TransactionPayment.TransactionFeePaid",
        "Balances.Withdraw",
        "Balances.Deposit",
        "Receipts.SharesCounted",
        "Providers.WorkRecorded",
    }
)
"""Events that only repeat, in each block or for each extrinsic, what a history says anyway."""

UNLISTED = NOISE - {"System.ExtrinsicFailed"}
"""Events that are not found by their name: of these a block has as many as extrinsics."""

Changes = dict[bytes, bytes]

Counts = TypeVar("Counts", HourRow, SlotRow)


@dataclass(slots=True)
class Sums:
    """What a block adds to the counters of the series."""

    minted: int = 0
    fees: int = 0
    settled: int = 0
    signed: int = 0
    ordered: int = 0
    completed: int = 0
    units: int = 0
    receipts: int = 0


@dataclass(slots=True)
class Gathered:
    """What is known of a block so far."""

    changes: Changes = field(default_factory=dict)
    hours: dict[bytes, HourRow] = field(default_factory=dict)
    """What providers did in the block, by the key of their hour."""
    slots: dict[bytes, SlotRow] = field(default_factory=dict)
    """Slots that were filled or left empty up to the block, by their key."""
    roles: Changes = field(default_factory=dict)
    """Roles that accounts took in the block; the index keeps the first time."""
    sums: Sums = field(default_factory=Sums)


def gather(block: DecodedBlock, into: Gathered) -> Iterator[None]:
    """Collect what the index keeps of a block; yield every few milliseconds."""
    time_ms = block.runtime.timestamp.now
    for done, decoded in enumerate(block.extrinsics(), 1):
        _note_extrinsic(block, decoded, time_ms, into)
        if done % ITEMS_PER_STEP == 0:
            yield
    for place, record in enumerate(block.events):
        _note_event(block, place, record, time_ms, into)
        if place % ITEMS_PER_STEP == ITEMS_PER_STEP - 1:
            yield
    _note_receipts(block, time_ms, into)
    yield


def point_after(block: DecodedBlock, before: Point | None, sums: Sums) -> Point:
    """Return the series' point of a block, from the one before it; None for the first."""
    runtime, last = block.runtime, before or records.NOTHING_YET
    agpu = runtime.balances.total_issuance
    minted = last.minted + sums.minted if before else 0
    shrunk = last.agpu + sums.minted - agpu if before else 0
    return Point(
        number=block.header.number,
        time=runtime.timestamp.now,
        agpu=agpu,
        amax=runtime.amax.total_issuance,
        minted=minted,
        burned=last.burned + shrunk,
        fees=last.fees + sums.fees,
        settled=last.settled + sums.settled,
        signed=last.signed + sums.signed,
        extrinsics=last.extrinsics + len(block.body),
        events=last.events + len(block.events),
        receipts=last.receipts + sums.receipts,
        units=last.units + sums.units,
        ordered=last.ordered + sums.ordered,
        completed=last.completed + sums.completed,
        waiting=waiting_jobs(runtime),
        open=runtime.jobs.open_jobs,
        working=runtime.jobs.open_jobs - waiting_jobs(runtime),
        providers=providers_in_all(runtime),
        treasury=runtime.balances.free(runtime.treasury.account),
        prices=priced_markets(runtime),
    )


def waiting_jobs(runtime: Runtime) -> int:
    """Return how many jobs are in the queue."""
    return sum(len(runtime.jobs.lanes[market].items) for market in runtime.jobs.waiting)


def providers_in_all(runtime: Runtime) -> int:
    """Return how many providers are registered."""
    return sum(count for _, count in runtime.providers.market_size.items())


def priced_markets(runtime: Runtime) -> tuple[tuple[int, int, int], ...]:
    """Return tier, region and price of each market that providers are in or jobs wait for."""
    markets = {market for market, _ in runtime.providers.market_size.items()}
    markets |= {market for market, _ in runtime.pricing.base.items()}
    markets |= set(runtime.jobs.waiting)
    ordered = sorted(markets, key=lambda market: (market.tier, market.region))
    return tuple((one.tier, one.region, runtime.pricing.price(one)) for one in ordered)


def event_name(record: Record) -> str:
    """Return the name of an event: its pallet's, and its own."""
    return f"{record.pallet.name}.{variant_name(type(record.event))}"


def accounts_in(event: Any) -> Iterator[bytes]:
    """Yield the accounts that an event names."""
    kind: Any = type(event)
    for name in account_fields(kind):
        found = getattr(event, name)
        if found is not None:
            yield found


@cache
def account_fields(kind: Any) -> tuple[str, ...]:
    """Return the names of an event's fields that are accounts."""
    return tuple(name for name, note in hints_of(kind).items() if is_account(note))


def _note_extrinsic(block: DecodedBlock, decoded: Decoded, time_ms: int, into: Gathered) -> None:
    number, outcome = block.header.number, block.outcomes[decoded.index]
    place = number.to_bytes(records.BLOCK_BYTES, "big")
    place += decoded.index.to_bytes(records.PLACE_BYTES, "big")
    into.changes[records.EXTRINSIC + decoded.hash] = place
    if decoded.signer is None:
        return
    into.sums.signed += 1
    into.sums.fees += outcome.fee
    entry = Entry(
        block=number,
        time=time_ms,
        name=decoded.name,
        fields=_short(block.readable.call(decoded.call)["fields"]),
        ok=outcome.ok,
        extrinsic=decoded.index,
        fee=str(outcome.fee),
    )
    # an extrinsic is listed after its events, which are what it led to
    order = len(block.events) + decoded.index
    key = records.ACCOUNT + decoded.signer + records.placed(number, order)
    into.changes[key] = msgspec.json.encode(entry)


def _note_event(
    block: DecodedBlock, place: int, record: Record, time_ms: int, into: Gathered
) -> None:
    event, name, number = record.event, event_name(record), block.header.number
    _note_special(block, record, time_ms, into)
    _note_conduct(block, place, record, time_ms, into)
    if name in UNLISTED:
        return
    entry = Entry(
        block=number,
        time=time_ms,
        name=name,
        fields=_short(block.readable.fields(event, record.pallet.name)),
        extrinsic=record.phase if record.phase >= 0 else None,
        event=place,
    )
    raw = msgspec.json.encode(entry)
    keys = [] if name in NOISE else list(_histories(event, number, place))
    into.changes |= dict.fromkeys(keys, raw)
    # a history that has the line already keeps it; the name leads there
    named = records.event_key(name) + records.placed(number, place)
    into.changes[named] = keys[0] if keys else raw


def _histories(event: Any, number: int, place: int) -> Iterator[bytes]:
    """Yield the keys of an event in the histories of its accounts and its job."""
    for account in dict.fromkeys(accounts_in(event)):
        yield records.ACCOUNT + account + records.placed(number, place)
    job = getattr(event, "job", None)
    if isinstance(job, int):
        key = records.JOB + job.to_bytes(records.JOB_BYTES, "big")
        key += number.to_bytes(records.BLOCK_BYTES, "big")
        yield key + place.to_bytes(records.PLACE_BYTES, "big")


def _note_conduct(
    block: DecodedBlock, place: int, record: Record, time_ms: int, into: Gathered
) -> None:
    """Note what an event says of actors: the same event may say two things of one account."""
    number, name = block.header.number, event_name(record)
    for said in said_by(block, record):
        row = ConductRow(
            block=number,
            time=time_ms,
            event=place,
            name=name,
            role=said.role.name.lower(),
            amount=None if said.amount is None else str(said.amount),
            symbol=said.symbol,
        )
        raw, role = msgspec.json.encode(row), bytes((said.role.value,))
        if said.act is Act.BEGAN:
            into.roles.setdefault(records.ROLE + said.who + role, raw)
        else:
            kind = records.EARNED if said.act is Act.EARNED else records.LOST
            into.changes[kind + said.who + records.placed(number, place) + role] = raw


def _note_special(block: DecodedBlock, record: Record, time_ms: int, into: Gathered) -> None:
    """Note what only some events say: who ordered and did a job, what was minted and paid."""
    event, sums, changes = record.event, into.sums, into.changes
    if isinstance(event, Minted) and record.pallet.name == "Balances":
        sums.minted += event.amount
    elif isinstance(event, JobSubmitted):
        sums.ordered += 1
        client = block.readable.address(event.client)
        order = Order(event.job, client, block.header.number, time_ms)
        changes[records.ORDERED + records.job_key(event.job)] = msgspec.json.encode(order)
        changes[records.BOUGHT + event.client + records.job_key(event.job)] = b""
    elif isinstance(event, JobAssigned):
        changes[records.SOLD + event.provider + records.job_key(event.job)] = b""
    elif isinstance(event, JobCompleted):
        sums.completed += 1
    elif isinstance(event, SegmentSettled):
        sums.settled += event.fee
        segment = block.runtime.jobs.segments.get((event.job, event.segment))
        if segment is not None:
            earned = HourRow(earned=event.provider_paid, settled=1)
            _add_hour(into, records.hour_key(segment.provider, time_ms), earned)
    elif isinstance(event, VerificationFailed):
        _add_hour(into, records.hour_key(event.provider, time_ms), HourRow(failed=1))
    elif isinstance(event, ProviderSlashed):
        slashed = HourRow(slashed=event.amount)
        _add_hour(into, records.hour_key(event.provider, time_ms), slashed)


def _note_receipts(block: DecodedBlock, time_ms: int, into: Gathered) -> None:
    for who, row in receipt_rows(block):
        key = records.RECEIPT + records.placed(row.block, row.place)
        into.changes[key] = msgspec.json.encode(row)
        into.sums.receipts += 1
        into.sums.units += row.units
        if who is not None:
            done = HourRow(row.units, row.shares or 0, blocks=1)
            _add_hour(into, records.hour_key(who, time_ms), done)


def _add_hour(into: Gathered, key: bytes, more: HourRow) -> None:
    into.hours[key] = added(into.hours.get(key, HourRow()), more)


def added(one: Counts, other: Counts) -> Counts:
    """Return the sum of two rows of counts, field by field."""
    names = one.__struct_fields__
    return type(one)(**{name: getattr(one, name) + getattr(other, name) for name in names})


def _short(shown: dict[str, Any]) -> dict[str, Any]:
    return shown if len(msgspec.json.encode(shown)) <= MAX_FIELDS_BYTES else LONG
