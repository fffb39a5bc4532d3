"""Which states a database keeps: every one, or those of the last final blocks and all above them.

Trie nodes are shared, so a pruned database counts. The count of a node is how often it occurs in
the oldest kept state, plus how often each kept block after that one added it; so a node is in some
kept state exactly if its count is not zero, whatever forks there are. An import adds what its block
added. An abandoned fork takes back what its blocks added. The oldest kept block gives way to its
child by taking away what that child removed. These steps commute, hence a queue: what is to be
taken away is noted in the batch that decides it and taken away in small batches later, also after
a restart. Source: the idea of polkadot-sdk's sc-state-db (journals of what blocks insert and
delete), with counts in place of keys made unique by their path.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from node.store.columns import (
    DROPPED,
    NODE,
    OLDEST_STATE_KEY,
    PRUNING_KEY,
    STATE_CHANGE,
)
from node.store.counts import NodeCounts
from node.store.db import Batch, Database, DatabaseCorrupt, DatabaseError
from node.store.holds import Abandoned, Holds
from runtime.primitives.block import Header
from runtime.state.trie import Trie

Keep = int | Literal["archive"]
"""Of how many final blocks to keep the state."""

KeepBodies = int | Literal["archive", "archive-canonical"]
"""Of how many final blocks to keep the body, of all of them, or of abandoned forks too."""

ARCHIVE: Literal["archive"] = "archive"

FINAL_ONLY: Literal["archive-canonical"] = "archive-canonical"

DEFAULT_WINDOW = 256
"""Substrate's: beyond what forks, eras of transactions and pinned blocks look back."""

ADDED, REMOVED = b"+", b"-"

HASH_BYTES = 32

PART_HASHES = 1024
"""Hashes in one record of a change: a step of pruning reads one at a time."""

STEP_HASHES = 2048
"""Hashes that a step takes away at least: 20 ms, and more than an idle chain's blocks remove."""

STEP_PER_ADDED = 2
"""And this many for each that came since: twice what a chain removes in the long run."""

STEP_BLOCKS = 256
"""Blocks by which the oldest state moves at once, after finality stood still."""


class PruningMismatch(DatabaseError):
    """The database was made to keep other states than wanted now."""


@dataclass(frozen=True, slots=True)
class PruningChoice:
    """Which states, and which bodies of blocks, the operator wants kept."""

    asked: Keep | None = None
    """None is what the database was made for."""
    otherwise: Keep = ARCHIVE
    """For a new database where nothing is asked."""
    bodies: KeepBodies | None = None
    """None is what the database was made for."""
    bodies_otherwise: KeepBodies = FINAL_ONLY
    """For a new database where nothing is asked."""


class Change(Protocol):
    """What a block did to the state, as the store wants it."""

    @property
    def nodes(self) -> Mapping[bytes, bytes]:
        """The trie nodes that are new, and perhaps others."""

    @property
    def occurrences(self) -> Mapping[bytes, int] | None:
        """By hash, how often more or less a node occurs than before; an archive needs none."""


class StateKeeper(Protocol):
    """Decides what of the states is written and what is removed."""

    @property
    def keeps_all(self) -> bool:
        """Whether no state ever goes; if some do, blocks come with their `occurrences`."""

    @property
    def oldest(self) -> int:
        """The number of the first canonical block whose state is kept."""

    def stage_import(self, batch: Batch, block_hash: bytes, change: Change) -> None:
        """Add a block's change of the state to the batch that writes it."""

    def stage_stale(self, batch: Batch, stale: Sequence[Abandoned]) -> None:
        """Add the end of abandoned blocks to the batch that makes others final."""

    def stage_nodes(self, batch: Batch, nodes: Iterable[tuple[bytes, bytes]]) -> None:
        """Add nodes of the state that is jumped to; each as often as it occurs there."""

    def stage_jump(self, batch: Batch, header: Header, genesis_root: bytes) -> None:
        """Add that states are kept from this block on, and not from genesis on."""

    def prune(self, finalized: int, hash_at: Callable[[int], bytes | None]) -> bool:
        """Remove some of what is not kept any more; say whether there may be more."""

    def hold(self, block_hash: bytes, number: int) -> None:
        """Keep the state of a block, which must be there, until it is released as often."""

    def release(self, block_hash: bytes) -> None:
        """Let go of a state that was held; nothing if it was not."""

    def holds(self, block_hash: bytes) -> bool:
        """Say whether the state of a block is held."""


