"""Where a ledger keeps its accounts: in System, as wallets expect of AGPU, or itself."""

from __future__ import annotations

from typing import Protocol

from runtime.frame.accounts import AccountData
from runtime.frame.storage import BoundMap
from runtime.primitives.types import AccountId


class AccountStore(Protocol):
    """Where the ledger keeps its accounts."""

    def data(self, who: AccountId) -> AccountData:
        """Return what `who` holds."""
        ...

    def set_data(self, who: AccountId, data: AccountData) -> None:
        """Record what `who` holds; an account that holds nothing is removed."""

    def accounts(self) -> list[tuple[AccountId, AccountData]]:
        """List every account."""
        ...


class OwnAccounts:
    """Accounts in a map of the ledger itself."""

    def __init__(self, accounts: BoundMap[AccountId, AccountData]) -> None:
        self._accounts = accounts

    def data(self, who: AccountId) -> AccountData:
        """Return what `who` holds."""
        return self._accounts[who]

    def set_data(self, who: AccountId, data: AccountData) -> None:
        """Record what `who` holds."""
        self._accounts[who] = data

    def accounts(self) -> list[tuple[AccountId, AccountData]]:
        """List every account."""
        return list(self._accounts.items())
