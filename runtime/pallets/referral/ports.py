"""What Referral needs from the rest of the runtime, and the constants of the chain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from runtime.primitives.types import UNIT, AccountId, Balance, BlockNumber
from runtime.terms import Referring


class Accounts(Protocol):
    """How often accounts have spoken."""

    def nonce(self, who: AccountId) -> int:
        """Return the nonce that the next transaction of `who` must bear."""
        ...


class Conduct(Protocol):
    """How long and how well providers have served."""

    def served_eras(self, who: AccountId) -> int | None:
        """Return for how many eras `who` has been a provider; None for one that is none."""
        ...

    def last_failure(self, who: AccountId) -> int | None:
        """Return the era in which `who` last failed a verification; None if it has not."""
        ...


class Terms(Protocol):
    """The parameters that governance moves."""

    @property
    def referral(self) -> Referring:
        """What who brought somebody has of it."""
        ...


class Clock(Protocol):
    """Which epoch it is."""

    def current_epoch(self) -> int:
        """Return the epoch under way; epochs may be skipped."""
        ...


@dataclass(frozen=True, slots=True)
class Config:
    """Constants of the pallet, fixed by the chain."""

    treasury: AccountId
    era_blocks: BlockNumber
    discount_eras: int = 30
    """For so long a referee pays a little less for its jobs."""
    first_transactions: int = 16
    """An account says among its first so many transactions who brought it: see `set_referrer`."""
    least_burn: Balance = 50 * UNIT
    """What a referrer has burned itself: an identity that refers costs something."""
    least_eras: int = 30
    """Or for how long it has been a provider."""
