"""What claims need to know of providers, oracles and chance."""

from __future__ import annotations

from typing import Protocol

from runtime.primitives.types import H256, AccountId, Balance, BlockNumber


class Improvers(Protocol):
    """Providers, as those who improve what they have."""

    def is_provider(self, who: AccountId) -> bool:
        """Say whether `who` is a registered provider."""
        ...

    def eras_known(self, who: AccountId) -> int:
        """Return for how many whole eras a provider has been registered."""
        ...

    def baseline(self, who: AccountId) -> int:
        """Return what a provider proved lately, in micro-CU per epoch."""
        ...

    def efficiency(self, who: AccountId) -> int:
        """Return micro-CU per kWh of a provider lately; 0 where it reported no energy."""
        ...

    def group(self, who: AccountId) -> AccountId | None:
        """Return the operator group of a provider."""
        ...

    def discredit(self, who: AccountId) -> None:
        """Halve the reputation of a provider that claimed what is false, if it is still there."""


class Oracles(Protocol):
    """Those who attest."""

    def members(self) -> tuple[AccountId, ...]:
        """Return those that can be drawn."""
        ...

    def slash(self, who: AccountId, part: int) -> Balance:
        """Take a part, in ppb, of what an oracle has on hold; return what was taken."""
        ...

    def credit(self, who: AccountId) -> None:
        """Let a right verdict earn what an accurate report does."""


class Randomness(Protocol):
    """Chance that no claimant can choose."""

    def of_block(self, number: BlockNumber) -> H256 | None:
        """Return the randomness of a recent block."""
        ...
