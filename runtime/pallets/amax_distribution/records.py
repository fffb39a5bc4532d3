"""What the chain keeps of the AMAX it creates, what it announces of it, and why it refuses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from runtime.compute.job import PERBILL
from runtime.frame import PalletError, event
from runtime.primitives.schema import Bounded
from runtime.primitives.types import U32, U64, U128, UNIT, AccountId, Balance, BlockNumber

EPOCHS_KEPT = 84
"""Closed epochs that can be claimed, as long as availability can."""


@dataclass(frozen=True, slots=True)
class Shares:
    """How the budget of an epoch is divided, in ppb."""

    capacity: int = 400_000_000
    """Proven work times reliability."""
    accuracy: int = 400_000_000
    """Blocks, verdicts and reports that were right."""
    participation: int = 100_000_000
    """Votes in referenda."""
    infra: int = 100_000_000
    """Attested upgrades."""

    def __post_init__(self) -> None:
        whole = self.capacity + self.accuracy + self.participation + self.infra
        assert whole == PERBILL, f"wanted shares that add up to {PERBILL} ppb, got {whole}"


@dataclass(frozen=True, slots=True)
class Config:
    """Constants of the pallet, fixed by the chain."""

    era_blocks: BlockNumber
    cap: Balance = 100_000_000 * UNIT
    """AMAX that can ever be issued."""
    delta: int = 19_768
    """Of what the cap leaves, in ppb, per epoch: half of it in four years of hourly epochs."""
    shares: Shares = Shares()
    group_cap: int = 10_000_000
    """Of the capacity slice of an epoch, the most that one operator has, in ppb."""
    voter_cap: int = 20_000_000
    """Of the participation slice of an epoch, the most that one account has, in ppb."""
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
