"""What fast sync writes ahead of the chain and behind it: headers, and old bodies.

The chain does not see any of it before `BlockStore.jump`, which is one batch. Each step is one
batch too, with the record of how far it got, so that a kill at any point costs that step alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from consensus.finality.headers import FinalHeaders
from consensus.finality.tally import VoterSet
from node.store.aux import stage_aux
from node.store.blocks import BlockStore
from node.store.columns import AUX, CANONICAL, JUSTIFICATION, number_key
from node.store.db import Batch, Database
from node.store.records import stage_body, stage_header
from runtime.primitives.block import Block, Header
from runtime.primitives.finality import Authority
from runtime.primitives.scale import decode, encode
from runtime.primitives.types import H256, U32, U64

TARGET, BODIES = b"fast/target", b"fast/bodies"
"""Names of records: the last proven header; the highest number whose body is missing."""


@dataclass(frozen=True, slots=True)
class Target:
    """The last header that is proven final, and who decides above it."""

    number: U32
    hash: H256
    set_id: U64
    voters: tuple[Authority, ...]

    @property
    def voter_set(self) -> VoterSet:
        """Return who decides on the blocks above."""
        return VoterSet(self.set_id, self.voters)


class FastStore:
    """The records of a fast sync.

    Invariant: every header from block 1 to the target is here and under its number.
    """

    def __init__(self, db: Database, blocks: BlockStore) -> None:
        self.database, self._blocks = db, blocks

    @property
    def has_jumped(self) -> bool:
        """Whether the chain stands above number 0: by a jump, block by block, or as a fork."""
        return self._blocks.best.number > 0

    # headers

    def target(self, genesis: VoterSet) -> Target:
        """Return the last proven header; at first that of genesis, above which `genesis` decide."""
        raw = self.database.get(AUX + TARGET)
        if raw is None:
            return Target(0, self._blocks.genesis_hash, genesis.set_id, genesis.voters)
        target: Target = decode(raw, Target)
        return target

    def add_headers(self, found: FinalHeaders) -> None:
        """Write headers that are proven final and follow the target."""
        batch = Batch()
        for header in found.headers:
            stage_header(batch, header)
            batch.put(CANONICAL + number_key(header.number), header.hash)
        for number, proof in found.proofs.items():
            batch.put(JUSTIFICATION + found.headers[number - found.headers[0].number].hash, proof)
        last, voters = found.headers[-1], found.voters
        target = Target(last.number, last.hash, voters.set_id, voters.voters)
        stage_aux(batch, {TARGET: encode(target, Target)})
        self.database.write(batch)

    def hash_at(self, number: int) -> bytes:
        """Return the hash of a final block, also above the best one."""
        block_hash = self.database.get(CANONICAL + number_key(number))
        assert block_hash is not None, "every number up to the target has its header"
        return block_hash

    @property
    def last_header(self) -> int:
        """The number of the last proven header; 0 in a chain that went block by block."""
        raw = self.database.get(AUX + TARGET)
        return 0 if raw is None else cast(Target, decode(raw, Target)).number

    # bodies

    def note_missing_bodies(self, last: int) -> None:
        """Note up to which number bodies are missing."""
        batch = Batch()
        stage_aux(batch, {BODIES: number_key(last) if last else None})
        self.database.write(batch)

    @property
    def last_missing_body(self) -> int:
        """The highest number whose body is to be fetched; 0 if all are here, or not wanted."""
        is_wanted = self.has_jumped and self._blocks.bodies.keeps_final
        raw = self.database.get(AUX + BODIES) if is_wanted else None
        return 0 if raw is None else int.from_bytes(raw, "big")

    def header_at(self, number: int) -> Header:
        """Return the header of a final block, also above the best one."""
        return self._blocks.known_header(self.hash_at(number))

    def add_bodies(self, blocks: Sequence[tuple[Block, tuple[bytes, ...]]]) -> None:
        """Write bodies of final blocks whose headers are here, and their proofs; checked before."""
        batch = Batch()
        for block, proofs in blocks:
            stage_body(batch, block, proofs)
        self.database.write(batch)
