"""What voting needs from the rest of the runtime, why it refuses, and the chain's constants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from runtime.frame import PalletError
from runtime.frame.fungible import FreezeReason
from runtime.frame.polls import Poll, PollIndex, Tally, TrackId
from runtime.primitives.types import AccountId, Balance, BlockNumber


class Ledger(Protocol):
    """The token that votes."""

    def total(self, who: AccountId) -> Balance:
        """Return all that `who` owns."""
        ...

    def free(self, who: AccountId) -> Balance:
        """Return what `who` owns and is not on hold."""
        ...

    def set_freeze(self, reason: FreezeReason, who: AccountId, amount: Balance) -> None:
        """Keep `amount` of the balance of `who` from being spent."""


class Polls(Protocol):
    """What is voted on."""

    def poll(self, index: PollIndex) -> Poll | None:
        """Return how a poll stands; None if it is unknown or ended without a decision."""
        ...

    def set_tally(self, index: PollIndex, tally: Tally) -> None:
        """Record how an ongoing poll stands."""

    def has_track(self, track: TrackId) -> bool:
        """Say whether there is a track of this id."""
        ...


class Error(PalletError):
    """Why ConvictionVoting refused a call."""

    NOT_ONGOING = 0, "The referendum does not take votes."
    NOT_VOTER = 1, "The account did not vote in this referendum."
    NO_PERMISSION = 2, "The vote is its owner's to remove while the referendum takes votes."
    NO_PERMISSION_YET = 3, "The vote is its owner's to remove while it binds."
    ALREADY_DELEGATING = 4, "Another account votes for this one."
    ALREADY_VOTING = 5, "The account has votes on this track; remove them first."
    INSUFFICIENT_FUNDS = 6, "The account does not own so much."
    NOT_DELEGATING = 7, "The account votes for itself."
    NONSENSE = 8, "An account does not delegate to itself."
    MAX_VOTES_REACHED = 9, "The account has as many votes on this track as one may have."
    CLASS_NEEDED = 10, "The referendum is over: say on which track it was."
    BAD_CLASS = 11, "There is no such track."
    NOT_SEASONED = 50, "Less was set aside for voting, long enough before the referendum began."
    NOT_SET_ASIDE = 51, "The account has not set aside so much."
    NOTHING_TO_DELEGATE = 52, "A delegation puts some AMAX into another's hands."


@dataclass(frozen=True, slots=True)
class Config:
    """Constants of voting, fixed by the runtime."""

    lock_period: BlockNumber
    """How long the winners are bound at the least conviction that binds."""
    season: BlockNumber
    """How long AMAX must have been set aside when a referendum is submitted."""
    era_blocks: BlockNumber
