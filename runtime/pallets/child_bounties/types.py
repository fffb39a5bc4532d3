"""What child bounties store and announce; the layouts are those of `pallet_child_bounties`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from runtime.frame import PalletError, event
from runtime.primitives.types import U32, AccountId, Balance, BlockNumber


@dataclass(frozen=True, slots=True)
class Waiting:
    """Has its money and wants a curator."""

    name: ClassVar[str] = "Added"
    index: ClassVar[int] = 0


@dataclass(frozen=True, slots=True)
class CuratorProposed:
    """Waits for its curator to accept."""

    has_named_fields: ClassVar[bool] = True
    index: ClassVar[int] = 1
    curator: AccountId


@dataclass(frozen=True, slots=True)
class Active:
    """Is looked after by a curator."""

    has_named_fields: ClassVar[bool] = True
    index: ClassVar[int] = 2
    curator: AccountId


@dataclass(frozen=True, slots=True)
class PendingPayout:
    """Is awarded; it is paid from a block on, unless somebody objects."""

    index: ClassVar[int] = 3
    curator: AccountId
    beneficiary: AccountId
    unlock_at: BlockNumber


ChildBountyStatus = Waiting | CuratorProposed | Active | PendingPayout

ADDED = Waiting()


@dataclass(frozen=True, slots=True)
class ChildBounty:
    """A part of a bounty."""

    type_path: ClassVar[str] = "pallet_child_bounties::ChildBounty"
    parent_bounty: U32
    value: Balance
    fee: Balance
    curator_deposit: Balance
    status: ChildBountyStatus


@dataclass(frozen=True, slots=True)
class Config:
    """Constants of child bounties, fixed by the runtime."""

    pallet_id: str
    """Of the treasury: accounts of child bounties are derived from it."""
    minimum: Balance
    """The least value of one."""


@event
class Added:
    """A part of a bounty was set apart."""

    index: U32
    child_index: U32


@event
class Awarded:
    """A part of a bounty was awarded; it is paid after a delay."""

    index: U32
    child_index: U32
    beneficiary: AccountId


@event
class Claimed:
    """A part of a bounty was paid."""

    index: U32
    child_index: U32
    payout: Balance
    beneficiary: AccountId


@event
class Canceled:
    """A part of a bounty was called off; its money is the bounty's again."""

    index: U32
    child_index: U32


EVENTS = (Added, Awarded, Claimed, Canceled)


class Error(PalletError):
    """Why ChildBounties refused a call."""

    PARENT_BOUNTY_NOT_ACTIVE = 0, "Nobody looks after the bounty."
    INSUFFICIENT_BOUNTY_BALANCE = 1, "The bounty does not hold so much."
    TOO_MANY_CHILD_BOUNTIES = 2, "Too many parts of the bounty are under way."
    INVALID_INDEX = 50, "There is no such part of the bounty."
    UNEXPECTED_STATUS = 51, "The status of the part does not allow this."
    INVALID_VALUE = 52, "The value is below the least one."
    INVALID_FEE = 53, "The fee must be below the value."
    PREMATURE = 54, "It is too early for this."
    REASON_TOO_BIG = 55, "The description is too long."
    REQUIRE_CURATOR = 56, "Only a curator may do this."
