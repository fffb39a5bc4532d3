"""Proofs that someone broke the rule of one block per slot, or of one vote per stage of a round.

The proofs are SCALE values in Substrate's layout; reporting them on chain is the node's part.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import ClassVar

from consensus.finality.vote import Precommit, Prevote, SignedMessage
from consensus.verification import Claim
from runtime.primitives.block import Header
from runtime.primitives.scale import encode
from runtime.primitives.types import U64, PublicKey, Signature64

MAX_WATCHED_CLAIMS = 4096
"""Several hours of 6 s slots; who equivocates later than that gains nothing from it."""

MAX_BLOCKS_PER_CLAIM = 2
"""Two prove the fault; more would only fill the tree."""


@dataclass(frozen=True, slots=True)
class BlockEquivocation:
    """Two headers sealed by one author for one slot."""

    offender: PublicKey
    slot: U64
    first_header: Header
    second_header: Header


@dataclass(frozen=True, slots=True)
class PrevoteEquivocation:
    """Two prevotes by one voter in one round."""

    index: ClassVar[int] = 0
    round: U64
    id: PublicKey
    first: tuple[Prevote, Signature64]
    second: tuple[Prevote, Signature64]


@dataclass(frozen=True, slots=True)
class PrecommitEquivocation:
    """Two precommits by one voter in one round."""

    index: ClassVar[int] = 1
    round: U64
    id: PublicKey
    first: tuple[Precommit, Signature64]
    second: tuple[Precommit, Signature64]


@dataclass(frozen=True, slots=True)
class VoteEquivocation:
    """Two votes by one voter in one stage of one round of one set."""

    set_id: U64
    votes: PrevoteEquivocation | PrecommitEquivocation


Equivocation = BlockEquivocation | VoteEquivocation


class ClaimWatch:
    """Remembers who claimed which recent slot with which header."""

    def __init__(self, max_claims: int = MAX_WATCHED_CLAIMS) -> None:
        self._max_claims = max_claims
        self._headers: OrderedDict[tuple[int, bytes], list[Header]] = OrderedDict()

    def has_proof(self, claim: Claim, header: Header) -> bool:
        """Return whether the author has two other blocks in this slot already."""
        known = self._headers.get((claim.slot, claim.author), [])
        return len(known) >= MAX_BLOCKS_PER_CLAIM and header.hash not in {h.hash for h in known}

    def note(self, claim: Claim, header: Header) -> BlockEquivocation | None:
        """Remember a checked claim; return the proof if it is the author's second in the slot."""
        known = self._headers.setdefault((claim.slot, claim.author), [])
        if len(self._headers) > self._max_claims:
            self._headers.popitem(last=False)
        if len(known) >= MAX_BLOCKS_PER_CLAIM or header.hash in {each.hash for each in known}:
            return None
        known.append(header)
        if len(known) < MAX_BLOCKS_PER_CLAIM:
            return None
        return BlockEquivocation(claim.author, claim.slot, *known)


def vote_equivocation(
    pair: tuple[SignedMessage, SignedMessage], round_number: int, set_id: int
) -> VoteEquivocation | None:
    """Return the proof that a voter voted twice; None for two proposals, which cost nobody."""
    first, second = pair
    voter = first.id
    if isinstance(first.message, Prevote) and isinstance(second.message, Prevote):
        prevotes = (first.message, first.signature), (second.message, second.signature)
        return VoteEquivocation(set_id, PrevoteEquivocation(round_number, voter, *prevotes))
    if isinstance(first.message, Precommit) and isinstance(second.message, Precommit):
        precommits = (first.message, first.signature), (second.message, second.signature)
        return VoteEquivocation(set_id, PrecommitEquivocation(round_number, voter, *precommits))
    return None


def encoded(proof: Equivocation) -> bytes:
    """Return the bytes of a proof, as the chain takes them."""
    return encode(proof, type(proof))
