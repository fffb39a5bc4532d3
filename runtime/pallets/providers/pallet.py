"""Providers: who offers compute, with what bond, record and standing.

A provider joins a market with a bond that its rating asks for. Jobs draw among the idle providers
of a market and put a part of the bond at stake; conduct moves the reputation and, when it fails,
the bond. Source: design page "Economy", section 5.4.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from runtime.compute.job import Market
from runtime.frame import (
    Context,
    DoubleMap,
    Map,
    Origin,
    Pallet,
    Weight,
    call,
    constant,
    ensure,
    ensure_signed,
    invariant,
    require,
)
from runtime.frame.fungible import Currency, HoldReason
from runtime.pallets.providers import bonds, conduct
from runtime.pallets.providers.backers import UNBACKED, Backers
from runtime.pallets.providers.idle import DRAWS_PER_OPERATOR, IdleLists, Slots
from runtime.pallets.providers.records import (
    EVENTS,
    MAX_CHUNKS,
    MAX_PROVIDERS,
    Candidate,
    Chunk,
    Config,
    Credit,
    Error,
    Heartbeat,
    HeartbeatReceived,
    PayeeSet,
    PayoutDestination,
    Provider,
    ProviderBonded,
    ProviderChilled,
    ProviderInfo,
    ProviderRegistered,
    ProviderRemoved,
    ProviderResumed,
    ProviderStatus,
    ProviderUnbonding,
    ProviderWithdrew,
    WorkRecorded,
    newcomer,
)
from runtime.pallets.providers.standing import Standing
from runtime.pallets.providers.supply import Markets, Supply
from runtime.primitives.hashing import TWOX_64_CONCAT
from runtime.primitives.schema import Bounded
from runtime.primitives.types import H256, U32, U64, AccountId, Balance, PublicKey

BOND = HoldReason.PROVIDER_BOND

RECORD = Weight(reads=8, writes=8)
"""A provider's record, its key, its place among the idle, and what its market has of it."""
MONEY = Weight(reads=5, writes=5)
"""Accounts, holds and total issuance behind one movement of the bond."""

CAPACITY_EPOCHS = 86
"""Epochs for which proven work is kept: the 84 closed ones that can be paid, and two open ones."""
UNBONDING_ERAS = 28
"""Eras between leaving the bond and being withdrawn: long enough for every dispute."""


