"""What others decide about a committed segment: whether its payment waits, whether it was a cheat.

A job that is retried has the same segments again, of another provider: a verdict therefore names
the provider too, and one that comes too late finds nobody to judge. Source: design page "Compute",
Protocol, items 3 to 5.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from runtime.compute.job import JobSpec
from runtime.compute.price import fee_of
from runtime.compute.receipt import Commitment
from runtime.frame import ensure, require
from runtime.pallets.jobs.events import Error
from runtime.pallets.jobs.records import Job, JobState, Segment, SegmentStatus
from runtime.primitives.types import AccountId, Balance, BlockNumber

if TYPE_CHECKING:
    from runtime.pallets.jobs.pallet import Jobs

MAX_VERDICTS = 8
"""Verdicts that one segment may wait for."""
REFUTABLE = (JobState.COMMITTED, JobState.VERIFYING)
"""States in which the segment under way has been committed to and not yet paid."""


@dataclass(frozen=True, slots=True)
class Accused:
    """A committed segment that has not failed, as those see it who judge it."""

    spec: JobSpec
    commitment: Commitment
    committed_at: BlockNumber
    entered_at: BlockNumber
    """The block in which its job entered its present state."""
    price: Balance
    is_unopened: bool
    """Whether its opening is awaited."""
    is_unpaid: bool
    """Whether it was opened, and its payment can wait for a verdict."""


class Verdicts:
    """Holds payments back and convicts; keeps nothing of its own."""

    def __init__(self, pallet: Jobs) -> None:
        self._pallet = pallet

    def accused(self, number: int, place: int) -> Accused | None:
        """Return a segment that can be judged; None if there is none, or it failed."""
        job = self._pallet.jobs.get(number)
        segment = self._pallet.segments.get((number, place))
        if job is None or segment is None or segment.status is SegmentStatus.FAILED:
            return None
        is_next = place == job.next_segment
        return Accused(
            spec=self._pallet.specs[number],
            commitment=segment.commitment(number, place),
            committed_at=segment.committed_at,
            entered_at=job.entered_at,
            price=self._price(job, segment),
            is_unopened=is_next and job.state is JobState.COMMITTED,
            is_unpaid=is_next and job.state is JobState.VERIFYING,
        )

    def hold(self, number: int, place: int) -> None:
        """Let one more verdict be awaited before a verified segment is paid.

        Raises:
            DispatchError: no such segment waits for its payment, or too many verdicts are awaited.
        """
        job = require(self._pallet.jobs.get(number), Error.UNKNOWN_JOB)
        ensure(job.state is JobState.VERIFYING, Error.WRONG_STATE)
        ensure(place == job.next_segment, Error.WRONG_SEGMENT)
        ensure(job.verdicts < MAX_VERDICTS, Error.VERDICT_AWAITED)
        self._pallet.lifecycle.rearm(number, replace(job, verdicts=job.verdicts + 1))

    def give(self, number: int, place: int, provider: AccountId) -> None:
        """Let one fewer verdict be awaited; at none the segment is paid in the next block.

        A segment that meanwhile failed, or was paid because its verdict took too long, has none
        left to give.
        """
        job = self._pallet.jobs.get(number)
        if job is None or job.state is not JobState.VERIFYING or not job.verdicts:
            return
        if (place, provider) == (job.next_segment, job.provider):
            self._pallet.lifecycle.rearm(number, replace(job, verdicts=job.verdicts - 1))

    def convict(
        self, number: int, place: int, provider: AccountId, finder: AccountId | None
    ) -> Balance:
        """Punish a proven cheat, and take the segment back if it is not paid yet.

        The provider loses 8 times the price of the segment, or all of its bond: half for the
        finder, as much as the client lost for the client, the rest burned. Returns what was lost.

        Raises:
            DispatchError: nothing is known of such a segment of this provider, or it failed before.
        """
        pallet = self._pallet
        job = require(pallet.jobs.get(number), Error.UNKNOWN_JOB)
        segment = require(pallet.segments.get((number, place)), Error.WRONG_SEGMENT)
        is_his = segment.provider == provider and segment.status is not SegmentStatus.FAILED
        ensure(is_his, Error.NOT_CONVICTABLE)
        if job.state in REFUTABLE and place == job.next_segment:
            return pallet.lifecycle.refute(number, job, finder)
        return pallet.lifecycle.punish(number, place, self._price(job, segment), finder)

    def has_failed(self, number: int, place: int, provider: AccountId) -> bool:
        """Say whether a segment of a provider is known to be bad."""
        segment = self._pallet.segments.get((number, place))
        is_his = segment is not None and segment.provider == provider
        return is_his and segment is not None and segment.status is SegmentStatus.FAILED

    def _price(self, job: Job, segment: Segment) -> Balance:
        """Return what a segment that was committed to costs."""
        assert job.price is not None, "a job with a committed segment has a price"
        return fee_of(segment.units, job.price, self._pallet.config.minimum_fee).total
