"""What a block does of itself for jobs whose time has run out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtime.frame import Weight
from runtime.pallets.jobs import hook_weights as weights
from runtime.pallets.jobs.records import JobState
from runtime.primitives.types import BlockNumber

if TYPE_CHECKING:
    from runtime.pallets.jobs.pallet import Jobs

MAX_DUE = 12
"""Entries of the agenda attended to in one block, if none of them is a payment."""
MAX_LOOKED = 64
"""Lists looked at, full or empty."""


class DueWork:
    """Works off the agenda in order; what a block leaves over is the next one's first."""

    def __init__(self, pallet: Jobs) -> None:
        self._pallet = pallet

    def run(self, number: BlockNumber, room: int) -> Weight:
        """Attend to what is due, within the hook's room; return what it cost at most."""
        pallet, cursor = self._pallet, self._pallet.agenda_cursor
        limit = weights.due_limit(room)
        attended, spent = 0, Weight()
        for _ in range(MAX_LOOKED):
            job = pallet.timers.first(cursor) if cursor <= number else None
            cost = weights.LIST if job is None else weights.LIST + self._weight(job)
            if cursor > number or attended == MAX_DUE or (spent + cost).ref_time > limit:
                break
            spent += cost
            if job is None:
                cursor += 1
            else:
                attended += 1
                self._attend(job)
        pallet.agenda_cursor = cursor
        return spent + weights.LIST

    def _weight(self, job: int) -> Weight:
        """Return what it costs at most to attend to a job: a payment is the dearest."""
        is_paid = self._pallet.jobs[job].state is JobState.VERIFYING
        return weights.PAY if is_paid else weights.ATTEND

    def _attend(self, number: int) -> None:
        """Do what is due for a job; if the ledger refuses, its client has everything back."""
        pallet, job = self._pallet, self._pallet.jobs[number]
        if not pallet.attempt(pallet.lifecycle.attend, number, job):
            is_done = pallet.attempt(pallet.lifecycle.abandon, number, job)
            assert is_done, f"job {number} can be neither attended to nor abandoned"
