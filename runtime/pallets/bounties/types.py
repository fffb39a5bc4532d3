"""What bounties store and announce; the layouts are those of `pallet_bounties`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from runtime.frame import PalletError, event
from runtime.primitives.fixed import Perbill
from runtime.primitives.types import U32, AccountId, Balance, BlockNumber


@dataclass(frozen=True, slots=True)
class Proposed:
    """Waits for a referendum that grants it."""

    index: ClassVar[int] = 0


@dataclass(frozen=True, slots=True)
class Funded:
    """Has its money and wants a curator."""

    index: ClassVar[int] = 2


@dataclass(frozen=True, slots=True)
class CuratorProposed:
    """Waits for its curator to accept."""

    has_named_fields: ClassVar[bool] = True
    index: ClassVar[int] = 3
    curator: AccountId


@dataclass(frozen=True, slots=True)
class Active:
    """Is looked after by a curator, who must be heard of by a block."""

    index: ClassVar[int] = 4
    curator: AccountId
    update_due: BlockNumber


@dataclass(frozen=True, slots=True)
class PendingPayout:
    """Is awarded; it is paid from a block on, unless somebody objects."""

    index: ClassVar[int] = 5
    curator: AccountId
    beneficiary: AccountId
    unlock_at: BlockNumber


BountyStatus = Proposed | Funded | CuratorProposed | Active | PendingPayout

PROPOSED, FUNDED = Proposed(), Funded()


@dataclass(frozen=True, slots=True)
class Bounty:
    """Money for work that is to be done, and who looks after it."""

    type_path: ClassVar[str] = "pallet_bounties::Bounty"
    proposer: AccountId
    value: Balance
    fee: Balance
    """Of the curator, part of the value."""
    curator_deposit: Balance
    bond: Balance
    status: BountyStatus


@dataclass(frozen=True, slots=True)
class Config:
    """Constants of bounties, fixed by the runtime."""

    pallet_id: str
    """Of the treasury: accounts of bounties are derived from it."""
    deposit_base: Balance
    deposit_per_byte: Balance
    payout_delay: BlockNumber
    """From an award until it is paid: time to object."""
    update_period: BlockNumber
    """A curator who is not heard of for so long can be unassigned by anyone."""
    curator_multiplier: Perbill
    """Of the fee, what a curator holds."""
    curator_least: Balance
    curator_most: Balance
    minimum: Balance
    """The least value of a bounty."""

    def bond(self, size_bytes: int) -> Balance:
        """Return what proposing holds, with a description of so many bytes."""
        return self.deposit_base + self.deposit_per_byte * size_bytes

    def curator_deposit(self, fee: Balance) -> Balance:
        """Return what a curator holds for a fee."""
        return min(max(self.curator_multiplier.of(fee), self.curator_least), self.curator_most)


@event
class BountyProposed:
    """A bounty was proposed."""

    index: U32


@event
class BountyRejected:
    """A proposed bounty was refused; the bond of who proposed it is burned."""

    index: U32
    bond: Balance


@event
class BountyBecameActive:
    """A bounty has its money."""

    index: U32


@event
class BountyAwarded:
    """A bounty was awarded; it is paid after a delay."""

    index: U32
    beneficiary: AccountId


@event
class BountyClaimed:
    """A bounty was paid."""

    index: U32
    payout: Balance
    beneficiary: AccountId


@event
class BountyCanceled:
    """A bounty was called off; its money is the treasury's again."""

    index: U32


@event
class BountyExtended:
    """A curator was heard of."""

    index: U32


@event
class BountyApproved:
    """A referendum granted a bounty."""

    index: U32


@event
class CuratorNamed:
    """Somebody is to look after a bounty."""

    name: ClassVar[str] = "CuratorProposed"
    bounty_id: U32
    curator: AccountId


@event
class CuratorUnassigned:
    """Nobody looks after a bounty any more."""

    bounty_id: U32


@event
class CuratorAccepted:
    """Somebody looks after a bounty."""

    bounty_id: U32
    curator: AccountId


@event
class DepositPoked:
    """Who proposed a bounty holds what that costs now."""

    bounty_id: U32
    proposer: AccountId
    old_deposit: Balance
    new_deposit: Balance


EVENTS = (
    BountyProposed,
    BountyRejected,
    BountyBecameActive,
    BountyAwarded,
    BountyClaimed,
    BountyCanceled,
    BountyExtended,
    BountyApproved,
    CuratorNamed,
    CuratorUnassigned,
    CuratorAccepted,
    DepositPoked,
)


class Error(PalletError):
    """Why Bounties refused a call."""

    INSUFFICIENT_PROPOSERS_BALANCE = 0, "Who proposes cannot hold the bond."
    INVALID_INDEX = 1, "There is no such bounty."
    REASON_TOO_BIG = 2, "The description is too long."
    UNEXPECTED_STATUS = 3, "The bounty's status does not allow this."
    REQUIRE_CURATOR = 4, "Only the curator of the bounty may do this."
    INVALID_VALUE = 5, "The value is below the least one."
    INVALID_FEE = 6, "The fee must be below the value."
    PENDING_PAYOUT = 7, "The bounty is awarded: unassign its curator first."
    PREMATURE = 8, "It is too early for this."
    HAS_ACTIVE_CHILD_BOUNTY = 9, "Parts of the bounty are still under way."
    TOO_MANY_QUEUED = 10, "Too many bounties are approved."
    NOT_PROPOSER = 11, "Only who proposed the bounty may do this."