class Archive:
    """Keeps every state, also those of abandoned forks."""

    keeps_all = True

    def __init__(self, oldest: int = 0) -> None:
        """Know the first block after genesis whose state is there; a jump left out those before."""
        self.oldest = oldest

    def stage_import(self, batch: Batch, block_hash: bytes, change: Change) -> None:  # noqa: ARG002
        """Write all nodes."""
        batch.put_all(NODE, change.nodes)

    def stage_stale(self, batch: Batch, stale: Sequence[Abandoned]) -> None:
        """Keep them."""

    def stage_nodes(self, batch: Batch, nodes: Iterable[tuple[bytes, bytes]]) -> None:
        """Write them."""
        batch.put_all(NODE, dict(nodes))

    def stage_jump(self, batch: Batch, header: Header, genesis_root: bytes) -> None:  # noqa: ARG002
        """Note where the states begin; that of genesis stays."""
        batch.put(OLDEST_STATE_KEY, _number(header.number))
        self.oldest = header.number

    def prune(self, finalized: int, hash_at: Callable[[int], bytes | None]) -> bool:  # noqa: ARG002
        """Remove nothing."""
        return False

    def hold(self, block_hash: bytes, number: int) -> None:
        """Keep it, as every other."""

    def release(self, block_hash: bytes) -> None:
        """Keep it all the same."""

    def holds(self, block_hash: bytes) -> bool:  # noqa: ARG002
        """Say that none is held: those that are here stay anyway."""
        return False


class Pruned:
    """Keeps the states of the last `window` final blocks, of every open block, and what is held.

    Invariant: a node is in the database exactly if its count is not zero, where what the queue of
    dropped changes will take away still counts. Counts of one are not written.
    """

    keeps_all = False

    def __init__(self, db: Database, window: int) -> None:
        """Continue where the database stands."""
        oldest = db.get(OLDEST_STATE_KEY)
        if oldest is None:
            raise DatabaseCorrupt("a database of pruned states does not say which is the oldest")
        self._db = db
        self._window = window
        self.oldest = int.from_bytes(oldest, "big")
        self._step = STEP_HASHES
        self._may_have_dropped = True
        self._holds = Holds()

    def stage_import(self, batch: Batch, block_hash: bytes, change: Change) -> None:
        """Count what the block added, write what is new, and note both sides of the change."""
        occurrences = change.occurrences
        assert occurrences is not None, "a pruned database wants the occurrences of a change"
        if self._db.get(_part_key(block_hash, ADDED, 0)) is not None:
            return  # the block came twice
        counts = NodeCounts(self._db, batch)
        added, removed = [], []
        for digest, count in occurrences.items():
            if count > 0:
                counts.add(digest, count, change.nodes.get(digest))
                added += [digest] * count
            else:
                removed += [digest] * -count
        _stage_parts(batch, block_hash, ADDED, added)
        _stage_parts(batch, block_hash, REMOVED, removed)
        self._step = max(STEP_HASHES, STEP_PER_ADDED * len(added))

    def stage_stale(self, batch: Batch, stale: Sequence[Abandoned]) -> None:
        """Note that what these blocks added is to be taken back."""
        self._holds.abandon(stale)
        for entry in stale:
            self._stage_dropped(batch, entry.hash, ADDED)

    def stage_nodes(self, batch: Batch, nodes: Iterable[tuple[bytes, bytes]]) -> None:
        """Count them, and write what is new."""
        counts = NodeCounts(self._db, batch)
        for digest, raw in nodes:
            counts.add(digest, 1, raw)

    def stage_jump(self, batch: Batch, header: Header, genesis_root: bytes) -> None:
        """Let the state of genesis go, as that of any block before the oldest kept one."""
        removed = [
            digest
            for digest, count in first_occurrences(self._db, genesis_root).items()
            for _ in range(count)
        ]
        _stage_parts(batch, header.hash, REMOVED, removed)
        batch.put(DROPPED + header.hash + REMOVED, b"")
        batch.put(OLDEST_STATE_KEY, _number(header.number))
        self._may_have_dropped = True
        self._holds = Holds()  # of genesis: whoever held it hears that the chain starts over
        self.oldest = header.number

    def prune(self, finalized: int, hash_at: Callable[[int], bytes | None]) -> bool:
        """Move the oldest kept state, then take away some of what is dropped, in a batch each."""
        target, floor = finalized - self._window + 1, self._holds.floor
        if floor is not None:
            target = min(target, floor)
        if target > self.oldest:
            self._advance(min(target, self.oldest + STEP_BLOCKS), hash_at)
        if self._may_have_dropped:
            self._take_away()
        return self._may_have_dropped or target > self.oldest

    def hold(self, block_hash: bytes, number: int) -> None:
        """Keep the state of a block, which must be there, until it is released as often."""
        self._holds.hold(block_hash, number)

    def release(self, block_hash: bytes) -> None:
        """Let go of a state that was held; nothing if it was not."""
        self._holds.release(block_hash)
        self._may_have_dropped = True

    def holds(self, block_hash: bytes) -> bool:
        """Say whether the state of a block is held."""
        return block_hash in self._holds

    def _advance(self, oldest: int, hash_at: Callable[[int], bytes | None]) -> None:
        """Let the states before block `oldest` go."""
        batch = Batch()
        for number in range(self.oldest + 1, oldest + 1):
            block_hash = hash_at(number)
            assert block_hash is not None, "a final block is on the canonical chain"
            self._stage_dropped(batch, block_hash, REMOVED)
        batch.put(OLDEST_STATE_KEY, _number(oldest))
        self._db.write(batch)
        self.oldest = oldest

    def _take_away(self) -> None:
        """Take one step through the queue of dropped changes."""
        batch, left = Batch(), self._step
        counts = NodeCounts(self._db, batch)
        self._may_have_dropped = False
        held = {block_hash + ADDED for block_hash in self._holds.needed}
        for dropped, _ in self._db.iterate(DROPPED):
            if dropped[len(DROPPED) :] in held:
                continue
            for key, hashes in self._db.iterate(STATE_CHANGE + dropped[len(DROPPED) :]):
                if left <= 0:
                    break
                for at in range(0, len(hashes), HASH_BYTES):
                    counts.take(hashes[at : at + HASH_BYTES])
                batch.delete(key)
                left -= len(hashes) // HASH_BYTES
            if left <= 0:
                self._may_have_dropped = True
                break
            batch.delete(dropped)
        self._step = STEP_HASHES
        if batch.changes:
            self._db.write(batch)

    def _stage_dropped(self, batch: Batch, block_hash: bytes, side: bytes) -> None:
        """Queue one side of a block's change; the other will not be needed."""
        batch.put(DROPPED + block_hash + side, b"")
        other = REMOVED if side == ADDED else ADDED
        for key, _ in self._db.iterate(STATE_CHANGE + block_hash + other):
            batch.delete(key)
        self._may_have_dropped = True


