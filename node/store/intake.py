"""A state on its way into the database, in parts, while the chain stands at genesis.

What is missing is written in one batch with what came, so a kill costs what was under way. Nothing
refers to the nodes before the chain jumps, and a state that was begun for another block is removed
before the next one is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from node.store.aux import stage_aux
from node.store.blocks import BlockStore
from node.store.columns import AUX, COUNT, NODE
from node.store.counts import COUNT_BYTES
from node.store.db import Batch, Database
from node.store.pruning import HASH_BYTES, first_occurrences
from runtime.state.subtree import check_part

STATE = b"fast/state"
"""Name of the record: the block whose state is fetched, and what is missing of it."""

NO_BLOCK = bytes(HASH_BYTES)
"""Stands in the record while what it was about is removed."""

ENTRIES_PER_STEP = 4096
"""Entries removed between two checkpoints of the event loop: some 20 ms."""

ROOTS_PER_REQUEST = 16
"""Subtrees asked for at once: near the leaves one alone is not worth a round trip."""


class StateIntake:
    """What is here and what is missing of one block's state.

    Invariant: each node that is missing is at or below a hash that waits or is asked for; each is
    written as often as it occurs, so that a pruned database counts it right.
    """

    def __init__(self, db: Database, blocks: BlockStore, block_hash: bytes) -> None:
        """Go on where the record stands, if it is of this block."""
        self._db, self._blocks, self._block_hash = db, blocks, block_hash
        raw = db.get(AUX + STATE)
        self.has_leftovers = raw is not None
        """Whether parts of some state may be here."""
        self.is_begun = raw is not None and raw[:HASH_BYTES] == block_hash
        rest = raw[HASH_BYTES:] if raw is not None and self.is_begun else b""
        self._waiting = [rest[at : at + HASH_BYTES] for at in range(0, len(rest), HASH_BYTES)]
        self._asked: Counter[bytes] = Counter()
        self.received = 0
        """Nodes that came in this run of the node."""

    @property
    def is_done(self) -> bool:
        """Whether the whole state is here."""
        return self.is_begun and not self._waiting and not self._asked

    def begin(self) -> Iterator[None]:
        """Remove what is here of another state, then miss all of this one; yields between steps."""
        if self.has_leftovers:
            yield from self.wipe()
        self._waiting = [self._blocks.known_header(self._block_hash).state_root]
        self._write(Batch(), self._block_hash + self._waiting[0])
        self.is_begun = True

    def wipe(self) -> Iterator[None]:
        """Remove what is here of any state but that of genesis, where the chain stands.

        Yields between steps. A kill on the way leaves a record that is of no block.
        """
        self._write(Batch(), NO_BLOCK)
        blocks = self._blocks
        root = blocks.known_header(blocks.genesis_hash).state_root
        kept = first_occurrences(self._db, root)
        yield from self._wipe(NODE, dict.fromkeys(kept))
        several = {} if blocks.keeper.keeps_all else {d: n for d, n in kept.items() if n > 1}
        counts = {digest: n.to_bytes(COUNT_BYTES, "big") for digest, n in several.items()}
        yield from self._wipe(COUNT, counts)
        self._write(Batch(), None)

    def wanted(self) -> tuple[bytes, ...]:
        """Take the subtrees to ask for next; none if all are asked for.

        The last to be found come first, so that few wait at any time.
        """
        taken = tuple(self._waiting[: -ROOTS_PER_REQUEST - 1 : -1])
        del self._waiting[len(self._waiting) - len(taken) :]
        self._asked.update(taken)
        return taken

    def put_back(self, roots: Sequence[bytes]) -> None:
        """Ask for these again: nothing came."""
        self._settle(roots, roots)

    def take(self, roots: Sequence[bytes], items: Sequence[bytes]) -> bool:
        """Write what came of the subtrees that were asked for; return whether some is missing.

        Raises: BadProof; then nothing is written, and the subtrees are to be put back.
        """
        part = check_part(roots, items)
        self._settle(roots, part.rest)
        batch = Batch()
        self._blocks.keeper.stage_nodes(batch, part.nodes)
        missing = [*self._waiting, *self._asked.elements()]
        self._write(batch, self._block_hash + b"".join(missing))
        self.received += len(part.nodes)
        return bool(part.rest)

    def _settle(self, roots: Sequence[bytes], rest: Sequence[bytes]) -> None:
        """Ask for `roots` no more, but for `rest`."""
        self._asked.subtract(roots)
        self._asked += Counter()
        self._waiting.extend(reversed(rest))

    def _write(self, batch: Batch, record: bytes | None) -> None:
        stage_aux(batch, {STATE: record})
        self._db.write(batch)

    def _wipe(self, column: bytes, kept: Mapping[bytes, bytes | None]) -> Iterator[None]:
        """Remove a column but for the kept entries, and give these their values."""
        batch = Batch()
        for seen, (key, _) in enumerate(self._db.iterate(column), 1):
            digest = key[len(column) :]
            if digest not in kept:
                batch.delete(key)
            elif (value := kept[digest]) is not None:
                batch.put(key, value)
            if seen % ENTRIES_PER_STEP == 0:
                self._db.write(batch)
                batch = Batch()
                yield
        self._db.write(batch)
