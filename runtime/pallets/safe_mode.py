"""SafeMode: for a while, accounts may only do what is vital.

Anyone can pull the brake for a large deposit, which governance gives back or takes; the emergency
track of referenda does so without. It lets go by itself. Names, indices and layouts are those of
FRAME's `pallet_safe_mode`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from runtime.frame import (
    Context,
    DoubleMap,
    EnsureOrigin,
    Origin,
    Pallet,
    PalletError,
    Value,
    Weight,
    call,
    constant,
    ensure,
    ensure_signed,
    event,
    invariant,
    require,
)
from runtime.frame.calls import Call
from runtime.frame.fungible import Currency, HoldReason, are_held
from runtime.primitives.hashing import TWOX_64_CONCAT
from runtime.primitives.types import AccountId, Balance, BlockNumber

HOLD = HoldReason.SAFE_MODE
BRAKE = Weight(reads=1, writes=1, compute=10_000)
DEPOSIT = Weight(reads=5, writes=5, compute=10_000)
"""A deposit, the account and the holds of who placed it, and the total issuance."""


@dataclass(frozen=True, slots=True)
class Config:
    """For how long, for how much, and by whom."""

    enter_duration: BlockNumber
    extend_duration: BlockNumber
    enter_deposit: Balance
    extend_deposit: Balance
    release_delay: BlockNumber
    """Blocks for which a deposit stays at least, so that governance can judge the use."""


class ExitReason(Enum):
    """Why safe mode ended."""

    TIMEOUT = 0
    FORCE = 1


@event
class Entered:
    """Safe mode holds until and including a block."""

    until: BlockNumber


@event
class Extended:
    """Safe mode holds longer: until and including a block."""

    until: BlockNumber


@event
class Exited:
    """Safe mode has ended."""

    reason: ExitReason


@event
class DepositPlaced:
    """An account holds a deposit for safe mode."""

    account: AccountId
    amount: Balance


@event
class DepositReleased:
    """An account has its deposit back."""

    account: AccountId
    amount: Balance


@event
class DepositSlashed:
    """An account lost its deposit: there was no need for safe mode."""

    account: AccountId
    amount: Balance


class Error(PalletError):
    """Why SafeMode refused a call."""

    ENTERED = 0, "Safe mode holds already, or still."
    EXITED = 1, "Safe mode does not hold."
    NOT_CONFIGURED = 2, "This chain does not let accounts do so."
    NO_DEPOSIT = 3, "There is no such deposit."
    ALREADY_DEPOSITED = 4, "The account has placed a deposit in this block already."
    CANNOT_RELEASE_YET = 5, "It is too early to have the deposit back."
    CURRENCY_ERROR = 6, "The deposit cannot be held."


class SafeMode(Pallet):
    """For a while, accounts may only do what is vital."""

    events = (Entered, Extended, Exited, DepositPlaced, DepositReleased, DepositSlashed)
    errors = Error

    entered_until: Value[BlockNumber | None] = Value(default=None)
    """The last block in which safe mode holds."""
    deposits: DoubleMap[AccountId, BlockNumber, Balance] = DoubleMap(
        hashers=(TWOX_64_CONCAT, TWOX_64_CONCAT)
    )
    """Deposits by account and block."""

    def __init__(
        self,
        context: Context,
        currency: Currency,
        is_vital: Callable[[str, str], bool],
        power: EnsureOrigin[None],
        config: Config,
        *,
        index: int,
        name: str = "SafeMode",
    ) -> None:
        super().__init__(context, index=index, name=name)
        self._currency, self._is_vital = currency, is_vital
        self._power, self._config = power, config

    @call(0, weight=BRAKE + DEPOSIT)
    def enter(self, origin: Origin) -> None:
        """Begin safe mode for a deposit. Anyone may."""
        self._place(ensure_signed(origin), self._config.enter_deposit)
        self.begin()

    @call(1, weight=BRAKE)
    def force_enter(self, origin: Origin) -> None:
        """Begin safe mode by decision of AMAX holders."""
        self._power(origin)
        self.begin()

    @call(2, weight=BRAKE + DEPOSIT)
    def extend(self, origin: Origin) -> None:
        """Let safe mode hold longer for a deposit. Anyone may."""
        self._place(ensure_signed(origin), self._config.extend_deposit)
        self._extend()

    @call(3, weight=BRAKE)
    def force_extend(self, origin: Origin) -> None:
        """Let safe mode hold longer by decision of AMAX holders."""
        self._power(origin)
        self._extend()

    @call(4, weight=BRAKE)
    def force_exit(self, origin: Origin) -> None:
        """End safe mode now, by decision of AMAX holders."""
        self._power(origin)
        ensure(self.entered_until is not None, Error.EXITED)
        self._exit(ExitReason.FORCE)

    @call(5, weight=DEPOSIT)
    def force_slash_deposit(self, origin: Origin, account: AccountId, block: BlockNumber) -> None:
        """Burn a deposit: the brake was pulled for nothing."""
        self._power(origin)
        amount = self._take(account, block)
        self._currency.burn_held(HOLD, account, amount)
        self.deposit(DepositSlashed(account, amount))

    @call(6, weight=BRAKE + DEPOSIT)
    def release_deposit(self, origin: Origin, account: AccountId, block: BlockNumber) -> None:
        """Give a deposit back that nobody has objected to for long. Anyone may."""
        ensure_signed(origin)
        ensure(self.entered_until is None, Error.ENTERED)
        is_due = self.context.number > block + self._config.release_delay
        ensure(is_due, Error.CANNOT_RELEASE_YET)
        self._release(account, block)

    @call(7, weight=DEPOSIT)
    def force_release_deposit(self, origin: Origin, account: AccountId, block: BlockNumber) -> None:
        """Give a deposit back now: the brake was pulled for a reason."""
        self._power(origin)
        self._release(account, block)

    def on_initialize(self, number: BlockNumber) -> Weight:
        """End safe mode when its time is over."""
        until = self.entered_until
        if until is not None and number > until:
            self._exit(ExitReason.TIMEOUT)
        return BRAKE

    @constant
    def enter_duration(self) -> BlockNumber:
        """Return for how long safe mode holds."""
        return self._config.enter_duration

    @constant
    def extend_duration(self) -> BlockNumber:
        """Return by how much it is extended."""
        return self._config.extend_duration

    @constant
    def enter_deposit_amount(self) -> Balance | None:
        """Return what beginning it holds."""
        return self._config.enter_deposit

    @constant
    def extend_deposit_amount(self) -> Balance | None:
        """Return what extending it holds."""
        return self._config.extend_deposit

    @constant
    def release_delay(self) -> BlockNumber | None:
        """Return for how long a deposit stays."""
        return self._config.release_delay

    def permits(self, one: Call) -> bool:
        """Say whether accounts may make a call."""
        return self.entered_until is None or self._is_vital(one.entry.pallet, one.entry.name)

    def begin(self) -> None:
        """Begin safe mode, or raise `DispatchError`."""
        ensure(self.entered_until is None, Error.ENTERED)
        until = self.context.number + self._config.enter_duration
        self.entered_until = until
        self.deposit(Entered(until))

    @invariant
    def deposits_are_held(self) -> bool:
        """Whoever placed deposits has them on hold."""
        parts = ((who, amount) for (who, _), amount in self.deposits.items())
        return are_held(self._currency, HOLD, parts)

    # ----------------------------------------------------------------------------------- helpers

    def _extend(self) -> None:
        until = require(self.entered_until, Error.EXITED) + self._config.extend_duration
        self.entered_until = until
        self.deposit(Extended(until))

    def _exit(self, reason: ExitReason) -> None:
        self.entered_until = None
        self.deposit(Exited(reason))

    def _place(self, who: AccountId, amount: Balance) -> None:
        key = who, self.context.number
        ensure(key not in self.deposits, Error.ALREADY_DEPOSITED)
        self._currency.hold(HOLD, who, amount)
        self.deposits[key] = amount
        self.deposit(DepositPlaced(who, amount))

    def _take(self, who: AccountId, block: BlockNumber) -> Balance:
        amount = require(self.deposits.get((who, block)), Error.NO_DEPOSIT)
        del self.deposits[who, block]
        return amount

    def _release(self, who: AccountId, block: BlockNumber) -> None:
        amount = self._take(who, block)
        self._currency.release(HOLD, who, amount)
        self.deposit(DepositReleased(who, amount))
