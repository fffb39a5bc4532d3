"""Noticing that someone broke the rule of one block per slot, or of one vote per stage of a round.

What is found becomes a proof that the chain can check (`runtime.primitives.equivocation`).
"""

from __future__ import annotations

from collections import OrderedDict

from consensus.finality.vote import Precommit, Prevote, SignedMessage
from consensus.verification import Claim
from runtime.primitives.block import Header
from runtime.primitives.equivocation import (
    BlockEquivocation,
    Equivocation,
    PrecommitEquivocation,
    PrevoteEquivocation,
    VoteEquivocation,
)

__all__ = [
    "MAX_BLOCKS_PER_CLAIM",
    "MAX_WATCHED_CLAIMS",
    "BlockEquivocation",
    "ClaimWatch",
    "Equivocation",
    "PrecommitEquivocation",
    "PrevoteEquivocation",
    "VoteEquivocation",
    "vote_equivocation",
]

MAX_WATCHED_CLAIMS = 4096
"""Several hours of 6 s slots; who equivocates later than that gains nothing from it."""

MAX_BLOCKS_PER_CLAIM = 2
"""Two prove the fault; more would only fill the tree."""


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
