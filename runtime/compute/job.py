"""Jobs as they stand on the chain: what a client decides about one, and the limits of all.

What a job of some class computes, and what follows from its parameters, is that class's `Work`
(`classes`); `registry` finds it. Source: design page "Compute".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Annotated

from runtime.primitives.schema import Bounded
from runtime.primitives.types import H256, U8, U32, U64, Balance, BlockNumber, PublicKey

SAMPLES = 32
"""Leaves opened per segment: who cheats on a tenth of the leaves passes 3.4 % of the time, and
loses eight times the fee otherwise."""
MAX_PROOF_BYTES = 2 * 1024 * 1024
"""Largest opening proof: one travels in one network message beside its block."""
MAX_CONTENT_BYTES = 64 * 1024 * 1024
"""Largest input, output or auxiliary content: a client can hold and hash it in a second."""
MACS_PER_UNIT = 10**8
"""int8 multiply-accumulates in one micro-CU; 1 CU = 10**14 of them."""
SPEC_VERSION = 1
PERBILL = 10**9


class BadSpec(ValueError):
    """A job that no provider could be held to."""


class JobClass(Enum):
    """What kind of work a job is. Indices are append-only."""

    CANONICAL = 0
    MATMUL = 1
    INFERENCE = 2
    TRAINING = 3
    RENDERING = 4
    DATA = 5


class LatencyClass(Enum):
    """How soon a client wants its job; a price factor and a boost in the queue."""

    BATCH = 0
    STANDARD = 1
    FAST = 2
    REALTIME = 3


class ProofType(Enum):
    """How a committed segment is proven (`proofs`). Indices are append-only."""

    SAMPLED = 0
    """Every importer recomputes a sample of the leaves."""
    ATTESTED = 1
    """A vendor of confidential hardware signs that its hardware ran the kernel."""
    WITNESSED = 2
    """Drawn validators recompute a sample that is shown to them alone, and sign."""


class DeclineReason(Enum):
    """Why a provider gives an assigned job back. Indices are append-only."""

    BAD_SPEC = 0
    INPUT_UNAVAILABLE = 1
    BAD_INPUT_SIZE = 2
    BAD_INPUT_ROOT = 3
    DEVICE_UNABLE = 4
    BAD_INPUT = 5
    DEGENERATE = 6
    NO_ATTESTATION = 7
    """The provider has no hardware of a vendor that the chain trusts."""
    NO_SEALING_KEY = 8
    """The provider opens no sealed inputs."""


@dataclass(frozen=True, slots=True)
class Market:
    """Where a job is priced: the tier of hardware and the region."""

    tier: U8
    region: U8


@dataclass(frozen=True, slots=True)
class JobSpec:
    """Everything about a job that its client decides."""

    version: U8
    job_class: JobClass
    kernel_id: H256
    params: Annotated[bytes, Bounded(128)]
    input_root: H256
    input_bytes: U64
    leaves: U32
    leaf_bytes: U32
    market: Market
    latency: LatencyClass
    max_units: U64
    max_price: Balance
    """Planck per CU."""
    deadline: BlockNumber
    audit_rate: U32
    """Probability of a full audit, in parts per billion."""
    proof: ProofType
    reply_key: PublicKey | None
    """Of a private job: the client's X25519 key of this job alone, to which results are sealed."""

    @property
    def is_private(self) -> bool:
        """Whether inputs and results are sealed, and the leaves of all trees salted."""
        return self.reply_key is not None


@dataclass(frozen=True, slots=True)
class Terms:
    """What a client chooses freely: where, how soon, for how much."""

    max_price: int
    """Planck per CU."""
    deadline: int
    market: Market = Market(0, 0)
    latency: LatencyClass = LatencyClass.STANDARD
    audit_rate: int = PERBILL // 8
    proof: ProofType = ProofType.SAMPLED
    reply_key: bytes | None = None
    """X25519; makes the job private."""
