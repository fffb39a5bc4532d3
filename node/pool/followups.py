"""What becomes of watched extrinsics in a block: retracted, final, or waited for too long."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from node.pool import watch
from runtime.primitives.hashing import blake2_256

FINALITY_TIMEOUT_BLOCKS = 512
"""Substrate's own patience: 51 minutes at 6 s a block."""


@dataclass(frozen=True, slots=True)
class Body:
    """A block as the pool sees it."""

    hash: bytes
    number: int
    extrinsics: Sequence[bytes]


class Followups:
    """Watched extrinsics by the block they are in.

    Bounded by `watch.MAX_WATCHERS`: what nobody watches is not remembered.
    """

    def __init__(self, watchers: watch.Watchers) -> None:
        """Tell `watchers` what happens."""
        self._watchers = watchers
        self._waiting: dict[bytes, tuple[int, dict[bytes, int]]] = {}
        """By block hash: its number, and the index of each watched extrinsic."""

    @property
    def are_awaited(self) -> bool:
        """Return whether somebody waits for the finality of a block."""
        return bool(self._waiting)

    def enacted(self, body: Body) -> None:
        """Tell that a block is on the best chain."""
        if not len(self._watchers):
            return
        watched = {}
        for index, raw in enumerate(body.extrinsics):
            extrinsic_hash = blake2_256(raw)
            if extrinsic_hash in self._watchers:
                watched[extrinsic_hash] = index
                self._watchers.tell(extrinsic_hash, watch.InBlock(body.hash, index))
        if watched:
            self._waiting[body.hash] = (body.number, watched)

    def retracted(self, block_hash: bytes) -> None:
        """Tell that a block is no longer on the best chain."""
        _, watched = self._waiting.pop(block_hash, (0, {}))
        for extrinsic_hash in watched:
            self._watchers.tell(extrinsic_hash, watch.Retracted(block_hash))

    def finalized(self, block_hashes: Iterable[bytes]) -> None:
        """Tell that blocks are final."""
        for block_hash in block_hashes:
            _, watched = self._waiting.pop(block_hash, (0, {}))
            for extrinsic_hash, index in watched.items():
                self._watchers.tell(extrinsic_hash, watch.Finalized(block_hash, index))

    def expire(self, best_number: int) -> None:
        """Give up on blocks that were not finalized for too long."""
        late = [
            (block_hash, watched)
            for block_hash, (number, watched) in self._waiting.items()
            if number + FINALITY_TIMEOUT_BLOCKS <= best_number
        ]
        for block_hash, watched in late:
            del self._waiting[block_hash]
            for extrinsic_hash in watched:
                self._watchers.tell(extrinsic_hash, watch.FinalityTimeout(block_hash))
