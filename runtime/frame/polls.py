"""What referenda and those who vote in them say to each other: polls, and how they stand.

Source: `frame_support::traits::Polling`, and the `Tally` of `pallet_conviction_voting`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from runtime.frame.dispatch import Weight
from runtime.primitives.fixed import Perbill
from runtime.primitives.record import record
from runtime.primitives.types import U16, U32, U128, AccountId, Balance, BlockNumber

PollIndex = U32
TrackId = U16

ACCESS = Weight(reads=20, writes=6, compute=100_000)
"""What a change of a poll's tally costs at most: the poll, and its alarm in another agenda."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How a poll stands."""

    type_path: ClassVar[str] = "pallet_conviction_voting::types::Tally"
    type_params: ClassVar[tuple[tuple[str, Any], ...]] = (("Votes", U128),)
    ayes: U128 = 0
    """Votes for it: what was put up, times conviction."""
    nays: U128 = 0
    """Votes against it."""
    support: U128 = 0
    """What was put up for it, and by those who abstain, without conviction."""

    def changed(self, ayes: int, nays: int, support: int) -> Tally:
        """Return the tally with these numbers added to its own."""
        return Tally(self.ayes + ayes, self.nays + nays, self.support + support)

    def approval(self) -> Perbill:
        """Return which part of the votes is for it; nothing of no votes."""
        return Perbill.from_ratio(self.ayes, max(self.ayes + self.nays, 1))

    def support_of(self, electorate: Balance) -> Perbill:
        """Return which part of all that could vote supports it."""
        return Perbill.from_ratio(self.support, max(electorate, 1))


@record
class OngoingPoll:
    """A poll that takes votes."""

    tally: Tally
    track: TrackId
    submitted: BlockNumber


@record
class FinishedPoll:
    """A poll that was decided."""

    end: BlockNumber
    is_approved: bool


Poll = OngoingPoll | FinishedPoll


class Turnout(Protocol):
    """Who hears who takes part in polls."""

    def voted(self, who: AccountId, index: PollIndex, amount: Balance) -> None:
        """Hear that an account votes in an ongoing poll with so much, or votes anew."""

    def withdrew(self, who: AccountId, index: PollIndex) -> None:
        """Hear that an account took its vote in an ongoing poll back."""

    def ended(self, index: PollIndex, *, is_decided: bool) -> None:
        """Hear that a poll ended: approved or rejected, or without a decision."""


class NoTurnout:
    """Nobody hears: for polls that nobody is rewarded for."""

    def voted(self, who: AccountId, index: PollIndex, amount: Balance) -> None:
        """Keep nothing."""

    def withdrew(self, who: AccountId, index: PollIndex) -> None:
        """Keep nothing."""

    def ended(self, index: PollIndex, *, is_decided: bool) -> None:
        """Keep nothing."""


UNHEARD = NoTurnout()
