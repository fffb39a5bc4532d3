"""Counts votes: who may vote with which weight, and who voted for what, at most once.

A voter who votes twice in one stage counts for every block, so that no order of arrival matters
and a third of the weight cannot stop or fork the rest. Source: arXiv 2007.01560, section 2.2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from consensus.finality.vote import MAX_VOTERS, SignedMessage


@dataclass(frozen=True, slots=True)
class Handovers:
    """Changes of voters that became final since a tree was loaded."""

    count: int = 0
    voters: tuple[tuple[bytes, int], ...] | None = None
    """The voters since the last of them."""


@dataclass(frozen=True)
class VoterSet:
    """The voters of a set and their weights."""

    set_id: int
    voters: tuple[tuple[bytes, int], ...]
    """(ed25519 public key, weight > 0) in the order of the chain's authorities."""

    def __post_init__(self) -> None:
        if not 1 <= len(self.voters) <= MAX_VOTERS:
            raise ValueError(f"wanted 1 to {MAX_VOTERS} voters, got {len(self.voters)}")
        if len(self._weights) != len(self.voters) or min(self._weights.values()) < 1:
            raise ValueError("wanted distinct voters of weight 1 or more")

    @cached_property
    def _weights(self) -> dict[bytes, int]:
        return dict(self.voters)

    @cached_property
    def total(self) -> int:
        """Return the weight of all voters."""
        return sum(self._weights.values())

    @property
    def tolerated(self) -> int:
        """Return the greatest weight that may break the rules: less than a third."""
        return (self.total - 1) // 3

    @property
    def threshold(self) -> int:
        """Return the least weight that is a supermajority."""
        return self.total - self.tolerated

    def succeeded(self, handovers: Handovers) -> VoterSet:
        """Return who votes after these changes since the set was read."""
        if handovers.voters is None:
            return self
        return VoterSet(self.set_id + handovers.count, handovers.voters)

    def weight_of(self, voter: bytes) -> int:
        """Return the voter's weight, 0 for a stranger."""
        return self._weights.get(voter, 0)

    def primary(self, round_number: int) -> bytes:
        """Return who may propose in that round."""
        return self.voters[round_number % len(self.voters)][0]

    def rank(self, voter: bytes, round_number: int) -> int:
        """Return the voter's turn in that round, 0 for the primary: for duties that one can do."""
        order = [public for public, _ in self.voters]
        return (order.index(voter) - round_number) % len(order)


class Added(Enum):
    """What a ballot box did with a vote."""

    NEW = "new"
    DUPLICATE = "duplicate"
    EQUIVOCATION = "equivocation"


class Ballots:
    """The votes of one stage of one round: per voter one, and at most one that contradicts it."""

    def __init__(self) -> None:
        self._first: dict[bytes, SignedMessage] = {}
        self._second: dict[bytes, SignedMessage] = {}

    def add(self, signed: SignedMessage) -> Added:
        """Keep a checked vote, unless the voter's fault is proven already."""
        first = self._first.get(signed.id)
        if first is None:
            self._first[signed.id] = signed
            return Added.NEW
        if first.message == signed.message or signed.id in self._second:
            return Added.DUPLICATE
        self._second[signed.id] = signed
        return Added.EQUIVOCATION

    def __contains__(self, voter: object) -> bool:
        return voter in self._first

    def __len__(self) -> int:
        return len(self._first)

    @property
    def kept(self) -> int:
        """Return how many votes are kept: it grows with every change."""
        return len(self._first) + len(self._second)

    def first_of(self, voter: bytes) -> SignedMessage | None:
        """Return the first vote that came from the voter."""
        return self._first.get(voter)

    def pair_of(self, voter: bytes) -> tuple[SignedMessage, SignedMessage] | None:
        """Return the two votes that prove the voter's equivocation."""
        second = self._second.get(voter)
        return None if second is None else (self._first[voter], second)

    def single(self) -> Iterator[SignedMessage]:
        """Yield the votes of those who voted once."""
        return (vote for voter, vote in self._first.items() if voter not in self._second)

    def equivocators(self) -> Iterator[bytes]:
        """Yield those who voted twice."""
        return iter(self._second)

    def all(self) -> Iterator[SignedMessage]:
        """Yield every vote kept."""
        yield from self._first.values()
        yield from self._second.values()
