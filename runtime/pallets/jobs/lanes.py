"""The queues: one lane of waiting jobs per market, in the order of their static keys.

A key is the block of submission less a boost of at most 600 blocks. It ages equally for all, so a
job is only ever overtaken by those submitted less than 600 blocks after it.
"""

from __future__ import annotations

from bisect import insort
from dataclasses import replace
from typing import TYPE_CHECKING

from runtime.compute.job import JobSpec, Market
from runtime.frame import ensure
from runtime.pallets.jobs import money
from runtime.pallets.jobs.events import Error
from runtime.pallets.jobs.records import LANE_SLOTS, QueueItem
from runtime.primitives.types import AccountId

if TYPE_CHECKING:
    from runtime.pallets.jobs.pallet import Jobs


class Lanes:
    """The waiting jobs. Invariant: `waiting` lists the markets whose lane is not empty, sorted."""

    def __init__(self, pallet: Jobs) -> None:
        self._pallet = pallet

    def place(self, client: AccountId, spec: JobSpec, tip: int) -> int:
        """Return the key of a new job in the lane of its market.

        Raises:
            DispatchError: the client has not staked what the market asks for.
        """
        stakers, market, task = self._pallet.stakers, spec.market, spec.job_class
        ensure(stakers.admits(client, market, task), Error.VAULT_LEVEL_TOO_LOW)
        jobs = self._pallet.jobs_by_client[client] + 1
        level = stakers.level(client, market, task, jobs)
        now, most = self._pallet.context.number, self._pallet.terms.queue.max_boost
        return money.queue_key(now, spec.latency, tip, level, most)

    def length(self, market: Market) -> int:
        """Return how many jobs wait."""
        return len(self._pallet.lanes[market].items)

    def is_full(self, market: Market) -> bool:
        """Say whether no further job can wait."""
        return self.length(market) >= LANE_SLOTS

    def insert(self, market: Market, item: QueueItem) -> None:
        """Put a job in its place."""
        lane = self._pallet.lanes[market]
        assert len(lane.items) < LANE_SLOTS, f"the lane of {market} is full"
        items = list(lane.items)
        insort(items, item, key=lambda one: one.order)
        self._pallet.lanes[market] = replace(lane, items=tuple(items))
        if not lane.items:
            markets = (*self._pallet.waiting, market)
            self._pallet.waiting = tuple(sorted(markets, key=order_of))

    def remove(self, market: Market, item: QueueItem) -> None:
        """Take a job out."""
        lane = self._pallet.lanes[market]
        assert item in lane.items, f"wanted {item} in the lane of {market}"
        items = tuple(one for one in lane.items if one != item)
        scan = lane.scan if lane.scan < len(items) else 0
        self._pallet.lanes[market] = replace(lane, items=items, scan=scan)
        if not items:
            self._pallet.waiting = tuple(one for one in self._pallet.waiting if one != market)

    def next_scan(self, market: Market, scan: int) -> None:
        """Remember where the search for a job that can be matched goes on."""
        lane = self._pallet.lanes[market]
        scan = scan if scan < len(lane.items) else 0
        if scan != lane.scan:
            self._pallet.lanes[market] = replace(lane, scan=scan)


def order_of(market: Market) -> tuple[int, int]:
    """Return what markets are sorted by."""
    return market.tier, market.region
