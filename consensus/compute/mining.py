"""Canonical work in the idle time of a device: search nonces, publish the shares.

Invariant: within an epoch no nonce is searched twice, and shares are published in ascending order.
"""

from __future__ import annotations

from consensus.compute.device import Search
from consensus.compute.provider_view import Lottery, Ports, SubmissionRefused
from runtime.compute.shares import MAX_SHARES_PER_BATCH, Share, ShareBatch


class Miner:
    """Mines for one provider; used by one task."""

    def __init__(self, provider: bytes, nonces_per_search: int, ports: Ports) -> None:
        self._provider = provider
        self._nonces_per_search = nonces_per_search
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
        count = self._nonces_per_search
        search = Search(lottery.beacon, self._provider, self._next_nonce, count, lottery.parameters)
        self._found += await self._ports.device.search_shares(search)
        self._next_nonce += count
        if number > self._published_at or len(self._found) >= MAX_SHARES_PER_BATCH:
            await self._publish()
            self._published_at = number

    async def _publish(self) -> None:
        """Publish what was found, in full batches; what the pool refuses is lost."""
        while self._found:
            shares = tuple(self._found[:MAX_SHARES_PER_BATCH])
            del self._found[:MAX_SHARES_PER_BATCH]
            try:
                await self._ports.submit.shares(ShareBatch(self._epoch, self._provider, shares))
            except SubmissionRefused as error:
                self._ports.log.warning("shares_refused", reason=str(error), shares=len(shares))
