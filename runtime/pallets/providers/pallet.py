"""Providers: who offers compute, with what bond, record and standing.

A provider joins a market with a bond that its rating asks for. Jobs draw among the idle providers
of a market and put a part of the bond at stake; conduct moves the reputation and, when it fails,
the bond. Source: design page "Economy", section 5.4.
"""

from __future__ import annotations

from dataclasses import replace

from runtime.compute.job import LatencyClass, Market
from runtime.frame import (
    Context,
    DoubleMap,
    Map,
    Origin,
    Pallet,
    Value,
    Weight,
    call,
    constant,
    ensure,
    ensure_signed,
    invariant,
    require,
)
from runtime.frame.dispatch import DispatchClass
from runtime.frame.fungible import Currency, HoldReason
from runtime.pallets.providers import audit, bonds, conduct, events, records
from runtime.pallets.providers.draws import Draws
from runtime.pallets.providers.idle import IdleLists, Slots
from runtime.pallets.providers.operators import Operators
from runtime.pallets.providers.ports import Ports
from runtime.pallets.providers.records import (
    Candidate,
    Error,
    PayoutDestination,
    Provider,
    ProviderInfo,
    ProviderStatus,
    Telemetry,
)
from runtime.pallets.providers.rests import Rests
from runtime.pallets.providers.review import Review
from runtime.pallets.providers.standing import Standing
from runtime.pallets.providers.supply import Supply
from runtime.pallets.providers.telemetry import TelemetryBook
from runtime.pallets.providers.weights import BEAT, MONEY, RECORD, TICK
from runtime.primitives.hashing import TWOX_64_CONCAT
from runtime.primitives.types import H256, U8, U32, U64, AccountId, Balance, BlockNumber, PublicKey

BOND = HoldReason.PROVIDER_BOND


