"""Blocks on disk: the canonical chain, the open forks above finality, and what finality prunes.

A block is imported by one atomic batch: header, body, proofs, its new trie nodes, its weight for
fork choice, the index, and (if it is best) the canonical chain. Finalizing is one synced batch. So
whenever the process dies, the database holds whole blocks only, and the best block's state is
there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from node.store.aux import stage_aux
from node.store.bodies import BodyKeeper
from node.store.columns import (
    BEST_KEY,
    BODY,
    CANONICAL,
    FINALIZED_KEY,
    GENESIS_KEY,
    HEADER,
    JUSTIFICATION,
    NUMBER_BYTES,
    OPEN,
    PROOFS,
    WEIGHT,
    number_key,
)
from node.store.db import ADVICE, Batch, Database, DatabaseCorrupt
from node.store.lru import Lru
from node.store.pruning import FINAL_ONLY, Archive, StateKeeper
from node.store.records import list_of_bytes, stage_body, stage_header, stage_pruned
from runtime.primitives.block import Block, Header
from runtime.primitives.scale import decode

KEEP_ALL = Archive()

HEADER_CACHE = 2048
"""Decoded headers kept: two hours of blocks, about 3 MB."""


class UnknownBlock(LookupError):
    """A block was named that is not above the last finalized one, or not stored at all."""


@dataclass(frozen=True, slots=True)
class BlockImport:
    """An executed block, ready to be written."""

    block: Block
    proofs: tuple[bytes, ...]
    """One per opening in the compute inherent, in order."""
    nodes: Mapping[bytes, bytes]
    """Trie nodes that the block added to the state."""
    weight: bytes
    """What fork choice wants to find again."""
    is_best: bool
    aux: Mapping[bytes, bytes | None] = field(default_factory=dict)
    """Records of other services that change with this block."""
    occurrences: Mapping[bytes, int] | None = None
    """How the block changed how often nodes occur; `Trie.occurrences_since` its parent's state."""


@dataclass(frozen=True, slots=True)
class OpenBlock:
    """A block above the last finalized one."""

    number: int
    hash: bytes
    parent_hash: bytes


@dataclass(frozen=True, slots=True)
class Finalization:
    """What finalizing a block changed."""

    finalized: tuple[bytes, ...]
    """Newly final, oldest first."""
    stale: tuple[bytes, ...]
    """Blocks of abandoned forks, whose bodies are gone unless every one is kept."""
    best: bytes
    """The best block afterwards."""


