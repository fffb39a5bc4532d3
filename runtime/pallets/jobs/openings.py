"""Openings: what a provider commits to, and the sample by which every importer checks it.

Source: design page "Compute", Protocol, items 1 and 2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtime.compute.challenge import RANDOMNESS_DELAY
from runtime.compute.classes import Tree, has_auxiliary
from runtime.compute.job import JobSpec
from runtime.compute.receipt import NO_AUXILIARY, Commitment
from runtime.compute.registry import work_of
from runtime.frame import ensure, require
from runtime.pallets.jobs.events import Error
from runtime.pallets.jobs.records import Job, JobState, Output, Segment, SegmentStatus
from runtime.primitives.types import H256, AccountId

if TYPE_CHECKING:
    from runtime.pallets.jobs.pallet import Jobs


class Openings:
    """Knows which segments wait for an opening; keeps nothing of its own."""

    def __init__(self, pallet: Jobs) -> None:
        self._pallet = pallet

    def committed(self, number: int, job: Job, provider: AccountId, output: Output) -> Segment:
        """Return the record of a segment that a provider commits to.

        Raises:
            DispatchError: the result has not the size, or not the parts, of what was ordered.
        """
        spec = self._pallet.specs[number]
        work = work_of(spec.job_class, spec.params)
        is_whole = output.out_bytes == work.content_bytes(Tree.OUTPUT) and (
            has_auxiliary(work) == (output.aux_root != NO_AUXILIARY)
        )
        ensure(is_whole, Error.BAD_COMMITMENT)
        return Segment(
            provider=provider,
            units=job.segment_units,
            output=output,
            committed_at=self._pallet.context.number,
            status=SegmentStatus.COMMITTED,
            proof_hash=None,
        )

    def awaited(self, number: int, segment: int) -> tuple[JobSpec, Commitment, H256] | None:
        """Return what an opening is checked against, from its challenge to its window's end."""
        pallet = self._pallet
        job = pallet.jobs.get(number)
        if job is None or job.state is not JobState.COMMITTED:
            return None
        is_late = pallet.context.number > job.entered_at + pallet.opening_window()[1]
        if is_late or segment != job.next_segment:
            return None
        held = pallet.segments[number, segment]
        randomness = pallet.randomness.of_block(held.committed_at + RANDOMNESS_DELAY)
        if randomness is None:
            return None
        return pallet.specs[number], held.commitment(number, segment), randomness

    def verify(self, number: int, segment: int, proof_hash: H256) -> int:
        """Mark a segment as verified, by an opening that this block carries; return its units.

        Raises:
            DispatchError: the segment does not wait for an opening in this block.
        """
        pallet = self._pallet
        job = require(pallet.jobs.get(number), Error.UNKNOWN_JOB)
        ensure(job.state is JobState.COMMITTED, Error.WRONG_STATE)
        ensure(segment == job.next_segment, Error.WRONG_SEGMENT)
        first, last = pallet.opening_window()
        ensure(first <= pallet.context.number - job.entered_at <= last, Error.OUTSIDE_WINDOW)
        pallet.lifecycle.verified(number, job, proof_hash)
        return job.segment_units
