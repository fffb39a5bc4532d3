"""The claim of a slot, as a block's digest carries it: read by the runtime and by consensus.

Source: `sp_consensus_babe::digests::PreDigest`; wallets read the author out of it. The logs of the
runtime are `sp_consensus_babe::ConsensusLog`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from runtime.primitives.scale import encode
from runtime.primitives.schema import Fixed
from runtime.primitives.types import H256, U32, Slot


@dataclass(frozen=True, slots=True)
class VrfSignature:
    """A VRF proof in the places where Substrate's BABE has one."""

    type_path: ClassVar[str] = "sp_core::sr25519::vrf::VrfSignature"
    pre_output: H256
    proof: Annotated[bytes, Fixed(64)]


@dataclass(frozen=True, slots=True)
class PrimaryPreDigest:
    """Claims a slot by winning the lottery."""

    index: ClassVar[int] = 1
    authority_index: U32
    slot: Slot
    vrf: VrfSignature


@dataclass(frozen=True, slots=True)
class SecondaryVrfPreDigest:
    """Claims a slot by rota; its VRF output feeds the randomness too."""

    index: ClassVar[int] = 3
    authority_index: U32
    slot: Slot
    vrf: VrfSignature


PreDigest = PrimaryPreDigest | SecondaryVrfPreDigest


@dataclass(frozen=True, slots=True)
class AuthorDisabled:
    """The log that an author offended: its blocks are refused from the next one on."""

    index: ClassVar[int] = 2
    authority_index: U32

    def payload(self) -> bytes:
        """Return the bytes of the log."""
        return bytes((self.index,)) + encode(self, AuthorDisabled)
