"""Stability: the chain burns out of its treasury, never sells, and saves when nobody buys work.

Each era it looks at its supply. If that grew by more than a percent in 30 eras, a small part of the
treasury's AGPU is burned. With a budget of a referendum anybody may have AGPU bought and burned: a
sliver of the pool once in an epoch, not before a slot that chance draws, and only near the average
price of a day. While little work is bought only the small track spends, and what the treasury has
above its ceiling it has no part of fees. Source: design page "Economy", 5.16 and 5.17.
"""

from __future__ import annotations

from dataclasses import replace

from runtime.compute.job import PERBILL
from runtime.frame import (
    Context,
    EnsureOrigin,
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
from runtime.pallets.stability import formulas
from runtime.pallets.stability.ports import Ports, Terms
from runtime.pallets.stability.records import (
    EVENTS,
    NOTHING,
    WINDOW_ERAS,
    Absorbed,
    Absorption,
    BudgetSet,
    CeilingPassed,
    CeilingSet,
    Config,
    Error,
    History,
    HoldChanged,
    Outlook,
    ReserveBurned,
    Stable,
    StableSet,
    Totals,
)
from runtime.primitives.types import U32, U64, Balance, BlockNumber

LOOK = Weight(reads=1)
"""Whether an era has begun."""
ERA = Weight(reads=14, writes=10, compute=20_000)
"""The supply, the treasury, the load; what is burned, counted and said of them."""
BURN = Weight(reads=10, writes=8, compute=20_000)
"""The windows of a track, the pot and the issuance."""
ABSORB = Weight(reads=45, writes=24, compute=200_000)
"""The budget, chance, the feed, the pool with its day of prices, a swap of it, and the burn."""


class Stability(Pallet):
    """What the chain does about its own supply."""

    events = EVENTS
    errors = Error

    era: Value[U32 | None] = Value(default=None)
    """The era that was looked at last."""
    history: Value[History] = Value(default=())
    """The supply as each of the last 31 eras began, the oldest first."""
    idle_eras: Value[U32] = Value(default=0)
    """Eras in a row that began with little use."""
    stable: Value[Stable | None] = Value(default=None)
    """With what AGPU is bought."""
    absorption: Value[Absorption | None] = Value(default=None)
    """What may still be spent on it."""
    last_epoch: Value[U64 | None] = Value(default=None)
    """The epoch in which AGPU was bought last."""
    ceiling: Value[U32 | None] = Value(default=None)
    """Of the supply, in ppb, what the treasury may have, where a referendum has said it."""
    is_above_ceiling: Value[bool] = Value(default=False)
    """Whether the treasury had more as the era began: then its part of fees is burned."""
    totals: Value[Totals] = Value(default=NOTHING)
    """What was burned, spent and bought since block 0."""

    def __init__(
        self,
        context: Context,
        ports: Ports,
        absorbs: EnsureOrigin[None],
        governs: EnsureOrigin[None],
        config: Config,
        *,
        terms: Terms,
        index: int,
        name: str = "Stability",
    ) -> None:
        """Let those who pass `absorbs` set budgets, and `governs` what is fixed otherwise."""
        super().__init__(context, index=index, name=name)
        self.ports, self.config, self.terms = ports, config, terms
        self._absorbs, self._governs = absorbs, governs

    # ------------------------------------------------------------------------------------- calls

    @call(0, weight=BURN)
    def burn_reserve(self, origin: Origin, amount: Balance) -> None:
        """Burn AGPU of the treasury. A spending track, within what it may spend in 28 eras."""
        ensure(amount > 0, Error.ZERO_AMOUNT)
        self.ports.reserve.destroy_as(origin, amount)
        self._burned(amount, is_automatic=False)

    @call(1, weight=Weight(writes=1))
    def set_absorption_budget(self, origin: Origin, amount: Balance, until: BlockNumber) -> None:
        """Let so much of the stable asset be spent on AGPU that is burned, up to a block.

        It takes the place of the budget before; nothing ends it. The tracks big_spender, emergency.
        """
        self._absorbs(origin)
        ensure(until > self.context.number, Error.UNTIL_THE_PAST)
        self.absorption = Absorption(amount, until) if amount else None
        self.deposit(BudgetSet(amount, until))

    @call(2, weight=ABSORB)
    def absorb(self, origin: Origin) -> None:
        """Have AGPU bought with the treasury's stable asset, and burned. Anyone, once an epoch."""
        who, ports = ensure_signed(origin), self.ports
        budget = require(self.absorption, Error.NO_BUDGET)
        ensure(self.context.number <= budget.until, Error.BUDGET_EXPIRED)
        stable = require(self.stable, Error.NO_STABLE)
        epoch = ports.clock.current_epoch()
        ensure(self.last_epoch != epoch, Error.ALREADY_ABSORBED)
        ensure(self._is_due(epoch), Error.TOO_EARLY)
        ensure(ports.feeds.is_healthy(stable.feed), Error.FEED_UNHEALTHY)
        average = require(ports.exchange.twap(stable.asset), Error.NO_AVERAGE)
        spot = ports.exchange.spot(stable.asset)
        near = formulas.is_near(spot, average, self.terms.stability.above_average)
        ensure(near, Error.PRICE_TOO_HIGH)
        spent = self._slice(stable.asset, budget.left)
        ensure(spent > 0, Error.NOTHING_TO_SPEND)
        least = formulas.least_bought(spent, average, self.terms.stability.dearest)
        account = ports.reserve.account
        bought = ports.exchange.buy_agpu(account, stable.asset, spent, least)
        ports.reserve.destroy(bought)
        left = budget.left - spent
        self.absorption = replace(budget, left=left) if left else None
        self.last_epoch, sums = epoch, self.totals
        self.totals = replace(sums, spent=sums.spent + spent, bought=sums.bought + bought)
        self.deposit(Absorbed(who, epoch, spent, bought))

    @call(3, weight=Weight(writes=1))
    def set_stable(self, origin: Origin, stable: Stable) -> None:
        """Say with which asset AGPU is bought, and by which feed it is watched. A referendum."""
        self._governs(origin)
        self.stable = stable
        self.deposit(StableSet(stable))

    @call(4, weight=Weight(reads=5, writes=2))
    def set_ceiling(self, origin: Origin, part: U32) -> None:
        """Say which part of the supply, in ppb, the treasury may have. A referendum.

        Above it the treasury's part of fees is burned.
        """
        self._governs(origin)
        ensure(0 < part <= PERBILL, Error.CEILING_OUT_OF_BOUNDS)
        self.ceiling = part
        self.deposit(CeilingSet(part))
        self._look_at_ceiling()

    # ------------------------------------------------------------------------------------- hooks

    def on_initialize(self, number: BlockNumber) -> Weight:
        """As an era begins, look at supply, use and treasury."""
        era = number // self.config.era_blocks
        if era == self.era:
            return LOOK
        self.era = era
        self._look_at_supply()
        self._look_at_use()
        self._look_at_ceiling()
        return LOOK + ERA

    @constant
    def default_ceiling(self) -> U32:
        """Return the part of the supply that the treasury may have, in ppb, unless one was set."""
        return self.config.ceiling

    # ----------------------------------------------------------------- what other pallets may ask

    def is_holding(self) -> bool:
        """Say whether the treasury keeps what it has: only the small track spends."""
        return self.idle_eras >= WINDOW_ERAS

    def takes_fees(self) -> bool:
        """Say whether the treasury has its part of fees: above its ceiling they burn."""
        return not self.is_above_ceiling

    def outlook(self) -> Outlook:
        """Return how the supply is cared for."""
        known = self.history
        full = len(known) > WINDOW_ERAS
        issuance = self.ports.supply.total_issuance
        return Outlook(
            growth=(issuance - known[0]) * PERBILL // max(known[0], 1) if full else None,
            idle_eras=self.idle_eras,
            is_holding=self.is_holding(),
            ceiling=self._ceiling(),
            is_above_ceiling=self.is_above_ceiling,
            absorption=self.absorption,
            stable=self.stable,
            totals=self.totals,
        )

    # ------------------------------------------------------------------------------------ helpers

    def _look_at_supply(self) -> None:
        """Burn a part of the treasury's AGPU if the supply grew too much."""
        reserve, terms = self.ports.reserve, self.terms.stability
        self.history = (*self.history, self.ports.supply.total_issuance)[-(WINDOW_ERAS + 1) :]
        if len(self.history) <= WINDOW_ERAS:
            return
        excess = formulas.excess(self.history[0], self.history[-1], terms.growth)
        most = reserve.pot() * terms.reserve_part // PERBILL
        amount = min(excess, most, reserve.spare())
        if amount > 0 and self.attempt(reserve.destroy, amount):
            self._burned(amount, is_automatic=True)

    def _look_at_use(self) -> None:
        """Count eras that begin with little use."""
        was_holding, used = self.is_holding(), self.ports.load.utilisation()
        is_idle = used is not None and used < self.terms.stability.idle
        self.idle_eras = min(self.idle_eras + 1, WINDOW_ERAS) if is_idle else 0
        if self.is_holding() != was_holding:
            self.deposit(HoldChanged(not was_holding))

    def _look_at_ceiling(self) -> None:
        """Say whether the treasury has more of the supply than it may."""
        has, supply = self.ports.reserve.pot(), self.ports.supply.total_issuance
        is_above = has * PERBILL > supply * self._ceiling()
        if is_above != self.is_above_ceiling:
            self.is_above_ceiling = is_above
            self.deposit(CeilingPassed(is_above))

    def _ceiling(self) -> int:
        chosen = self.ceiling
        return self.config.ceiling if chosen is None else chosen

    def _burned(self, amount: Balance, *, is_automatic: bool) -> None:
        sums = self.totals
        self.totals = replace(sums, reserve_burned=sums.reserve_burned + amount)
        self.deposit(ReserveBurned(amount, is_automatic))

    def _is_due(self, epoch: int) -> bool:
        """Say whether the slot of an epoch that chance has drawn is here, or past."""
        passed, slots = self.ports.clock.progress()
        beacon = require(self.ports.clock.of_epoch(epoch), Error.TOO_EARLY)
        return passed >= formulas.drawn_slot(beacon, slots)

    def _slice(self, asset: int, left: Balance) -> Balance:
        """Return what is spent in an epoch: a sliver of the pool, of what is there and allowed."""
        _, pooled = self.ports.exchange.reserves(asset)
        owned = self.ports.holdings.balance(asset, self.ports.reserve.account)
        return min(pooled * self.terms.stability.pool_part // PERBILL, left, owned)

    # --------------------------------------------------------------------------------- invariants

    @invariant
    def a_budget_has_something_left(self) -> bool:
        """No budget is kept that is spent."""
        return self.absorption is None or self.absorption.left > 0

    @invariant
    def idleness_is_counted_to_30(self) -> bool:
        """No more eras are counted than decide."""
        return self.idle_eras <= WINDOW_ERAS
