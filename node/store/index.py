"""Where an extrinsic is: the block number and position by its hash.

An entry is only a hint (its number); the canonical body at that number decides. So entries of
abandoned forks need no cleaning, a reorganisation needs no rewriting, and an extrinsic costs 37
bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from node.store.columns import EXTRINSIC, number_key
from node.store.db import Batch, Database
from runtime.primitives.hashing import blake2_256


class CanonicalBodies(Protocol):
    """What the index checks its hints against."""

    def hash_at(self, number: int) -> bytes | None:
        """Return the hash of the canonical block of that number, or None."""

    def body(self, block_hash: bytes) -> tuple[bytes, ...] | None:
        """Return the extrinsics of a block, or None."""


@dataclass(frozen=True, slots=True)
class Location:
    """A place on the canonical chain."""

    block_hash: bytes
    block_number: int
    index: int


class ExtrinsicIndex:
    """Finds extrinsics on the canonical chain."""

    def __init__(self, db: Database, blocks: CanonicalBodies) -> None:
        """Read hints from `db` and check them against `blocks`."""
        self._db = db
        self._blocks = blocks

    def locate(self, extrinsic_hash: bytes) -> Location | None:
        """Return the first place of the extrinsic on the canonical chain, or None."""
        prefix = EXTRINSIC + extrinsic_hash
        for key, _ in self._db.iterate(prefix):
            number = int.from_bytes(key[len(prefix) :], "big")
            found = self._in_canonical_block(extrinsic_hash, number)
            if found is not None:
                return found
        return None

    def _in_canonical_block(self, extrinsic_hash: bytes, number: int) -> Location | None:
        block_hash = self._blocks.hash_at(number)
        body = None if block_hash is None else self._blocks.body(block_hash)
        if block_hash is None or body is None:
            return None
        for index, raw in enumerate(body):
            if blake2_256(raw) == extrinsic_hash:
                return Location(block_hash, number, index)
        return None


def stage_forgotten(batch: Batch, number: int, extrinsics: Sequence[bytes]) -> None:
    """Remove the hints for a block's extrinsics with its body."""
    for raw in extrinsics:
        batch.delete(EXTRINSIC + blake2_256(raw) + number_key(number))


def stage_index(batch: Batch, number: int, extrinsics: Sequence[bytes]) -> None:
    """Add the hints for a block's extrinsics to the batch that writes the block."""
    suffix = number_key(number)
    batch.changes.update({EXTRINSIC + blake2_256(raw) + suffix: b"" for raw in extrinsics})
