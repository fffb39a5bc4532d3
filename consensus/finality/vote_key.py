"""A voter's key, wherever it is kept."""

from __future__ import annotations

from typing import Protocol


class VoteKey(Protocol):
    """Signs votes."""

    @property
    def public(self) -> bytes:
        """Return the ed25519 public key."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Return the ed25519 signature of `message`, 64 bytes."""
        ...
