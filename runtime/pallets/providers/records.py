"""What the chain knows of a provider, what it announces, and why it refuses."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Annotated

from runtime.compute.energy import EnergySource
from runtime.compute.job import LatencyClass, Market
from runtime.frame import PalletError
from runtime.pallets.providers import conduct
from runtime.primitives.schema import Bounded
from runtime.primitives.types import (
    H256,
    U8,
    U16,
    U32,
    U64,
    AccountId,
    Balance,
    BlockNumber,
    PublicKey,
)

MAX_PROVIDERS = 4096
"""Providers of one market: the idle list of a market, in which jobs draw, stays within it."""
MAX_CHUNKS = 8
"""Withdrawals under way per provider: a slash looks at each."""
MAX_HARDWARE_BYTES = 32
"""Enough for the name of a device."""
BUCKETS = 24
"""Blocks from an assignment to the start that are told apart: after 20 nobody starts."""
MAX_NOTICES = 4
"""Jobs that a provider can want to give back: as many as it can have."""
MAX_RESTS = 4
"""Slots that jobs which were given back still take: as many as a provider has."""
FAILURES_KEPT = 3
"""A provider that fails verification this often within the window is removed."""


class ProviderStatus(Enum):
    """Whether a provider takes jobs. Indices are append-only."""

    ACTIVE = 0
    """Takes jobs."""
    CHILLED = 1
    """Takes no new jobs, by its own wish."""
    ABSENT = 2
    """Did not do a job that it was given; a heartbeat or a proven share shows it is back."""
    REMOVED = 3
    """Failed verification too often; may only withdraw."""
    SUSPENDED = 4
    """Lacks the bond, or the attestation, that is asked for; what it lacks brings it back."""


class PayoutDestination(Enum):
    """Where earnings go. Indices are append-only."""

    FREE = 0
    """To the provider's free balance."""
    BOND = 1
    """On top of the provider's bond."""
    VAULT = 2
    """On top of the provider's stake in its own vault."""


class Offence(Enum):
    """What a provider is slashed for. Indices are append-only."""

    NO_SHOW = 0
    """It did not start, or did not finish, a job in time."""
    FAILED_VERIFICATION = 1
    """What it committed to was not opened, or was proven wrong."""


@dataclass(frozen=True, slots=True)
class ProviderInfo:
    """What a provider says of itself; who leaves the rest out is paid freely, by no referral."""

    node_key: PublicKey
    """The key of its node, which may act for it but cannot move its funds."""
    market: Market
    memory_mib: U32
    rating: U64
    """Capacity it offers, in micro-CU per second; its bond must match."""
    hardware: Annotated[bytes, Bounded(MAX_HARDWARE_BYTES)]
    energy: EnergySource = EnergySource.UNKNOWN
    payout: PayoutDestination = PayoutDestination.FREE
    referrer: AccountId | None = None


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider and its record on the chain. Fractions are parts per billion."""

    info: ProviderInfo
    bond: Balance
    exposure: Balance
    """The part of the bond that open jobs put at stake."""
    open_jobs: U32
    status: ProviderStatus
    reputation: U32
    reputation_era: U32
    """The era in which the reputation was last written; it fades to the prior from then on."""
    uptime: U32
    latency_p95: tuple[U32, U32, U32, U32]
    """Blocks from assignment to start, by latency class; 0 before it is measured."""
    is_premium: bool
    attestation: U8
    operator_group: AccountId | None
    failures: Annotated[tuple[U32, ...], Bounded(FAILURES_KEPT)]
    """Eras of the last failed verifications."""
    registered_at: BlockNumber

    @property
    def free_bond(self) -> Balance:
        """What can still be put at stake."""
        return max(self.bond - self.exposure, 0)

    @property
    def is_working(self) -> bool:
        """Whether its shares count: it has what is asked for, and has not left."""
        return self.status in (ProviderStatus.ACTIVE, ProviderStatus.ABSENT)

    def can_take_a_job(self, slots: int) -> bool:
        """Say whether it is active and has one of so many job slots left."""
        return self.open_jobs < slots and self.status is ProviderStatus.ACTIVE


def newcomer(
    info: ProviderInfo, bond: Balance, era: int, now: BlockNumber, attestation: int
) -> Provider:
    """Return the record of a provider that registers now."""
    return Provider(
        info=info,
        bond=bond,
        exposure=0,
        open_jobs=0,
        status=ProviderStatus.ACTIVE,
        reputation=conduct.PRIOR,
        reputation_era=era,
        uptime=conduct.PERBILL,
        latency_p95=(0, 0, 0, 0),
        is_premium=False,
        attestation=attestation,
        operator_group=None,
        failures=(),
        registered_at=now,
    )


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of a bond on its way out, still liable to slashes until then."""

    era: U32
    """The era from which it can be withdrawn."""
    amount: Balance