class Providers(Pallet):
    """Who offers compute, with what bond, record and standing."""

    events = EVENTS
    errors = Error

    providers: Map[AccountId, Provider] = Map()
    """The registered providers."""
    key_owner: Map[PublicKey, AccountId] = Map()
    """Providers by the key of their node, where it is not their own account."""
    market_size: Map[Market, U32] = Map(default=0)
    """Providers registered in each market."""
    idle: DoubleMap[Market, U32, AccountId] = DoubleMap()
    """Who can take a job now, by market and place."""
    idle_count: Map[Market, U32] = Map(default=0)
    """How many providers of each market are idle."""
    idle_index: Map[AccountId, U32] = Map()
    """The place of each idle provider in its market's list."""
    unbonding: Map[AccountId, Annotated[tuple[Chunk, ...], Bounded(MAX_CHUNKS)]] = Map(default=())
    """Bonds on their way back to their owners."""
    heartbeats: Map[AccountId, Heartbeat] = Map()
    """The last sign of life of each provider."""
    epoch_capacity: DoubleMap[U64, AccountId, U64] = DoubleMap(
        default=0, hashers=(TWOX_64_CONCAT, TWOX_64_CONCAT)
    )
    """Canonical work that a provider proved in an epoch, in micro-CU."""
    total_capacity: Map[U64, U64] = Map(default=0, hasher=TWOX_64_CONCAT)
    """Canonical work of all providers in an epoch, in micro-CU."""
    credits: DoubleMap[AccountId, AccountId, Credit] = DoubleMap()
    """By provider and client: how far the client moved the reputation in its last era."""

    def __init__(
        self,
        context: Context,
        currency: Currency,
        config: Config,
        *,
        markets: Markets,
        backers: Backers = UNBACKED,
        index: int,
        name: str = "Providers",
    ) -> None:
        super().__init__(context, index=index, name=name)
        self.currency, self.config, self.markets = currency, config, markets
        self.backers = backers
        self.idle_lists = IdleLists(Slots(self.idle, self.idle_count, self.idle_index))
        self.standing, self.supply = Standing(self), Supply(self)

    # ------------------------------------------------------------------------------------- calls

    @call(0, weight=RECORD + MONEY + Weight(reads=2, writes=3))
    def register_provider(self, origin: Origin, info: ProviderInfo, bond: Balance) -> None:
        """Join a market with a bond on hold; a hundredth of the bond is burned on top of it."""
        who = ensure_signed(origin)
        ensure(who not in self.providers, Error.ALREADY_REGISTERED)
        ensure(self.has_market(info.market), Error.UNKNOWN_MARKET)
        ensure(self.market_size[info.market] < MAX_PROVIDERS, Error.MARKET_FULL)
        ensure(info.rating > 0, Error.NO_RATING)
        ensure(self.supply.admits(info), Error.BELOW_TIER)
        ensure(bond >= self.bond_needed(info.rating), Error.BOND_TOO_LOW)
        key_is_free = info.node_key == who or info.node_key not in self.key_owner
        ensure(key_is_free, Error.KEY_TAKEN)
        fee = bond * conduct.ENTRY_FEE // conduct.PERBILL
        self.currency.hold(BOND, who, bond + fee)
        self.currency.burn_held(BOND, who, fee)
        if info.node_key != who:
            self.key_owner[info.node_key] = who
        self.market_size[info.market] += 1
        self.put(who, newcomer(info, bond, self.era(), self.context.number))
        self.deposit(ProviderRegistered(who, info.market, bond, fee))

    @call(1, weight=RECORD + MONEY)
    def bond_extra(self, origin: Origin, amount: Balance) -> None:
        """Add `amount` of the signer's free balance to its bond."""
        who, provider = self._own(origin)
        ensure(amount > 0, Error.ZERO_AMOUNT)
        self.currency.hold(BOND, who, amount)
        self.put(who, replace(provider, bond=provider.bond + amount))
        self.deposit(ProviderBonded(who, amount))

    @call(2, weight=RECORD + Weight(reads=1, writes=1))
    def unbond(self, origin: Origin, amount: Balance) -> None:
        """Start to take `amount` out of the bond: 28 eras. All of it only when chilled and done."""
        who, provider = self._own(origin)
        ensure(amount > 0, Error.ZERO_AMOUNT)
        rest = provider.bond - amount
        ensure(rest >= provider.exposure, Error.EXPOSURE_EXCEEDED)
        leaves = rest == 0 and provider.open_jobs == 0 and provider.status in bonds.LEAVING
        ensure(leaves or rest >= self.bond_needed(provider.info.rating), Error.BOND_TOO_LOW)
        era = self.era() + UNBONDING_ERAS
        self.unbonding[who] = bonds.with_chunk(self.unbonding[who], Chunk(era, amount))
        self.put(who, replace(provider, bond=rest))
        self.deposit(ProviderUnbonding(who, amount, era))

    @call(3, weight=RECORD + MONEY + Weight(reads=2, writes=4))
    def withdraw_unbonded(self, origin: Origin) -> None:
        """Take back what left the bond 28 eras ago; with nothing left, the record ends."""
        who, provider = self._own(origin)
        due, kept = bonds.due_chunks(self.unbonding[who], self.era())
        is_done = not provider.bond and not kept and not provider.open_jobs
        ensure(due > 0 or is_done, Error.NOTHING_DUE)
        self.currency.release(BOND, who, due)
        self.unbonding[who] = kept
        self.deposit(ProviderWithdrew(who, due))
        if is_done:
            self._forget(who, provider)

    @call(4, weight=RECORD)
    def chill(self, origin: Origin) -> None:
        """Take no new jobs; open ones go on."""
        who, provider = self._own(origin)
        ensure(provider.is_working, Error.WRONG_STATUS)
        self.put(who, replace(provider, status=ProviderStatus.CHILLED))
        self.deposit(ProviderChilled(who))

    @call(5, weight=RECORD)
    def resume(self, origin: Origin) -> None:
        """Take jobs again after `chill`, or after an absence."""
        who, provider = self._own(origin)
        ensure(provider.status in bonds.RESUMABLE, Error.WRONG_STATUS)
        ensure(self.is_bonded(provider), Error.BOND_TOO_LOW)
        self.put(who, replace(provider, status=ProviderStatus.ACTIVE))
        self.deposit(ProviderResumed(who))

    @call(6, weight=RECORD)
    def set_payee(self, origin: Origin, payout: PayoutDestination) -> None:
        """Choose where earnings go: the free balance, the bond, or the stake in the own vault."""
        who, provider = self._own(origin)
        self.put(who, replace(provider, info=replace(provider.info, payout=payout)))
        self.deposit(PayeeSet(who, payout))

    @call(7, weight=RECORD + Weight(reads=2, writes=1))
    def heartbeat(self, origin: Origin, telemetry_root: H256, energy_wh: U64) -> None:
        """Show that the provider is there, once per interval. Its node key may sign."""
        who = require(self.acting_for(ensure_signed(origin)), Error.NOT_REGISTERED)
        provider, number = self.providers[who], self.context.number
        beat, last = number // self.config.heartbeat_blocks, self._last_beat(who, provider)
        ensure(beat > last, Error.TOO_SOON)
        uptime = conduct.uptime_after(provider.uptime, beat - last - 1)
        self.heartbeats[who] = Heartbeat(number, telemetry_root, energy_wh)
        self.put(who, replace(provider, uptime=uptime, status=bonds.awake(provider.status)))
        self.deposit(HeartbeatReceived(who, telemetry_root, energy_wh, uptime))

    @constant
    def minimum_bond(self) -> Balance:
        """Least bond of any provider."""
        return self.config.minimum_bond

    @constant
    def heartbeat_interval(self) -> U32:
        """Blocks in which one heartbeat counts."""
        return self.config.heartbeat_blocks

    @constant
    def era_length(self) -> U32:
        """Blocks of an era; unbonding takes 28 eras."""
        return self.config.era_blocks

    # ----------------------------------------------------------------- what other pallets may ask

    def era(self) -> int:
        """Return the era under way."""
        return self.context.number // self.config.era_blocks

    def has_market(self, market: Market) -> bool:
        """Say whether there is such a tier and region."""
        return self.markets.has_market(market)

    def bond_needed(self, rating: int) -> Balance:
        """Return the least bond for a rating in micro-CU per second."""
        return max(self.config.minimum_bond, conduct.bond_needed(rating, self.config.price_per_cu))

    def acting_for(self, who: AccountId) -> AccountId | None:
        """Return the provider that `who` may act for: itself, or the one whose node key it is."""
        return who if who in self.providers else self.key_owner.get(who)

    def is_working(self, who: AccountId) -> bool:
        """Say whether `who` is a provider whose canonical work counts."""
        provider = self.providers.get(who)
        return provider is not None and provider.is_working

    def has_idle(self, market: Market) -> bool:
        """Say whether any provider of a market is idle."""
        return self.idle_lists.count(market) > 0

    def candidates(self, market: Market, seed: bytes) -> tuple[Candidate, ...]:
        """Draw idle providers of a market by a seed; at most three of one operator."""
        drawn: list[Candidate] = []
        groups: dict[AccountId, int] = {}
        for who in self.idle_lists.draw(market, seed):
            group = self.providers[who].operator_group
            if group is not None:
                groups[group] = groups.get(group, 0) + 1
            if group is None or groups[group] <= DRAWS_PER_OPERATOR:
                drawn.append(self._candidate(who))
        return tuple(drawn)

    def candidate(self, market: Market, who: AccountId) -> Candidate | None:
        """Return a provider by name, if it is idle in the market."""
        provider = self.providers.get(who)
        if provider is None or provider.info.market != market or who not in self.idle_index:
            return None
        return self._candidate(who)

    def exposure(self, who: AccountId) -> Balance:
        """Return what open jobs put at stake of the bond of `who`."""
        return self.providers[who].exposure

    def reserve(self, who: AccountId, exposure: Balance) -> None:
        """Give `who` one more job, which puts `exposure` of its bond at stake."""
        provider = self.providers[who]
        assert exposure <= provider.free_bond, f"{exposure} exceed {provider.free_bond}"
        exposure, jobs = provider.exposure + exposure, provider.open_jobs + 1
        self.put(who, replace(provider, exposure=exposure, open_jobs=jobs))

    def release(self, who: AccountId, exposure: Balance) -> None:
        """Take back one job of `who` and what it put at stake."""
        provider = self.providers[who]
        exposure, jobs = provider.exposure - exposure, provider.open_jobs - 1
        self.put(who, replace(provider, exposure=exposure, open_jobs=jobs))

    def paid(self, who: AccountId, amount: Balance) -> None:
        """Send earnings that reached the free balance of `who` where it wants them.

        Those who stand behind it have their part first.
        """
        payout = self.providers[who].info.payout
        amount = self.backers.share(who, amount)
        if payout is PayoutDestination.BOND:
            self.attempt(self._to_bond, who, amount)
        elif payout is PayoutDestination.VAULT:
            self.attempt(self.backers.restake, who, amount)

    def record_work(self, who: AccountId, epoch: int, work: int) -> None:
        """Add canonical work that `who` proved in an epoch, in micro-CU."""
        self.epoch_capacity[epoch, who] += work
        self.total_capacity[epoch] += work
        if epoch >= CAPACITY_EPOCHS:
            del self.epoch_capacity[epoch - CAPACITY_EPOCHS, who]
            del self.total_capacity[epoch - CAPACITY_EPOCHS]
        provider = self.providers[who]
        self.put(who, replace(provider, status=bonds.awake(provider.status)))
        self.deposit(WorkRecorded(who, epoch, work))

    def put(self, who: AccountId, provider: Provider) -> None:
        """Record a provider; list it among the idle exactly while it can take a job."""
        self.supply.put(who, provider)
        self.providers[who] = provider
        self.idle_lists.put(provider.info.market, who, idle=self.can_take_a_job(provider))

    def can_take_a_job(self, provider: Provider) -> bool:
        """Say whether a provider is active, bonded, and has a job slot left."""
        is_active = provider.status is ProviderStatus.ACTIVE
        has_slot = provider.open_jobs < self.config.jobs_per_provider
        return is_active and has_slot and self.is_bonded(provider)

    def is_bonded(self, provider: Provider) -> bool:
        """Say whether slashes have left enough of the bond that the rating asks for."""
        needed = self.bond_needed(provider.info.rating)
        return provider.bond * conduct.PERBILL >= needed * conduct.BOND_LEFT

    # ------------------------------------------------------------------------------------ helpers

    def _own(self, origin: Origin) -> tuple[AccountId, Provider]:
        who = ensure_signed(origin)
        return who, require(self.providers.get(who), Error.NOT_REGISTERED)

    def _candidate(self, who: AccountId) -> Candidate:
        return Candidate(who, self.standing.reputation(who), self.providers[who].free_bond)

    def _last_beat(self, who: AccountId, provider: Provider) -> int:
        """Return the interval of the last heartbeat, or of the one before the registration."""
        last = self.heartbeats.get(who)
        every = self.config.heartbeat_blocks
        return provider.registered_at // every - 1 if last is None else last.block // every

    def _to_bond(self, who: AccountId, amount: Balance) -> None:
        self.currency.hold(BOND, who, amount)
        provider = self.providers[who]
        self.put(who, replace(provider, bond=provider.bond + amount))

    def _forget(self, who: AccountId, provider: Provider) -> None:
        self.idle_lists.put(provider.info.market, who, idle=False)
        self.market_size[provider.info.market] -= 1
        self.supply.end(provider)
        del self.providers[who]
        del self.heartbeats[who]
        if self.key_owner.get(provider.info.node_key) == who:
            del self.key_owner[provider.info.node_key]
        self.deposit(ProviderRemoved(who))

    # --------------------------------------------------------------------------------- invariants

    @invariant
    def idle_lists_are_bijective(self) -> bool:
        """Idle lists and their index are inverse to each other."""
        return self.idle_lists.are_bijective()

    @invariant
    def the_idle_can_take_a_job(self) -> bool:
        """Each provider is listed as idle exactly while it can take a job."""
        return all(
            self.can_take_a_job(provider) == (who in self.idle_index)
            for who, provider in self.providers.items()
        )

    @invariant
    def bonds_are_held(self) -> bool:
        """Each hold for a bond is the bond and what is on its way out of it."""
        return all(
            self.currency.held(BOND, who) == provider.bond + bonds.total(self.unbonding[who])
            for who, provider in self.providers.items()
        )

    @invariant
    def markets_are_counted(self) -> bool:
        """Each market's size is the number of its providers, its rating what they offer."""
        markets = [provider.info.market for _, provider in self.providers.items()]
        counted = {market: markets.count(market) for market in markets}
        return counted == dict(self.market_size.items()) and self.supply.is_told()
