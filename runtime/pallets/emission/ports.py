"""What Emission needs from the rest of the runtime."""

from __future__ import annotations

from typing import Protocol

from runtime.frame.fungible import MintReason
from runtime.primitives.types import AccountId, Balance
from runtime.terms import Curve, Rules
from runtime.terms.parameter import Parameter


class Mint(Protocol):
    """The token, for the one pallet that may create it."""

    @property
    def total_issuance(self) -> Balance:
        """All that exists."""
        ...

    def mint(self, reason: MintReason, who: AccountId, amount: Balance) -> None:
        """Create `amount` in the free balance of `who`, or raise `DispatchError`."""


class Contributors(Protocol):
    """Those who contribute capacity and work; fractions are parts per billion."""

    def reliability_in(self, epoch: int, who: AccountId) -> int:
        """Return how reliable a provider was in an epoch; 0 for one that is not there."""
        ...

    def performance(self, who: AccountId) -> int:
        """Return by how much of its slice a provider's work earns: reliability and reputation."""
        ...

    def proven(self, epoch: int, who: AccountId) -> int:
        """Return the canonical work that a provider proved in an epoch, in micro-CU."""
        ...

    def all_proven(self, epoch: int) -> int:
        """Return the canonical work of all providers in an epoch, in micro-CU."""
        ...

    def paid(self, who: AccountId, amount: Balance) -> None:
        """Hear that earnings reached the free balance of a provider."""

    def heard_rate(self, rate: Balance) -> None:
        """Hear what a CU of proven capacity is paid in the epoch that was closed, in planck."""


class Terms(Protocol):
    """The parameters that governance moves."""

    @property
    def emission(self) -> Curve:
        """The coefficients of both curves, and how a mint is divided."""
        ...

    @property
    def pricing(self) -> Rules:
        """The rules of prices: re-emission shares their target."""
        ...

    def renewed(self, key: Parameter) -> int:
        """Return the era in which a parameter was last set; 0 if it never was."""
        ...


class Clock(Protocol):
    """Which epoch it is."""

    def current_epoch(self) -> int:
        """Return the epoch under way; epochs may be skipped."""
        ...


class Load(Protocol):
    """What was used of what was offered."""

    def take_load(self) -> tuple[int, int]:
        """Return use and capacity of all markets since the last call, in one unit."""
        ...


class Referrers(Protocol):
    """Who brought whom, and is paid for it."""

    def of(self, who: AccountId) -> AccountId | None:
        """Return whom the burn of `who` pays now, if anybody."""
        ...

    def burned(self, who: AccountId, amount: Balance) -> None:
        """Hear that a job of `who` burned so much."""

    def reward(self, referee: AccountId, amount: Balance, burn: Balance) -> None:
        """Hear that a slice was minted for the referrer of `referee`, for this burn of a job.

        Raises `DispatchError` if the referrer cannot hold it.
        """


class NoReferrers:
    """Nobody brought anybody: for a market without referrals."""

    def of(self, who: AccountId) -> AccountId | None:  # noqa: ARG002
        """Return nobody."""
        return None

    def burned(self, who: AccountId, amount: Balance) -> None:
        """Keep nothing."""

    def reward(self, referee: AccountId, amount: Balance, burn: Balance) -> None:
        """Keep nothing."""


NOBODY = NoReferrers()
