"""Assets: a ledger of many tokens, which anybody may issue and each of which others look after.

Names, indices and layouts are those of FRAME's `pallet_assets`. Governance alone reaches into what
is somebody else's. Two instances serve the chain: `Assets`, and `PoolAssets` for shares of pools,
in which only another pallet creates.
"""

from __future__ import annotations

from runtime.frame import (
    Context,
    DoubleMap,
    EnsureOrigin,
    Map,
    Origin,
    Pallet,
    TripleMap,
    Weight,
    call,
    constant,
    ensure,
    ensure_signed,
    invariant,
)
from runtime.frame.accounts import account_of
from runtime.frame.fungible import Currency, HoldReason, are_held
from runtime.pallets.assets import invariants
from runtime.pallets.assets.care import Care
from runtime.pallets.assets.events import EVENTS, Blocked, Error, Frozen, Thawed
from runtime.pallets.assets.ledger import Ledger
from runtime.pallets.assets.types import (
    NO_METADATA,
    REMOVE_ITEMS_LIMIT,
    STRING_LIMIT,
    AccountStatus,
    Approval,
    AssetAccount,
    AssetDetails,
    AssetMetadata,
    Config,
    DepositHeld,
)
from runtime.primitives.extrinsic import MultiAddress as Address
from runtime.primitives.types import U8, U32, AccountId, Balance
from runtime.primitives.types import CompactBalance as Amount
from runtime.primitives.types import CompactU32 as Number

ASSET = Weight(reads=1, writes=1)
"""The record of an asset."""
MONEY = Weight(reads=2, writes=2)
"""A deposit: the account and the holds of whose it is."""
ENTRY = Weight(reads=2, writes=1) + MONEY
"""What an account has of an asset, what of that is frozen, and the deposit for the entry."""
MOVE = ASSET + ENTRY * 2 + Weight(compute=20_000)
SHOWN = ASSET + Weight(reads=1, writes=1) + MONEY
APPROVAL = ASSET + Weight(reads=1, writes=1) + MONEY
CLEAR = ASSET + ENTRY * REMOVE_ITEMS_LIMIT + Weight(compute=100_000)


