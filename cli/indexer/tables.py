"""What the index keeps: a class per table, whose annotations are the columns.

Accounts are SS58 text, hashes and bytes `0x…`, times milliseconds since 1970. An `Amount` is exact:
NUMERIC(39, 0) where a database has it, and its decimal digits as TEXT in SQLite, whose numbers end
at 63 bits. JSON is what the explorer shows of arguments and fields.
"""

from __future__ import annotations

from typing import NamedTuple, NewType

VERSION = 1
"""Of the tables below; a database of another version is made anew by `indexer reindex`."""

Amount = NewType("Amount", int)
"""A u128: planck, or micro-CU."""
Json = NewType("Json", str)
"""A JSON value as text."""


class Block(NamedTuple):
    """A final block."""

    number: int
    hash: str
    parent_hash: str
    state_root: str
    extrinsics_root: str
    author: str | None
    slot: int | None
    time_ms: int
    epoch: int
    spec_version: int
    extrinsic_count: int
    event_count: int
    size_bytes: int
    fees: Amount


class Extrinsic(NamedTuple):
    """An extrinsic: what it called, who paid, and how it ended."""

    block_number: int
    extrinsic_index: int
    hash: str
    pallet: str
    call: str
    arguments: Json
    signer: str | None
    nonce: int | None
    tip: Amount
    fee: Amount
    success: bool
    error: str | None
    """Pallet and name of the refusal, such as `Jobs.QueueFull`."""


class Event(NamedTuple):
    """An event; without an extrinsic it is of the block's own phase."""

    block_number: int
    event_index: int
    extrinsic_index: int | None
    phase: str
    pallet: str
    name: str
    fields: Json


class TransferRow(NamedTuple):
    """Free tokens that went from one account to another."""

    block_number: int
    event_index: int
    token: str
    """AGPU, AMAX, or a pallet of assets and the number of one: `Assets 7`."""
    source: str
    destination: str
    amount: Amount


class Activity(NamedTuple):
    """What an account signed (`extrinsic`) or was named by (`event`)."""

    account: str
    block_number: int
    kind: str
    item_index: int
    """Of the extrinsic or the event in its block."""
    name: str


class BalanceRow(NamedTuple):
    """What an account has after a block that changed it, and before the first indexed one."""

    token: str
    account: str
    block_number: int
    free: Amount
    held: Amount
    frozen: Amount
    holds: Json
    """Planck by the reason of the hold."""


class JobRow(NamedTuple):
    """A job as the last block that touched it left it."""

    job: int
    client: str
    provider: str | None
    state: str
    tier: int
    region: int
    latency: str
    units: Amount
    max_units: Amount
    max_price: Amount
    escrow: Amount
    paid: Amount
    submitted_block: int
    deadline_block: int
    updated_block: int


class JobState(NamedTuple):
    """A state that a job entered."""

    job: int
    block_number: int
    state: str


class Segment(NamedTuple):
    """A part of a job that a provider committed to, and what became of it."""

    job: int
    segment: int
    provider: str
    units: Amount
    status: str
    """committed, verified, settled or failed."""
    out_root: str
    out_bytes: Amount
    committed_block: int
    proof_hash: str | None
    updated_block: int


class Receipt(NamedTuple):
    """Work that a block proved; the status of an opening is that of its segment."""

    block_number: int
    receipt_index: int
    kind: str
    """opening or shares."""
    provider: str | None
    job: int | None
    segment: int | None
    epoch: int | None
    shares: int | None
    units: Amount
    proof_hash: str | None
    verified_by: str | None
    how: str | None


class Price(NamedTuple):
    """What a CU costs in an open market at the beginning of an epoch, in planck."""

    epoch: int
    tier: int
    region: int
    block_number: int
    base_price: Amount
    price: Amount
    """With the factor of the region."""


class Referendum(NamedTuple):
    """A referendum as the last block that touched it left it."""

    referendum: int
    state: str
    """preparing, queued, deciding, confirming, approved, rejected, cancelled, timedout, killed."""
    track: int | None
    """This and what follows is known while it is ongoing, and kept when it has ended."""
    submitted_block: int | None
    submitter: str | None
    ayes: Amount | None
    nays: Amount | None
    support: Amount | None
    updated_block: int


class Flow(NamedTuple):
    """What flowed in a block, by group and cause: mint, burn, fees, jobs, holds, treasury."""

    block_number: int
    flow_group: str
    cause: str
    amount: Amount
    """Planck; micro-CU of the group `work`, watt-hours of `energy`, segments of `jobs.segments`."""


class Table(NamedTuple):
    """A table: its rows' class, what makes a row unique, and what is looked up fast."""

    name: str
    row: type[tuple[object, ...]]
    key: tuple[str, ...]
    indexes: tuple[tuple[str, ...], ...] = ()
    keeps: tuple[str, ...] = ()
    """Columns of which a row that says nothing keeps what an earlier one said."""


REMEMBERED = ("track", "submitted_block", "submitter", "ayes", "nays", "support")

PLACE = ("block_number", "extrinsic_index")
EVENT_PLACE = ("block_number", "event_index")

TABLES = (
    Table("blocks", Block, ("number",), (("hash",), ("epoch",), ("author",))),
    Table("extrinsics", Extrinsic, PLACE, (("hash",), ("signer",), ("pallet", "call"))),
    Table("events", Event, EVENT_PLACE, (("pallet", "name"),)),
    Table("transfers", TransferRow, EVENT_PLACE, (("source",), ("destination",))),
    Table("account_activity", Activity, ("account", "block_number", "kind", "item_index")),
    Table("balance_history", BalanceRow, ("token", "account", "block_number")),
    Table("jobs", JobRow, ("job",), (("client",), ("provider",), ("state",))),
    Table("job_states", JobState, ("job", "block_number", "state")),
    Table("segments", Segment, ("job", "segment"), (("provider",),)),
    Table("receipts", Receipt, ("block_number", "receipt_index"), (("provider",), ("job",))),
    Table("prices", Price, ("epoch", "tier", "region")),
    Table("referenda", Referendum, ("referendum",), keeps=REMEMBERED),
    Table("flows", Flow, ("block_number", "flow_group", "cause"), (("flow_group",),)),
)

VIEWS = {
    "balances": (
        "SELECT token, account, free, held, frozen, holds, block_number FROM balance_history h "
        "WHERE block_number = (SELECT max(block_number) FROM balance_history l "
        "WHERE l.token = h.token AND l.account = h.account)"
    ),
    "treasury_flows": (
        "SELECT b.epoch, f.block_number, CASE f.flow_group WHEN 'treasury.in' THEN 'in' "
        "ELSE 'out' END AS direction, f.cause, f.amount FROM flows f "
        "JOIN blocks b ON b.number = f.block_number "
        "WHERE f.flow_group IN ('treasury.in', 'treasury.out')"
    ),
}
"""Balances as they are now, and the treasury's flows with their epoch."""
