"""What a ledger stores and announces; the layouts are those of `pallet_balances`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Annotated, ClassVar

from runtime.frame import event
from runtime.frame.fungible import BurnReason, FreezeReason, HoldReason
from runtime.primitives.schema import Bounded, Fixed
from runtime.primitives.types import AccountId, Balance

LockIdentifier = Annotated[bytes, Fixed(8)]

MAX_ENTRIES = 50
"""Locks, reserves and freezes of one account; FRAME's usual bound."""


class Reasons(Enum):
    """What a lock forbids."""

    FEE = 0
    MISC = 1
    ALL = 2


@dataclass(frozen=True, slots=True)
class BalanceLock:
    """A part of a balance that may not be spent, as older wallets read it."""

    type_path: ClassVar[str] = "pallet_balances::types::BalanceLock"
    id: LockIdentifier
    amount: Balance
    reasons: Reasons


@dataclass(frozen=True, slots=True)
class ReserveData:
    """A named reserve, as older wallets read it."""

    type_path: ClassVar[str] = "pallet_balances::types::ReserveData"
    id: LockIdentifier
    amount: Balance


@dataclass(frozen=True, slots=True)
class IdAmount:
    """An amount on hold, and why."""

    type_path: ClassVar[str] = "frame_support::traits::tokens::misc::IdAmount"
    id: HoldReason
    amount: Balance


@dataclass(frozen=True, slots=True)
class FrozenAmount:
    """An amount that is frozen, and why."""

    type_path: ClassVar[str] = "frame_support::traits::tokens::misc::IdAmount"
    id: FreezeReason
    amount: Balance


Locks = Annotated[tuple[BalanceLock, ...], Bounded(MAX_ENTRIES)]
Reserves = Annotated[tuple[ReserveData, ...], Bounded(MAX_ENTRIES)]
Holds = Annotated[tuple[IdAmount, ...], Bounded(len(HoldReason))]
Freezes = Annotated[tuple[FrozenAmount, ...], Bounded(MAX_ENTRIES)]


@event
class Endowed:
    """An account was created with some free balance."""

    index: ClassVar[int] = 0
    account: AccountId
    free_balance: Balance


@event
class DustLost:
    """An account fell below the existential deposit, and what it had was burned."""

    index: ClassVar[int] = 1
    account: AccountId
    amount: Balance


@event
class Transfer:
    """An amount moved between free balances."""

    index: ClassVar[int] = 2
    from_: AccountId
    to: AccountId
    amount: Balance


@event
class Deposit:
    """An amount was paid in, such as a share of the block's fees."""

    index: ClassVar[int] = 7
    who: AccountId
    amount: Balance


@event
class Withdraw:
    """An amount was taken, such as a transaction fee."""

    index: ClassVar[int] = 8
    who: AccountId
    amount: Balance


@event
class Minted:
    """An amount came into being."""

    index: ClassVar[int] = 10
    who: AccountId
    amount: Balance


@event
class Burned:
    """An amount was destroyed."""

    index: ClassVar[int] = 11
    who: AccountId
    amount: Balance


@event
class Frozen:
    """More of a balance is frozen now."""

    index: ClassVar[int] = 19
    who: AccountId
    amount: Balance


@event
class Thawed:
    """Less of a balance is frozen now."""

    index: ClassVar[int] = 20
    who: AccountId
    amount: Balance


@event
class Held:
    """An amount was put on hold."""

    index: ClassVar[int] = 22
    reason: HoldReason
    who: AccountId
    amount: Balance


@event
class BurnedHeld:
    """An amount on hold was destroyed."""

    index: ClassVar[int] = 23
    reason: HoldReason
    who: AccountId
    amount: Balance


@event
class TransferOnHold:
    """An amount on hold was paid to another account."""

    index: ClassVar[int] = 24
    reason: HoldReason
    source: AccountId
    dest: AccountId
    amount: Balance


@event
class Released:
    """An amount on hold was given back."""

    index: ClassVar[int] = 26
    reason: HoldReason
    who: AccountId
    amount: Balance


@event
class BurnedFor:
    """A part of a free balance was destroyed by a rule of the chain."""

    index: ClassVar[int] = 64
    reason: BurnReason
    who: AccountId
    amount: Balance


EVENTS = (
    Endowed,
    DustLost,
    Transfer,
    Deposit,
    Withdraw,
    Minted,
    Burned,
    Frozen,
    Thawed,
    Held,
    BurnedHeld,
    TransferOnHold,
    Released,
    BurnedFor,
)
