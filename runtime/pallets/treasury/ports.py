"""What the treasury needs from the rest of the runtime, why it refuses, and its constants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from runtime.frame import GovernanceOrigin, PalletError
from runtime.primitives.fixed import Perbill
from runtime.primitives.types import AccountId, Balance
from runtime.terms import SpendWindows


class Ledger(Protocol):
    """The token that the treasury spends."""

    def free(self, who: AccountId) -> Balance:
        """Return what `who` has and is not on hold."""
        ...

    def transfer(self, source: AccountId, dest: AccountId, amount: Balance) -> None:
        """Move `amount`, or raise `DispatchError`."""

    def burn_from(self, who: AccountId, amount: Balance, keep_alive: bool) -> None:
        """Destroy `amount`, or raise `DispatchError`."""


class Terms(Protocol):
    """The parameters that governance moves."""

    @property
    def treasury(self) -> SpendWindows:
        """Of the pot, what tracks may spend in 28 eras."""
        ...


class VotingToken(Protocol):
    """The token that votes: what the treasury has of it does not."""

    def free(self, who: AccountId) -> Balance:
        """Return what `who` has and is not on hold."""
        ...

    def transfer(self, source: AccountId, dest: AccountId, amount: Balance) -> None:
        """Move `amount`, or raise `DispatchError`."""

    def total(self, who: AccountId) -> Balance:
        """Return all that `who` owns."""
        ...

    def deactivate(self, amount: Balance) -> None:
        """Count `amount` out of what votes, or in again if it is negative."""


class Restraint(Protocol):
    """What lets the treasury spend little while little work is bought."""

    def is_holding(self) -> bool:
        """Say whether only the small track spends."""
        ...


class NoRestraint:
    """For a treasury that spends alike at all times."""

    def is_holding(self) -> bool:
        """Return that every track spends."""
        return False


UNRESTRAINED = NoRestraint()


class Error(PalletError):
    """Why Treasury refused a call."""

    INVALID_INDEX = 0, "There is no such spend."
    TOO_MANY_APPROVALS = 1, "Too many spends wait for the end of the period."
    INSUFFICIENT_PERMISSION = 2, "The amount is above what this origin may spend at once."
    PROPOSAL_NOT_APPROVED = 3, "No such spend waits for the end of the period."
    FAILED_TO_CONVERT_BALANCE = 4, "There is no such asset."
    SPEND_EXPIRED = 5, "The spend has expired."
    EARLY_PAYOUT = 6, "Nothing of the spend is due yet."
    ALREADY_ATTEMPTED = 7, "The spend was paid already."
    PAYOUT_ERROR = 8, "The payment was refused."
    NOT_ATTEMPTED = 9, "The spend was not paid yet."
    INCONCLUSIVE = 10, "Whether the payment succeeded is not known yet."
    POT_TOO_SMALL = 50, "The pot does not hold enough beyond what is promised already."
    WINDOW_EXHAUSTED = 51, "The track, or all tracks together, have spent their part of these eras."
    HELD_BACK = 52, "Little work has been bought for 30 eras: only the small track spends."


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a track may spend."""

    each: Perbill
    """Of the pot, in one spend."""
    stream_eras: int
    """Eras in which a spend becomes due; 0 for at once."""


@dataclass(frozen=True, slots=True)
class Config:
    """Constants of the treasury, fixed by the runtime."""

    pallet_id: str
    era_blocks: int
    spend_eras: int
    """Eras between two payments of local spends."""
    payout_eras: int
    """Eras in which a spend must be paid once all of it is due."""
    allowances: tuple[tuple[GovernanceOrigin, Allowance], ...]
    minimum: Balance
    """What stays in the pot, so that its account stays alive."""
