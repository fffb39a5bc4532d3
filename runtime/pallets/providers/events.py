"""What the pallet of providers announces. Their order is on the wire: only append."""

from __future__ import annotations

from runtime.compute.job import LatencyClass, Market
from runtime.frame import event
from runtime.pallets.providers.records import Offence, PayoutDestination
from runtime.primitives.types import H256, U32, U64, AccountId, Balance, BlockNumber


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


@event
class BondShort:
    """A bond is below what is asked for today; in the era named its provider is suspended."""

    provider: AccountId
    bond: Balance
    needed: Balance
    until: U32


@event
class ProviderSuspended:
    """A provider takes no new jobs until its bond and its attestation are what is asked for."""

    provider: AccountId


@event
class ProviderReinstated:
    """A provider has again what is asked for, and takes jobs."""

    provider: AccountId


@event
class SpecsUpdated:
    """A provider offers another capacity, in micro-CU per second."""

    provider: AccountId
    before: U64
    rating: U64


@event
class LatencyMeasured:
    """95 % of a provider's last starts in a class took no more than so many blocks."""

    provider: AccountId
    latency: LatencyClass
    blocks: U32


@event
class PremiumChanged:
    """A provider became a premium node, or is one no more."""

    provider: AccountId
    is_premium: bool


@event
class OperatorGroupSet:
    """A provider is run by the operator named; draws and limits count them as one."""

    provider: AccountId
    group: AccountId | None


@event
class ReclaimStarted:
    """A provider wants a machine back: from the block named it may give the job back unpunished."""

    provider: AccountId
    job: U64
    due: BlockNumber


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
    BondShort,
    ProviderSuspended,
    ProviderReinstated,
    SpecsUpdated,
    LatencyMeasured,
    PremiumChanged,
    OperatorGroupSet,
    ReclaimStarted,
)
