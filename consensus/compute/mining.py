"""Canonical work in the idle time of a device: search nonces, publish the shares.

Invariant: within an epoch no nonce is searched twice, and shares are published in ascending order.
"""

from __future__ import annotations

import trio

from consensus.compute.device import MAX_NONCES_PER_SEARCH, Search
from consensus.compute.provider_view import Lottery, Ports, SubmissionRefused
from runtime.compute.shares import MAX_SHARES_PER_BATCH, Share, ShareBatch


class Miner:
    """Mines for one provider; used by one task."""

    def __init__(self, provider: bytes, search_seconds: float, ports: Ports) -> None:
        self._provider = provider
        self._search_seconds = search_seconds
        self._count = 1
        self._ports = ports
        self._epoch = -1
        self._next_nonce = 0
        self._found: list[Share] = []
        self._published_at = 0

    async def mine(self, number: int, lottery: Lottery) -> None:
        """Do one short search, then publish if a block has passed or a batch is full.

        Raises:
            DeviceError: the device did not search.
        """
        if lottery.epoch != self._epoch:
            await self._publish()
            self._epoch, self._next_nonce = lottery.epoch, 0
        self._next_nonce = max(self._next_nonce, lottery.counted_below)
        search = Search(
            lottery.beacon, self._provider, self._next_nonce, self._count, lottery.parameters
        )
        began = trio.current_time()
        self._found += await self._ports.device.search_shares(search)
        self._next_nonce += search.count
        self._adapt(trio.current_time() - began)
        if number > self._published_at or len(self._found) >= MAX_SHARES_PER_BATCH:
            await self._publish()
            self._published_at = number

    def _adapt(self, seconds: float) -> None:
        """Search more or fewer nonces next time: devices differ by a factor of thousands."""
        if seconds < self._search_seconds / 2:
            self._count = min(2 * self._count, MAX_NONCES_PER_SEARCH)
        elif seconds > 2 * self._search_seconds:
            self._count = max(self._count // 2, 1)

    async def _publish(self) -> None:
        """Publish what was found, in full batches; what the pool refuses is lost."""
        while self._found:
            shares = tuple(self._found[:MAX_SHARES_PER_BATCH])
            del self._found[:MAX_SHARES_PER_BATCH]
            try:
                await self._ports.submit.shares(ShareBatch(self._epoch, self._provider, shares))
            except SubmissionRefused as error:
                self._ports.log.warning("shares_refused", reason=str(error), shares=len(shares))
