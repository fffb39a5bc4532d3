"""What the explorer's index keeps, under which keys; everything can be made anew from the chain.

A key is the column, a kind, and what is looked for; where the newest come first, numbers are
subtracted from the largest, so that reading on from a key leads to what is older.
"""

from __future__ import annotations

from typing import Any

import msgspec

from node.store.columns import EXPLORER
from runtime.books.flows import Snapshot

VERSION = b"5"
"""Of everything here; an index of another version is made anew."""

BLOCK_BYTES, PLACE_BYTES, JOB_BYTES, HOUR_BYTES, EPOCH_BYTES = 4, 4, 8, 4, 8
ALL_BLOCKS = 2 ** (8 * BLOCK_BYTES) - 1
ALL_PLACES = 2 ** (8 * PLACE_BYTES) - 1
ALL_JOBS = 2 ** (8 * JOB_BYTES) - 1
ALL_EPOCHS = 2 ** (8 * EPOCH_BYTES) - 1

HEAD = EXPLORER + b"!"
"""→ `Tip`: how far the index has come."""
UNDO = EXPLORER + b"u"
"""block → the keys that the block changed and what they held, while it is not final."""
ACCOUNT = EXPLORER + b"a"
"""account ‖ newest block ‖ newest place → `Entry`."""
JOB = EXPLORER + b"j"
"""job ‖ block ‖ place → `Entry`."""
EVENT = EXPLORER + b"e"
"""name ‖ 0 ‖ newest block ‖ newest place → `Entry`, or the key under which it already is."""
ORDERED = EXPLORER + b"o"
"""newest job → `Order`."""
BOUGHT = EXPLORER + b"c"
"""client ‖ newest job → nothing."""
SOLD = EXPLORER + b"s"
"""provider ‖ newest job → nothing."""
RECEIPT = EXPLORER + b"r"
"""newest block ‖ place → `ReceiptRow`."""
DONE = EXPLORER + b"w"
"""provider ‖ hour since 1970 → `HourRow`."""
EXTRINSIC = EXPLORER + b"x"
"""extrinsic hash → block ‖ place; of two places the last."""
POINT = EXPLORER + b"p"
"""level ‖ block → `Point`."""
FLOWS = EXPLORER + b"f"
"""newest epoch → `EpochRow`."""
SLOTS = EXPLORER + b"m"
"""newest epoch ‖ account → `SlotRow`."""

ROLE = EXPLORER + b"i"
"""account ‖ role → `ConductRow`: when an account first was a client, a provider and so on."""
EARNED = EXPLORER + b"g"
"""account ‖ newest block ‖ newest place → `ConductRow`: a payment by no rule of mining."""
LOST = EXPLORER + b"l"
"""account ‖ newest block ‖ newest place → `ConductRow`: a slash, or a forfeited deposit."""

LEVELS = (1, 64, 4096)
"""Of how many blocks a level of the series keeps one."""

POINTS_KEPT = 16_384
"""Points of one level but the last: of 3 s blocks half a day, then a month."""


class Tip(msgspec.Struct, frozen=True, array_like=True):
    """How far the index has come."""

    version: bytes
    genesis: bytes
    first: int
    """The first block that is in it."""
    number: int
    hash: bytes


class Entry(msgspec.Struct, frozen=True):
    """A line of an account's or a job's history: an extrinsic, or an event where `event` is set."""

    block: int
    time: int
    name: str
    fields: dict[str, Any]
    ok: bool = True
    extrinsic: int | None = None
    event: int | None = None
    fee: str | None = None


class Order(msgspec.Struct, frozen=True):
    """A job as it was ordered."""

    job: int
    client: str
    block: int
    time: int


class ReceiptRow(msgspec.Struct, frozen=True, rename="camel"):
    """Work that a block proved."""

    block: int
    time: int
    place: int
    kind: str
    """"opening" or "shares"."""
    provider: str | None
    job: int | None
    segment: int | None
    epoch: int | None
    shares: int | None
    units: int
    """In micro-CU."""
    proof_hash: str | None
    verified_by: str | None
    """Who checked it, and how; null where the chain has forgotten the job."""
    how: str | None
    cost: int | None
    """Of checking it, in nanoseconds of the reference core."""


