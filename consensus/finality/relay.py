"""Says again what others voted, if they do not: who cast a vote may have lost it, or be gone.

A voter repeats its own votes. That is not enough: a precommit rests on prevotes that its voter
heard, and a round in which such a prevote is missing may never end for the others (decision 48).
So whoever keeps a vote that was not said since its last turn says it in the next.
"""

from __future__ import annotations

from consensus.finality.vote import VoteMessage


class Relay:
    """The votes of others that were not heard since we last looked."""

    def __init__(self) -> None:
        self._unsaid: set[VoteMessage] = set()

    def restart(self) -> None:
        """Start over: in a new round everyone gets the time to speak."""
        self._unsaid = set()

    def hear(self, vote: VoteMessage) -> None:
        """Note that somebody said it."""
        self._unsaid.discard(vote)

    def due(self, votes: list[VoteMessage]) -> list[VoteMessage]:
        """Return those of these votes that nobody said since the last time, and look again."""
        ready = [vote for vote in votes if vote in self._unsaid]
        self._unsaid = set(votes)
        return ready