Chunks = Annotated[tuple[Chunk, ...], Bounded(MAX_CHUNKS)]


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The last sign of life of a provider."""

    block: BlockNumber
    telemetry_root: H256
    energy_wh: U64


@dataclass(frozen=True, slots=True)
class EpochRecord:
    """What a provider showed of itself in an epoch, as of its last heartbeat or job in it."""

    epoch: U64
    beats: U32
    energy_wh: U64
    """Energy that it reported; a provider that cannot measure it reports none."""
    paid_work: U64
    """Micro-CU of segments that were paid."""
    uptime: U32
    latency_p95: tuple[U32, U32, U32, U32]
    reliability: U32


@dataclass(frozen=True, slots=True)
class Telemetry:
    """What is known of a provider in an epoch; work is in micro-CU, fractions are in ppb."""

    epoch: U64
    beats: U32
    energy_wh: U64
    canonical_work: U64
    paid_work: U64
    uptime: U32
    latency_p95: tuple[U32, U32, U32, U32]
    reliability: U32
    work_per_kwh: U64
    """Micro-CU per kilowatt-hour; 0 where no energy was reported."""


@dataclass(frozen=True, slots=True)
class EpochStart:
    """The first block of an epoch."""

    epoch: U64
    block: BlockNumber


@dataclass(frozen=True, slots=True)
class Sweep:
    """How far the review of an era has come: it looks at the providers below `left`."""

    era: U32
    left: U32


NOT_SWEPT = Sweep(0, 0)


@dataclass(frozen=True, slots=True)
class Notice:
    """A job that its provider wants to give back, and from which block it may."""

    job: U64
    due: BlockNumber


Rests = Annotated[tuple[BlockNumber, ...], Bounded(MAX_RESTS)]
"""The blocks in which slots are free again."""
Notices = Annotated[tuple[Notice, ...], Bounded(MAX_NOTICES)]
Histogram = Annotated[tuple[U16, ...], Bounded(BUCKETS)]
"""How many of the last starts took 0, 1, 2 … blocks."""


@dataclass(frozen=True, slots=True)
class JobEnergy:
    """The energy of a segment that was paid: its part, by work, of what its provider reported."""

    segment: U32
    provider: AccountId
    epoch: U64
    units: U64
    """Micro-CU."""
    energy_mwh: U64
    """Milliwatt-hours."""
    co2e_mg: U64 | None
    """Milligrams of CO2 equivalent; None where nobody knows the region's and source's intensity."""


@dataclass(frozen=True, slots=True)
class Report:
    """All that the chain knows of a provider, for whoever asks; fractions are in ppb."""

    provider: AccountId
    record: Provider
    reputation: U32
    uptime: U32
    reliability: U32
    performance: U32
    bond_needed: Balance
    short_since: U32 | None
    """The era since which the bond is too low; it has seven eras to be topped up."""
    era: U32
    attestation: U8
    """What is attested and still in force."""
    certified: tuple[LatencyClass, ...]
    telemetry: tuple[Telemetry, ...]
    """Of this epoch and those before it, the newest first."""


@dataclass(frozen=True, slots=True)
class Credit:
    """How much a client's jobs have moved a provider's reputation in an era."""

    era: U32
    burn: Balance


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a job must know of a provider that it may be given to."""

    provider: AccountId
    reputation: U32
    free_bond: Balance
    attestation: U8
    is_premium: bool
    certified: tuple[LatencyClass, ...]
    """The latency classes that its measured starts keep."""


@dataclass(frozen=True, slots=True)
class Config:
    """Constants of the pallet, fixed by the chain."""

    minimum_bond: Balance
    price_per_cu: Balance
    """The price that the bond rule reckons with, in planck."""
    era_blocks: BlockNumber
    heartbeat_blocks: BlockNumber = 50
    jobs_per_provider: U32 = 4
    """Open jobs of one provider: one that is verified must not keep its device idle."""
    reputation_window: Balance = 100 * 10**12
    """Burn of settled jobs that would move a reputation all the way."""
    epoch_seconds: U32 = 3600
    """In which canonical work proves a rating."""
    reclaim_blocks: BlockNumber = 600
    """Notice that a client has before its provider gives a job back: an hour."""


class Error(PalletError):
    """Why the pallet refused a call."""

    ALREADY_REGISTERED = 0, "This account is a provider already."
    NOT_REGISTERED = 1, "This account is no provider, nor the node key of one."
    UNKNOWN_MARKET = 2, "There is no market of this tier and region."
    MARKET_FULL = 3, "The market has as many providers as it can hold."
    BOND_TOO_LOW = 4, "The bond would be below what the rating asks for."
    EXPOSURE_EXCEEDED = 5, "Open jobs put more at stake than the bond that would be left."
    KEY_TAKEN = 6, "Another provider uses this node key."
    NO_RATING = 7, "The rating must be above zero."
    TOO_MANY_CHUNKS = 8, "Too many withdrawals are under way; withdraw what is due first."
    NOTHING_DUE = 9, "Nothing can be withdrawn yet."
    JOBS_OPEN = 10, "Finish the open jobs first."
    WRONG_STATUS = 11, "The provider's status does not allow this."
    TOO_SOON = 12, "A heartbeat of this interval is known already."
    ZERO_AMOUNT = 13, "The amount must be above zero."
    BELOW_TIER = 14, "The hardware is below what the tier asks for."
    COOLING_DOWN = 15, "A rating changes once in an era."
    NOT_PROVEN = 16, "Canonical work of the last epochs does not prove such a rating."
    NOT_OPERATOR = 17, "The account named neither is the provider nor may act for it in all."
    NO_JOBS = 18, "The provider has no open job to give back."
    TOO_MUCH_ENERGY = 19, "No machine uses a gigawatt-hour between two heartbeats."
    NOT_ITS_JOB = 20, "The provider does not have this job."
