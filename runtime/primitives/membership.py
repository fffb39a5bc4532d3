"""The proof that a key was a validator's in a session, as reports of offences carry it.

Source: `sp_session::MembershipProof`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from runtime.primitives.schema import Fixed
from runtime.primitives.types import U32

KeyTypeId = Annotated[bytes, Fixed(4, "sp_core::crypto::KeyTypeId")]

BABE_KEY: bytes = b"babe"
"""Kind of the keys that seal blocks."""
GRANDPA_KEY: bytes = b"gran"
"""Kind of the keys that vote on finality."""
AUDIT_KEY: bytes = b"audi"
"""Kind of the keys that sign the verdicts of audits."""


@dataclass(frozen=True, slots=True)
class MembershipProof:
    """Nodes of the session's trie of keys, from its root to the key and to its owner."""

    type_path: ClassVar[str] = "sp_session::MembershipProof"
    session: U32
    trie_nodes: tuple[bytes, ...]
    validator_count: U32
