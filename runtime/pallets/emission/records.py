"""What the chain keeps of what it mints, what it announces of it, and why it refuses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from runtime.compute.job import PERBILL
from runtime.frame import PalletError, event
from runtime.primitives.schema import Bounded
from runtime.primitives.types import U32, U64, U128, AccountId, Balance, BlockNumber

EPOCHS_KEPT = 84
"""Closed epochs whose availability can be claimed: half a week."""

PaidEpochs = Annotated[tuple[U64, ...], Bounded(EPOCHS_KEPT)]
"""Epochs that a provider was paid for, in order of payment."""


@dataclass(frozen=True, slots=True)
class Slices:
    """Where the mint of a job goes; the parts add up to it."""

    provider: Balance
    client_referrer: Balance
    provider_referrer: Balance
    infra: Balance
    governance: Balance
    accuracy: Balance
    treasury: Balance

    @property
    def total(self) -> Balance:
        """The mint that was divided."""
        referrers = self.client_referrer + self.provider_referrer
        pools = self.infra + self.governance + self.accuracy
        return self.provider + referrers + pools + self.treasury


@dataclass(frozen=True, slots=True)
class Parties:
    """Between whom a job was, and who brought them, if their referrals pay for it."""

    provider: AccountId
    client: AccountId
    provider_referrer: AccountId | None
    client_referrer: AccountId | None

    @property
    def has_referrers(self) -> tuple[bool, bool]:
        """Whether somebody brought the client, and the provider."""
        return self.client_referrer is not None, self.provider_referrer is not None


@dataclass(frozen=True, slots=True)
class Window:
    """What was minted lately, as of an epoch."""

    epoch: U64
    minted: Balance


@dataclass(frozen=True, slots=True)
class Tally:
    """Sums over the chain's life, and over the block in which they were last written."""

    burn_reemittable: U128
    """What jobs burned of the base and surge parts of their fees."""
    minted_work: U128
    minted_availability: U128
    deferred: U128
    """Work slices that the breaker holds back."""
    window: Window
    block: BlockNumber
    minted_in_block: Balance
    settled_in_block: U32
    """Verified contributions that were settled: segments of jobs, and epochs of capacity."""


NOTHING = Tally(0, 0, 0, 0, Window(0, 0), 0, 0, 0)


@dataclass(frozen=True, slots=True)
class EpochInfo:
    """An epoch: what it began with, and once it is closed what its capacity may be paid."""

    kappa: U32
    issuance: Balance
    utilisation: U32
    """The moving average with which the epoch began, in ppb."""
    is_closed: bool
    capacity: U128
    """Proven work of all providers, in micro-CU."""
    rate: Balance
    """Planck per CU."""
    budget: Balance
    minted: Balance
    """Of the budget, so far."""


@dataclass(frozen=True, slots=True)
class Recipients:
    """Accounts that receive slices."""

    infra: AccountId
    governance: AccountId
    accuracy: AccountId
    treasury: AccountId
    validators: AccountId
    oracles: AccountId


@dataclass(frozen=True, slots=True)
class Config:
    """Constants of the pallet, fixed by the chain."""

    to: Recipients
    era_blocks: BlockNumber
    first_utilisation: int = 500_000_000
    """What the moving average starts from."""
    utilisation_epochs: int = 24
    """The average follows by one part in so many per epoch."""
    availability: tuple[int, int] = (900_000_000, 70_000_000)
    """Parts of the pay for capacity, in ppb: the provider's and the validators'; the oracles' 3 %
    and whatever rounding leaves of it are theirs."""

    def __post_init__(self) -> None:
        assert sum(self.availability) <= PERBILL, f"parts of {self.availability}"


@event
class WorkMinted:
    """A settled job gave a part κ, in ppb, of what it burned back to those who serve."""

    job: U64
    amount: Balance
    kappa: U32
    performance: U32
    """By how much of its slice the provider's work earned, in ppb; 0 for a job that named it."""


@event
class MintDeferred:
    """The breaker held back what a job mints; `payout_deferred` pays it later."""

    job: U64
    amount: Balance


@event
class BreakerTripped:
    """More would have been minted in 24 epochs than the breaker lets through."""

    epoch: U64
    wanted: Balance
    room: Balance


@event
class DeferredPaid:
    """A slice that the breaker had held back was minted."""

    who: AccountId
    amount: Balance


@event
class AvailabilityPaid:
    """A provider was paid for the capacity that it proved in an epoch; all three parts."""

    provider: AccountId
    epoch: U64
    amount: Balance
    validators: Balance
    oracles: Balance
    reliability: U32
    """The provider's, in ppb, times which the rate was paid."""


@event
class EpochBegan:
    """Re-emission is fixed for an epoch, by the issuance and the utilisation before it."""

    epoch: U64
    kappa: U32
    issuance: Balance
    utilisation: U32


@event
class EpochClosed:
    """The proven capacity of an epoch is known, and what it is paid."""

    epoch: U64
    capacity: U128
    rate: Balance
    budget: Balance


EVENTS = (
    WorkMinted,
    MintDeferred,
    BreakerTripped,
    DeferredPaid,
    AvailabilityPaid,
    EpochBegan,
    EpochClosed,
)


class Error(PalletError):
    """Why the pallet refused a call."""

    NOT_CONTRIBUTION = 0, "The provider proved no capacity in this epoch, or is not reliable."
    EXPIRED = 1, "The epoch is older than 84 closed epochs."
    ALREADY_PAID = 2, "The provider was paid for this epoch."
    NOT_CLOSED = 4, "Shares of this epoch still count; it is paid once they do not."
    BREAKER_TRIPPED = 5, "Too much was minted in the last 24 epochs; try again later."
    NOTHING_DEFERRED = 6, "The breaker holds nothing back of this account."
