"""Overflow: jobs that may leave an overloaded market do, in the order in which they wait.

A market is overloaded by its queue or its load, and for one job by how long that has waited. The
job moves to the first of the regions it allows, of the same tier, that is not overloaded itself,
has an idle provider and costs no more than the client's limit. It keeps its key, so it overtakes
there nobody whom it could not have overtaken before, and it sees each region once: it cannot go
round in circles. Source: design page "Requirements", D4.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runtime.compute.job import Market
from runtime.frame import Weight, ensure
from runtime.pallets.jobs import events
from runtime.pallets.jobs import hook_weights as weights
from runtime.pallets.jobs.conditions import Conditions, Thresholds
from runtime.pallets.jobs.events import Error
from runtime.pallets.jobs.hook_weights import MAX_LOOKS, MAX_MOVES
from runtime.pallets.jobs.records import LANE_SLOTS, Job, QueueItem

if TYPE_CHECKING:
    from runtime.pallets.jobs.pallet import Jobs

FRONT = 8
"""Jobs at the head of a lane that are looked at each time: they are served first, so they move
first; then as many behind them, others in each block."""


class Overflow:
    """Moves waiting jobs between markets; keeps nothing of its own."""

    def __init__(self, pallet: Jobs) -> None:
        self._pallet = pallet

    def run(self, number: int) -> Weight:
        """Move what should and can; return what it cost at most."""
        markets = self._pallet.waiting
        turn = number % len(markets) if markets else 0
        looked = moved = 0
        for market in (*markets[turn:], *markets[:turn]):
            is_loaded = self.is_overloaded(market)
            for item in self._window(market, number)[: MAX_LOOKS - looked]:
                looked += 1
                moved += self._consider(item, market, is_overloaded=is_loaded)
                if moved == MAX_MOVES:
                    break
            if looked == MAX_LOOKS or moved == MAX_MOVES:
                break
        survey = weights.SURVEY if looked else Weight()
        return survey + weights.LOOK * looked + weights.MOVE * moved

    def decide(self, thresholds: Thresholds) -> None:
        """Let other thresholds hold from now on.

        Raises:
            DispatchError: no queue or load could reach them, or every one would.
        """
        pallet = self._pallet
        ensure(0 < thresholds.queue <= LANE_SLOTS, Error.BAD_THRESHOLDS)
        ensure(thresholds.wait > 0 and thresholds.saturation > 0, Error.BAD_THRESHOLDS)
        pallet.thresholds = thresholds
        pallet.deposit(events.ThresholdsSet(thresholds))

    def is_overloaded(self, market: Market) -> bool:
        """Say whether a market's queue or its load has reached its threshold."""
        pallet, limits = self._pallet, self._pallet.thresholds
        is_long = pallet.queues.length(market) >= limits.queue
        return is_long or pallet.prices.pressure(market) >= limits.saturation

    def _window(self, market: Market, number: int) -> tuple[QueueItem, ...]:
        """Return the jobs of a lane whose turn it is: those in front, and some behind them."""
        items = self._pallet.lanes[market].items
        behind = items[FRONT:]
        start = number * FRONT % len(behind) if behind else 0
        return (*items[:FRONT], *behind[start : start + FRONT])

    def _consider(self, item: QueueItem, market: Market, *, is_overloaded: bool) -> bool:
        """Move a job if it may leave, should, and has somewhere to go; return whether it did."""
        pallet = self._pallet
        conditions = pallet.conditions[item.job]
        if not conditions.regions:
            return False
        job = pallet.jobs[item.job]
        has_waited = pallet.context.number - job.entered_at >= pallet.thresholds.wait
        if not (is_overloaded or has_waited):
            return False
        for region in conditions.regions:
            to = Market(market.tier, region)
            if self._admits(to, job):
                return pallet.attempt(self._move, item.job, job, to, conditions)
        return False

    def _admits(self, to: Market, job: Job) -> bool:
        """Say whether a market has room for a job at a price that its client pays."""
        pallet = self._pallet
        return (
            pallet.providers.has_market(to)
            and pallet.providers.has_idle(to)
            and not self.is_overloaded(to)
            and not pallet.queues.is_full(to)
            and pallet.lifecycle.offer(replace(job, market=to)) is not None
        )

    def _move(self, number: int, job: Job, to: Market, conditions: Conditions) -> None:
        left = tuple(region for region in conditions.regions if region != to.region)
        self._pallet.conditions[number] = replace(conditions, regions=left)
        self._pallet.lifecycle.move(number, job, to)
