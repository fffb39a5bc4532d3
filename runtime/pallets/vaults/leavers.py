"""What is on its way out of a vault: one pool for each era in which somebody left.

A slash names the era of its offence and strikes the pools of that era and later: who left before it
bears nothing of it, who left between the offence and its discovery as much as those who stayed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Generic, TypeVar

from runtime.frame import ensure
from runtime.frame.storage import BoundMap
from runtime.pallets.vaults.chunks import (
    MAX_CHUNKS,
    UNBONDING_ERAS,
    Chunk,
    Chunks,
    Leaving,
    LeavingPools,
)
from runtime.pallets.vaults.events import Error
from runtime.pallets.vaults.pools import EMPTY, Pool
from runtime.primitives.types import U32, Balance, BlockNumber

if TYPE_CHECKING:
    from runtime.pallets.vaults.pallet import Vaults

K = TypeVar("K")
"""What names a stake: a vault, or a vault and an asset in it."""

MOVED = 2
"""Pools out of the reach of slashes that one who leaves moves out of the vault's list."""


class Leavers(Generic[K]):
    """Keeps what leaves. Invariant: a pool's points are those of the chunks of its era.

    One keeps AGPU by vault, another units of tokenised assets by vault and asset.
    """

    def __init__(
        self,
        pallet: Vaults,
        leaving: BoundMap[K, LeavingPools],
        left: BoundMap[tuple[K, U32], Pool],
    ) -> None:
        self._pallet, self._leaving, self._left = pallet, leaving, left

    def add(self, number: K, chunks: Chunks, amount: Balance) -> Chunks:
        """Let an amount leave in this era; return the chunks of its owner with it.

        Raises:
            DispatchError: too many parts of it leave already.
        """
        era = self._pallet.era()
        pools = self._aged(number, era)
        pool = next((one.pool for one in pools if one.era == era), EMPTY)
        ensure(not pool.is_wiped_out, Error.WIPED_OUT)
        points = pool.points_for(amount)
        others = tuple(one for one in pools if one.era != era)
        self._leaving[number] = (*others, Leaving(era, pool.joined(points)))
        return with_chunk(chunks, Chunk(era, points, amount))

    def worth(self, number: K, chunk: Chunk) -> Balance:
        """Return what a chunk is worth after all slashes so far."""
        return self._pool(number, chunk.era).value(chunk.points)

    def take(self, number: K, chunk: Chunk) -> Balance:
        """Take a chunk out of its pool; return what it is worth."""
        amount = self.worth(number, chunk)
        rest = self._pool(number, chunk.era).left(chunk.points)
        pools = self._leaving[number]
        if any(one.era == chunk.era for one in pools):
            changed = (replace(one, pool=rest) if one.era == chunk.era else one for one in pools)
            self._leaving[number] = tuple(one for one in changed if one.pool.points)
        elif rest.points:
            self._left[number, chunk.era] = rest
        else:
            del self._left[number, chunk.era]
        return amount

    def reached(self, since: BlockNumber) -> int:
        """Return the first era whose leavers pay for what was done in a block."""
        era = since // self._pallet.config.era_blocks
        return max(era, self._pallet.era() - UNBONDING_ERAS + 1)

    def at_stake(self, number: K, era: int) -> Balance:
        """Return the worth of what left in an era or later."""
        return sum(one.pool.balance for one in self._leaving[number] if one.era >= era)

    def slash(self, number: K, era: int, part: Balance, whole: Balance) -> Balance:
        """Take `part / whole` of what left in an era or later; return how much that is."""
        pools = self._leaving[number]
        struck = tuple(
            replace(one, pool=one.pool.slashed(part, whole)) if one.era >= era else one
            for one in pools
        )
        self._leaving[number] = struck
        return sum(one.pool.balance for one in pools) - sum(one.pool.balance for one in struck)

    def _pool(self, number: K, era: int) -> Pool:
        """Return the pool of an era, wherever it is kept."""
        for one in self._leaving[number]:
            if one.era == era:
                return one.pool
        return self._left[number, era]

    def _aged(self, number: K, era: int) -> tuple[Leaving, ...]:
        """Return the pools of a vault, less up to two that no slash can reach any more."""
        pools = self._leaving[number]
        out_of_reach = [one for one in pools if is_due(one.era, era)][:MOVED]
        for one in out_of_reach:
            self._left[number, one.era] = one.pool
        return tuple(one for one in pools if one not in out_of_reach)


def is_due(left: int, era: int) -> bool:
    """Say whether what left in an era can be withdrawn, and is out of the reach of slashes."""
    return left + UNBONDING_ERAS <= era


def with_chunk(chunks: tuple[Chunk, ...], added: Chunk) -> tuple[Chunk, ...]:
    """Return the chunks with one more; chunks of one era are one.

    Raises:
        DispatchError: there are too many.
    """
    same = next((one for one in chunks if one.era == added.era), Chunk(added.era, 0, 0))
    others = tuple(one for one in chunks if one.era != added.era)
    ensure(len(others) < MAX_CHUNKS, Error.TOO_MANY_CHUNKS)
    return (*others, Chunk(added.era, same.points + added.points, same.held + added.held))
