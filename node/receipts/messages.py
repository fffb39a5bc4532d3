"""Receipts as they are gossiped: SCALE, since what they carry is hashed by the chain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from runtime.compute.receipt import Opening
from runtime.compute.shares import ShareBatch
from runtime.compute.witnesses import Testimony

MAX_INLINE_PROOF_BYTES = 200 << 10
"""A larger proof is fetched from the peer that announced it: gossip carries at most 256 KiB."""


@dataclass(frozen=True, slots=True)
class OpeningWithProof:
    """An opening, and its proof."""

    index: ClassVar[int] = 0
    opening: Opening
    proof: bytes


@dataclass(frozen=True, slots=True)
class OpeningAnnounced:
    """An opening whose proof the sender has."""

    index: ClassVar[int] = 1
    opening: Opening


@dataclass(frozen=True, slots=True)
class Shares:
    """Canonical shares of a provider."""

    index: ClassVar[int] = 2
    batch: ShareBatch


@dataclass(frozen=True, slots=True)
class Word:
    """What a witness of a private segment says: its signature, and nothing of what it saw."""

    index: ClassVar[int] = 3
    testimony: Testimony


ReceiptMessage = OpeningWithProof | OpeningAnnounced | Shares | Word


def message_of(opening: Opening, proof: bytes) -> ReceiptMessage:
    """Return how an opening is gossiped: whole if it fits, else announced."""
    if len(proof) <= MAX_INLINE_PROOF_BYTES:
        return OpeningWithProof(opening, proof)
    return OpeningAnnounced(opening)