def stage_first_state(
    batch: Batch, db: Database, choice: PruningChoice, first: Header, nodes: Mapping[bytes, bytes]
) -> None:
    """Add the state of a chain's first block, and what is kept from now on, to a new database."""
    keep = choice.otherwise if choice.asked is None else choice.asked
    batch.put(PRUNING_KEY, _encoded(keep))
    if keep != ARCHIVE or first.number:
        batch.put(OLDEST_STATE_KEY, _number(first.number))
    if keep == ARCHIVE:
        batch.put_all(NODE, nodes)
        return
    counts = NodeCounts(db, batch)
    for digest, count in (
        Trie(first.state_root, nodes.get).occurrences_since(Trie(None, nodes.get)).items()
    ):
        counts.add(digest, count, nodes.get(digest))


def first_occurrences(db: Database, genesis_root: bytes) -> Mapping[bytes, int]:
    """Return by hash how often each node occurs in the state of genesis, which is all in `db`."""

    def fetch(digest: bytes) -> bytes | None:
        return db.get(NODE + digest)

    return Trie(genesis_root, fetch).occurrences_since(Trie(None, fetch))


def open_keeper(db: Database, choice: PruningChoice) -> StateKeeper:
    """Return what keeps the states of an existing database.

    Another number of blocks may be asked than before; states that are gone stay gone.
    Raises PruningMismatch where an archive is to be pruned or the reverse.
    """
    kept = _decoded(db.get(PRUNING_KEY))
    asked = kept if choice.asked is None else choice.asked
    if (asked == ARCHIVE) != (kept == ARCHIVE):
        what = "every state" if kept == ARCHIVE else f"the states of the last {kept} final blocks"
        raise PruningMismatch(
            f"the database keeps {what}: wanted --state-pruning {kept}, got {asked}; run with "
            f"the former, or remove the database with `starminer chain purge` and synchronise again"
        )
    if asked == ARCHIVE:
        oldest = db.get(OLDEST_STATE_KEY)
        return Archive(0 if oldest is None else int.from_bytes(oldest, "big"))
    if asked != kept:
        batch = Batch()
        batch.put(PRUNING_KEY, _encoded(asked))
        db.write(batch, sync=True)
    return Pruned(db, asked)


def _stage_parts(batch: Batch, block_hash: bytes, side: bytes, hashes: list[bytes]) -> None:
    for part in range(-(-len(hashes) // PART_HASHES)):
        some = hashes[part * PART_HASHES : (part + 1) * PART_HASHES]
        batch.put(_part_key(block_hash, side, part), b"".join(some))


def _part_key(block_hash: bytes, side: bytes, part: int) -> bytes:
    return STATE_CHANGE + block_hash + side + _number(part)


def _number(number: int) -> bytes:
    return number.to_bytes(4, "big")


def _encoded(keep: Keep) -> bytes:
    return str(keep).encode()


def _decoded(raw: bytes | None) -> Keep:
    """Read what is kept; databases that do not tell are older than pruning, and archives."""
    if raw is None or raw == ARCHIVE.encode():
        return ARCHIVE
    if not raw.isdigit() or int(raw) < 1:
        raise DatabaseCorrupt(f"wanted the kept states as a number or `archive`, got {raw[:20]!r}")
    return int(raw)
