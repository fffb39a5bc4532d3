"""Amounts: what comes into accounts, goes out of them, and what that costs in deposits.

Each entry of an account costs state. For a sufficient asset the chain answers, and its least
balance keeps dust out; for any other, who makes the entry has a deposit of AGPU on hold, which
comes back when the entry ends. So nobody can be made to pay for what was sent to him. An entry ends
when its balance does; what would be left below the least balance goes along with the rest.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runtime.frame import TokenError, ensure, require
from runtime.frame.fungibles import AMAX, AssetId
from runtime.pallets.assets.events import (
    AssetFrozen,
    AssetThawed,
    Burned,
    Created,
    Error,
    Issued,
    Transferred,
)
from runtime.pallets.assets.types import (
    SUFFICIENT,
    AccountStatus,
    AssetAccount,
    AssetDetails,
    AssetStatus,
    DepositFrom,
    DepositHeld,
    ExistenceReason,
)
from runtime.primitives.types import U128_MAX, AccountId, Balance

if TYPE_CHECKING:
    from runtime.pallets.assets.pallet import Assets


class Ledger:
    """Moves amounts: `Fungibles` for other pallets. Invariant: supply is the sum of balances."""

    def __init__(self, pallet: Assets) -> None:
        self._pallet = pallet

    # ----------------------------------------------------------------- what other pallets may ask

    def exists(self, asset: AssetId) -> bool:
        """Say whether there is such an asset."""
        return asset in self._pallet.asset

    def is_unused(self, asset: AssetId) -> bool:
        """Say whether an asset of that id may be made: there is none, and it does not mean AMAX."""
        return not self.exists(asset) and asset != AMAX.id

    def create(self, asset: AssetId, admin: AccountId, least: Balance) -> None:
        """Create a sufficient asset in the care of `admin`, without a deposit."""
        ensure(self.is_unused(asset), Error.IN_USE)
        ensure(least > 0, Error.MIN_BALANCE_ZERO)
        self._pallet.asset[asset] = new_asset(admin, admin, least, is_sufficient=True)
        self._pallet.deposit(Created(asset, admin, admin))

    def total_issuance(self, asset: AssetId) -> Balance:
        """Return all that exists of an asset; 0 if there is no such asset."""
        details = self._pallet.asset.get(asset)
        return 0 if details is None else details.supply

    def minimum(self, asset: AssetId) -> Balance:
        """Return the least that an account may have of an asset; 0 if there is no such asset."""
        details = self._pallet.asset.get(asset)
        return 0 if details is None else details.min_balance

    def balance(self, asset: AssetId, who: AccountId) -> Balance:
        """Return what `who` has of an asset, which includes what is frozen."""
        entry = self._pallet.account.get((asset, who))
        return 0 if entry is None else entry.balance

    def mint_into(self, asset: AssetId, who: AccountId, amount: Balance) -> None:
        """Create `amount` in the balance of `who`, who pays for an entry that is made."""
        self.mint(asset, who, amount, payer=who)

    def burn_from(self, asset: AssetId, who: AccountId, amount: Balance) -> None:
        """Destroy `amount` of what `who` has, and what would be left below the least balance."""
        details = self.live(asset)
        details, taken = self._take(asset, details, who, amount, keep_alive=False)
        self._pallet.asset[asset] = replace(details, supply=details.supply - taken)
        self._pallet.deposit(Burned(asset, who, taken))

    def burn_up_to(self, asset: AssetId, who: AccountId, amount: Balance) -> None:
        """Destroy `amount` of what `who` has, or all that can go."""
        spendable = self.reducible(asset, who, keep_alive=False)
        self.burn_from(asset, who, min(amount, spendable))

    def transfer(
        self,
        asset: AssetId,
        source: AccountId,
        dest: AccountId,
        amount: Balance,
        *,
        keep_alive: bool,
    ) -> None:
        """Move `amount`; `source` pays for an entry that is made."""
        self.move(asset, source, dest, amount, payer=source, keep_alive=keep_alive)

    def freeze_asset(self, asset: AssetId) -> None:
        """Stop every move of an asset until it is thawed."""
        details = self.live(asset)
        self._pallet.asset[asset] = replace(details, status=AssetStatus.FROZEN)
        self._pallet.deposit(AssetFrozen(asset))

    def thaw_asset(self, asset: AssetId) -> None:
        """Let a frozen asset move again."""
        details = self.details(asset)
        ensure(details.status is AssetStatus.FROZEN, Error.NOT_FROZEN)
        self._pallet.asset[asset] = replace(details, status=AssetStatus.LIVE)
        self._pallet.deposit(AssetThawed(asset))

    def reducible(self, asset: AssetId, who: AccountId, *, keep_alive: bool) -> Balance:
        """Return what `who` could spend of an asset now."""
        details, entry = self.details(asset), self._pallet.account.get((asset, who))
        if entry is None or entry.status is not AccountStatus.LIQUID:
            return 0
        least = details.min_balance if keep_alive else 0
        return max(entry.balance - max(least, self._pallet.frozen_balances[asset, who]), 0)

    def is_movable(self, asset: AssetId, who: AccountId) -> bool:
        """Say whether those who look after an asset let it go out of an account."""
        details, entry = self._pallet.asset.get(asset), self._pallet.account.get((asset, who))
        is_live = details is not None and details.status is AssetStatus.LIVE
        return is_live and entry is not None and entry.status is AccountStatus.LIQUID

    def set_frozen(self, asset: AssetId, who: AccountId, amount: Balance) -> None:
        """Keep `amount` of what `who` has from going out, in place of what was kept before."""
        ensure(amount <= self.balance(asset, who), Error.BALANCE_LOW)
        self._pallet.frozen_balances[asset, who] = amount

    # ------------------------------------------------------------------------ within the pallet

    def details(self, asset: AssetId) -> AssetDetails:
        """Return an asset.

        Raises:
            DispatchError: there is none of that id.
        """
        return require(self._pallet.asset.get(asset), Error.UNKNOWN)

    def live(self, asset: AssetId) -> AssetDetails:
        """Return an asset that can move, or raise `DispatchError`."""
        details = self.details(asset)
        ensure(details.status is AssetStatus.LIVE, Error.ASSET_NOT_LIVE)
        return details

    def mint(self, asset: AssetId, who: AccountId, amount: Balance, *, payer: AccountId) -> None:
        """Create `amount` in the balance of `who`; `payer` pays for an entry that is made."""
        details = self.live(asset)
        supply = details.supply + amount
        ensure(supply <= U128_MAX, Error.OVERFLOW)
        details = self._give(asset, replace(details, supply=supply), who, amount, payer)
        self._pallet.asset[asset] = details
        self._pallet.deposit(Issued(asset, who, amount))

    def move(
        self,
        asset: AssetId,
        source: AccountId,
        dest: AccountId,
        amount: Balance,
        *,
        payer: AccountId,
        keep_alive: bool,
    ) -> None:
        """Move `amount`, and dust of `source` with it; `payer` pays for an entry that is made."""
        details = self.live(asset)
        if source == dest:
            ensure(amount <= self.reducible(asset, source, keep_alive=False), Error.BALANCE_LOW)
        else:
            details, amount = self._take(asset, details, source, amount, keep_alive=keep_alive)
            self._pallet.asset[asset] = self._give(asset, details, dest, amount, payer)
        self._pallet.deposit(Transferred(asset, source, dest, amount))

    def open(
        self,
        details: AssetDetails,
        who: AccountId,
        payer: AccountId,
        *,
        is_free: bool,
    ) -> tuple[AssetDetails, AssetAccount]:
        """Return an empty entry for `who`; unless it is free, `payer` has a deposit on hold."""
        reason: ExistenceReason
        deposit = self._pallet.config.account_deposit
        if is_free:
            reason = SUFFICIENT
        else:
            self._pallet.currency.hold(self._pallet.reason, payer, deposit)
            reason = DepositHeld(deposit) if payer == who else DepositFrom(payer, deposit)
        counted = replace(
            details,
            accounts=details.accounts + 1,
            sufficients=details.sufficients + (reason is SUFFICIENT),
        )
        return counted, AssetAccount(0, AccountStatus.LIQUID, reason)

    def close(
        self, asset: AssetId, details: AssetDetails, who: AccountId, entry: AssetAccount
    ) -> AssetDetails:
        """Remove an entry, and return the deposit for it to whose it is."""
        ensure(not self._pallet.frozen_balances[asset, who], Error.CONTAINS_FREEZES)
        match entry.reason:
            case DepositHeld(amount):
                self._pallet.currency.release(self._pallet.reason, who, amount)
            case DepositFrom(depositor, amount):
                self._pallet.currency.release(self._pallet.reason, depositor, amount)
        del self._pallet.account[asset, who]
        return replace(
            details,
            accounts=details.accounts - 1,
            sufficients=details.sufficients - (entry.reason == SUFFICIENT),
        )

    def _take(
        self,
        asset: AssetId,
        details: AssetDetails,
        who: AccountId,
        amount: Balance,
        *,
        keep_alive: bool,
    ) -> tuple[AssetDetails, Balance]:
        """Take `amount` out of an account, or all of it if too little would be left."""
        entry = require(self._pallet.account.get((asset, who)), Error.NO_ACCOUNT)
        ensure(entry.status is AccountStatus.LIQUID, Error.FROZEN)
        rest = entry.balance - amount
        ensure(rest >= 0, Error.BALANCE_LOW)
        ensure(rest >= self._pallet.frozen_balances[asset, who], TokenError.FROZEN)
        if rest >= details.min_balance:
            self._pallet.account[asset, who] = replace(entry, balance=rest)
            return details, amount
        ensure(not keep_alive, Error.WOULD_DIE)
        return self.close(asset, details, who, entry), entry.balance

    def _give(
        self,
        asset: AssetId,
        details: AssetDetails,
        who: AccountId,
        amount: Balance,
        payer: AccountId,
    ) -> AssetDetails:
        """Put `amount` into an account, and make an entry for it if there is none."""
        entry = self._pallet.account.get((asset, who))
        if entry is None:
            ensure(amount >= details.min_balance, TokenError.BELOW_MINIMUM)
            details, entry = self.open(details, who, payer, is_free=details.is_sufficient)
        balance = entry.balance + amount
        ensure(entry.status is not AccountStatus.BLOCKED, TokenError.BLOCKED)
        ensure(balance >= details.min_balance, TokenError.BELOW_MINIMUM)
        self._pallet.account[asset, who] = replace(entry, balance=balance)
        return details


def new_asset(
    owner: AccountId, admin: AccountId, least: Balance, *, is_sufficient: bool, deposit: Balance = 0
) -> AssetDetails:
    """Return an asset of which there is nothing yet."""
    return AssetDetails(
        owner=owner,
        issuer=admin,
        admin=admin,
        freezer=admin,
        supply=0,
        deposit=deposit,
        min_balance=least,
        is_sufficient=is_sufficient,
        accounts=0,
        sufficients=0,
        approvals=0,
        status=AssetStatus.LIVE,
    )
