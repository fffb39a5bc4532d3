"""Those who look after an asset: its birth and end, its team, how it is shown, who may move it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runtime.frame import DispatchError, Origin, ensure, ensure_signed, require
from runtime.frame.fungibles import AssetId
from runtime.pallets.assets.events import (
    AccountsDestroyed,
    ApprovalCancelled,
    ApprovalsDestroyed,
    ApprovedTransfer,
    AssetMinBalanceChanged,
    AssetStatusChanged,
    Blocked,
    Burned,
    Created,
    Destroyed,
    DestructionStarted,
    Error,
    ForceCreated,
    Frozen,
    MetadataCleared,
    MetadataSet,
    OwnerChanged,
    TeamChanged,
    Thawed,
    Touched,
    TransferredApproved,
)
from runtime.pallets.assets.ledger import new_asset
from runtime.pallets.assets.types import (
    NO_METADATA,
    REMOVE_ITEMS_LIMIT,
    STRING_LIMIT,
    AccountStatus,
    Approval,
    AssetDetails,
    AssetMetadata,
    AssetStatus,
    DepositFrom,
)
from runtime.primitives.types import U128_MAX, AccountId, Balance

if TYPE_CHECKING:
    from runtime.pallets.assets.pallet import Assets


Team = tuple[AccountId, AccountId, AccountId]
"""Issuer, admin and freezer."""


class Care:
    """Looks after assets. Invariant: each deposit is on hold of the one that it is recorded of."""

    def __init__(self, pallet: Assets) -> None:
        self._pallet = pallet

    def create(self, asset: AssetId, owner: AccountId, admin: AccountId, least: Balance) -> None:
        """Create an asset for a deposit of its owner."""
        pallet = self._pallet
        ensure(pallet.ledger.is_unused(asset), Error.IN_USE)
        ensure(least > 0, Error.MIN_BALANCE_ZERO)
        deposit = pallet.config.asset_deposit
        pallet.currency.hold(pallet.reason, owner, deposit)
        pallet.asset[asset] = new_asset(owner, admin, least, is_sufficient=False, deposit=deposit)
        pallet.deposit(Created(asset, owner, admin))

    def force_create(
        self, asset: AssetId, owner: AccountId, least: Balance, *, is_sufficient: bool
    ) -> None:
        """Create an asset without a deposit."""
        pallet = self._pallet
        ensure(pallet.ledger.is_unused(asset), Error.IN_USE)
        ensure(least > 0, Error.MIN_BALANCE_ZERO)
        pallet.asset[asset] = new_asset(owner, owner, least, is_sufficient=is_sufficient)
        pallet.deposit(ForceCreated(asset, owner))

    def owner_or_governance(self, origin: Origin) -> AccountId | None:
        """Return who must be the owner; None for governance, which need not be."""
        try:
            self._pallet.governs(origin)
        except DispatchError:
            return ensure_signed(origin)
        return None

    def admin(self, origin: Origin, asset: AssetId) -> AccountId:
        """Return the admin of an asset if it is who signed, or raise `DispatchError`."""
        who = ensure_signed(origin)
        ensure(self._pallet.ledger.details(asset).admin == who, Error.NO_PERMISSION)
        return who

    def ensure_freezer(self, origin: Origin, asset: AssetId) -> None:
        """Let only the freezer of an asset pass."""
        who = ensure_signed(origin)
        ensure(self._pallet.ledger.details(asset).freezer == who, Error.NO_PERMISSION)

    def owned(self, asset: AssetId, owner: AccountId | None) -> AssetDetails:
        """Return an asset of `owner`, or any for governance, which is None; not one that ends."""
        details = self._pallet.ledger.details(asset)
        ensure(details.status is not AssetStatus.DESTROYING, Error.ASSET_NOT_LIVE)
        ensure(owner is None or owner == details.owner, Error.NO_PERMISSION)
        return details

    def give_away(self, asset: AssetId, owner: AccountId, new: AccountId) -> None:
        """Make an account the owner, with the deposits."""
        pallet, details = self._pallet, self.owned(asset, owner)
        if new == owner:
            return
        deposit = details.deposit + pallet.metadata[asset].deposit
        if deposit:
            pallet.currency.transfer_on_hold(pallet.reason, owner, new, deposit)
            pallet.currency.hold(pallet.reason, new, deposit)
        pallet.asset[asset] = replace(details, owner=new)
        pallet.deposit(OwnerChanged(asset, new))

    def set_team(self, asset: AssetId, owner: AccountId, team: Team) -> None:
        """Say who mints, who burns and thaws, and who freezes."""
        pallet, details = self._pallet, self.owned(asset, owner)
        issuer, admin, freezer = team
        pallet.asset[asset] = replace(details, issuer=issuer, admin=admin, freezer=freezer)
        pallet.deposit(TeamChanged(asset, issuer, admin, freezer))

    def set_minimum(self, asset: AssetId, owner: AccountId, least: Balance) -> None:
        """Set the least balance of an asset that nobody has."""
        pallet, details = self._pallet, self.owned(asset, owner)
        ensure(least > 0, Error.MIN_BALANCE_ZERO)
        ensure(not details.accounts, Error.NO_PERMISSION)
        pallet.asset[asset] = replace(details, min_balance=least)
        pallet.deposit(AssetMinBalanceChanged(asset, least))

    def override(
        self,
        asset: AssetId,
        hands: tuple[AccountId, AccountId, AccountId, AccountId],
        least: Balance,
        is_sufficient: bool,
        is_frozen: bool,
    ) -> None:
        """Put an asset into other hands: owner, issuer, admin, freezer. Its deposits go back.

        The least balance does not rise above what an account may have.
        """
        pallet, old = self._pallet, self.owned(asset, None)
        ensure(least > 0, Error.MIN_BALANCE_ZERO)
        ensure(least <= old.min_balance or not old.accounts, Error.IN_USE)
        shown, deposit = pallet.metadata[asset], old.deposit
        if hands[0] != old.owner and deposit + shown.deposit:
            pallet.currency.release(pallet.reason, old.owner, deposit + shown.deposit)
            pallet.metadata[asset] = replace(shown, deposit=0)
            deposit = 0
        pallet.asset[asset] = replace(
            old,
            owner=hands[0],
            issuer=hands[1],
            admin=hands[2],
            freezer=hands[3],
            deposit=deposit,
            min_balance=least,
            is_sufficient=is_sufficient,
            status=AssetStatus.FROZEN if is_frozen else AssetStatus.LIVE,
        )
        pallet.deposit(AssetStatusChanged(asset))

    # ------------------------------------------------------------------------------------ the end

    def start_destroy(self, asset: AssetId, owner: AccountId | None) -> None:
        """Begin to end an asset: nothing of it moves any more."""
        pallet, details = self._pallet, self.owned(asset, owner)
        pallet.asset[asset] = replace(details, status=AssetStatus.DESTROYING)
        pallet.deposit(DestructionStarted(asset))

    def _ending(self, asset: AssetId) -> AssetDetails:
        details = self._pallet.ledger.details(asset)
        ensure(details.status is AssetStatus.DESTROYING, Error.INCORRECT_STATUS)
        return details

    def destroy_accounts(self, asset: AssetId) -> None:
        """Remove some accounts of an asset that ends, with what they have of it."""
        pallet, details = self._pallet, self._ending(asset)
        removed = pallet.account.some_under(asset, REMOVE_ITEMS_LIMIT)
        for (_, who), entry in removed:
            details = pallet.ledger.close(asset, details, who, entry)
            details = replace(details, supply=details.supply - entry.balance)
        pallet.asset[asset] = details
        pallet.deposit(AccountsDestroyed(asset, len(removed), details.accounts))

    def destroy_approvals(self, asset: AssetId) -> None:
        """Remove some approvals of an asset that ends."""
        pallet, details = self._pallet, self._ending(asset)
        removed = pallet.approvals.some_under(asset, REMOVE_ITEMS_LIMIT)
        for key, approval in removed:
            pallet.currency.release(pallet.reason, key[1], approval.deposit)
            del pallet.approvals[key]
        left = details.approvals - len(removed)
        pallet.asset[asset] = replace(details, approvals=left)
        pallet.deposit(ApprovalsDestroyed(asset, len(removed), left))

    def finish_destroy(self, asset: AssetId) -> None:
        """Remove an asset of which nothing is left, and return its deposits."""
        pallet, details = self._pallet, self._ending(asset)
        ensure(not details.accounts and not details.approvals, Error.IN_USE)
        deposit = details.deposit + pallet.metadata[asset].deposit
        if deposit:
            pallet.currency.release(pallet.reason, details.owner, deposit)
        del pallet.metadata[asset]
        del pallet.asset[asset]
        pallet.deposit(Destroyed(asset))

    # ----------------------------------------------------------------------------------- metadata

    def show(
        self,
        asset: AssetId,
        owner: AccountId | None,
        shown: tuple[bytes, bytes, int],
        *,
        is_frozen: bool,
    ) -> None:
        """Set name, symbol and decimals: by the owner for a deposit, or by governance."""
        pallet, details = self._pallet, self.owned(asset, owner)
        old, (name, symbol, decimals) = pallet.metadata[asset], shown
        ensure(owner is None or not old.is_frozen, Error.BAD_METADATA)
        ensure(max(len(name), len(symbol)) <= STRING_LIMIT, Error.BAD_METADATA)
        deposit = old.deposit
        if owner is not None:
            config = pallet.config
            deposit = config.metadata_base + config.metadata_per_byte * len(name + symbol)
            self._change_deposit(details.owner, old.deposit, deposit)
        pallet.metadata[asset] = AssetMetadata(deposit, name, symbol, decimals, is_frozen)
        pallet.deposit(MetadataSet(asset, name, symbol, decimals, is_frozen))

    def hide(self, asset: AssetId, owner: AccountId | None) -> None:
        """Forget name, symbol and decimals, and return the deposit for them."""
        pallet, details = self._pallet, self.owned(asset, owner)
        old = pallet.metadata[asset]
        ensure(old != NO_METADATA and not (old.is_frozen and owner), Error.BAD_METADATA)
        self._change_deposit(details.owner, old.deposit, 0)
        del pallet.metadata[asset]
        pallet.deposit(MetadataCleared(asset))

    def _change_deposit(self, who: AccountId, old: Balance, new: Balance) -> None:
        if new > old:
            self._pallet.currency.hold(self._pallet.reason, who, new - old)
        elif new < old:
            self._pallet.currency.release(self._pallet.reason, who, old - new)

    # ---------------------------------------------------------------------------------- approvals

    def approve(
        self, asset: AssetId, owner: AccountId, delegate: AccountId, amount: Balance
    ) -> None:
        """Let a delegate move `amount` more of what `owner` has."""
        pallet, details = self._pallet, self._pallet.ledger.live(asset)
        old = pallet.approvals.get((asset, owner, delegate))
        if old is None:
            old = Approval(0, pallet.config.approval_deposit)
            pallet.currency.hold(pallet.reason, owner, old.deposit)
            pallet.asset[asset] = replace(details, approvals=details.approvals + 1)
        ensure(old.amount + amount <= U128_MAX, Error.OVERFLOW)
        pallet.approvals[asset, owner, delegate] = replace(old, amount=old.amount + amount)
        pallet.deposit(ApprovedTransfer(asset, owner, delegate, amount))

    def disapprove(self, asset: AssetId, owner: AccountId, delegate: AccountId) -> None:
        """End an approval and return its deposit."""
        pallet, details = self._pallet, self._pallet.ledger.details(asset)
        approval = require(pallet.approvals.get((asset, owner, delegate)), Error.UNAPPROVED)
        self._end_approval(asset, details, owner, delegate, approval)
        pallet.deposit(ApprovalCancelled(asset, owner, delegate))

    def move_approved(
        self,
        asset: AssetId,
        owner: AccountId,
        delegate: AccountId,
        dest: AccountId,
        amount: Balance,
    ) -> None:
        """Move what an owner approved; the approval ends when nothing is left of it."""
        pallet, details = self._pallet, self._pallet.ledger.details(asset)
        approval = require(pallet.approvals.get((asset, owner, delegate)), Error.UNAPPROVED)
        left = approval.amount - amount
        ensure(left >= 0, Error.UNAPPROVED)
        if left:
            pallet.approvals[asset, owner, delegate] = replace(approval, amount=left)
        else:
            self._end_approval(asset, details, owner, delegate, approval)
        pallet.ledger.move(asset, owner, dest, amount, payer=delegate, keep_alive=False)
        pallet.deposit(TransferredApproved(asset, owner, delegate, dest, amount))

    def _end_approval(
        self,
        asset: AssetId,
        details: AssetDetails,
        owner: AccountId,
        delegate: AccountId,
        approval: Approval,
    ) -> None:
        self._pallet.currency.release(self._pallet.reason, owner, approval.deposit)
        del self._pallet.approvals[asset, owner, delegate]
        self._pallet.asset[asset] = replace(details, approvals=details.approvals - 1)

    # ---------------------------------------------------------------------------- single accounts

    def touch(self, asset: AssetId, who: AccountId, payer: AccountId) -> None:
        """Make an entry before anything is in it, for a deposit whatever the asset."""
        pallet, details = self._pallet, self._pallet.ledger.live(asset)
        ensure((asset, who) not in pallet.account, Error.ALREADY_EXISTS)
        details, entry = pallet.ledger.open(details, who, payer, is_free=False)
        pallet.asset[asset], pallet.account[asset, who] = details, entry
        pallet.deposit(Touched(asset, who, payer))

    def touch_other(self, asset: AssetId, who: AccountId, payer: AccountId) -> None:
        """Make an entry for another, as admin or freezer."""
        details = self._pallet.ledger.details(asset)
        ensure(payer in (details.admin, details.freezer), Error.NO_PERMISSION)
        self.touch(asset, who, payer)

    def refund_other(self, asset: AssetId, who: AccountId, caller: AccountId) -> None:
        """End an empty entry that another paid for, as that one or as admin."""
        entry = require(self._pallet.account.get((asset, who)), Error.NO_DEPOSIT)
        reason, admin = entry.reason, self._pallet.ledger.details(asset).admin
        is_own = isinstance(reason, DepositFrom) and reason.depositor == caller
        ensure(is_own or admin == caller, Error.NO_PERMISSION)
        self.refund(asset, who, DepositFrom, allow_burn=False)

    def refund(self, asset: AssetId, who: AccountId, reason: type, *, allow_burn: bool) -> None:
        """End an entry for which there is a deposit of the kind `reason`, and return that."""
        pallet, details = self._pallet, self._pallet.ledger.live(asset)
        entry = require(pallet.account.get((asset, who)), Error.NO_DEPOSIT)
        ensure(isinstance(entry.reason, reason), Error.NO_DEPOSIT)
        ensure(entry.status is AccountStatus.LIQUID, Error.FROZEN)
        ensure(allow_burn or not entry.balance, Error.WOULD_BURN)
        details = pallet.ledger.close(asset, details, who, entry)
        pallet.asset[asset] = replace(details, supply=details.supply - entry.balance)
        if entry.balance:
            pallet.deposit(Burned(asset, who, entry.balance))

    def set_status(
        self,
        asset: AssetId,
        who: AccountId,
        status: AccountStatus,
        said: type[Frozen | Thawed | Blocked],
    ) -> None:
        """Say whether an account's part of an asset can move, and announce it."""
        pallet = self._pallet
        entry = require(pallet.account.get((asset, who)), Error.NO_ACCOUNT)
        pallet.account[asset, who] = replace(entry, status=status)
        pallet.deposit(said(asset, who))