class ConductRow(msgspec.Struct, frozen=True):
    """What an event says of an actor: a role begun, a payment, or a loss."""

    block: int
    time: int
    event: int
    """Its place among the events of the block."""
    name: str
    role: str
    amount: str | None
    """In planck; null where the event says none."""
    symbol: str


class HourRow(msgspec.Struct, frozen=True):
    """What a provider did in an hour."""

    units: int = 0
    shares: int = 0
    blocks: int = 0
    """Blocks that proved work of it."""
    earned: int = 0
    """Planck, for settled segments."""
    settled: int = 0
    """Segments that were paid."""
    failed: int = 0
    """Segments that were not opened, or proven wrong."""
    slashed: int = 0
    """Planck."""


class SlotRow(msgspec.Struct, frozen=True):
    """What an authority did with its slots in an epoch."""

    blocks: int = 0
    """Slots that it filled, drawn or by turn."""
    missed: int = 0
    """Slots that stayed empty when it was its turn: nobody else may fill those in any case."""


class Point(msgspec.Struct, frozen=True, array_like=True):
    """The chain after a block; what is counted is counted from the first block of the index."""

    number: int
    time: int
    agpu: int
    """Issuance, in planck."""
    amax: int
    minted: int
    """AGPU in planck, as are the three below."""
    burned: int
    fees: int
    settled: int
    """Fees of settled segments."""
    signed: int
    extrinsics: int
    events: int
    receipts: int
    units: int
    ordered: int
    """Jobs."""
    completed: int
    waiting: int
    """Jobs in the queue now."""
    open: int
    """Jobs on their way now."""
    working: int
    """Jobs with a provider now."""
    providers: int
    treasury: int
    """What the treasury has, in planck."""
    prices: tuple[tuple[int, int, int], ...]
    """Tier, region and base price in planck per CU, of each market that was ever priced."""


NOTHING_YET = Point(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ())


class EpochRow(msgspec.Struct, frozen=True):
    """What flowed in an epoch, by cause, and where the sums of the state stood around it."""

    epoch: int
    first: int
    """The first block that is counted, and the last."""
    last: int
    whole: bool
    """Whether the epoch's blocks are counted from its beginning."""
    opening: Snapshot
    """After the block before the first."""
    closing: Snapshot
    flows: dict[str, int]


def newest(number: int, largest: int = ALL_BLOCKS, width: int = BLOCK_BYTES) -> bytes:
    """Return a number as it stands in keys whose largest come first."""
    return (largest - number).to_bytes(width, "big")


def placed(number: int, place: int) -> bytes:
    """Return a place on the chain, the newest first."""
    return newest(number) + newest(place, ALL_PLACES, PLACE_BYTES)


def place_of(suffix: bytes) -> tuple[int, int]:
    """Return the block and the place that `placed` wrote."""
    number = int.from_bytes(suffix[:BLOCK_BYTES], "big")
    return ALL_BLOCKS - number, ALL_PLACES - int.from_bytes(suffix[BLOCK_BYTES:], "big")


def event_key(name: str) -> bytes:
    """Return under what the events of a name stand; no name holds the byte that ends it."""
    return EVENT + name.encode() + b"\x00"


def job_key(job: int) -> bytes:
    """Return a job as it stands in keys whose newest come first."""
    return newest(job, ALL_JOBS, JOB_BYTES)


def epoch_key(epoch: int) -> bytes:
    """Return where the flows of an epoch stand."""
    return FLOWS + newest(epoch, ALL_EPOCHS, EPOCH_BYTES)


def slots_key(epoch: int, who: bytes) -> bytes:
    """Return where stands what an account did with its slots in an epoch."""
    return SLOTS + newest(epoch, ALL_EPOCHS, EPOCH_BYTES) + who


def undo_key(number: int) -> bytes:
    """Return where the way back from a block is noted."""
    return UNDO + number.to_bytes(BLOCK_BYTES, "big")


def point_key(level: int, number: int) -> bytes:
    """Return where the point of a block stands in a level."""
    return POINT + bytes((level,)) + number.to_bytes(BLOCK_BYTES, "big")


def hour_key(provider: bytes, time_ms: int) -> bytes:
    """Return where the work of a provider in an hour is counted."""
    return DONE + provider + (time_ms // 3_600_000).to_bytes(HOUR_BYTES, "big")
