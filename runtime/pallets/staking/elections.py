"""Elections: who wins the seats of an era, found out over several blocks.

In one block it is written down who stands, who votes for whom, and with how much; in a later one
these votes are counted; in the next ones, winner by winner, it is written down who stands behind
them. Each step does what a block has room for. Stakes may move meanwhile: what counted when the
election began answers for the era that it elects. Staking seats the winners when a session begins;
if the election is not over then, who validates stays, and the session after it seats them.
Source: FRAME's `pallet_election_provider_multi_phase` has the phases, for nodes that count.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from runtime.frame import Context, Map, Pallet, Value, Weight, invariant
from runtime.pallets.staking import election_weights as weights
from runtime.pallets.staking import phragmen
from runtime.pallets.staking.ballots import (
    PAGE_BALLOTS,
    Ballot,
    Candidates,
    Election,
    ElectionPort,
    Support,
    ballots,
    supports,
    votes_of,
)
from runtime.pallets.staking.records import (
    MAX_NOMINATIONS,
    MAX_VOTERS,
    MAX_WINNERS,
    PAGE_NOMINATORS,
)
from runtime.primitives.hashing import TWOX_64_CONCAT
from runtime.primitives.schema import Bounded
from runtime.primitives.types import U32, AccountId, BlockNumber


class Elections(Pallet):
    """Who wins the seats of an era, found out over several blocks."""

    current: Value[Election | None] = Value(default=None)
    """The election under way, or over and waiting for its session."""
    candidates: Value[Candidates] = Value(default=())
    """Who stood when it began; forgotten when it is counted."""
    votes: Map[U32, Annotated[tuple[Ballot, ...], Bounded(PAGE_BALLOTS)]] = Map(
        hasher=TWOX_64_CONCAT
    )
    """Who voted for whom then, in pages; forgotten when they are counted."""
    backing: Map[U32, Support] = Map(hasher=TWOX_64_CONCAT)
    """Winners of whom it is not yet written down who stands behind them, by their places."""

    def __init__(
        self,
        context: Context,
        staking: ElectionPort,
        *,
        index: int,
        name: str = "Elections",
    ) -> None:
        super().__init__(context, index=index, name=name)
        self.staking = staking

    def on_poll(self, number: BlockNumber, left: int) -> Weight:  # noqa: ARG002
        """Take the steps of an election for which there is room."""
        if left < weights.LOOK.ref_time:
            return Weight()
        left = min(left, weights.MOST.ref_time)
        used, election = weights.LOOK, self.current
        if election is None and (era := self.staking.awaited()) is not None:
            used = used + self._begin(era, left - used.ref_time)
            election = self.current
        if election is not None and election.winners is None:
            used = used + self._count(election, left - used.ref_time)
            election = self.current
        if election is not None and election.winners is not None:
            used = used + self._expose(election, election.winners, left - used.ref_time)
        return used

    # ----------------------------------------------------------------------- what staking may ask

    def era(self) -> U32 | None:
        """Return the era that is being elected, or None."""
        return None if self.current is None else self.current.era

    def take(self) -> Election | None:
        """End an election that is over and return it; None for one that is not."""
        election = self.current
        if election is None or not election.is_over:
            return None
        self.current = None
        return election

    # -------------------------------------------------------------------------------------- steps

    def _begin(self, era: int, left: int) -> Weight:
        """Write down who stands and who votes, if there is room for all of it."""
        cost = weights.snapshot(*self.staking.size())
        if left < cost.ref_time:
            return Weight()
        found = self.staking.snapshot()
        pages = ballots(found)
        self.candidates = found.candidates
        for place, page in enumerate(pages):
            self.votes[place] = page
        self.current = Election(era, len(pages))
        return cost

    def _count(self, election: Election, left: int) -> Weight:
        """Count the votes, if there is room for all of it."""
        candidates, (seats, least) = self.candidates, self.staking.seats()
        cost = weights.count(election.pages * PAGE_BALLOTS, len(candidates), seats)
        if left < cost.ref_time:
            return Weight()
        cast: list[Ballot] = []
        for place in range(election.pages):
            cast += self.votes[place]
            del self.votes[place]
        self.candidates = ()
        backing = phragmen.elect(votes_of(candidates, tuple(cast)), seats)
        if len(backing) < max(least, 1):
            backing = {}
        for place, support in enumerate(supports(candidates, backing)):
            self.backing[place] = support
        self.current = replace(election, winners=tuple(backing))
        return cost

    def _expose(self, election: Election, winners: tuple[AccountId, ...], left: int) -> Weight:
        """Write down who stands behind as many winners as there is room for."""
        used, place = Weight(), election.exposed
        while place < len(winners) and used.ref_time + WIDEST.ref_time <= left:
            support = self.backing[place]
            pages = self.staking.expose(election.era, support.winner, dict(support.behind))
            del self.backing[place]
            used, place = used + weights.expose(pages), place + 1
        if place > election.exposed:
            self.current = replace(election, exposed=place)
        return used

    # --------------------------------------------------------------------------------- invariants

    @invariant
    def what_is_kept_is_of_the_election(self) -> bool:
        """Votes are kept until they are counted, winners until they are exposed, nothing longer."""
        election = self.current or Election(0, 0, ())
        is_counted = election.winners is not None
        pages = sorted(place for place, _ in self.votes.items())
        waiting = sorted(place for place, _ in self.backing.items())
        unexposed = [*range(election.exposed, len(election.winners or ()))]
        is_forgotten = not self.candidates or not is_counted
        return (
            pages == ([] if is_counted else [*range(election.pages)])
            and waiting == unexposed
            and is_forgotten
        )

    @invariant
    def votes_name_candidates(self) -> bool:
        """Each vote names candidates, and each of them once."""
        standing = len(self.candidates)
        return all(
            0 < len(one.targets) <= MAX_NOMINATIONS
            and len(dict.fromkeys(one.targets)) == len(one.targets)
            and max(one.targets) < standing
            for _, page in self.votes.items()
            for one in page
        )

    @invariant
    def no_more_win_than_there_are_seats(self) -> bool:
        """Winners are named once, and fit into a session."""
        winners = (self.current.winners if self.current is not None else None) or ()
        return len(dict.fromkeys(winners)) == len(winners) <= MAX_WINNERS


WIDEST = weights.expose(-(-MAX_VOTERS // PAGE_NOMINATORS))
"""A winner behind whom everybody stands who is heard."""
