"""What the chain knows of a provider, what it announces, and why it refuses."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Annotated

from runtime.compute.job import Market
from runtime.frame import PalletError, event
from runtime.pallets.providers import conduct
from runtime.primitives.schema import Bounded
from runtime.primitives.types import (
    H256,
    U8,
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


class PayoutDestination(Enum):
    """Where earnings go. Indices are append-only."""

    FREE = 0
    """To the provider's free balance."""
    BOND = 1
    """On top of the provider's bond."""
    VAULT = 2
    """On top of the provider's stake in its own vault."""


class EnergySource(Enum):
    """What a provider says it runs on. Indices are append-only."""

    UNKNOWN = 0
    GRID = 1
    RENEWABLE = 2
    MIXED = 3


class Offence(Enum):
    """What a provider is slashed for. Indices are append-only."""

    NO_SHOW = 0
    """It did not start, or did not finish, a job in time."""
    FAILED_VERIFICATION = 1
    """What it committed to was not opened, or was proven wrong."""


@dataclass(frozen=True, slots=True)
class ProviderInfo:
    """What a provider says of itself."""

    node_key: PublicKey
    """The key of its node, which may act for it but cannot move its funds."""
    market: Market
    memory_mib: U32
    rating: U64
    """Capacity it offers, in micro-CU per second; its bond must match."""
    hardware: Annotated[bytes, Bounded(MAX_HARDWARE_BYTES)]
    energy: EnergySource
    payout: PayoutDestination
    referrer: AccountId | None


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
    """Blocks from assignment to commitment, by latency class; 0 before it is measured."""
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
        """Whether its shares count: it is neither chilled nor removed."""
        return self.status in (ProviderStatus.ACTIVE, ProviderStatus.ABSENT)


def newcomer(info: ProviderInfo, bond: Balance, era: int, now: BlockNumber) -> Provider:
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
        attestation=0,
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


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The last sign of life of a provider."""

    block: BlockNumber
    telemetry_root: H256
    energy_wh: U64


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


@event
class ProviderRegistered:
    """A provider joined a market; a hundredth of its bond was burned as an entry fee."""

    provider: AccountId
    market: Market
    bond: Balance
    burned: Balance


@event
class ProviderBonded:
    """A provider added to its bond."""

    provider: AccountId
    amount: Balance


@event
class ProviderUnbonding:
    """A part of a bond leaves; it can be withdrawn from the era named."""

    provider: AccountId
    amount: Balance
    era: U32


@event
class ProviderWithdrew:
    """A provider took back what had left its bond."""

    provider: AccountId
    amount: Balance


@event
class ProviderChilled:
    """A provider takes no new jobs."""

    provider: AccountId


@event
class ProviderResumed:
    """A provider takes jobs again."""

    provider: AccountId


@event
class PayeeSet:
    """A provider chose where its earnings go."""

    provider: AccountId
    payout: PayoutDestination


@event
class HeartbeatReceived:
    """A provider showed that it is there."""

    provider: AccountId
    telemetry_root: H256
    energy_wh: U64
    uptime: U32


@event
class ProviderAbsent:
    """A provider did not do a job in time and gets no other until it is heard of."""

    provider: AccountId


@event
class ProviderSlashed:
    """A part of a bond was taken: some for the client, some for the finder, the rest burned."""

    provider: AccountId
    offence: Offence
    amount: Balance
    awarded: Balance
    found: Balance


@event
class ReputationChanged:
    """A provider's reputation is now this, in parts per billion."""

    provider: AccountId
    reputation: U32


@event
class ProviderRemoved:
    """A provider left for good, or was removed after repeated failures."""

    provider: AccountId


@event
class WorkRecorded:
    """A provider proved canonical work in an epoch, in micro-CU."""

    provider: AccountId
    epoch: U64
    work: U64


EVENTS = (
    ProviderRegistered,
    ProviderBonded,
    ProviderUnbonding,
    ProviderWithdrew,
    ProviderChilled,
    ProviderResumed,
    PayeeSet,
    HeartbeatReceived,
    ProviderAbsent,
    ProviderSlashed,
    ReputationChanged,
    ProviderRemoved,
    WorkRecorded,
)


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
