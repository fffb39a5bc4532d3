"""Transaction payment: what a transaction costs, and where the fee goes.

    fee = base + length · per byte + multiplier · weight + tip

Half of the fee is burned, 30% goes to the treasury, 20% to the author; of the tip 80% goes to the
author and the rest is burned: until a referendum moves these parts. Fees are collected over the
block and split at its end, once.
Source: `economy.md` 5.2; the multiplier is FRAME's `TargetedFeeAdjustment`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Protocol

from runtime.frame import Context, Pallet, Value, Weight, constant, event
from runtime.primitives.schema import Named, Uint
from runtime.primitives.types import U8, AccountId, Balance, BlockNumber
from runtime.terms import TransactionFees
from runtime.terms.records import PERBILL

FIXED_ONE = 10**18
"""One, as a `FixedU128`."""

MIN_MULTIPLIER, MAX_MULTIPLIER = FIXED_ONE // 10, FIXED_ONE * 10**6
TARGET_FULLNESS_PERCENT = 25
VARIABILITY = 100_000
"""The multiplier moves by at most this part of one in a block."""

FixedU128 = Annotated[int, Named(Uint(16), "sp_arithmetic::fixed_point::FixedU128")]


class Ledger(Protocol):
    """What fees are taken from and paid to."""

    def withdraw_fee(self, who: AccountId, amount: Balance) -> None:
        """Take `amount` as a fee, or raise `DispatchError`."""

    def pay_from_fees(self, who: AccountId, amount: Balance) -> Balance:
        """Pay a part of the fees taken; return what was paid."""
        ...

    def burn_fees(self, amount: Balance) -> None:
        """Destroy a part of the fees taken."""


@dataclass(frozen=True, slots=True)
class Config:
    """Prices, fixed by the runtime."""

    base_fee: Balance
    fee_per_byte: Balance
    picoseconds_per_planck: int
    """Weight that one planck buys at a multiplier of one."""
    block_picoseconds: int
    """The most weight of a block."""
    treasury: AccountId


class Terms(Protocol):
    """The parameters that governance moves."""

    @property
    def transactions(self) -> TransactionFees:
        """Where fees go; read once in a block."""
        ...


def divided(fees: Balance, tips: Balance, terms: TransactionFees) -> tuple[Balance, Balance]:
    """Return the treasury's part of a block's fees and tips, and what is burned of them."""
    burned = fees * terms.burn // PERBILL + tips * terms.tip_burn // PERBILL
    return fees * terms.treasury // PERBILL, burned


@event
class TransactionFeePaid:
    """A transaction was paid for; `actual_fee` includes the tip."""

    who: AccountId
    actual_fee: Balance
    tip: Balance


class Ceiling(Protocol):
    """How much the treasury may have."""

    def takes_fees(self) -> bool:
        """Say whether it has its part of fees; otherwise that is burned."""
        ...


class NoCeiling:
    """For a treasury that may have all."""

    def takes_fees(self) -> bool:
        """Return that it has its part."""
        return True


UNBOUNDED = NoCeiling()


class TransactionPayment(Pallet):
    """What a transaction costs, and where the fee goes."""

    events = (TransactionFeePaid,)

    next_fee_multiplier: Value[FixedU128] = Value(default=FIXED_ONE)
    """The factor on weight fees, which follows how full blocks are."""

    def __init__(
        self,
        context: Context,
        ledger: Ledger,
        terms: Terms,
        config: Config,
        *,
        ceiling: Ceiling = UNBOUNDED,
        index: int,
        name: str = "TransactionPayment",
    ) -> None:
        super().__init__(context, index=index, name=name)
        self.ledger, self.terms, self.config, self.ceiling = ledger, terms, config, ceiling

    @constant
    def operational_fee_multiplier(self) -> U8:
        """Return how much more the priority of an operational transaction counts."""
        return 5

    def fee_parts(self, length: int, weight: int) -> tuple[Balance, Balance, Balance]:
        """Return the base fee, the length fee and the weight fee; `weight` in picoseconds."""
        config = self.config
        weight_fee = (
            weight * self.next_fee_multiplier // (config.picoseconds_per_planck * FIXED_ONE)
        )
        return config.base_fee, config.fee_per_byte * length, weight_fee

    def charge(self, who: AccountId, fee: Balance, tip: Balance) -> None:
        """Take the fee and the tip from `who`, or raise `DispatchError`."""
        self.ledger.withdraw_fee(who, fee + tip)
        self.context.fees += fee
        self.context.tips += tip

    def give_back(self, who: AccountId, fee: Balance) -> Balance:
        """Return a fee that was taken to `who`; return what could not be, and stays paid."""
        paid = self.ledger.pay_from_fees(who, fee) if fee else 0
        self.context.fees -= paid
        return fee - paid

    def announce(self, who: AccountId, fee: Balance, tip: Balance) -> None:
        """Record that a transaction was paid for."""
        self.deposit(TransactionFeePaid(who, fee + tip, tip))

    def on_initialize(self, number: BlockNumber) -> Weight:  # noqa: ARG002
        """Count what `settle` touches.

        Author, treasury, ceiling, issuance, burn, multiplier and parameters.
        """
        return Weight(reads=7, writes=5)

    def settle(self, used_picoseconds: int) -> None:
        """Split the fees of the block, and move the multiplier toward the target fullness."""
        context = self.context
        fees, tips = context.fees, context.tips
        if fees or tips:
            context.fees = context.tips = 0
            to_treasury, burned = divided(fees, tips, self.terms.transactions)
            to_author = fees + tips - to_treasury - burned
            paid = 0
            if self.ceiling.takes_fees():
                paid = self.ledger.pay_from_fees(self.config.treasury, to_treasury)
            if context.author is not None:
                paid += self.ledger.pay_from_fees(context.author, to_author)
            self.ledger.burn_fees(fees + tips - paid)
        self.next_fee_multiplier = self._moved(used_picoseconds)

    def _moved(self, used: int) -> int:
        """Return the multiplier after a block of `used` weight: FRAME's first two terms.

        With s the fullness above the target and v the variability: m · (1 + v·s + (v·s)²/2).
        """
        limit, multiplier = self.config.block_picoseconds, self.next_fee_multiplier
        excess = used * FIXED_ONE // limit - FIXED_ONE * TARGET_FULLNESS_PERCENT // 100
        first = excess // VARIABILITY
        second = first * first // (2 * FIXED_ONE)
        moved = multiplier + multiplier * (first + second) // FIXED_ONE
        return min(max(moved, MIN_MULTIPLIER), MAX_MULTIPLIER)
