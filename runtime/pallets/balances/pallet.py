"""Balances: a ledger of one token.

An account's balance is free or on hold; a part of the free balance may be frozen. An account below
the existential deposit is removed and what it held is burned, so that dust cannot fill the state.
The chain's two tokens are two instances of this pallet: AGPU keeps its accounts in System, where
wallets look for them; AMAX keeps them itself. Names follow `pallet_balances`.
"""

from __future__ import annotations

from runtime.frame import (
    Context,
    Map,
    Origin,
    Pallet,
    PalletError,
    TokenError,
    Value,
    Weight,
    call,
    constant,
    ensure,
    ensure_signed,
    invariant,
)
from runtime.frame.accounts import NO_DATA, AccountData, account_of
from runtime.frame.fungible import BurnReason, FreezeReason, HoldReason, MintReason, burn_reason_of
from runtime.pallets.balances.accounts import AccountStore, OwnAccounts
from runtime.pallets.balances.types import (
    EVENTS,
    Burned,
    BurnedFor,
    BurnedHeld,
    Deposit,
    DustLost,
    Endowed,
    Freezes,
    Frozen,
    FrozenAmount,
    Held,
    Holds,
    IdAmount,
    Locks,
    Minted,
    Released,
    Reserves,
    Thawed,
    Transfer,
    TransferOnHold,
    Withdraw,
)
from runtime.primitives.extrinsic import MultiAddress
from runtime.primitives.types import U32, U128_MAX, AccountId, Balance, CompactBalance

MOVE = Weight(reads=4, writes=4, compute=20_000)
"""Two accounts and, when dust is burned, the total issuance and what was burned; or else the holds
of the source, which has no dust then."""


class Error(PalletError):
    """Why the ledger refused a call."""

    VESTING_BALANCE = 0, "The balance is still vesting."
    LIQUIDITY_RESTRICTIONS = 1, "The balance is locked."
    INSUFFICIENT_BALANCE = 2, "The balance is too low."
    EXISTENTIAL_DEPOSIT = 3, "The amount is below the existential deposit."
    EXPENDABILITY = 4, "The transfer would remove the sending account."
    EXISTING_VESTING_SCHEDULE = 5, "The account has a vesting schedule already."
    DEAD_ACCOUNT = 6, "The account does not exist."
    TOO_MANY_RESERVES = 7, "The account has too many reserves."
    TOO_MANY_HOLDS = 8, "The account has too many holds."
    TOO_MANY_FREEZES = 9, "The account has too many freezes."
    ISSUANCE_DEACTIVATED = 10, "The issuance cannot be changed."
    DELTA_ZERO = 11, "The change is zero."
    ISSUANCE_OVERFLOW = 12, "The total issuance would leave the range of a balance."


