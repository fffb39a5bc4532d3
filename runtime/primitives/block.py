"""Headers, digests and blocks: what a block hash commits to.

Byte for byte the layout of Substrate's generic header, so that its clients can read ours.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import blake2b
from typing import Annotated, Any, ClassVar

from runtime.primitives.scale import encode
from runtime.primitives.schema import Fixed
from runtime.primitives.types import H256, U32, U64, CompactU32

EngineId = Annotated[bytes, Fixed(4)]

BABE_ENGINE = b"BABE"
"""Block production: the slot claim, epoch changes and the seal."""
GRANDPA_ENGINE = b"FRNK"
"""Finality: authority changes and justifications."""
COMPUTE_ENGINE = b"SMPC"
"""Proof of compute: the root and the total of the work receipts in the block."""


@dataclass(frozen=True, slots=True)
class Other:
    """A digest item that no engine claims."""

    index: ClassVar[int] = 0
    payload: bytes


@dataclass(frozen=True, slots=True)
class Consensus:
    """A message from the runtime to the engine named."""

    index: ClassVar[int] = 4
    engine: EngineId
    payload: bytes


@dataclass(frozen=True, slots=True)
class Seal:
    """The author's signature; always last, and not part of what is executed."""

    index: ClassVar[int] = 5
    engine: EngineId
    payload: bytes


@dataclass(frozen=True, slots=True)
class PreRuntime:
    """A message from the engine to the runtime, such as the slot claim."""

    index: ClassVar[int] = 6
    engine: EngineId
    payload: bytes


@dataclass(frozen=True, slots=True)
class RuntimeEnvironmentUpdated:
    """The runtime changed in this block."""

    index: ClassVar[int] = 8


DigestItem = Other | Consensus | Seal | PreRuntime | RuntimeEnvironmentUpdated
Digest = tuple[DigestItem, ...]


@dataclass(frozen=True, slots=True)
class ComputeDigest:
    """What a header says of the work receipts in its block: their root and how much they prove."""

    root: H256
    work: U64
    """Canonical work, in micro-CU: what fork choice counts."""
    units: U64
    """Verified work of clients' jobs, in micro-CU."""


@dataclass(frozen=True)
class Header:
    """What identifies a block."""

    type_path: ClassVar[str] = "sp_runtime::generic::header::Header"
    type_params: ClassVar[tuple[tuple[str, Any], ...]] = (("Number", U32), ("Hash", H256))
    parent_hash: H256
    number: CompactU32
    state_root: H256
    extrinsics_root: H256
    digest: Digest

    @cached_property
    def hash(self) -> bytes:
        """The block hash: Blake2b-256 of the encoded header."""
        return blake2b(encode(self, Header), digest_size=32).digest()

    @cached_property
    def unsealed(self) -> Header:
        """The header as it was executed: without its seal."""
        if self.digest and isinstance(self.digest[-1], Seal):
            return replace(self, digest=self.digest[:-1])
        return self


@dataclass(frozen=True, slots=True)
class Block:
    """A header and the opaque extrinsics under it."""

    header: Header
    extrinsics: tuple[bytes, ...]
