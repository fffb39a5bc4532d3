"""Those who stand behind providers, as providers see them."""

from __future__ import annotations

from typing import Protocol

from runtime.primitives.types import AccountId, Balance, BlockNumber


class Backers(Protocol):
    """Accounts that share a provider's income, and its slashes."""

    def share(self, provider: AccountId, amount: Balance) -> Balance:
        """Take their part of earnings in a provider's free balance; return the rest."""
        ...

    def restake(self, provider: AccountId, amount: Balance) -> None:
        """Add earnings to the provider's own stake among theirs, or raise `DispatchError`."""

    def slashed(
        self, provider: AccountId, part: Balance, whole: Balance, since: BlockNumber
    ) -> None:
        """Hear that a provider lost `part` of the `whole` of its bond for what it did in a block.

        They lose the same part of what they had at stake then.
        """


class Unbacked:
    """Nobody stands behind a provider."""

    def share(self, _provider: AccountId, amount: Balance) -> Balance:
        """Leave the provider all of its earnings."""
        return amount

    def restake(self, _provider: AccountId, _amount: Balance) -> None:
        """Leave earnings where they are: in the free balance."""

    def slashed(
        self, _provider: AccountId, _part: Balance, _whole: Balance, _since: BlockNumber
    ) -> None:
        """Take nothing of anybody else."""


UNBACKED = Unbacked()
