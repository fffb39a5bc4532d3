"""Pallets as others see them: those who contribute and stake, proxies, calls that were approved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from runtime.frame.fungible import HoldReason, Holds
from runtime.pallets.babe import Babe
from runtime.pallets.canonical_work import CanonicalWork
from runtime.pallets.emission import Clock, Emission
from runtime.pallets.jobs import Jobs
from runtime.pallets.mining import Mining
from runtime.pallets.providers import Providers, conduct
from runtime.pallets.proxy import Proxy, ProxyType
from runtime.pallets.receipts import Workers as ProofWorkers
from runtime.pallets.referenda import enactment_name
from runtime.pallets.referral import Referral
from runtime.pallets.scheduler import Scheduler
from runtime.pallets.stability import Stability
from runtime.pallets.staking import Staking
from runtime.primitives.types import H256, U64, AccountId, Balance, BlockNumber


@dataclass(frozen=True, slots=True)
class Contributors:
    """Providers, as emission sees them: what they prove and how they stand is what they earn by."""

    providers: Providers

    def reliability_in(self, epoch: int, who: AccountId) -> int:
        """Return how reliable a provider was in an epoch, in ppb; 0 for one that is not there."""
        return self.providers.standing.reliability_in(epoch, who)

    def performance(self, who: AccountId) -> int:
        """Return by how much of its slice a provider's work earns, in ppb."""
        return self.providers.standing.performance(who)

    def proven(self, epoch: int, who: AccountId) -> int:
        """Return the canonical work that a provider proved in an epoch, in micro-CU."""
        return self.providers.epoch_capacity[epoch, who]

    def all_proven(self, epoch: int) -> int:
        """Return the canonical work of all providers in an epoch, in micro-CU."""
        return self.providers.total_capacity[epoch]

    def paid(self, who: AccountId, amount: Balance) -> None:
        """Send earnings of a provider where it wants them; others keep them where they are."""
        if who in self.providers.providers:
            self.providers.paid(who, amount)

    def heard_rate(self, rate: Balance) -> None:
        """Hear what a CU of proven capacity is paid in the epoch that was closed, in planck."""
        self.providers.review.heard_rate(rate)


def eras_registered(providers: Providers, who: AccountId) -> int | None:
    """Return for how many whole eras an account has been a provider; None for one that is none."""
    record = providers.providers.get(who)
    if record is None:
        return None
    return (providers.context.number - record.registered_at) // providers.config.era_blocks


@dataclass(frozen=True, slots=True)
class Proven:
    """Providers, as the distribution of AMAX sees them: what they prove, and who operates them."""

    providers: Providers

    def proven(self, epoch: int, who: AccountId) -> int:
        """Return the canonical work that a provider proved in an epoch, in micro-CU."""
        return self.providers.epoch_capacity[epoch, who]

    def reliability_in(self, epoch: int, who: AccountId) -> int:
        """Return how reliable a provider was in an epoch, in ppb; 0 for one that is not there."""
        return self.providers.standing.reliability_in(epoch, who)

    def operator(self, who: AccountId) -> AccountId:
        """Return the operator group of a provider: itself, if nobody else operates it."""
        provider = self.providers.providers.get(who)
        group = None if provider is None else provider.operator_group
        return who if group is None else group


@dataclass(frozen=True, slots=True)
class ClosedEpochs:
    """Emission, as the distribution of AMAX sees it: one record of an epoch drives both tokens."""

    emission: Emission

    def first_open(self) -> int:
        """Return the oldest epoch that is not closed; what is below it is."""
        return self.emission.next_to_close

    def capacity(self, epoch: int) -> int | None:
        """Return the proven work of a closed epoch, micro-CU; None of one that had no block."""
        info = self.emission.epoch_info.get(epoch)
        return None if info is None else info.capacity

    def k_star(self) -> int:
        """Return the capacity at which availability pays nothing any more, in CU per epoch."""
        return self.emission.terms.emission.k_star


BASELINE_EPOCHS = 24
"""Closed epochs that a baseline is the average of: an era of the public chain."""
OPEN_EPOCHS = 2
"""Epochs in which shares still count: that under way and the one before."""


