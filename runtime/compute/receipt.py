"""Receipts: a provider's statement about a result, its later opening, and what one block carries.

A commitment enters the chain first; the opening names the hash of a proof that travels beside the
block. Share batches and openings together are the one `compute` inherent of a block.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from runtime.compute.shares import ShareBatch, ShareParameters
from runtime.primitives.block import ComputeDigest
from runtime.primitives.hashing import blake2_256
from runtime.primitives.scale import encode
from runtime.primitives.schema import Bounded
from runtime.primitives.types import H256, U32, U64, AccountId

MAX_BATCHES_PER_BLOCK = 100
"""As many providers as a block has verify gas for, one share each."""
MAX_OPENINGS_PER_BLOCK = 16
"""Their proofs must reach every validator within a slot, and be checked in a sixth of one."""
NO_AUXILIARY = bytes(32)
"""The auxiliary root of a class that commits to nothing between its input and its output."""


OpeningPlace = tuple[int, int, int | None]
"""Job, segment, and the case if one asked."""


@dataclass(frozen=True, slots=True)
class Commitment:
    """A provider's word for the result of one segment of a job."""

    job: U64
    segment: U32
    provider: AccountId
    out_root: H256
    """Root of the output leaves, salted with provider, job and segment: no one can copy it."""
    aux_root: H256
    """Root of checkpoints and the like; `NO_AUXILIARY` where there are none."""
    out_bytes: U64

    @property
    def hash(self) -> bytes:
        """What the challenge is drawn from, and what an opening refers to."""
        return blake2_256(encode(self, Commitment))


@dataclass(frozen=True, slots=True)
class Opening:
    """The claim that the proof of this hash answers the challenge of a segment."""

    job: U64
    segment: U32
    proof_hash: H256
    case: U64 | None = None
    """The case against the segment whose one leaf it opens; None for the drawn leaves."""

    @property
    def place(self) -> OpeningPlace:
        """What the chain asked for: no two openings of one place are of use."""
        return self.job, self.segment, self.case


@dataclass(frozen=True, slots=True)
class Receipts:
    """The argument of the block's `compute` inherent."""

    batches: Annotated[tuple[ShareBatch, ...], Bounded(MAX_BATCHES_PER_BLOCK)]
    openings: Annotated[tuple[Opening, ...], Bounded(MAX_OPENINGS_PER_BLOCK)]

    @property
    def root(self) -> bytes:
        """What the header's digest commits to."""
        return blake2_256(encode(self, Receipts))

    @property
    def shares(self) -> int:
        """Shares in all batches."""
        return sum(len(batch.shares) for batch in self.batches)

    def digest(self, parameters: ShareParameters, units: Iterable[int]) -> ComputeDigest:
        """Total the receipts for the header; `units` are those of the openings' jobs."""
        work = self.shares * parameters.work_per_share
        return ComputeDigest(root=self.root, work=work, units=sum(units))


NO_RECEIPTS = Receipts(batches=(), openings=())
"""A block with these carries no compute inherent and no digest item."""


def proof_hash(proof: bytes) -> bytes:
    """Name a proof, for the opening that stands for it in the block."""
    return blake2_256(proof)