class Providers(Pallet):
    """Who offers compute, with what bond, record and standing."""

    events = events.EVENTS
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
    unbonding: Map[AccountId, records.Chunks] = Map(default=())
    """Bonds on their way back to their owners."""
    heartbeats: Map[AccountId, records.Heartbeat] = Map()
    """The last sign of life of each provider."""
    epoch_capacity: DoubleMap[U64, AccountId, U64] = DoubleMap(
        default=0, hashers=(TWOX_64_CONCAT, TWOX_64_CONCAT)
    )
    """Canonical work that a provider proved in an epoch, in micro-CU."""
    total_capacity: Map[U64, U64] = Map(default=0, hasher=TWOX_64_CONCAT)
    """Canonical work of all providers in an epoch, in micro-CU."""
    credits: DoubleMap[AccountId, AccountId, records.Credit] = DoubleMap()
    """By provider and client: how far the client moved the reputation in its last era."""

    bond_rates: Map[Market, Balance] = Map()
    """Planck of bond for each CU per hour of rating, as of the beginning of the era."""
    availability_rate: Value[Balance] = Value(default=0)
    """What a CU of proven capacity earned in the last closed epoch, in planck."""
    roll: Map[U32, AccountId] = Map()
    """All providers, in the order in which they are reviewed from its end."""
    roll_index: Map[AccountId, U32] = Map()
    """The place of each provider on the roll."""
    roll_count: Value[U32] = Value(default=0)
    """How many there are."""
    sweep: Value[records.Sweep] = Value(default=records.NOT_SWEPT)
    """How far the review of an era has come."""
    short_since: Map[AccountId, U32] = Map()
    """The era since which a bond is below what is asked for."""
    specs_era: Map[AccountId, U32] = Map()
    """The era in which a provider last changed its rating."""
    last_seen: Map[AccountId, U32] = Map()
    """The last interval of heartbeats in which a provider gave a sign of life."""
    epoch_records: DoubleMap[AccountId, U8, records.EpochRecord] = DoubleMap()
    """Telemetry by provider and by the epoch modulo 86."""
    epoch_starts: Map[U8, records.EpochStart] = Map()
    """The first blocks of the last 86 epochs, by the epoch modulo 86."""
    starts: DoubleMap[AccountId, LatencyClass, records.Histogram] = DoubleMap()
    """How many of a provider's last starts took 0, 1, 2 … blocks, by latency class."""
    notices: Map[AccountId, records.Notices] = Map(default=())
    """Jobs that providers want to give back."""
    resting: Map[AccountId, records.Rests] = Map(default=())
    """Until when slots of providers are taken by jobs that they gave back."""

    def __init__(
        self,
        context: Context,
        currency: Currency,
        config: records.Config,
        ports: Ports,
        *,
        index: int,
        name: str = "Providers",
    ) -> None:
        super().__init__(context, index=index, name=name)
        self.currency, self.config, self.ports = currency, config, ports
        self.idle_lists = IdleLists(Slots(self.idle, self.idle_count, self.idle_index))
        self.standing, self.supply, self.review = Standing(self), Supply(self), Review(self)
        self.operators, self.draws, self.rests = Operators(self), Draws(self), Rests(self)
        self.telemetry_book, self.backers = TelemetryBook(self), ports.backers

    # ------------------------------------------------------------------------------------- calls

    @call(0, weight=RECORD + MONEY + Weight(reads=9, writes=7))
    def register_provider(self, origin: Origin, info: ProviderInfo, bond: Balance) -> None:
        """Join a market with a bond on hold; a hundredth of the bond is burned on top of it."""
        who = ensure_signed(origin)
        level = self.review.admit(who, info, bond)
        fee = bond * conduct.ENTRY_FEE // conduct.PERBILL
        self.currency.hold(BOND, who, bond + fee)
        self.currency.burn_held(BOND, who, fee)
        if info.node_key != who:
            self.key_owner[info.node_key] = who
        self.market_size[info.market] += 1
        self.put(who, records.newcomer(info, bond, self.era(), self.context.number, level))
        self.review.enrol(who)
        self.deposit(events.ProviderRegistered(who, info.market, bond, fee))

    @call(1, weight=RECORD + MONEY + Weight(writes=1))
    def bond_extra(self, origin: Origin, amount: Balance) -> None:
        """Add `amount` of the signer's free balance to its bond."""
        who, _ = self._own(origin)
        ensure(amount > 0, Error.ZERO_AMOUNT)
        self._to_bond(who, amount)
        self.deposit(events.ProviderBonded(who, amount))

    @call(2, weight=RECORD + Weight(reads=1, writes=1))
    def unbond(self, origin: Origin, amount: Balance) -> None:
        """Start to take `amount` out of the bond: 28 eras. All of it only when chilled and done."""
        who, provider = self._own(origin)
        ensure(amount > 0, Error.ZERO_AMOUNT)
        rest = provider.bond - amount
        ensure(rest >= provider.exposure, Error.EXPOSURE_EXCEEDED)
        leaves = rest == 0 and provider.open_jobs == 0 and provider.status in bonds.LEAVING
        ensure(leaves or rest >= self.bond_needed(provider.info), Error.BOND_TOO_LOW)
        era = self.era() + self.ports.terms.bonds.unbonding_eras
        self.unbonding[who] = bonds.with_chunk(self.unbonding[who], records.Chunk(era, amount))
        self.put(who, replace(provider, bond=rest))
        self.deposit(events.ProviderUnbonding(who, amount, era))

    @call(3, weight=RECORD + MONEY + Weight(reads=2, writes=4))
    def withdraw_unbonded(self, origin: Origin) -> None:
        """Take back what left the bond 28 eras ago; with nothing left, the record ends."""
        who, provider = self._own(origin)
        due, kept = bonds.due_chunks(self.unbonding[who], self.era())
        is_done = not provider.bond and not kept and not provider.open_jobs
        ensure(due > 0 or is_done, Error.NOTHING_DUE)
        self.currency.release(BOND, who, due)
        self.unbonding[who] = kept
        self.deposit(events.ProviderWithdrew(who, due))
        if is_done:
            self.review.forget(who, provider)

    @call(4, weight=RECORD)
    def chill(self, origin: Origin) -> None:
        """Take no new jobs; open ones go on."""
        who, provider = self._own(origin)
        is_there = provider.is_working or provider.status is ProviderStatus.SUSPENDED
        ensure(is_there, Error.WRONG_STATUS)
        self.put(who, replace(provider, status=ProviderStatus.CHILLED))
        self.deposit(events.ProviderChilled(who))

    @call(5, weight=RECORD + Weight(reads=2))
    def resume(self, origin: Origin) -> None:
        """Take jobs again after `chill`, or after an absence."""
        who, provider = self._own(origin)
        ensure(provider.status in bonds.RESUMABLE, Error.WRONG_STATUS)
        ensure(self.review.may_work(who, provider), Error.BOND_TOO_LOW)
        self.put(who, replace(provider, status=ProviderStatus.ACTIVE))
        self.deposit(events.ProviderResumed(who))

    @call(6, weight=RECORD)
    def set_payee(self, origin: Origin, payout: PayoutDestination) -> None:
        """Choose where earnings go: the free balance, the bond, or the stake in the own vault."""
        who, provider = self._own(origin)
        self.put(who, replace(provider, info=replace(provider.info, payout=payout)))
        self.deposit(events.PayeeSet(who, payout))

    @call(7, weight=RECORD + BEAT, kind=DispatchClass.OPERATIONAL, is_free_if_accepted=True)
    def heartbeat(self, origin: Origin, telemetry_root: H256, energy_wh: U64) -> None:
        """Show that the provider is there, once per interval, and what energy it used since.

        Its node key may sign. A machine that cannot measure its energy says 0. An accepted one is
        free.
        """
        who = require(self.acting_for(ensure_signed(origin)), Error.NOT_REGISTERED)
        self.telemetry_book.beat(who, telemetry_root, energy_wh)

    @call(8, weight=RECORD + Weight(reads=7, writes=1))
    def update_specs(self, origin: Origin, rating: U64) -> None:
        """Offer another capacity, in micro-CU per second, once in an era.

        More only as far as work of the last two epochs proves it, and the bond covers it.
        """
        self.review.change_rating(*self._own(origin), rating)

    @call(9, weight=Weight(reads=4, writes=1))
    def start_reclaim(self, origin: Origin, job: U64) -> None:
        """Give notice that the provider wants its machine back from a job. Its node key may sign.

        When the notice has run out, the job goes to another with its next segment.
        """
        who = require(self.acting_for(ensure_signed(origin)), Error.NOT_REGISTERED)
        ensure(self.providers[who].open_jobs > 0, Error.NO_JOBS)
        ensure(self.ports.work.provider_of(job) == who, Error.NOT_ITS_JOB)
        notice = records.Notice(job, self.context.number + self.config.reclaim_blocks)
        self.notices[who] = bonds.with_notice(self.notices[who], notice)
        self.deposit(events.ReclaimStarted(who, job, notice.due))

    @call(10, weight=RECORD + Weight(reads=1))
    def set_operator_group(self, origin: Origin, group: AccountId | None) -> None:
        """Name who operates the provider: an account that may do anything in its name."""
        who, _ = self._own(origin)
        self.operators.declare(who, group)

    # ------------------------------------------------------------------------------------- hooks

    def on_initialize(self, number: BlockNumber) -> Weight:
        """Note a new epoch, and fix what bonds must be worth in a new era."""
        self.telemetry_book.tick(number)
        return TICK + self.review.renew(number)

    def on_poll(self, _number: BlockNumber, left: int) -> Weight:
        """Review some providers."""
        return self.review.sweep(left)

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
        return self.ports.markets.has_market(market)

    def bond_needed(self, info: ProviderInfo) -> Balance:
        """Return the least bond for what a provider offers, in this era."""
        return self.review.bond_needed(info)

    def acting_for(self, who: AccountId) -> AccountId | None:
        """Return the provider that `who` may act for: itself, or the one whose node key it is."""
        return who if who in self.providers else self.key_owner.get(who)

    def is_working(self, who: AccountId) -> bool:
        """Say whether `who` is a provider whose canonical work counts."""
        provider = self.providers.get(who)
        return provider is not None and provider.is_working

    def has_any(self, market: Market) -> bool:
        """Say whether anybody is a provider in a market, whether it works now or not."""
        return self.market_size[market] > 0

    def has_idle(self, market: Market) -> bool:
        """Say whether any provider of a market is idle."""
        return self.idle_lists.count(market) > 0

    def candidates(self, market: Market, seed: bytes) -> tuple[Candidate, ...]:
        """Draw idle providers of a market by a seed; at most three of one operator."""
        return self.draws.candidates(market, seed)

    def candidate(self, market: Market, who: AccountId) -> Candidate | None:
        """Return a provider by name, if it is idle in the market."""
        return self.draws.candidate(market, who)

    def operator(self, who: AccountId) -> AccountId:
        """Return who operates `who`: its group, or itself."""
        return self.providers[who].operator_group or who

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
        self.telemetry_book.record_work(who, epoch, work)

    def wants_back(self, who: AccountId, job: int) -> bool:
        """Say whether `who` may give a job back now, with the notice that it gave."""
        now = self.context.number
        return any(one.job == job and one.due <= now for one in self.notices[who])

    def telemetry(self, who: AccountId, epoch: int) -> Telemetry | None:
        """Return what `who` showed of itself in one of the last 86 epochs; None for nothing."""
        return self.telemetry_book.of(who, epoch)

    def put(self, who: AccountId, provider: Provider) -> None:
        """Record a provider; list it among the idle exactly while it can take a job."""
        provider = self.review.judged(who, provider)
        self.supply.put(who, provider)
        self.providers[who] = provider
        is_idle = provider.can_take_a_job(self.config.jobs_per_provider - self.rests.taken(who))
        self.idle_lists.put(provider.info.market, who, idle=is_idle)

    # ------------------------------------------------------------------------------------ helpers

    def _own(self, origin: Origin) -> tuple[AccountId, Provider]:
        who = ensure_signed(origin)
        return who, require(self.providers.get(who), Error.NOT_REGISTERED)

    def _to_bond(self, who: AccountId, amount: Balance) -> None:
        self.currency.hold(BOND, who, amount)
        provider = self.providers[who]
        provider = replace(provider, bond=provider.bond + amount)
        self.review.topped_up(who, provider)
        self.put(who, provider)

    # --------------------------------------------------------------------------------- invariants

    @invariant
    def lists_are_bijective(self) -> bool:
        """Idle lists and the roll are inverse to their indices, and the roll lists providers."""
        return self.idle_lists.are_bijective() and audit.roll_is_in_order(self)

    @invariant
    def the_idle_can_take_a_job(self) -> bool:
        """Each provider is listed as idle exactly while it can take a job."""
        return audit.the_idle_can_take_a_job(self)

    @invariant
    def bonds_are_held(self) -> bool:
        """Each hold for a bond is the bond and what is on its way out of it."""
        return audit.bonds_are_held(self)

    @invariant
    def markets_are_counted(self) -> bool:
        """Each market's size is the number of its providers, its rating what they offer."""
        return audit.markets_are_counted(self) and self.supply.is_told()
