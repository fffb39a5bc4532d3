"""Extrinsics that became ready and were not sent to other nodes yet."""

from __future__ import annotations

from collections import OrderedDict

import trio

UNSENT_COUNT = 8192
"""As many as the pool holds; when peers are slower than clients the oldest are not sent."""


class GossipQueue:
    """What the network has to send, in order; each extrinsic once as long as it stays ready."""

    def __init__(self) -> None:
        """Start empty."""
        self._unsent: OrderedDict[bytes, bytes] = OrderedDict()
        self._sent: set[bytes] = set()
        self._filled = trio.Event()
        self._count, self._counted = 0, trio.Event()

    def put(self, extrinsic_hash: bytes, raw: bytes) -> None:
        """Queue an extrinsic that is ready; one that was sent before is not sent again."""
        if extrinsic_hash in self._sent or extrinsic_hash in self._unsent:
            return
        self._unsent[extrinsic_hash] = raw
        if len(self._unsent) > UNSENT_COUNT:
            self._unsent.popitem(last=False)
        self._filled.set()
        self._count += 1
        self._counted.set()

    def forget(self, extrinsic_hash: bytes) -> None:
        """Drop an extrinsic that left the pool."""
        self._unsent.pop(extrinsic_hash, None)
        self._sent.discard(extrinsic_hash)

    async def take(self, limit: int) -> tuple[bytes, ...]:
        """Wait until there is something to send; return up to `limit` raw extrinsics."""
        while not self._unsent:
            self._filled = trio.Event()
            await self._filled.wait()
        await trio.lowlevel.checkpoint()
        taken: list[bytes] = []
        while self._unsent and len(taken) < limit:
            extrinsic_hash, raw = self._unsent.popitem(last=False)
            self._sent.add(extrinsic_hash)
            taken.append(raw)
        return tuple(taken)

    async def beyond(self, count: int) -> int:
        """Wait until more than `count` extrinsics have come since the start; return how many."""
        while self._count <= count:
            self._counted = trio.Event()
            await self._counted.wait()
        return self._count

    def __len__(self) -> int:
        return len(self._unsent)