class Balances(Pallet):
    """A ledger of one token."""

    events = EVENTS
    errors = Error

    total_issuance: Value[Balance] = Value(default=0)
    """All that exists of this token, in planck."""
    inactive_issuance: Value[Balance] = Value(default=0)
    """The part of the issuance that does not vote."""
    account: Map[AccountId, AccountData] = Map(default=NO_DATA)
    """Balances of each account, where this pallet keeps them itself."""
    locks: Map[AccountId, Locks] = Map(default=())
    """Locks on each account's balance."""
    reserves: Map[AccountId, Reserves] = Map(default=())
    """Named reserves of each account."""
    holds: Map[AccountId, Holds] = Map(default=())
    """What each account has on hold, by reason."""
    freezes: Map[AccountId, Freezes] = Map(default=())
    """What each account may not spend, by reason."""
    genesis_issuance: Value[Balance] = Value(default=0)
    """What existed in block 0."""
    minted_by_reason: Map[MintReason, Balance] = Map(default=0)
    """What came into being since, by the rule that paid it."""
    burned_by_reason: Map[BurnReason, Balance] = Map(default=0)
    """What was destroyed since, by cause."""

    def __init__(
        self,
        context: Context,
        existential_deposit: Balance,
        store: AccountStore | None = None,
        *,
        index: int,
        name: str,
    ) -> None:
        super().__init__(context, index=index, name=name)
        self.minimum = existential_deposit
        self.store: AccountStore = store or OwnAccounts(self.account)
        self.takes_fees = store is not None

    def build(self, endowed: tuple[tuple[AccountId, Balance], ...]) -> None:
        """Write the state of block 0."""
        for who, amount in endowed:
            self.mint_into(who, amount)

    @call(0, weight=MOVE)
    def transfer_allow_death(
        self, origin: Origin, dest: MultiAddress, value: CompactBalance
    ) -> None:
        """Move `value` of the signer's free balance to `dest`, even if nothing is left."""
        self._transfer(ensure_signed(origin), account_of(dest), value, keep_alive=False)

    @call(3, weight=MOVE)
    def transfer_keep_alive(
        self, origin: Origin, dest: MultiAddress, value: CompactBalance
    ) -> None:
        """Move `value` of the signer's free balance to `dest`, if the signer stays alive."""
        self._transfer(ensure_signed(origin), account_of(dest), value, keep_alive=True)

    @call(4, weight=MOVE)
    def transfer_all(self, origin: Origin, dest: MultiAddress, keep_alive: bool) -> None:
        """Move all that the signer can spend to `dest`."""
        who = ensure_signed(origin)
        self._transfer(who, account_of(dest), self.reducible(who, keep_alive), keep_alive)

    @call(10, weight=Weight(reads=4, writes=4, compute=15_000))
    def burn(self, origin: Origin, value: CompactBalance, keep_alive: bool) -> None:
        """Destroy `value` of the signer's free balance."""
        self.burn_from(ensure_signed(origin), value, keep_alive)

    @constant
    def existential_deposit(self) -> Balance:
        """Return the least that an account may hold."""
        return self.minimum

    @constant
    def max_locks(self) -> U32:
        """How many locks an account may have."""
        return 50

    @constant
    def max_reserves(self) -> U32:
        """How many named reserves an account may have."""
        return 50

    @constant
    def max_freezes(self) -> U32:
        """How many freezes an account may have."""
        return 50

    def free(self, who: AccountId) -> Balance:
        """Return the free balance of `who`, which includes what is frozen but not what is held."""
        return self.store.data(who).free

    def reducible(self, who: AccountId, keep_alive: bool) -> Balance:
        """Return what `who` could spend now."""
        data = self.store.data(who)
        untouchable = self._bound(who, data)
        if keep_alive or data.reserved or data.frozen:
            untouchable = max(untouchable, self.minimum)
        return max(data.free - untouchable, 0)

    def held(self, reason: HoldReason, who: AccountId) -> Balance:
        """Return what `who` has on hold for `reason`."""
        return next((hold.amount for hold in self.holds[who] if hold.id is reason), 0)

    def transfer(self, source: AccountId, dest: AccountId, amount: Balance) -> None:
        """Move `amount` between free balances and keep `source` alive."""
        self._transfer(source, dest, amount, keep_alive=True)

    def transfer_and_reap(self, source: AccountId, dest: AccountId, amount: Balance) -> None:
        """Move `amount` between free balances; an account with nothing left ends."""
        if amount:
            self._transfer(source, dest, amount, keep_alive=False)

    def hold(self, reason: HoldReason, who: AccountId, amount: Balance) -> None:
        """Set `amount` of the free balance of `who` aside."""
        ensure(amount <= self.reducible(who, keep_alive=True), TokenError.FUNDS_UNAVAILABLE)
        self._set_hold(reason, who, self.held(reason, who) + amount)
        data = self.store.data(who)
        self._change(who, data, data.free - amount, data.reserved + amount)
        self.deposit(Held(reason, who, amount))

    def release(self, reason: HoldReason, who: AccountId, amount: Balance) -> None:
        """Give `amount` on hold back to the free balance of `who`."""
        self._take_hold(reason, who, amount)
        data = self.store.data(who)
        self._change(who, data, data.free + amount, data.reserved - amount)
        self.deposit(Released(reason, who, amount))

    def transfer_on_hold(
        self, reason: HoldReason, source: AccountId, dest: AccountId, amount: Balance
    ) -> None:
        """Move `amount` from a hold of `source` to the free balance of `dest`."""
        if source == dest:
            self.release(reason, source, amount)
            return
        self._take_hold(reason, source, amount)
        data = self.store.data(source)
        self._change(source, data, data.free, data.reserved - amount)
        self._credit(dest, amount)
        self.deposit(TransferOnHold(reason, source, dest, amount))

    def burn_held(self, reason: HoldReason, who: AccountId, amount: Balance) -> None:
        """Destroy `amount` of a hold of `who`."""
        self._take_hold(reason, who, amount)
        data = self.store.data(who)
        self._change(who, data, data.free, data.reserved - amount)
        self._destroy(burn_reason_of(reason), amount)
        self.deposit(BurnedHeld(reason, who, amount))

    def set_freeze(self, reason: FreezeReason, who: AccountId, amount: Balance) -> None:
        """Keep `amount` of the balance of `who` from being spent; freezes overlap."""
        others = tuple(freeze for freeze in self.freezes[who] if freeze.id is not reason)
        freezes = (*others, FrozenAmount(reason, amount)) if amount else others
        self.freezes[who] = freezes
        data = self.store.data(who)
        frozen = max((freeze.amount for freeze in freezes), default=0)
        if frozen == data.frozen:
            return
        self.store.set_data(who, AccountData(data.free, data.reserved, frozen, data.flags))
        change = frozen - data.frozen
        self.deposit(Frozen(who, change) if change > 0 else Thawed(who, -change))

    def total(self, who: AccountId) -> Balance:
        """Return all that `who` owns, free or on hold."""
        data = self.store.data(who)
        return data.free + data.reserved

    def active_issuance(self) -> Balance:
        """Return the part of the issuance that votes."""
        return self.total_issuance - self.inactive_issuance

    def deactivate(self, amount: Balance) -> None:
        """Count `amount` of the issuance out of what votes, or in again if it is negative."""
        self.inactive_issuance += amount

    def mint_into(self, who: AccountId, amount: Balance) -> None:
        """Create `amount` in the free balance of `who` before the first block."""
        self._create(who, amount)
        self.genesis_issuance += amount

    def mint(self, reason: MintReason, who: AccountId, amount: Balance) -> None:
        """Create `amount` in the free balance of `who`. For the pallet Emission alone."""
        self._create(who, amount)
        self.minted_by_reason[reason] += amount

    def burn_from(self, who: AccountId, amount: Balance, keep_alive: bool) -> None:
        """Destroy `amount` of the free balance of `who`."""
        self._debit(who, amount, keep_alive)
        self._destroy(BurnReason.CALL, amount)
        self.deposit(Burned(who, amount))

    def burn_for(self, reason: BurnReason, who: AccountId, amount: Balance) -> None:
        """Destroy `amount` of the free balance of `who`, who stays alive."""
        self._debit(who, amount, keep_alive=True)
        self._destroy(reason, amount)
        self.deposit(BurnedFor(reason, who, amount))

    def withdraw_fee(self, who: AccountId, amount: Balance) -> None:
        """Take `amount` as a fee; it stays issued until the block splits its fees."""
        self._debit(who, amount, keep_alive=True)
        self.deposit(Withdraw(who, amount))

    def pay_from_fees(self, who: AccountId, amount: Balance) -> Balance:
        """Pay `amount` of the fees taken to `who`; return what was paid, 0 for less than dust."""
        if not self.attempt(self._credit, who, amount):
            return 0
        self.deposit(Deposit(who, amount))
        return amount

    def burn_fees(self, amount: Balance) -> None:
        """Destroy `amount` of the fees taken."""
        self._destroy(BurnReason.TRANSACTION_FEE, amount)

    def _transfer(
        self, source: AccountId, dest: AccountId, amount: Balance, keep_alive: bool
    ) -> None:
        if source != dest:
            self._debit(source, amount, keep_alive)
            self._credit(dest, amount)
        else:
            ensure(amount <= self.reducible(source, keep_alive), TokenError.FUNDS_UNAVAILABLE)
        self.deposit(Transfer(source, dest, amount))

    def _debit(self, who: AccountId, amount: Balance, keep_alive: bool) -> None:
        data = self.store.data(who)
        free = data.free - amount
        ensure(free >= 0, TokenError.FUNDS_UNAVAILABLE)
        ensure(free >= self._bound(who, data), TokenError.FROZEN)
        if free < self.minimum:
            must_stay = keep_alive or data.reserved or data.frozen
            ensure(not must_stay, TokenError.NOT_EXPENDABLE)
        self._change(who, data, free, data.reserved)

    def _bound(self, who: AccountId, data: AccountData) -> Balance:
        """Return what must stay free of a frozen balance: what is on hold counts towards it.

        What has not vested yet does not: it votes only when it is its owner's to spend.
        """
        if not data.frozen:
            return 0
        unvested = self.held(HoldReason.VESTING, who) if data.reserved else 0
        return max(data.frozen - data.reserved + unvested, 0)

    def _credit(self, who: AccountId, amount: Balance) -> None:
        data = self.store.data(who)
        free = data.free + amount
        ensure(free + data.reserved >= self.minimum, TokenError.BELOW_MINIMUM)
        self._change(who, data, free, data.reserved)
        if not data.free and not data.reserved:
            self.deposit(Endowed(who, amount))

    def _change(self, who: AccountId, data: AccountData, free: Balance, held: Balance) -> None:
        """Record new amounts; what falls below the existential deposit is burned."""
        if 0 < free + held < self.minimum and not held:
            self._destroy(BurnReason.DUST, free)
            self.deposit(DustLost(who, free))
            free = 0
        self.store.set_data(who, AccountData(free, held, data.frozen, data.flags))

    def _create(self, who: AccountId, amount: Balance) -> None:
        total = self.total_issuance + amount
        ensure(total <= U128_MAX, Error.ISSUANCE_OVERFLOW)
        self.total_issuance = total
        self._credit(who, amount)
        self.deposit(Minted(who, amount))

    def _destroy(self, reason: BurnReason, amount: Balance) -> None:
        self.total_issuance -= amount
        self.burned_by_reason[reason] += amount

    def _take_hold(self, reason: HoldReason, who: AccountId, amount: Balance) -> None:
        rest = self.held(reason, who) - amount
        ensure(rest >= 0, TokenError.FUNDS_UNAVAILABLE)
        self._set_hold(reason, who, rest)

    def _set_hold(self, reason: HoldReason, who: AccountId, amount: Balance) -> None:
        others = tuple(hold for hold in self.holds[who] if hold.id is not reason)
        self.holds[who] = (*others, IdAmount(reason, amount)) if amount else others

    @invariant
    def issuance_is_the_sum_of_accounts(self) -> bool:
        """Total issuance equals all balances and the fees that the block has yet to split."""
        fees = self.context.fees + self.context.tips if self.takes_fees else 0
        held = sum(data.free + data.reserved for _, data in self.accounts())
        return self.total_issuance == held + fees

    @invariant
    def issuance_is_accounted_for(self) -> bool:
        """Total issuance is what block 0 had, and what was minted since, less what was burned."""
        minted = sum(amount for _, amount in self.minted_by_reason.items())
        burned = sum(amount for _, amount in self.burned_by_reason.items())
        return self.total_issuance == self.genesis_issuance + minted - burned

    @invariant
    def no_account_is_dust(self) -> bool:
        """Every account holds at least the existential deposit, or something on hold."""
        return all(
            data.free + data.reserved >= self.minimum or data.reserved > 0
            for _, data in self.accounts()
        )

    @invariant
    def holds_are_reserved(self) -> bool:
        """Equal sums: an account's holds, and its reserved balance."""
        held = {who: sum(hold.amount for hold in holds) for who, holds in self.holds.items()}
        return all(data.reserved == held.pop(who, 0) for who, data in self.accounts()) and not held

    @invariant
    def the_highest_freeze_counts(self) -> bool:
        """Equal: what is frozen of an account, and the highest of its freezes."""
        highest = {
            who: max(freeze.amount for freeze in freezes) for who, freezes in self.freezes.items()
        }
        return all(data.frozen == highest.pop(who, 0) for who, data in self.accounts()) and (
            not highest
        )

    def accounts(self) -> list[tuple[AccountId, AccountData]]:
        """List every account of this ledger; the cost grows with their number."""
        return self.store.accounts()
