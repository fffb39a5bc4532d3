"""Prices of pools over time: a sum that each block adds the price of the block before to.

Only what trades is looked at: a pool's price of the last block in which it changed counts for each
block since. So nobody moves an average within one block, and a gift to a pool moves it from the
next change on. Source: the cumulative price of Uniswap v2.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runtime.frame.fungibles import AssetId
from runtime.pallets.asset_conversion.formulas import price_of
from runtime.pallets.asset_conversion.types import MAX_PRICE, SAMPLES, Activity, Sample
from runtime.primitives.types import Balance

if TYPE_CHECKING:
    from runtime.pallets.asset_conversion.pallet import AssetConversion


class Prices:
    """Keeps prices. Invariant: each pool with a share has one, of the block it changed in last."""

    def __init__(self, pallet: AssetConversion) -> None:
        self._pallet = pallet

    def spot(self, asset: AssetId) -> int:
        """Return the price now: planck for one unit, in steps of 10^-18; 0 without a pool."""
        return min(price_of(*self._pallet.reserves(asset)), MAX_PRICE)

    def twap(self, asset: AssetId) -> int | None:
        """Return the average price of the last day of blocks; None before there is so much."""
        last = self._pallet.activity.get(asset)
        now, window = self._pallet.context.number, self._pallet.config.window_blocks
        samples = self._pallet.samples[asset]
        if last is None or now - window < samples[0].block:
            return None
        current = Sample(now, last.cumulative + last.price * (now - last.block))
        points = (*samples, Sample(last.block, last.cumulative), current)
        return (current.cumulative - _cumulative_at(points, now - window)) // window

    def note(self, asset: AssetId, to_treasury: Balance = 0) -> None:
        """Record the price that a pool has after a change, and what the treasury got of it."""
        pallet, now, price = self._pallet, self._pallet.context.number, self.spot(asset)
        last = pallet.activity.get(asset)
        if last is None:
            last = Activity(now, price, 0, 0)
            pallet.samples[asset] = (Sample(now, 0),)
        elif last.block < now:
            cumulative = last.cumulative + last.price * (now - last.block)
            last = replace(last, block=now, cumulative=cumulative)
            self._sample(asset, Sample(now, cumulative))
        paid = last.to_treasury + to_treasury
        pallet.activity[asset] = replace(last, price=price, to_treasury=paid)

    def _sample(self, asset: AssetId, new: Sample) -> None:
        """Keep a point of the past, one for each step of the window, and forget older ones."""
        window = self._pallet.config.window_blocks
        step, samples = max(window // SAMPLES, 1), self._pallet.samples[asset]
        if new.block // step == samples[-1].block // step:
            return
        before = [one for one in samples if one.block <= new.block - window][:-1]
        self._pallet.samples[asset] = (*samples[len(before) :], new)


def _cumulative_at(points: tuple[Sample, ...], block: int) -> int:
    """Return the sum at a block: between two points as if the price had been even there."""
    before = max((one for one in points if one.block <= block), key=lambda one: one.block)
    after = min((one for one in points if one.block >= block), key=lambda one: one.block)
    if after.block == before.block:
        return before.cumulative
    passed, apart = block - before.block, after.block - before.block
    return before.cumulative + (after.cumulative - before.cumulative) * passed // apart
