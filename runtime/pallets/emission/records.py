"""What the chain keeps of what it mints, what it announces of it, and why it refuses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from runtime.compute.job import PERBILL
from runtime.frame import PalletError, event
from runtime.primitives.schema import Bounded
from runtime.primitives.types import U32, U64, U128, UNIT, AccountId, Balance, BlockNumber

EPOCHS_KEPT = 84
"""Closed epochs whose availability can be claimed: half a week."""
MARGINAL_LIMIT = 800_000_000
"""2 κmax - κmin may not be above it: of the next planck burned, a fifth at least stays burned."""

PaidEpochs = Annotated[tuple[U64, ...], Bounded(EPOCHS_KEPT)]
"""Epochs that a provider was paid for, in order of payment."""


@dataclass(frozen=True, slots=True)
class Curve:
    """The coefficients of both curves."""

    kappa_min: U32
    """The least part of a burn that is minted again, in ppb."""
    kappa_max: U32
    a0: Balance
    """Planck per CU of proven capacity while there is little of it."""
    k_star: U64
    """The capacity at which availability pays nothing any more, in CU per epoch."""
    rho: U32
    """The part of what the cap leaves that an epoch may mint for availability, in ppb."""


MAINNET = Curve(
    kappa_min=200_000_000,
    kappa_max=500_000_000,
    a0=7 * 10**8,
    k_star=18_000_000,
    rho=2_282,
)
"""The values that passed the design's simulation; `rho` is 2 % in a year of hourly epochs."""

MOST_RHO = 4_564
"""4 % in a year."""


@dataclass(frozen=True, slots=True)
class Shares:
    """How the mint of a job is divided, in ppb; the rest is the treasury's."""

    provider: int = 550_000_000
    """Times its performance."""
    client_referrer: int = 50_000_000
    provider_referrer: int = 50_000_000
    infra: int = 100_000_000
    governance: int = 50_000_000
    accuracy: int = 100_000_000


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
    cap: Balance = 10**9 * UNIT
    """AGPU that can ever be issued."""
    target: int = 700_000_000
    """The utilisation, in ppb, at which re-emission is highest."""
    first_utilisation: int = 500_000_000
    """What the moving average starts from."""
    utilisation_epochs: int = 24
    """The average follows by one part in so many per epoch."""
    breaker: int = 1_500_000
    """The part of the issuance that may be minted in 24 epochs, in ppb."""
    halving_eras: int = 365
    """Eras after which A0 halves, unless a referendum sets the curves."""
    cooldown_eras: int = 7
    availability: tuple[int, int] = (900_000_000, 70_000_000)
    """Parts of the pay for capacity, in ppb: the provider's and the validators'; the oracles' 3 %
    and whatever rounding leaves of it are theirs."""
    shares: Shares = Shares()

    def __post_init__(self) -> None:
        assert 0 < self.target <= PERBILL, f"a target of {self.target} ppb"
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


@event
class CurveSet:
    """A referendum changed the curves."""

    curve: Curve


EVENTS = (
    WorkMinted,
    MintDeferred,
    BreakerTripped,
    DeferredPaid,
    AvailabilityPaid,
    EpochBegan,
    EpochClosed,
    CurveSet,
)


class Error(PalletError):
    """Why the pallet refused a call."""

    NOT_CONTRIBUTION = 0, "The provider proved no capacity in this epoch, or is not reliable."
    EXPIRED = 1, "The epoch is older than 84 closed epochs."
    ALREADY_PAID = 2, "The provider was paid for this epoch."
    CURVE_OUT_OF_BOUNDS = 3, "The curves would break their bounds, or 2 kappa max - kappa min."
    NOT_CLOSED = 4, "Shares of this epoch still count; it is paid once they do not."
    BREAKER_TRIPPED = 5, "Too much was minted in the last 24 epochs; try again later."
    NOTHING_DEFERRED = 6, "The breaker holds nothing back of this account."
    CURVE_CHANGE_TOO_LARGE = 7, "A coefficient moves by a fifth at most in one change."
    CURVE_CHANGE_TOO_SOON = 8, "The curves change at most once in seven eras."
