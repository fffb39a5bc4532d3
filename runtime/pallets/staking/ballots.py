"""What an election keeps between its blocks, and what it needs to know of stakes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Protocol

from runtime.pallets.staking.phragmen import Backing, Vote
from runtime.pallets.staking.records import (
    MAX_CANDIDATES,
    MAX_NOMINATIONS,
    MAX_VOTERS,
    MAX_WINNERS,
    ValidatorPrefs,
)
from runtime.primitives.schema import Bounded
from runtime.primitives.types import U32, AccountId, CompactBalance

PAGE_BALLOTS = 64
"""Votes under one key: 4 KiB."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An account that stands, and its terms when the election began."""

    who: AccountId
    prefs: ValidatorPrefs


Candidates = Annotated[tuple[Candidate, ...], Bounded(MAX_CANDIDATES)]


@dataclass(frozen=True, slots=True)
class Ballot:
    """A vote as it was when the election began."""

    voter: AccountId
    stake: CompactBalance
    targets: Annotated[bytes, Bounded(MAX_NOMINATIONS)]
    """The places of those it names among the candidates."""


@dataclass(frozen=True, slots=True)
class Support:
    """A winner and who stands behind it."""

    winner: Candidate
    behind: Annotated[tuple[tuple[AccountId, CompactBalance], ...], Bounded(MAX_VOTERS)]


@dataclass(frozen=True, slots=True)
class Election:
    """How far an election is."""

    era: U32
    """For which era."""
    pages: U32
    """Pages of votes."""
    winners: Annotated[tuple[AccountId, ...], Bounded(MAX_WINNERS)] | None = None
    """None until the votes are counted; nobody, if they would be too few."""
    exposed: U32 = 0
    """Of how many winners it is written down who stands behind them."""

    @property
    def is_over(self) -> bool:
        """Say whether nothing is left to be done."""
        return self.winners is not None and self.exposed == len(self.winners)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Who can win, and who votes for whom, in one block."""

    candidates: Candidates
    votes: tuple[Vote, ...]
    """For candidates only."""


class ElectionPort(Protocol):
    """What staking tells of an election, and hears of it."""

    def awaited(self) -> int | None:
        """Return the era whose election may begin in this block, or None."""
        ...

    def size(self) -> tuple[int, int]:
        """Return how many votes are heard, and how many accounts stand, at most."""
        ...

    def snapshot(self) -> Snapshot:
        """Return who stands, and the votes of the heaviest."""
        ...

    def seats(self) -> tuple[int, int]:
        """Return how many may win, and below how many nobody does."""
        ...

    def expose(self, era: int, winner: Candidate, behind: dict[AccountId, int]) -> int:
        """Write down who stands behind a winner; return in how many pages."""
        ...


def ballots(snapshot: Snapshot) -> tuple[tuple[Ballot, ...], ...]:
    """Return the votes as they are stored, in pages."""
    places = {one.who: place for place, one in enumerate(snapshot.candidates)}
    cast = tuple(
        Ballot(one.voter, one.stake, bytes(places[target] for target in one.targets))
        for one in snapshot.votes
    )
    return tuple(cast[first : first + PAGE_BALLOTS] for first in range(0, len(cast), PAGE_BALLOTS))


def votes_of(candidates: Candidates, cast: tuple[Ballot, ...]) -> tuple[Vote, ...]:
    """Return stored votes as they are counted."""
    return tuple(
        Vote(one.voter, one.stake, tuple(candidates[place].who for place in one.targets))
        for one in cast
    )


def supports(candidates: Candidates, backing: Backing) -> tuple[Support, ...]:
    """Return who stands behind each winner as it is stored, in the order in which they won."""
    known = {one.who: one for one in candidates}
    return tuple(
        Support(known[winner], tuple(behind.items())) for winner, behind in backing.items()
    )
