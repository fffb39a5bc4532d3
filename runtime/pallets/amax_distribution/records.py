"""What the chain keeps of the AMAX it creates, what it announces of it, and why it refuses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from runtime.compute.job import PERBILL
from runtime.frame import PalletError, event
from runtime.primitives.schema import Bounded
from runtime.primitives.types import U32, U64, U128, UNIT, AccountId, Balance, BlockNumber
from runtime.terms import Distributing

EPOCHS_KEPT = 84
"""Closed epochs that can be claimed, as long as availability can."""


@dataclass(frozen=True, slots=True)
class Config:
    """Constants of the pallet, fixed by the chain."""

    era_blocks: BlockNumber
    cap: Balance = 100_000_000 * UNIT
    """AMAX that can ever be issued."""
    vesting_eras: int = 180
    period_eras: int = 12
    """What is claimed in one period vests as one, so that an account has few schedules."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Amounts by dimension."""

    capacity: Balance
    accuracy: Balance
    participation: Balance
    infra: Balance

    @property
    def total(self) -> Balance:
        """Their sum."""
        return self.capacity + self.accuracy + self.participation + self.infra


NO_PARTS = Parts(0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class EpochBudget:
    """What a closed epoch may create, and by what it is divided."""

    budget: Balance
    capacity: U128
    """Proven work of all providers, in micro-CU."""
    era: U32 | None
    """The last era that was over when the epoch was closed: its shares divide; none at first."""
    minted: Balance
    """Of the budget, so far."""
    terms: Distributing
    """How it is divided, whatever a referendum decides later."""

    @property
    def capacity_slice(self) -> Balance:
        """What proven work divides."""
        return self.budget * self.terms.capacity // PERBILL

    @property
    def operator_cap(self) -> Balance:
        """What one operator has of that at most."""
        return self.capacity_slice * self.terms.group_cap // PERBILL


@dataclass(frozen=True, slots=True)
class GroupMint:
    """What the capacity of an operator earned of an epoch."""

    epoch: U64
    amount: Balance


GroupMints = Annotated[tuple[GroupMint, ...], Bounded(EPOCHS_KEPT)]


@dataclass(frozen=True, slots=True)
class Outlook:
    """How the distribution stands, for clients; amounts in planck of AMAX."""

    cap: Balance
    issuance: Balance
    minted: Balance
    """Since block 0."""
    last_epoch: U64 | None
    """The last one that was closed."""
    last_budget: Balance
    claimable_epochs: U32


@event
class EpochBudgeted:
    """What an epoch may create is known; what nobody claims in 84 epochs never is."""

    epoch: U64
    budget: Balance
    capacity: U128
    era: U32 | None


@event
class Claimed:
    """AMAX was created for an account, and vests."""

    who: AccountId
    parts: Parts
    first_epoch: U64
    """The epochs it is for begin with this one,"""
    end_epoch: U64
    """and end before this one."""


EVENTS = (EpochBudgeted, Claimed)


class Error(PalletError):
    """Why the pallet refused a call."""

    NOTHING_TO_CLAIM = 0, "The account contributed to no closed epoch that it has not claimed."
    BELOW_MINIMUM = 1, "The account does not exist, and this is too little to make it."
    CAP_REACHED = 2, "No more AMAX than the cap may be issued."
