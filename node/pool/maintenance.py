"""Keeps the pool in step with the chain: one task that follows the best and the finalized block."""

from __future__ import annotations

from collections.abc import Sequence

import trio

from node.chain import Chain, Finalized, NewBest, Resync
from node.pool.followups import Body, Followups
from node.pool.pool import TransactionPool
from runtime.primitives.block import RuntimeEnvironmentUpdated

MAX_ROUTE_BLOCKS = 128
"""Bodies read at once; when the node was further behind, turns and time clean the pool up."""

LOOK_SECONDS = 1.0
"""Time to look at the block of a watched extrinsic before its finality is told.

polkadot.js fetches the block and drops the answer when the next status comes first: then nobody
would see `inBlock`. A lone validator finalizes at once; many take about as long as this.
"""


class PoolMaintenance:
    """The task that tells the pool and the watchers of extrinsics what the chain does.

    The route is always taken from the last block followed, so lost events lose nothing.
    """

    def __init__(self, pool: TransactionPool, chain: Chain) -> None:
        """Follow `chain` from where it stands."""
        self._pool = pool
        self._chain = chain
        self._followed = chain.best
        self._finalized = chain.finalized
        self._followups = Followups(pool.watchers)
        self._followed_at = trio.current_time()

    async def run(self) -> None:
        """Follow the chain until cancelled."""
        with self._chain.subscribe() as events:
            await self.follow_best()
            async for event in events:
                if isinstance(event, NewBest | Resync):
                    await self.follow_best()
                if isinstance(event, Finalized | Resync):
                    if self._followups.are_awaited:
                        await trio.sleep_until(self._followed_at + LOOK_SECONDS)
                    self.follow_finalized()

    async def follow_best(self) -> None:
        """Bring the pool to the best block there is now."""
        best = self._chain.best
        if best == self._followed:
            return
        route = self._chain.route(self._followed.hash, best.hash)
        self._followed = best
        self._followed_at = trio.current_time()
        retracted = self._bodies(route.retracted[:MAX_ROUTE_BLOCKS])
        enacted = self._bodies(route.enacted[-MAX_ROUTE_BLOCKS:])
        for body in retracted:
            self._followups.retracted(body.hash)
        for body in enacted:
            self._followups.enacted(body)
        self._followups.expire(best.number)
        await self._pool.follow(
            best.number,
            retracted=[raw for body in retracted for raw in body.extrinsics],
            enacted=[raw for body in enacted for raw in body.extrinsics],
            is_upgraded=any(map(self._changes_runtime, (*route.retracted, *route.enacted))),
        )

    def follow_finalized(self) -> None:
        """Tell the watchers what became final since the last time."""
        finalized = self._chain.finalized
        route = self._chain.route(self._finalized.hash, finalized.hash)
        self._finalized = finalized
        self._followups.finalized(route.enacted)

    def _changes_runtime(self, block_hash: bytes) -> bool:
        """Say whether the blocks above a block are of another version of the runtime."""
        header = self._chain.header(block_hash)
        return header is not None and RuntimeEnvironmentUpdated() in header.digest

    def _bodies(self, hashes: Sequence[bytes]) -> list[Body]:
        """Return the blocks that are still there; pruned ones have nothing to say."""
        found = []
        for block_hash in hashes:
            header, body = self._chain.header(block_hash), self._chain.body(block_hash)
            if header is not None and body is not None:
                found.append(Body(block_hash, header.number, body))
        return found
