"""Pricing: what compute costs, by tier of hardware and region, without anybody setting a price.

A market is a tier and a region. Once in a pricing period the load of each open market moves its
base price: up where work is paid for or waits beyond the target utilisation, down where capacity
lies idle, by a forty-eighth at most and within bounds. A price that runs away from its own average
while other markets do not is scarce: that part of it is mostly burned, so that nobody gains by
holding capacity back. No oracle is read. Source: design page "Economy", section 5.3.
"""

from __future__ import annotations

from typing import Annotated

from runtime.compute.job import PERBILL, LatencyClass, Market
from runtime.compute.price import Price, fee_of, service_of
from runtime.frame import (
    Context,
    DoubleMap,
    EnsureOrigin,
    Map,
    Origin,
    Pallet,
    Value,
    Weight,
    call,
    constant,
    ensure,
    invariant,
)
from runtime.pallets.pricing import formulas, queues
from runtime.pallets.pricing.period import PeriodClose
from runtime.pallets.pricing.records import (
    EVENTS,
    HISTORY,
    MAX_CHANGE,
    MAX_MARKETS,
    NO_LOAD,
    NO_PEAK,
    REGION_LIMITS,
    Config,
    Error,
    Factor,
    Load,
    MarketOpened,
    MarketPrice,
    Peak,
    PricePoint,
    Queue,
    Quote,
    RegionFactorSet,
    Terms,
    TierInfo,
    TierSet,
)
from runtime.primitives.schema import Bounded
from runtime.primitives.types import U8, U32, U64, U128, Balance, BlockNumber
from runtime.terms.parameter import Parameter
from runtime.terms.registry import ROWS

MAX_ATTESTATION = 4
"""The highest level there is."""

DECISION = Weight(reads=1, writes=1)
"""A factor is read and written."""
TICK = Weight(reads=4, writes=3)
"""The open markets, the index, the load of all and the rules."""
PER_MARKET = Weight(reads=7, writes=6, compute=40_000)
"""Rating, peak, use, queue, price, average and region of a market."""
PER_WAITING = Weight(compute=700)
"""An entry of a queue is read and added: there are as many as open jobs in all markets together."""