class Assets(Pallet):
    """A ledger of many tokens."""

    events = EVENTS
    errors = Error

    asset: Map[U32, AssetDetails] = Map()
    """Each asset: who looks after it, and how much of it there is."""
    account: DoubleMap[U32, AccountId, AssetAccount] = DoubleMap()
    """What each account has of each asset."""
    approvals: TripleMap[U32, AccountId, AccountId, Approval] = TripleMap()
    """What delegates may move, by asset, owner and delegate."""
    metadata: Map[U32, AssetMetadata] = Map(default=NO_METADATA)
    """How each asset is shown."""
    frozen_balances: DoubleMap[U32, AccountId, Balance] = DoubleMap(default=0)
    """What pallets keep of each account's balance from going out."""

    def __init__(
        self,
        context: Context,
        currency: Currency,
        may_create: EnsureOrigin[AccountId],
        governs: EnsureOrigin[None],
        config: Config,
        *,
        index: int,
        name: str = "Assets",
        reason: HoldReason = HoldReason.ASSET_DEPOSIT,
    ) -> None:
        """Put deposits on hold for `reason`; who passes `governs` may make the calls that force."""
        super().__init__(context, index=index, name=name)
        self.currency, self.config, self.reason = currency, config, reason
        self.may_create, self.governs = may_create, governs
        self.ledger, self.care = Ledger(self), Care(self)

    @call(0, weight=ASSET + MONEY)
    def create(self, origin: Origin, id_: Number, admin: Address, min_balance: Balance) -> None:
        """Create an asset of which no account holds less than `min_balance`, for a deposit."""
        self.care.create(id_, self.may_create(origin), account_of(admin), min_balance)

    @call(1, weight=ASSET)
    def force_create(
        self,
        origin: Origin,
        id_: Number,
        owner: Address,
        is_sufficient: bool,
        min_balance: Amount,
    ) -> None:
        """Create an asset without a deposit. Governance only."""
        self.governs(origin)
        self.care.force_create(id_, account_of(owner), min_balance, is_sufficient=is_sufficient)

    @call(2, weight=ASSET)
    def start_destroy(self, origin: Origin, id_: Number) -> None:
        """Begin to end an asset: nothing of it moves any more. Its owner or governance."""
        self.care.start_destroy(id_, self.care.owner_or_governance(origin))

    @call(3, weight=CLEAR)
    def destroy_accounts(self, origin: Origin, id_: Number) -> None:
        """Remove up to 64 accounts of an asset that ends. Anyone may."""
        ensure_signed(origin)
        self.care.destroy_accounts(id_)

    @call(4, weight=CLEAR)
    def destroy_approvals(self, origin: Origin, id_: Number) -> None:
        """Remove up to 64 approvals of an asset that ends. Anyone may."""
        ensure_signed(origin)
        self.care.destroy_approvals(id_)

    @call(5, weight=SHOWN)
    def finish_destroy(self, origin: Origin, id_: Number) -> None:
        """Remove an asset of which nothing is left, and return its deposits. Anyone may."""
        ensure_signed(origin)
        self.care.finish_destroy(id_)

    @call(6, weight=MOVE)
    def mint(self, origin: Origin, id_: Number, beneficiary: Address, amount: Amount) -> None:
        """Create `amount` for an account. The issuer only."""
        who = ensure_signed(origin)
        ensure(self.ledger.details(id_).issuer == who, Error.NO_PERMISSION)
        self.ledger.mint(id_, account_of(beneficiary), amount, payer=who)

    @call(7, weight=MOVE)
    def burn(self, origin: Origin, id_: Number, who: Address, amount: Amount) -> None:
        """Destroy `amount` of what an account has, or all that can go. The admin only."""
        self.care.admin(origin, id_)
        self.ledger.burn_up_to(id_, account_of(who), amount)

    @call(8, weight=MOVE)
    def transfer(self, origin: Origin, id_: Number, target: Address, amount: Amount) -> None:
        """Move `amount` to an account; what would be left below the least balance goes along."""
        who = ensure_signed(origin)
        self.ledger.transfer(id_, who, account_of(target), amount, keep_alive=False)

    @call(9, weight=MOVE)
    def transfer_keep_alive(
        self, origin: Origin, id_: Number, target: Address, amount: Amount
    ) -> None:
        """Move `amount` to an account, if the least balance stays."""
        who = ensure_signed(origin)
        self.ledger.transfer(id_, who, account_of(target), amount, keep_alive=True)

    @call(10, weight=MOVE)
    def force_transfer(
        self,
        origin: Origin,
        id_: Number,
        source: Address,
        dest: Address,
        amount: Amount,
    ) -> None:
        """Move `amount` between accounts of others. The admin only."""
        admin = self.care.admin(origin, id_)
        sides = account_of(source), account_of(dest)
        self.ledger.move(id_, *sides, amount, payer=admin, keep_alive=False)

    @call(11, weight=ASSET + ENTRY)
    def freeze(self, origin: Origin, id_: Number, who: Address) -> None:
        """Keep an account from sending the asset. The freezer only."""
        self.care.ensure_freezer(origin, id_)
        self.care.set_status(id_, account_of(who), AccountStatus.FROZEN, Frozen)

    @call(12, weight=ASSET + ENTRY)
    def thaw(self, origin: Origin, id_: Number, who: Address) -> None:
        """Let an account send and receive the asset again. The admin only."""
        self.care.admin(origin, id_)
        self.care.set_status(id_, account_of(who), AccountStatus.LIQUID, Thawed)

    @call(13, weight=ASSET)
    def freeze_asset(self, origin: Origin, id_: Number) -> None:
        """Stop every move of the asset. The freezer only."""
        self.care.ensure_freezer(origin, id_)
        self.ledger.freeze_asset(id_)

    @call(14, weight=ASSET)
    def thaw_asset(self, origin: Origin, id_: Number) -> None:
        """Let the asset move again. The admin only."""
        self.care.admin(origin, id_)
        self.ledger.thaw_asset(id_)

    @call(15, weight=SHOWN + MONEY)
    def transfer_ownership(self, origin: Origin, id_: Number, owner: Address) -> None:
        """Make another account the owner, with the deposits. The owner only."""
        self.care.give_away(id_, ensure_signed(origin), account_of(owner))

    @call(16, weight=ASSET)
    def set_team(
        self,
        origin: Origin,
        id_: Number,
        issuer: Address,
        admin: Address,
        freezer: Address,
    ) -> None:
        """Say who mints, who burns and thaws, and who freezes. The owner only."""
        team = account_of(issuer), account_of(admin), account_of(freezer)
        self.care.set_team(id_, ensure_signed(origin), team)

    @call(17, weight=SHOWN)
    def set_metadata(
        self, origin: Origin, id_: Number, name: bytes, symbol: bytes, decimals: U8
    ) -> None:
        """Say how the asset is shown, for a deposit. The owner only."""
        owner = ensure_signed(origin)
        self.care.show(id_, owner, (name, symbol, decimals), is_frozen=False)

    @call(18, weight=SHOWN)
    def clear_metadata(self, origin: Origin, id_: Number) -> None:
        """Forget how the asset is shown, and return the deposit. The owner only."""
        self.care.hide(id_, ensure_signed(origin))

    @call(19, weight=SHOWN)
    def force_set_metadata(
        self,
        origin: Origin,
        id_: Number,
        name: bytes,
        symbol: bytes,
        decimals: U8,
        is_frozen: bool,
    ) -> None:
        """Say how an asset is shown, and whether its owner may change it. Governance only."""
        self.governs(origin)
        self.care.show(id_, None, (name, symbol, decimals), is_frozen=is_frozen)

    @call(20, weight=SHOWN)
    def force_clear_metadata(self, origin: Origin, id_: Number) -> None:
        """Forget how an asset is shown. Governance only."""
        self.governs(origin)
        self.care.hide(id_, None)

    @call(21, weight=SHOWN)
    def force_asset_status(
        self,
        origin: Origin,
        id_: Number,
        owner: Address,
        issuer: Address,
        admin: Address,
        freezer: Address,
        min_balance: Amount,
        is_sufficient: bool,
        is_frozen: bool,
    ) -> None:
        """Put an asset into other hands, and set its terms. Governance only."""
        self.governs(origin)
        hands = (account_of(owner), account_of(issuer), account_of(admin), account_of(freezer))
        self.care.override(
            id_, hands, min_balance, is_sufficient=is_sufficient, is_frozen=is_frozen
        )

    @call(22, weight=APPROVAL)
    def approve_transfer(
        self, origin: Origin, id_: Number, delegate: Address, amount: Amount
    ) -> None:
        """Let a delegate move `amount` more of yours, for a deposit."""
        self.care.approve(id_, ensure_signed(origin), account_of(delegate), amount)

    @call(23, weight=APPROVAL)
    def cancel_approval(self, origin: Origin, id_: Number, delegate: Address) -> None:
        """Let a delegate move nothing of yours any more, and take the deposit back."""
        self.care.disapprove(id_, ensure_signed(origin), account_of(delegate))

    @call(24, weight=APPROVAL)
    def force_cancel_approval(
        self, origin: Origin, id_: Number, owner: Address, delegate: Address
    ) -> None:
        """End an approval of somebody else. The admin only, or governance."""
        if self.care.owner_or_governance(origin) is not None:
            self.care.admin(origin, id_)
        self.care.disapprove(id_, account_of(owner), account_of(delegate))

    @call(25, weight=MOVE + APPROVAL)
    def transfer_approved(
        self,
        origin: Origin,
        id_: Number,
        owner: Address,
        destination: Address,
        amount: Amount,
    ) -> None:
        """Move `amount` that an owner approved for you."""
        delegate, source, dest = ensure_signed(origin), account_of(owner), account_of(destination)
        self.care.move_approved(id_, source, delegate, dest, amount)

    @call(26, weight=ASSET + ENTRY)
    def touch(self, origin: Origin, id_: Number) -> None:
        """Make an entry for yourself before anything is in it, for a deposit."""
        who = ensure_signed(origin)
        self.care.touch(id_, who, who)

    @call(27, weight=ASSET + ENTRY)
    def refund(self, origin: Origin, id_: Number, allow_burn: bool) -> None:
        """End your entry and take its deposit back; `allow_burn` destroys what is in it."""
        self.care.refund(id_, ensure_signed(origin), DepositHeld, allow_burn=allow_burn)

    @call(28, weight=ASSET)
    def set_min_balance(self, origin: Origin, id_: Number, min_balance: Balance) -> None:
        """Set the least balance, of an asset that nobody has. The owner only."""
        self.care.set_minimum(id_, ensure_signed(origin), min_balance)

    @call(29, weight=ASSET + ENTRY)
    def touch_other(self, origin: Origin, id_: Number, who: Address) -> None:
        """Make an entry for another, for a deposit of yours. Admin or freezer only."""
        self.care.touch_other(id_, account_of(who), ensure_signed(origin))

    @call(30, weight=ASSET + ENTRY)
    def refund_other(self, origin: Origin, id_: Number, who: Address) -> None:
        """End an empty entry that you made for another. Who paid for it, or the admin."""
        self.care.refund_other(id_, account_of(who), ensure_signed(origin))

    @call(31, weight=ASSET + ENTRY)
    def block(self, origin: Origin, id_: Number, who: Address) -> None:
        """Keep an account from sending and receiving the asset. The freezer only."""
        self.care.ensure_freezer(origin, id_)
        self.care.set_status(id_, account_of(who), AccountStatus.BLOCKED, Blocked)

    @call(32, weight=MOVE)
    def transfer_all(self, origin: Origin, id_: Number, dest: Address, keep_alive: bool) -> None:
        """Move all that you can of the asset."""
        source, ledger = ensure_signed(origin), self.ledger
        amount = ledger.reducible(id_, source, keep_alive=keep_alive)
        ledger.transfer(id_, source, account_of(dest), amount, keep_alive=keep_alive)

    @constant
    def remove_items_limit(self) -> U32:
        """Return how many accounts or approvals one call removes."""
        return REMOVE_ITEMS_LIMIT

    @constant
    def asset_deposit(self) -> Balance:
        """Return what the owner of an asset has on hold for it."""
        return self.config.asset_deposit

    @constant
    def asset_account_deposit(self) -> Balance:
        """Return what is on hold for an entry of an account."""
        return self.config.account_deposit

    @constant
    def metadata_deposit_base(self) -> Balance:
        """Return what is on hold for a name and a symbol, however short."""
        return self.config.metadata_base

    @constant
    def metadata_deposit_per_byte(self) -> Balance:
        """Return what is on hold for each byte of them."""
        return self.config.metadata_per_byte

    @constant
    def approval_deposit(self) -> Balance:
        """Return what is on hold for an approval."""
        return self.config.approval_deposit

    @constant
    def string_limit(self) -> U32:
        """Return the most bytes of a name or a symbol."""
        return STRING_LIMIT

    @invariant
    def supplies_and_counts_add_up(self) -> bool:
        """Equal: each asset's supply and counts, and what its accounts and approvals are."""
        return invariants.counts_add_up(self)

    @invariant
    def deposits_are_held(self) -> bool:
        """Each account has on hold exactly what it has put up in deposits."""
        return are_held(self.currency, self.reason, invariants.deposits(self))

    @invariant
    def balances_are_sound(self) -> bool:
        """No entry is dust, and none is below what a pallet keeps of it."""
        return invariants.balances_are_sound(self)