@dataclass(frozen=True, slots=True)
class Improvers:
    """Providers, as claims of better infrastructure see them."""

    providers: Providers
    clock: Clock

    def is_provider(self, who: AccountId) -> bool:
        """Say whether `who` is a registered provider."""
        return who in self.providers.providers

    def eras_known(self, who: AccountId) -> int:
        """Return for how many whole eras a provider has been registered; 0 for one that is none."""
        return eras_registered(self.providers, who) or 0

    def baseline(self, who: AccountId) -> int:
        """Return the average of the canonical work of a provider's last closed epochs, micro-CU."""
        proven = self.providers.epoch_capacity
        return sum(proven[one, who] for one in self._closed_epochs()) // BASELINE_EPOCHS

    def efficiency(self, who: AccountId) -> int:
        """Return a provider's work per kWh in its last closed epochs with known energy, micro-CU.

        Both kinds of work count, as both use the same energy; 0 where none is known.
        """
        work = energy_wh = 0
        for epoch in self._closed_epochs():
            found = self.providers.telemetry_book.of(who, epoch)
            if found is not None and found.energy_wh:
                work += found.canonical_work + found.paid_work
                energy_wh += found.energy_wh
        return conduct.work_per_kwh(work, energy_wh)

    def _closed_epochs(self) -> range:
        first = self.clock.current_epoch() - OPEN_EPOCHS
        return range(first, max(first - BASELINE_EPOCHS, -1), -1)

    def group(self, who: AccountId) -> AccountId | None:
        """Return the operator group of a provider; none of one that left."""
        provider = self.providers.providers.get(who)
        return None if provider is None else provider.operator_group

    def discredit(self, who: AccountId) -> None:
        """Halve the reputation of a provider that claimed what is false, if it is still there."""
        if who in self.providers.providers:
            self.providers.standing.discredit(who)


class VaultWeights(Protocol):
    """What accounts have staked in vaults."""

    def weight_of(self, who: AccountId, epoch: int | None = None) -> Balance:
        """Return the weight of what an account has in vaults, in planck."""
        ...


class UpgradePoints(Protocol):
    """What accounts have improved."""

    def points_of(self, who: AccountId) -> int:
        """Return the points of an account's attested upgrades now."""
        ...


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What accounts do, as mining sees it: each dimension from the pallet that measures it."""

    providers: Providers
    referral: Referral
    vaults: VaultWeights
    upgrades: UpgradePoints

    def proven(self, epoch: int, who: AccountId) -> int:
        """Return the canonical work that an account proved in an epoch, in micro-CU."""
        return self.providers.epoch_capacity[epoch, who]

    def reliability(self, who: AccountId) -> int:
        """Return how reliable a provider is now, in ppb; 0 for one that is not there."""
        return self.providers.standing.reliability(who)

    def stake(self, who: AccountId, epoch: int) -> Balance:
        """Return the weight of what an account has in vaults, in planck."""
        return self.vaults.weight_of(who, epoch)

    def points(self, who: AccountId) -> int:
        """Return the points of an account's attested upgrades now."""
        return self.upgrades.points_of(who)

    def qualified_burn(self, who: AccountId, epoch: int) -> Balance:
        """Return what the referees of an account burned in an epoch, in planck."""
        return self.referral.qualified_burn(who, epoch)


@dataclass(frozen=True, slots=True)
class Conduct:
    """Providers, as referrals see them: how long they have served, and whether they cheated."""

    providers: Providers

    def served_eras(self, who: AccountId) -> int | None:
        """Return for how many eras an account has been a provider; None for one that is none."""
        return eras_registered(self.providers, who)

    def last_failure(self, who: AccountId) -> int | None:
        """Return the era in which a provider last failed a verification; None if it has not."""
        record = self.providers.providers.get(who)
        return None if record is None or not record.failures else record.failures[-1]


@dataclass(frozen=True, slots=True)
class ProxyOwners:
    """Who controls accounts of others: their proxies that may do anything."""

    proxy: Callable[[], Proxy]
    """The pallet, which is built after those that ask."""

    def owners_of(self, account: AccountId) -> tuple[AccountId, ...]:
        """Return the accounts that may do anything in the name of an account, in order."""
        definitions, _ = self.proxy().proxies[account]
        return tuple(one.delegate for one in definitions if one.proxy_type is ProxyType.ANY)


@dataclass(frozen=True, slots=True)
class JobHolders:
    """Who has which job, as providers see it."""

    jobs: Callable[[], Jobs]
    """The pallet, which is built after the one that asks."""

    def provider_of(self, job: int) -> AccountId | None:
        """Return who has an open job now, if anybody has."""
        record = self.jobs().jobs.get(job)
        return record.provider if record is not None and record.state.is_open else None


