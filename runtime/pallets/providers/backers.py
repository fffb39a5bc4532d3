"""Those who stand behind providers, and who insures their clients, as providers see them."""

from __future__ import annotations

from typing import Protocol

from runtime.primitives.types import AccountId, Balance, BlockNumber


class Backers(Protocol):
    """Accounts that share a provider's income and slashes, and that insure all clients."""

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

    def convicted(
        self,
        provider: AccountId,
        client: AccountId,
        *,
        burned: Balance,
        lacking: Balance,
        since: BlockNumber,
    ) -> None:
        """Hear what a conviction burned of a bond, and what its client still lacks of its loss.

        Who insures all clients may pay it; `since` is the block of the offence.
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

    def convicted(
        self,
        _provider: AccountId,
        _client: AccountId,
        *,
        burned: Balance,
        lacking: Balance,
        since: BlockNumber,
    ) -> None:
        """Pay nothing beside the bond."""


UNBACKED = Unbacked()
