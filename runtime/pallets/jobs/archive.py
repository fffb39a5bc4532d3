"""Ended jobs: kept as records for seven eras, then forgotten in the order in which they ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtime.frame import Weight
from runtime.pallets.jobs import hook_weights as weights
from runtime.pallets.jobs.hook_weights import MAX_PRUNED
from runtime.pallets.jobs.records import Window
from runtime.primitives.types import BlockNumber

if TYPE_CHECKING:
    from runtime.pallets.jobs.pallet import Jobs

RETENTION_ERAS = 7
"""Eras for which an ended job can be looked up."""


class Archive:
    """The queue of ended jobs. Invariant: positions from first to end are filled, no others."""

    def __init__(self, pallet: Jobs) -> None:
        self._pallet = pallet

    def push(self, number: int) -> None:
        """Keep a job that ended in this block."""
        window = self._pallet.ended_window
        self._pallet.ended[window.end] = number
        self._pallet.ended_window = Window(window.first, window.end + 1)

    def prune(self, now: BlockNumber) -> Weight:
        """Forget jobs that ended long ago; return what it cost at most."""
        pallet, window = self._pallet, self._pallet.ended_window
        first, retention = window.first, RETENTION_ERAS * self._pallet.config.era_blocks
        while first < window.end and first - window.first < MAX_PRUNED:
            number = pallet.ended[first]
            job = pallet.jobs[number]
            if job.entered_at + retention > now:
                break
            for place in range(job.segments):
                del pallet.segments[number, place]
            del pallet.jobs[number]
            del pallet.specs[number]
            del pallet.conditions[number]
            del pallet.ended[first]
            first += 1
        if first != window.first:
            pallet.ended_window = Window(first, window.end)
        return weights.PRUNE * (first - window.first + 1)