class Pricing(Pallet):
    """What compute costs, by tier of hardware and region, without anybody setting a price."""

    events = EVENTS
    errors = Error

    open_markets: Value[Annotated[tuple[Market, ...], Bounded(MAX_MARKETS)]] = Value(default=())
    """Markets with capacity or waiting work, in order."""
    base: Map[Market, Balance] = Map()
    """Planck per CU; a market that has not had a period yet has the chain's start price."""
    base_ema: Map[Market, Balance] = Map()
    """The slow average of each base price, over 90 days."""
    market_index: Value[U64] = Value(default=PERBILL)
    """The lower median of price to average over the open markets, in ppb."""
    used: Map[Market, U128] = Map(default=0)
    """Micro-CU paid for since the period began, without direct jobs."""
    waiting: Map[Market, Queue] = Map(default=())
    """Work that waits in each market, by the most that its clients pay."""
    rated: Map[Market, U128] = Map(default=0)
    """Capacity of the schedulable providers of each market, in micro-CU per second."""
    peaks: Map[Market, Peak] = Map(default=NO_PEAK)
    """The highest rating of this epoch and the last: who leaves is counted for an epoch more."""
    price_history: DoubleMap[Market, U8, PricePoint] = DoubleMap()
    """The last 256 periods of each market, by the period modulo 256."""
    load: Value[Load] = Value(default=NO_LOAD)
    """Use and capacity of all markets, by their prices, in the periods since it was last taken."""
    tiers: Map[U8, TierInfo] = Map()
    """Tiers that a referendum decided on; the others are as the chain began."""
    region_factors: Map[U8, Factor] = Map()
    """What regions do to the price, where a referendum decided on it."""

    def __init__(
        self,
        context: Context,
        governs: EnsureOrigin[None],
        terms: Terms,
        config: Config,
        *,
        index: int,
        name: str = "Pricing",
    ) -> None:
        super().__init__(context, index=index, name=name)
        self.governs, self.terms, self.config = governs, terms, config

    # ------------------------------------------------------------------------------------- calls

    @call(0, weight=DECISION)
    def set_tier(self, origin: Origin, tier: U8, info: TierInfo) -> None:
        """Decide what a tier asks of the hardware in it. A referendum on parameters only.

        Providers that are registered stay; a tier that is new opens a market in each region.
        """
        self.governs(origin)
        ensure(info.min_attestation <= MAX_ATTESTATION, Error.ATTESTATION_UNKNOWN)
        ensure((tier + 1) * self.config.regions <= MAX_MARKETS, Error.TOO_MANY_MARKETS)
        self.tiers[tier] = info
        self.deposit(TierSet(tier, info))

    @call(1, weight=DECISION)
    def set_region_factor(self, origin: Origin, region: U8, factor: U32) -> None:
        """Decide what a region does to the price, in ppb. A referendum on parameters only.

        By a tenth at most, and once in an era.
        """
        self.governs(origin)
        ensure(region < self.config.regions, Error.UNKNOWN_MARKET)
        stored = self.region_factors.get(region)
        self.region_factors[region] = self._changed(stored, factor)
        self.deposit(RegionFactorSet(region, factor))

    # ------------------------------------------------------------------------------------- hooks

    def on_initialize(self, number: BlockNumber) -> Weight:
        """Move the prices of all open markets, once in a period."""
        if number % self.config.period_blocks:
            return Weight()
        markets = self.open_markets
        PeriodClose(self).run(number)
        waiting = sum(len(self.waiting[market]) for market in markets)
        return TICK + PER_MARKET * len(markets) + PER_WAITING * waiting

    @constant
    def pricing_period(self) -> BlockNumber:
        """Blocks between two moves of the prices."""
        return self.config.period_blocks

    @constant
    def start_price(self) -> Balance:
        """Return the base price of a market without a period so far, in planck per CU."""
        return self.config.start_price

    # ------------------------------------------------------------------- what clients may ask for

    def quote(self, market: Market, latency: LatencyClass, tip: int) -> Price:
        """Return what a CU costs now."""
        base, whole, rules = self.base_price(market), self.price(market), self.terms.pricing
        normal = formulas.normal_part(base, self.average(market), self.market_index, rules.band)
        usual = normal * self.region_factor(market.region) // PERBILL
        return formulas.price_of(usual, whole - usual, formulas.rate_of(latency, rules), tip)

    def price(self, market: Market) -> Balance:
        """Return the price of a market, in planck per CU: what a client's limit is compared to."""
        return self.base_price(market) * self.region_factor(market.region) // PERBILL

    def ceiling(self, limit: Balance, latency: LatencyClass, tip: int) -> Price:
        """Return the most that a CU can cost while a market's price is at most `limit`."""
        rate = max(formulas.rate_of(latency, self.terms.pricing), PERBILL)
        return formulas.price_of(limit, 0, rate, tip)

    def offer(self, market: Market, latency: LatencyClass, tip: int, units: int) -> Quote | None:
        """Return what `units` micro-CU cost, and until when; None where there is no such market."""
        if not self.has_market(market) or tip > self.terms.pricing.max_tip:
            return None
        price, period = self.quote(market, latency, tip), self.config.period_blocks
        fee = fee_of(units, price, self.config.minimum_fee).total
        until = (self.context.number // period + 1) * period - 1
        return Quote(service_of(latency), price, fee, until)

    def prices(self) -> tuple[MarketPrice, ...]:
        """Return every market that is open or ever had a period; the cost grows with them."""
        is_open = self.open_markets
        known = dict.fromkeys((*is_open, *(market for market, _ in self.base.items())))
        return tuple(
            MarketPrice(
                market=market,
                base=self.base_price(market),
                average=self.average(market),
                region_factor=self.region_factor(market.region),
                price=self.quote(market, LatencyClass.STANDARD, 0),
                rating=self.rated[market],
                used=self.used[market],
                backlog=self.payable(market),
                is_open=market in is_open,
            )
            for market in sorted(known, key=queues.order_of)
        )

    def history(self, market: Market) -> tuple[PricePoint, ...]:
        """Return the last periods of a market, the oldest first."""
        points = (self.price_history.get((market, slot)) for slot in range(HISTORY))
        return tuple(sorted((one for one in points if one), key=lambda one: one.period))

    def base_price(self, market: Market) -> Balance:
        """Return the base price of a market, in planck per CU, before its region's factor."""
        base = self.base.get(market)
        return self.config.start_price if base is None else base

    def average(self, market: Market) -> Balance:
        """Return the slow average of a base price, in planck per CU."""
        average = self.base_ema.get(market)
        return self.config.start_price if average is None else average

    def region_factor(self, region: int) -> int:
        """Return what a region does to the price, in ppb."""
        stored = self.region_factors.get(region)
        return REGION_LIMITS.start if stored is None else stored.value

    def max_tip(self) -> int:
        """Return the highest tip that an order may give, in ppb."""
        return self.terms.pricing.max_tip

    # ----------------------------------------------------------------- what other pallets tell it

    def tier(self, tier: int) -> TierInfo | None:
        """Return what a tier asks of hardware; None where there is no such tier."""
        stored = self.tiers.get(tier)
        if stored is None and tier < len(self.config.tiers):
            return self.config.tiers[tier]
        return stored

    def has_market(self, market: Market) -> bool:
        """Say whether there is such a tier and region."""
        return market.region < self.config.regions and self.tier(market.tier) is not None

    def admits(self, tier: int, rating: int, memory_mib: int, attestation: int) -> bool:
        """Say whether hardware is what a tier asks for."""
        asked = self.tier(tier)
        return (
            asked is not None
            and rating >= asked.min_rating
            and memory_mib >= asked.min_memory_mib
            and attestation >= asked.min_attestation
        )

    def rate(self, market: Market, before: int, after: int) -> None:
        """Hear that the capacity of a provider changed, in micro-CU per second."""
        if before == after:
            return
        self.rated[market] += after - before
        if market not in self.open_markets:
            markets = (*self.open_markets, market)
            self.open_markets = tuple(sorted(markets, key=queues.order_of))
            self.deposit(MarketOpened(market))

    def rating(self, market: Market) -> int:
        """Return the capacity of the schedulable providers of a market, in micro-CU per second."""
        return self.rated[market]

    def waits(self, market: Market, limit: Balance, units: int) -> None:
        """Hear that a job waits, of so many micro-CU, whose client pays up to `limit`."""
        self.waiting[market] = queues.with_more(self.waiting[market], limit, units)

    def leaves(self, market: Market, limit: Balance, units: int) -> None:
        """Hear that a job waits no more."""
        self.waiting[market] = queues.with_less(self.waiting[market], limit, units)

    def serve(self, market: Market, units: int) -> None:
        """Hear that work was paid for, in micro-CU."""
        self.used[market] += units

    def take_load(self) -> tuple[int, int]:
        """Return use and capacity of all markets, in planck, in the periods since the last call."""
        load, self.load = self.load, NO_LOAD
        return load.used, load.capacity

    def backlog(self, market: Market) -> int:
        """Return all that waits in a market, in micro-CU."""
        return sum(one.units for one in self.waiting[market])

    def pressure(self, market: Market) -> int:
        """Return the load of a market in the last pricing period, in ppb; 0 before the first."""
        period = self.context.number // self.config.period_blocks
        point = self.price_history.get((market, period % HISTORY))
        return point.pressure if point is not None and point.period == period else 0

    def payable(self, market: Market) -> int:
        """Return what waits in a market and could pay its price, in micro-CU."""
        return queues.payable(self.waiting[market], self.price(market))

    # ------------------------------------------------------------------------------------ helpers

    def _changed(self, stored: Factor | None, value: int) -> Factor:
        """Return a factor after a decision on it, or refuse the decision."""
        era, limits = self.context.number // self.config.era_blocks, REGION_LIMITS
        old = limits.start if stored is None else stored.value
        ensure(limits.least <= value <= limits.most, Error.FACTOR_OUT_OF_BOUNDS)
        is_small = abs(value - old) * PERBILL <= old * MAX_CHANGE
        ensure(is_small, Error.FACTOR_CHANGE_TOO_LARGE)
        ensure(stored is None or stored.era < era, Error.FACTOR_CHANGE_TOO_SOON)
        return Factor(value, era)

    # --------------------------------------------------------------------------------- invariants

    @invariant
    def prices_are_within_bounds(self) -> bool:
        """No base price is below the least or above the highest that there can be."""
        rules = self.terms.pricing
        least = min(rules.base_min, ROWS[Parameter.BASE_MIN].least)
        most = max(rules.base_max, ROWS[Parameter.BASE_MAX].most)
        return all(least <= base <= most for _, base in self.base.items())

    @invariant
    def prices_move_by_small_steps(self) -> bool:
        """No period moved a base price by more than the largest part there can be, rounded up."""
        divisor = min(self.terms.pricing.divisor, ROWS[Parameter.DIVISOR].least)
        return all(
            abs(point.base - point.before) <= -(-point.before // divisor)
            for _, point in self.price_history.items()
        )

    @invariant
    def markets_with_capacity_are_open(self) -> bool:
        """Open markets are in order, and whoever has capacity is among them."""
        markets = self.open_markets
        in_order = list(markets) == sorted(dict.fromkeys(markets), key=queues.order_of)
        return in_order and all(market in markets for market, _ in self.rated.items())

    @invariant
    def queues_are_in_order(self) -> bool:
        """No market lists a limit twice, out of order, or for nothing."""
        return all(queues.is_in_order(queue) for _, queue in self.waiting.items())
