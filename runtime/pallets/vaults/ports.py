"""What vaults need from the rest of the runtime."""

from __future__ import annotations

from typing import Protocol

from runtime.compute.job import Market
from runtime.primitives.types import AccountId, Balance
from runtime.terms import Locking


class Terms(Protocol):
    """The parameters that governance moves."""

    @property
    def vaults(self) -> Locking:
        """What vaults ask of a stake, and what it shares."""
        ...


class Clock(Protocol):
    """Which epoch it is."""

    def current_epoch(self) -> int:
        """Return the epoch under way; epochs may be skipped."""
        ...


class Markets(Protocol):
    """The markets that vaults give access to."""

    def has_market(self, market: Market) -> bool:
        """Say whether there is such a tier and region."""
        ...


class RealAssets(Protocol):
    """Tokens that stand for things outside, and what they count for."""

    def value_of(self, asset: int, units: Balance) -> Balance:
        """Return what units count for in planck, after a haircut; 0 where nobody vouches for it."""
        ...

    def balance(self, asset: int, who: AccountId) -> Balance:
        """Return what an account has of an asset."""
        ...

    def transfer(self, asset: int, source: AccountId, dest: AccountId, units: Balance) -> None:
        """Move units of an asset.

        Raises:
            DispatchError: it is frozen or none of these, or the source has less.
        """
