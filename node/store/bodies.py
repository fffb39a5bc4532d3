"""Which bodies a database keeps: of every block, of every final one, or of the last final ones.

A body goes with the proofs beside it and with what finds its extrinsics. Headers and finality
proofs stay, so that whoever synchronises can still be shown what is final. Source: polkadot-sdk,
`BlocksPruning` of sc-client-db, which takes the finality proofs too.
"""

from __future__ import annotations

from collections.abc import Callable

from node.store.columns import BODIES_KEY, BODY, OLDEST_BODY_KEY, PROOFS, number_key
from node.store.db import Batch, Database, DatabaseCorrupt
from node.store.holds import Holds
from node.store.index import stage_forgotten
from node.store.pruning import ARCHIVE, FINAL_ONLY, KeepBodies, PruningChoice, PruningMismatch
from node.store.records import list_of_bytes

STEP_BYTES = 1 << 19
"""Of bodies that a step removes at least, where so many are to go."""

STEP_BLOCKS = 256
"""Blocks that a step looks at: a node that is told to keep fewer catches up over its imports."""


class BodyKeeper:
    """Removes the bodies of old final blocks in small steps.

    Invariant: of the final blocks from `oldest` on nothing was removed. The first block of the
    chain keeps its body always, and so do all that are not final yet.
    """

    def __init__(self, db: Database, keep: KeepBodies, first: int) -> None:
        """Go on where the database stands; `first` is the number of the chain's first block."""
        self._db, self.keep = db, keep
        self._first = first + 1
        oldest = db.get(OLDEST_BODY_KEY)
        self.oldest = self._first if oldest is None else int.from_bytes(oldest, "big")
        self._holds = Holds()

    @property
    def keeps_final(self) -> bool:
        """Whether no final block ever loses its body."""
        return not isinstance(self.keep, int)

    @property
    def keeps_forks(self) -> bool:
        """Whether the blocks of abandoned forks keep theirs too."""
        return self.keep == ARCHIVE

    @property
    def has_pruned(self) -> bool:
        """Whether bodies of final blocks are gone."""
        return self.oldest > self._first

    def why_missing(self, number: int) -> str:
        """Say why a block, whose header is here, has no body here."""
        if self._first <= number < self.oldest:
            return (
                f"this node no longer keeps the body of block {number}: it has those from block "
                f"{self.oldest} on, see --blocks-pruning"
            )
        return (
            f"the body of block {number} is not here: fast sync may not have fetched it yet, or "
            "the block is of an abandoned fork"
        )

    def stage_jump(self, batch: Batch, number: int) -> None:
        """Add that bodies begin at the block that is jumped to, where old ones are not wanted."""
        self._holds = Holds()  # as those of states: whoever held one hears of the jump
        if not self.keeps_final:
            batch.put(OLDEST_BODY_KEY, number_key(number))
            self.oldest = number

    def prune(self, finalized: int, hash_at: Callable[[int], bytes | None]) -> bool:
        """Remove some bodies that are not kept any more; say whether there may be more."""
        if not isinstance(self.keep, int):
            return False
        target, floor = finalized - self.keep + 1, self._holds.floor
        if floor is not None:
            target = min(target, floor)
        if target <= self.oldest:
            return False
        batch, number, removed = Batch(), self.oldest, 0
        while number < min(target, self.oldest + STEP_BLOCKS) and removed < STEP_BYTES:
            block_hash = hash_at(number)
            assert block_hash is not None, "a final block is on the canonical chain"
            removed += self._stage_removed(batch, number, block_hash)
            number += 1
        batch.put(OLDEST_BODY_KEY, number_key(number))
        self._db.write(batch)
        self.oldest = number
        return number < target

    def hold(self, block_hash: bytes, number: int) -> None:
        """Keep the bodies from this block on until it is released as often."""
        self._holds.hold(block_hash, number)

    def release(self, block_hash: bytes) -> None:
        """Let go of a body that was held; nothing if it was not."""
        self._holds.release(block_hash)

    def _stage_removed(self, batch: Batch, number: int, block_hash: bytes) -> int:
        """Remove what goes with a body; return the bytes of the body."""
        body = list_of_bytes(self._db.get(BODY + block_hash))
        if body is None:
            return 0  # fast sync had not fetched it
        batch.delete(BODY + block_hash)
        batch.delete(PROOFS + block_hash)
        stage_forgotten(batch, number, body)
        return sum(map(len, body))


def stage_first_bodies(batch: Batch, choice: PruningChoice) -> None:
    """Add what is kept from now on to a new database."""
    keep = choice.bodies_otherwise if choice.bodies is None else choice.bodies
    batch.put(BODIES_KEY, str(keep).encode())


def open_bodies(db: Database, choice: PruningChoice, first: int) -> BodyKeeper:
    """Return what keeps the bodies of an existing database, whose first block is number `first`.

    Fewer bodies may be asked than before, and a larger number counts from now on. Raises
    PruningMismatch where those of every final block are asked and some are gone.
    """
    kept = _decoded(db.get(BODIES_KEY))
    asked = kept if choice.bodies is None else choice.bodies
    keeper = BodyKeeper(db, asked, first)
    if keeper.keeps_final and keeper.has_pruned:
        raise PruningMismatch(
            f"the database has bodies from block {keeper.oldest} on: wanted --blocks-pruning {kept}"
            f" or another number, got {asked}; run with that, or remove the database with "
            "`starminer chain purge` and synchronise again"
        )
    if asked != kept:
        batch = Batch()
        batch.put(BODIES_KEY, str(asked).encode())
        db.write(batch, sync=True)
    return keeper


def _decoded(raw: bytes | None) -> KeepBodies:
    """Read what is kept; databases that do not tell are older, and keep every final body."""
    if raw is None or raw == FINAL_ONLY.encode():
        return FINAL_ONLY
    if raw == ARCHIVE.encode():
        return ARCHIVE
    if not raw.isdigit() or int(raw) < 1:
        raise DatabaseCorrupt(
            "wanted the kept bodies as a number, `archive` or `archive-canonical`, "
            f"got {raw[:20]!r}"
        )
    return int(raw)
