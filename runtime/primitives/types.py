"""The nouns every module shares: sized integers, hashes, accounts, amounts."""

from __future__ import annotations

from typing import Annotated

from runtime.primitives.schema import Compact, Fixed, Int, Uint

U8 = Annotated[int, Uint(1)]
U16 = Annotated[int, Uint(2)]
U32 = Annotated[int, Uint(4)]
U64 = Annotated[int, Uint(8)]
U128 = Annotated[int, Uint(16)]
U256 = Annotated[int, Uint(32)]
I32 = Annotated[int, Int(4)]
I64 = Annotated[int, Int(8)]

CompactU32 = Annotated[int, Compact(4)]
CompactU64 = Annotated[int, Compact(8)]
CompactU128 = Annotated[int, Compact(16)]

H256 = Annotated[bytes, Fixed(32, "primitive_types::H256")]
"""A Blake2b-256 digest, unless its name says otherwise."""

AccountId = Annotated[bytes, Fixed(32, "sp_core::crypto::AccountId32")]
"""A public key, the hash of one, or an address derived for a pallet's own funds."""

PublicKey = Annotated[bytes, Fixed(32)]
Signature64 = Annotated[bytes, Fixed(64)]

BlockNumber = U32
Nonce = U32
Balance = U128
"""An amount in a token's smallest unit, the planck: 10**-12 of a token."""
CompactBalance = CompactU128

Moment = U64
"""Milliseconds since the Unix epoch."""
Slot = U64

UNIT = 10**12
"""Planck in one AGPU or AMAX."""

U32_MAX = 2**32 - 1
U64_MAX = 2**64 - 1
U128_MAX = 2**128 - 1