@dataclass(frozen=True, slots=True)
class Accurate:
    """Mining, as the oracle sees it: where accurate reports are counted."""

    mining: Callable[[], Mining]
    """The pallet, which is built after those that report to it."""

    def was_right(self, who: AccountId, points: int) -> None:
        """Hear that a member reported accurately."""
        self.mining().was_right(who, points)


@dataclass(frozen=True, slots=True)
class Use:
    """Emission, as the care for the supply sees it: how much of the capacity is used."""

    emission: Emission

    def utilisation(self) -> int | None:
        """Return the moving average in ppb; None before there was an epoch."""
        return self.emission.util_ema


@dataclass(frozen=True, slots=True)
class EpochClock:
    """BABE, as the care for the supply sees it."""

    babe: Babe

    def current_epoch(self) -> int:
        """Return the epoch under way."""
        return self.babe.current_epoch()

    def of_epoch(self, epoch: int) -> H256 | None:
        """Return the beacon of the current epoch."""
        return self.babe.of_epoch(epoch)

    def progress(self) -> tuple[int, int]:
        """Return how many slots of the epoch under way have passed, and how many it has."""
        slots = self.babe.config.epoch_slots
        return (self.babe.current_slot - self.babe.genesis_slot) % slots, slots


@dataclass(frozen=True, slots=True)
class Savings:
    """Stability, as the treasury and who pays into it see it: what it keeps, and what it has."""

    stability: Callable[[], Stability]
    """The pallet, which is built after them."""

    def is_holding(self) -> bool:
        """Say whether only the small track spends."""
        return self.stability().is_holding()

    def takes_fees(self) -> bool:
        """Say whether the treasury has its part of fees; otherwise that is burned."""
        return self.stability().takes_fees()


@dataclass(frozen=True, slots=True)
class Enactments:
    """The agenda, as guardians see it: the calls of approved referenda that wait."""

    scheduler: Scheduler

    def waits(self, referendum: int) -> bool:
        """Say whether the call of a referendum waits."""
        return enactment_name(referendum) in self.scheduler.lookup

    def postpone(self, referendum: int, blocks: BlockNumber) -> BlockNumber | None:
        """Let a call wait for so many blocks more; return its block, None if none has room."""
        placed = self.scheduler.postpone(enactment_name(referendum), blocks)
        return None if placed is None else placed[0]


@dataclass(frozen=True, slots=True)
class SessionClock:
    """How far the epoch is, as who hears of sessions sees it."""

    babe: Callable[[], Babe]
    """The pallet, which is built after those that ask."""

    def slots_into_epoch(self) -> int:
        """Return how many slots of the epoch under way are over."""
        return self.babe().slots_into_epoch()

    def beacon(self) -> H256:
        """Return the randomness of the epoch under way."""
        return self.babe().beacon()


class Scores(Protocol):
    """Where it is listed who is to be scored."""

    def contributed(self, who: AccountId) -> None:
        """Hear that an account proved work in the epoch under way."""


@dataclass(frozen=True, slots=True)
class Workers:
    """Providers, as receipts see them: their work counts for pay, for slots and for scores."""

    providers: ProofWorkers
    canonical_work: CanonicalWork
    scores: Scores

    def is_working(self, who: AccountId) -> bool:
        """Say whether `who` is a provider whose canonical work counts."""
        return self.providers.is_working(who)

    def record_work(self, who: AccountId, epoch: int, work: int) -> None:
        """Add canonical work that `who` proved in an epoch, in micro-CU."""
        self.providers.record_work(who, epoch, work)
        self.canonical_work.record(who, work)
        self.scores.contributed(who)


@dataclass(frozen=True, slots=True)
class Bonded:
    """Stakers, as sessions see them: who has something on hold may have session keys."""

    ledger: Holds

    def is_bonded(self, who: AccountId) -> bool:
        """Say whether an account has put up a bond."""
        return self.ledger.held(HoldReason.VALIDATOR_BOND, who) > 0


@dataclass(frozen=True, slots=True)
class Stakes:
    """Stakers, as the list of voters sees them."""

    staking: Callable[[], Staking]
    """The pallet, which is built after the list."""

    def vote_weight(self, who: AccountId) -> U64:
        """Return what an account has at stake, in units of stake."""
        return self.staking().stakers.vote_weight(who)
