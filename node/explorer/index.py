"""The explorer's index: histories that the state does not keep, in a column of the node's database.

It follows the best chain block by block. What a block changes is written in one batch together with
the way back, so that a block that a reorganisation abandons is taken out as if it had never been.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TypeVar

import msgspec

from node.explorer import records
from node.explorer.entries import Changes, Counts, Gathered, added
from node.explorer.records import (
    ConductRow,
    Entry,
    EpochRow,
    HourRow,
    Order,
    Point,
    SlotRow,
    Tip,
)
from node.store.columns import EXPLORER
from node.store.db import Batch, Database

T = TypeVar("T")

Undo = list[tuple[bytes, bytes | None]]
"""Keys that a block changed, and what was there before."""

DELETED_AT_ONCE = 1000
"""Entries of an old index that go in one batch: a few milliseconds."""

OF_ONE_BLOCK = (
    *(records.ACCOUNT, records.JOB, records.RECEIPT, records.EVENT),
    *(records.EARNED, records.LOST),
)
"""Keys that name their block, so that no other block writes them."""

TIP = msgspec.msgpack.Decoder(Tip)
UNDO = msgspec.msgpack.Decoder(Undo)
POINTS = msgspec.json.Decoder(Point)
HOURS = msgspec.json.Decoder(HourRow)
SLOTS = msgspec.json.Decoder(SlotRow)
CONDUCT = msgspec.json.Decoder(ConductRow)
EPOCHS = msgspec.json.Decoder(EpochRow)


class Index:
    """Reads and changes the index. Invariant: it is what the blocks from `first` to its tip say.

    One task changes it, at times in a thread; others read meanwhile. The tip moves after the write,
    so that whatever it promises is there.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        raw = db.get(records.HEAD)
        self._tip = None if raw is None else TIP.decode(raw)

    @property
    def tip(self) -> Tip | None:
        """How far it has come; None for nothing yet."""
        return self._tip

    # writing

    def is_of(self, genesis: bytes) -> bool:
        """Say whether it is of this version and of the chain of this genesis."""
        tip = self._tip
        return tip is not None and (tip.version, tip.genesis) == (records.VERSION, genesis)

    def clear(self) -> Iterator[None]:
        """Remove everything; yield every few milliseconds."""
        self._tip = None
        while True:
            batch = Batch()
            for key, _ in islice(self._db.iterate(EXPLORER), DELETED_AT_ONCE):
                batch.delete(key)
            if not batch.changes:
                return
            self._db.write(batch)
            yield

    def add(self, tip: Tip, gathered: Gathered, point: Point, row: EpochRow, *, final: int) -> None:
        """Write a block; the way back is kept for blocks above the last final one."""
        changes: dict[bytes, bytes | None] = dict(gathered.changes)
        changes |= self._summed(gathered.hours, HOURS)
        changes |= self._summed(gathered.slots, SLOTS)
        changes |= self._points(point, tip.first)
        changes |= {key: raw for key, raw in gathered.roles.items() if self._db.get(key) is None}
        changes[records.epoch_key(row.epoch)] = msgspec.json.encode(row)
        batch = Batch()
        batch.changes |= changes
        if tip.number > final:
            undo = [(key, self._before(key)) for key in changes]
            batch.put(records.undo_key(tip.number), msgspec.msgpack.encode(undo))
        for key, _ in self._db.iterate(records.UNDO):
            if key > records.undo_key(final):
                break
            batch.delete(key)
        self._advance(batch, tip)

    def take_back(self, before: Tip) -> bool:
        """Undo the block of the tip, so that `before` is it; False where the way back is gone."""
        assert self._tip is not None, "there is a block to take back"
        noted = records.undo_key(self._tip.number)
        raw = self._db.get(noted)
        if raw is None:
            return False
        batch = Batch()
        batch.changes |= dict(UNDO.decode(raw))
        batch.delete(noted)
        self._advance(batch, before)
        return True

    def _advance(self, batch: Batch, tip: Tip) -> None:
        batch.put(records.HEAD, msgspec.msgpack.encode(tip))
        self._db.write(batch)
        self._tip = tip

    def _before(self, key: bytes) -> bytes | None:
        """Return what a key holds before its block changes it; of most keys that is nothing."""
        return None if key.startswith(OF_ONE_BLOCK) else self._db.get(key)

    def _summed(self, more: dict[bytes, Counts], reader: msgspec.json.Decoder[Counts]) -> Changes:
        """Return rows of counts with what a block adds to them."""
        held = ((key, self._db.get(key), row) for key, row in more.items())
        return {
            key: msgspec.json.encode(row if raw is None else added(reader.decode(raw), row))
            for key, raw, row in held
        }

    def _points(self, point: Point, first: int) -> dict[bytes, bytes | None]:
        """Return a point in each level that keeps its block, and what goes for it."""
        raw, changes = msgspec.json.encode(point), dict[bytes, bytes | None]()
        for level, span in enumerate(records.LEVELS):
            if point.number % span and point.number != first:
                continue
            changes[records.point_key(level, point.number)] = raw
            gone = point.number - span * records.POINTS_KEPT
            if gone > first and level + 1 < len(records.LEVELS):
                changes[records.point_key(level, gone)] = None
        return changes

    # reading

    def account(self, account: bytes, start: bytes, limit: int) -> tuple[list[msgspec.Raw], bytes]:
        """Return the lines of an account from a place on, newest first, and where it goes on."""
        prefix = records.ACCOUNT + account
        return self._page(prefix, start, limit)

    def events(self, name: str, start: bytes, limit: int) -> tuple[list[msgspec.Raw], bytes]:
        """Return the events of a name from a place on, newest first, and where it goes on."""
        rows, following = self._page(records.event_key(name), start, limit)
        return [self._entry(bytes(row)) for row in rows], following

    def _entry(self, held: bytes) -> msgspec.Raw:
        """Return an entry, or the one that stands under a key of an account or a job."""
        found = self._db.get(held) if held.startswith(EXPLORER) else held
        assert found is not None, "what one block wrote is there as a whole"
        return msgspec.Raw(found)

    def receipts(self, start: bytes, limit: int) -> tuple[list[msgspec.Raw], bytes]:
        """Return receipts from a place on, newest first, and where it goes on."""
        return self._page(records.RECEIPT, start, limit)

    def receipt(self, block: int, place: int) -> msgspec.Raw | None:
        """Return the receipt at a place of a block."""
        raw = self._db.get(records.RECEIPT + records.placed(block, place))
        return None if raw is None else msgspec.Raw(raw)

    def conduct(self, kind: bytes, account: bytes, limit: int) -> list[ConductRow]:
        """Return the first rows of a kind of an account: `ROLE` in order, others newest first."""
        found = islice(self._db.iterate(kind + account), limit)
        return [CONDUCT.decode(raw) for _, raw in found]

    def job(self, job: int, limit: int) -> list[Entry]:
        """Return what happened to a job, in order."""
        prefix = records.JOB + job.to_bytes(records.JOB_BYTES, "big")
        return [
            msgspec.json.decode(raw, type=Entry)
            for _, raw in islice(self._db.iterate(prefix), limit)
        ]

    def order(self, job: int) -> Order | None:
        """Return who ordered a job and when."""
        raw = self._db.get(records.ORDERED + records.job_key(job))
        return None if raw is None else msgspec.json.decode(raw, type=Order)

    def orders(self, below: int, limit: int) -> list[Order]:
        """Return the jobs below a number, newest first."""
        if below == 0:
            return []
        start = records.ORDERED + records.job_key(below - 1)
        found = islice(self._db.iterate(records.ORDERED, start), limit)
        return [msgspec.json.decode(raw, type=Order) for _, raw in found]

    def jobs_of(self, kind: bytes, account: bytes, limit: int) -> list[int]:
        """Return the newest jobs that an account `BOUGHT` or `SOLD`."""
        prefix = kind + account
        return [
            records.ALL_JOBS - int.from_bytes(key[len(prefix) :], "big")
            for key, _ in islice(self._db.iterate(prefix), limit)
        ]

    def extrinsic(self, extrinsic_hash: bytes) -> tuple[int, int] | None:
        """Return the block and the place of an extrinsic."""
        raw = self._db.get(records.EXTRINSIC + extrinsic_hash)
        if raw is None:
            return None
        split = records.BLOCK_BYTES
        return int.from_bytes(raw[:split], "big"), int.from_bytes(raw[split:], "big")

    def hours(self, provider: bytes, first: int, limit: int) -> list[tuple[int, HourRow]]:
        """Return what a provider did in each hour from one on."""
        prefix = records.DONE + provider
        start = prefix + first.to_bytes(records.HOUR_BYTES, "big")
        found = islice(self._db.iterate(prefix, start), limit)
        return [
            (int.from_bytes(key[len(prefix) :], "big"), HOURS.decode(raw)) for key, raw in found
        ]

    def epochs(self, newest: int | None, limit: int) -> list[EpochRow]:
        """Return the flows of epochs from one on, or from the last, newest first."""
        start = records.FLOWS if newest is None else records.epoch_key(newest)
        found = islice(self._db.iterate(records.FLOWS, start), limit)
        return [EPOCHS.decode(raw) for _, raw in found]

    def slots(self, limit: int) -> list[tuple[int, bytes, SlotRow]]:
        """Return who filled and missed how many slots, by epoch and account, newest epoch first."""
        found, width = islice(self._db.iterate(records.SLOTS), limit), records.EPOCH_BYTES
        rows = ((key[len(records.SLOTS) :], SLOTS.decode(raw)) for key, raw in found)
        return [
            (records.ALL_EPOCHS - int.from_bytes(key[:width], "big"), key[width:], row)
            for key, row in rows
        ]

    def point(self, number: int) -> Point | None:
        """Return the point of a block, if the finest level still keeps it."""
        raw = self._db.get(records.point_key(0, number))
        return None if raw is None else POINTS.decode(raw)

    def points(self, first: int, last: int, limit: int) -> list[Point]:
        """Return points from one block to another, at most so many, evenly spread."""
        level = next(
            (i for i, span in enumerate(records.LEVELS) if last - first < 4 * span * limit),
            len(records.LEVELS) - 1,
        )
        prefix = records.POINT + bytes((level,))
        found: list[bytes] = []
        for key, raw in self._db.iterate(prefix, records.point_key(level, first)):
            if key > records.point_key(level, last):
                break
            found.append(raw)
        step = -(-len(found) // limit) if found else 1
        chosen = found[::-1][::step][::-1]
        return [POINTS.decode(raw) for raw in chosen]

    def _page(self, prefix: bytes, start: bytes, limit: int) -> tuple[list[msgspec.Raw], bytes]:
        """Return the entries under a prefix from a suffix on, and the suffix of the next one."""
        rows: list[msgspec.Raw] = []
        for key, raw in self._db.iterate(prefix, prefix + start):
            if len(rows) == limit:
                return rows, key[len(prefix) :]
            rows.append(msgspec.Raw(raw))
        return rows, b""
