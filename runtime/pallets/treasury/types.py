"""What the treasury stores and announces; the layouts are those of `pallet_treasury`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from runtime.frame import event
from runtime.frame.fungibles import NativeOrWithId
from runtime.primitives.schema import Bounded, Fixed, Named
from runtime.primitives.types import U32, AccountId, Balance, BlockNumber

PalletId = Annotated[bytes, Named(Fixed(8), "frame_support::PalletId")]

MAX_APPROVALS = 100
"""Local spends that may wait for the end of a period: the work of one block stays bounded."""

WINDOW_ERAS = 28
"""How long a spend counts against the limits of its track and of all tracks."""


@dataclass(frozen=True, slots=True)
class Pending:
    """Not paid, or not in full."""

    index: ClassVar[int] = 0


@dataclass(frozen=True, slots=True)
class Attempted:
    """Paid in full."""

    has_named_fields: ClassVar[bool] = True
    index: ClassVar[int] = 1
    id: tuple[()]


@dataclass(frozen=True, slots=True)
class Failed:
    """The payment failed and may be tried again."""

    index: ClassVar[int] = 2


PaymentState = Pending | Attempted | Failed

PENDING, PAID_IN_FULL = Pending(), Attempted(())


@dataclass(frozen=True, slots=True)
class Proposal:
    """A local spend that waits for the end of the period."""

    type_path: ClassVar[str] = "pallet_treasury::Proposal"
    proposer: AccountId
    value: Balance
    beneficiary: AccountId
    bond: Balance


@dataclass(frozen=True, slots=True)
class SpendStatus:
    """An approved spend, which anyone may have paid from `valid_from` on until it expires."""

    type_path: ClassVar[str] = "pallet_treasury::SpendStatus"
    asset_kind: NativeOrWithId
    amount: Balance
    beneficiary: AccountId
    valid_from: BlockNumber
    expire_at: BlockNumber
    status: PaymentState


@dataclass(frozen=True, slots=True)
class Stream:
    """A spend that becomes due little by little."""

    blocks: BlockNumber
    """From the first block of the spend until all of it is due."""
    paid: Balance


@dataclass(frozen=True, slots=True)
class EraSpends:
    """What was approved in an era, and what the pot held before."""

    era: U32
    balance: Balance
    amount: Balance


Window = Annotated[tuple[EraSpends, ...], Bounded(WINDOW_ERAS)]
"""What was approved in the last eras, the oldest first."""


@event
class Spending:
    """A period has ended, and what waited for it is paid."""

    budget_remaining: Balance


@event
class Awarded:
    """A local spend was paid."""

    proposal_index: U32
    award: Balance
    account: AccountId


@event
class Burnt:
    """A part of the pot was destroyed."""

    burnt_funds: Balance


@event
class Rollover:
    """What is left goes into the next period."""

    rollover_balance: Balance


@event
class Deposit:
    """The pot received something."""

    value: Balance


@event
class SpendApproved:
    """A local spend was approved, and waits for the end of the period."""

    proposal_index: U32
    amount: Balance
    beneficiary: AccountId


@event
class UpdatedInactive:
    """The treasury's own governance tokens changed; they do not vote."""

    reactivated: Balance
    deactivated: Balance


@event
class AssetSpendApproved:
    """A spend was approved, and may be paid out in its time."""

    index: U32
    asset_kind: NativeOrWithId
    amount: Balance
    beneficiary: AccountId
    valid_from: BlockNumber
    expire_at: BlockNumber


@event
class AssetSpendVoided:
    """A spend was called off; what was paid of it stays paid."""

    index: U32


@event
class Paid:
    """A spend was paid, as far as it was due."""

    index: U32
    payment_id: tuple[()]


@event
class PaymentFailed:
    """A payment failed, and may be tried again."""

    index: U32
    payment_id: tuple[()]


@event
class SpendProcessed:
    """A spend was paid or has expired, and was forgotten."""

    index: U32


EVENTS = (
    Spending,
    Awarded,
    Burnt,
    Rollover,
    Deposit,
    SpendApproved,
    UpdatedInactive,
    AssetSpendApproved,
    AssetSpendVoided,
    Paid,
    PaymentFailed,
    SpendProcessed,
)
