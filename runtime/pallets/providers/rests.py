"""Rests: a job that was given back takes a slot of its provider for a while longer.

Whoever gives jobs back has no more of them than whoever lets them lie: it cannot have each job of
a market, one after the other, for nothing. A rest that is over is noticed at the next sign of life.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtime.pallets.providers.records import MAX_RESTS
from runtime.primitives.types import AccountId, BlockNumber

if TYPE_CHECKING:
    from runtime.pallets.providers.pallet import Providers


class Rests:
    """Counts slots that are taken. Invariant: the idle lists agree with the rests that are kept."""

    def __init__(self, pallet: Providers) -> None:
        self._pallet = pallet

    def add(self, who: AccountId, until: BlockNumber) -> None:
        """Take a slot of `who` until a block; the oldest rests make room."""
        pallet = self._pallet
        pallet.resting[who] = (*pallet.resting[who], until)[-MAX_RESTS:]
        pallet.put(who, pallet.providers[who])

    def taken(self, who: AccountId) -> int:
        """Return how many slots are taken now; forget those that are free again."""
        kept, now = self._pallet.resting[who], self._pallet.context.number
        still = tuple(until for until in kept if until > now)
        if still != kept:
            self._pallet.resting[who] = still
        return len(still)
