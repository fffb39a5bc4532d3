"""The end of a pricing period: each open market's price moves by its load."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtime.compute.job import Market
from runtime.pallets.pricing import formulas
from runtime.pallets.pricing.records import (
    HISTORY,
    BasePriceUpdated,
    MarketClosed,
    Peak,
    PricePoint,
)
from runtime.primitives.types import BlockNumber

if TYPE_CHECKING:
    from runtime.pallets.pricing.pallet import Pricing

SECOND = 1000
"""Milliseconds."""


class PeriodClose:
    """Closes a period; keeps nothing of its own."""

    def __init__(self, pallet: Pricing) -> None:
        self._pallet = pallet

    def run(self, number: BlockNumber) -> None:
        """Move every open market's price, close those without capacity, and take the index."""
        pallet = self._pallet
        markets = pallet.open_markets
        going = tuple(market for market in markets if self._moved(market, number))
        if going != markets:
            pallet.open_markets = going
        moved = [(pallet.base_price(market), pallet.average(market)) for market in going]
        pallet.market_index = formulas.market_index(moved, pallet.terms.pricing.least_markets)

    def _moved(self, market: Market, number: BlockNumber) -> bool:
        """Move a market's price; return whether the market goes on."""
        pallet, epoch = self._pallet, number // self._pallet.config.epoch_blocks
        last, rating = pallet.peaks[market], pallet.rated[market]
        peak = seen(last, epoch, rating)
        counted = max(peak.highest, peak.before)
        if not counted and not pallet.waiting[market]:
            del pallet.peaks[market]
            del pallet.used[market]
            pallet.deposit(MarketClosed(market))
            return False
        pallet.peaks[market] = peak
        self._reprice(market, number, counted, is_new_epoch=peak.epoch != last.epoch)
        return True

    def _reprice(
        self, market: Market, number: BlockNumber, rating: int, *, is_new_epoch: bool
    ) -> None:
        """Move a price by the load on providers of a rating, and write the period down."""
        pallet, config = self._pallet, self._pallet.config
        rules = pallet.terms.pricing
        old, average = pallet.base_price(market), pallet.average(market)
        used, backlog = pallet.used[market], pallet.payable(market)
        capacity = rating * config.period_blocks * config.block_milliseconds // SECOND
        load, new = 0, old
        if capacity:
            load = formulas.pressure(used, backlog, capacity, rules.target)
            new = formulas.next_base(old, load, rules)
        if is_new_epoch:
            average = formulas.moved_average(average, new, rules.average_divisor)
        pallet.load = formulas.with_period(pallet.load, pallet.price(market), used, capacity)
        period = number // config.period_blocks
        pallet.base[market], pallet.base_ema[market], pallet.used[market] = new, average, 0
        pallet.price_history[market, period % HISTORY] = PricePoint(
            period=period,
            block=number,
            before=old,
            base=new,
            average=average,
            used=used,
            backlog=backlog,
            capacity=capacity,
            pressure=load,
        )
        if new != old:
            pallet.deposit(BasePriceUpdated(market, old, new, load))


def seen(last: Peak, epoch: int, rating: int) -> Peak:
    """Return the highest ratings after another look: who leaves counts for an epoch more.

    Without that, providers could leave before a period ends and return after it, so that a price
    rises while nobody is short of them.
    """
    if epoch == last.epoch:
        return Peak(epoch, max(last.highest, rating), last.before)
    return Peak(epoch, rating, last.highest if epoch == last.epoch + 1 else 0)