class BlockStore:
    """The blocks of one chain.

    Invariants: the finalized block is an ancestor of the best block or is it; every open block
    descends from the finalized one; `hash_at` names exactly the ancestors of the best block and
    itself.
    """

    def __init__(
        self, db: Database, keeper: StateKeeper = KEEP_ALL, bodies: BodyKeeper | None = None
    ) -> None:
        """Load markers and open blocks; without `bodies` no final block loses its own.

        Raises DatabaseCorrupt if markers and blocks contradict each other.
        """
        self._db = db
        self.keeper = keeper
        self._headers: Lru[bytes, Header] = Lru(HEADER_CACHE)
        self.genesis_hash = self._marker(GENESIS_KEY, "genesis")
        self.bodies = bodies or BodyKeeper(db, FINAL_ONLY, 0)
        self._best = self._marker(BEST_KEY, "best")
        best = self.header(self._best)
        self._best_number = 0 if best is None else best.number
        self._finalized = self._marker(FINALIZED_KEY, "finalized")
        self._open = {entry.hash: entry for entry in self._stored_open_blocks()}
        self._check()

    # what is there

    @property
    def best(self) -> Header:
        """The header of the best block."""
        return self.known_header(self._best)

    @property
    def finalized(self) -> Header:
        """The header of the last finalized block."""
        return self.known_header(self._finalized)

    def header(self, block_hash: bytes) -> Header | None:
        """Return the header of a block, or None; headers of abandoned forks stay."""
        header = self._headers.get(block_hash)
        if header is None:
            raw = self._db.get(HEADER + block_hash)
            if raw is None:
                return None
            header = decode(raw, Header)
            self._headers.put(block_hash, header)
        return header

    def known_header(self, block_hash: bytes) -> Header:
        """Return the header of a block that must be there; raises UnknownBlock."""
        header = self.header(block_hash)
        if header is None:
            raise UnknownBlock(f"wanted a stored block, got 0x{block_hash.hex()}")
        return header

    def body(self, block_hash: bytes) -> tuple[bytes, ...] | None:
        """Return the extrinsics of a block, or None if it is unknown or pruned."""
        return list_of_bytes(self._db.get(BODY + block_hash))

    def block(self, block_hash: bytes) -> Block | None:
        """Return header and extrinsics, or None if the block is unknown or pruned."""
        header, body = self.header(block_hash), self.body(block_hash)
        return None if header is None or body is None else Block(header, body)

    def proofs(self, block_hash: bytes) -> tuple[bytes, ...]:
        """Return the proofs that travelled beside a block; empty if it had none."""
        return list_of_bytes(self._db.get(PROOFS + block_hash)) or ()

    def weight(self, block_hash: bytes) -> bytes | None:
        """Return the record fork choice left with a block, or None."""
        return self._db.get(WEIGHT + block_hash)

    def justification(self, block_hash: bytes) -> bytes | None:
        """Return the finality proof of a block, or None if it was not the target of one."""
        return self._db.get(JUSTIFICATION + block_hash)

    def hash_at(self, number: int) -> bytes | None:
        """Return the hash of the canonical block of that number, or None above the best block."""
        # fast sync writes numbers ahead of the best block; they count when that gets there
        return None if number > self._best_number else self._db.get(CANONICAL + number_key(number))

    def has_imported(self, block_hash: bytes) -> bool:
        """Say whether a block was imported: of what lies above the best one headers may be here."""
        if block_hash in self._open:
            return True
        header = self.header(block_hash)
        return header is not None and header.number <= self.finalized.number

    def is_canonical(self, block_hash: bytes) -> bool:
        """Say whether the block is the best one or one of its ancestors."""
        header = self.header(block_hash)
        return header is not None and self.hash_at(header.number) == block_hash

    def has_state(self, block_hash: bytes) -> bool:
        """Say whether the state after a stored block is kept."""
        if self.keeper.holds(block_hash) or block_hash in self._open:
            return True
        header = self.header(block_hash)
        if header is None or header.number > self._best_number:
            return False
        if self.keeper.keeps_all:
            return header.number >= self.keeper.oldest or block_hash == self.genesis_hash
        return header.number >= self.keeper.oldest and self.is_canonical(block_hash)

    def open_blocks(self) -> tuple[OpenBlock, ...]:
        """Return the blocks above the last finalized one, parents before children."""
        return tuple(sorted(self._open.values(), key=lambda entry: (entry.number, entry.hash)))

    def children(self, block_hash: bytes) -> tuple[bytes, ...]:
        """Return the open blocks built on a block."""
        return tuple(entry.hash for entry in self.open_blocks() if entry.parent_hash == block_hash)

    def leaves(self) -> tuple[bytes, ...]:
        """Return the blocks on which nothing is built, lowest first."""
        parents = {entry.parent_hash for entry in self._open.values()}
        leaves = tuple(entry.hash for entry in self.open_blocks() if entry.hash not in parents)
        return leaves or (self._finalized,)

    # changes

    def import_block(self, imported: BlockImport) -> None:
        """Write an executed block whose parent is open or the last finalized block.

        Raises UnknownBlock for any other parent.
        """
        header = imported.block.header
        if header.parent_hash != self._finalized and header.parent_hash not in self._open:
            raise UnknownBlock(
                "wanted a parent at or above the last finalized block, "
                f"got 0x{header.parent_hash.hex()}"
            )
        entry = OpenBlock(header.number, header.hash, header.parent_hash)
        batch = Batch()
        stage_header(batch, header)
        stage_body(batch, imported.block, imported.proofs)
        self.keeper.stage_import(batch, entry.hash, imported)
        batch.put(WEIGHT + entry.hash, imported.weight)
        batch.put(_open_key(entry), entry.parent_hash)
        stage_aux(batch, imported.aux)
        if imported.is_best:
            self._stage_best(batch, header)
        self._db.write(batch)
        self._headers.put(entry.hash, header)
        self._open[entry.hash] = entry
        if imported.is_best:
            self._best, self._best_number = entry.hash, entry.number

    def set_best(self, block_hash: bytes) -> None:
        """Make an open (or the finalized) block the best one; raises UnknownBlock."""
        if block_hash != self._finalized and block_hash not in self._open:
            raise UnknownBlock(f"wanted an open block as best, got 0x{block_hash.hex()}")
        batch = Batch()
        self._stage_best(batch, self.known_header(block_hash))
        self._db.write(batch)
        self._best, self._best_number = block_hash, self.known_header(block_hash).number

    def finalize(
        self,
        block_hash: bytes,
        justification: bytes | None = None,
        *,
        best: bytes | None = None,
        aux: Mapping[bytes, bytes | None] | None = None,
    ) -> Finalization:
        """Make an open block and its ancestors final, and drop the forks that do not contain it.

        `best` is the best block afterwards, on that chain; without it the best block stays or, if
        it is on another fork, the finalized block takes its place. Raises UnknownBlock.
        """
        path = self._path_to(block_hash)
        descendants = self._descendants(block_hash)
        kept = {*path, *descendants}
        stale = tuple(entry for entry in self.open_blocks() if entry.hash not in kept)
        family = {block_hash, *descendants}
        if best is None:
            best = self._best if self._best in family else block_hash
        elif best not in family:
            raise UnknownBlock(f"wanted a best block on the final chain, got 0x{best.hex()}")
        batch = Batch()
        self._stage_best(batch, self.known_header(best))
        self._stage_gone(batch, stale, keeps_bodies=self.bodies.keeps_forks)
        for final in path:
            batch.delete(_open_key(self._open[final]))
        batch.put(FINALIZED_KEY, block_hash)
        if justification is not None:
            batch.put(JUSTIFICATION + block_hash, justification)
        stage_aux(batch, aux or {})
        self._db.write(batch, sync=True)
        for gone in (*path, *(entry.hash for entry in stale)):
            del self._open[gone]
        self._best, self._finalized = best, block_hash
        self._best_number = self.best.number
        return Finalization(path, tuple(entry.hash for entry in stale), best)

    def jump(self, header: Header, justification: bytes) -> None:
        """Go on from genesis at a final block far above it, whose header and state are here."""
        assert self._best == self._finalized == self.genesis_hash, "a jump starts at genesis"
        assert not self._open, "a jump starts at genesis"
        batch = Batch()
        self.keeper.stage_jump(batch, header, self.known_header(self.genesis_hash).state_root)
        self.bodies.stage_jump(batch, header.number)
        batch.put(CANONICAL + number_key(header.number), header.hash)
        batch.put(JUSTIFICATION + header.hash, justification)
        batch.put(BEST_KEY, header.hash)
        batch.put(FINALIZED_KEY, header.hash)
        self._db.write(batch, sync=True)
        self._best = self._finalized = header.hash
        self._best_number = header.number

    def revert(self, count: int) -> Header:
        """Forget the newest `count` blocks of every branch; what is final stays.

        Returns the best block afterwards.
        """
        number = max(self._best_number - count, self.finalized.number)
        best = self.hash_at(number)
        assert best is not None, "every number up to the best block has one"
        gone = tuple(entry for entry in self.open_blocks() if entry.number > number)
        batch = Batch()
        self._stage_best(batch, self.known_header(best))
        self._stage_gone(batch, gone, keeps_bodies=False)
        self._db.write(batch, sync=True)
        for entry in gone:
            del self._open[entry.hash]
        self._best, self._best_number = best, number
        return self.best

    def prune_states(self) -> bool:
        """Remove some of the states that are not kept any more; say whether there may be more."""
        return self.keeper.prune(self.finalized.number, self.hash_at)

    def prune_bodies(self) -> bool:
        """Remove some of the bodies that are not kept any more; say whether there may be more."""
        return self.bodies.prune(self.finalized.number, self.hash_at)

    # helpers

    def _stage_gone(self, batch: Batch, gone: tuple[OpenBlock, ...], *, keeps_bodies: bool) -> None:
        """Drop the states of open blocks, and the bodies where they are not kept."""
        for entry in gone:
            stage_pruned(batch, entry.hash, keeps_body=keeps_bodies)
            batch.delete(_open_key(entry))
        self.keeper.stage_stale(batch, gone)

    def _stage_best(self, batch: Batch, best: Header) -> None:
        """Point the canonical numbers at the ancestors of `best`, and at nothing above it."""
        for number in range(best.number + 1, self.best.number + 1):
            batch.delete(CANONICAL + number_key(number))
        batch.put(BEST_KEY, best.hash)
        block_hash, number = best.hash, best.number
        parent_hash = best.parent_hash
        while self.hash_at(number) != block_hash:
            batch.put(CANONICAL + number_key(number), block_hash)
            block_hash, number = parent_hash, number - 1
            parent_hash = self.known_header(block_hash).parent_hash

    def _path_to(self, block_hash: bytes) -> tuple[bytes, ...]:
        """Return the open ancestors of a block and itself, oldest first."""
        path: list[bytes] = []
        cursor = block_hash
        while cursor != self._finalized:
            entry = self._open.get(cursor)
            if entry is None:
                raise UnknownBlock(f"wanted an open block to finalize, got 0x{block_hash.hex()}")
            path.append(cursor)
            cursor = entry.parent_hash
        if not path:
            raise UnknownBlock(f"block 0x{block_hash.hex()} is already final")
        return tuple(reversed(path))

    def _descendants(self, block_hash: bytes) -> frozenset[bytes]:
        """Return the open blocks built on a block, directly or not."""
        family = {block_hash}
        for entry in self.open_blocks():
            if entry.parent_hash in family:
                family.add(entry.hash)
        return frozenset(family - {block_hash})

    def _marker(self, key: bytes, name: str) -> bytes:
        value = self._db.get(key)
        if value is None:
            raise DatabaseCorrupt(f"the database has no {name} block; {ADVICE}")
        return value

    def _stored_open_blocks(self) -> Iterator[OpenBlock]:
        for key, parent_hash in self._db.iterate(OPEN):
            number = int.from_bytes(key[len(OPEN) : len(OPEN) + NUMBER_BYTES], "big")
            yield OpenBlock(number, key[len(OPEN) + NUMBER_BYTES :], parent_hash)

    def _check(self) -> None:
        """Refuse a database whose markers contradict each other."""
        for name, block_hash in (("best", self._best), ("finalized", self._finalized)):
            if not self.is_canonical(block_hash):
                raise DatabaseCorrupt(
                    f"the {name} block 0x{block_hash.hex()} is not on the canonical chain; {ADVICE}"
                )
        if self._best != self._finalized and self._best not in self._open:
            raise DatabaseCorrupt(
                f"the best block 0x{self._best.hex()} is not above the finalized one; {ADVICE}"
            )


def _open_key(entry: OpenBlock) -> bytes:
    return OPEN + number_key(entry.number) + entry.hash
