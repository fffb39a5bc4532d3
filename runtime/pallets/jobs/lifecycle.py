"""The way of a job: each transition with all that goes with it.

    Queued → Assigned → Running → Committed → Verifying → Settled → Running … → Completed

From any open state a job can end as Cancelled, Expired or Failed, and from those between Assigned
and Committed it can return to the queue. Money leaves the escrow only here: to those that a
verified segment pays, as a charge for cancelling late, or back to the client.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from runtime.compute.challenge import OPENING_LAST
from runtime.compute.job import Market
from runtime.compute.price import Price, fee_of
from runtime.frame.fungible import HoldReason
from runtime.pallets.jobs import events
from runtime.pallets.jobs.payout import Payout
from runtime.pallets.jobs.records import (
    MAX_ATTEMPTS,
    MAX_DECLINES,
    MAX_HISTORY,
    FailReason,
    Job,
    JobState,
    QueueItem,
    Segment,
    SegmentStatus,
    Transition,
)
from runtime.primitives.types import AccountId, Balance, BlockNumber
from runtime.terms import DEFAULTS

if TYPE_CHECKING:
    from runtime.pallets.jobs.pallet import Jobs

ESCROW, DEPOSIT = HoldReason.JOB_ESCROW, HoldReason.QUEUE_DEPOSIT


@dataclass(frozen=True, slots=True)
class Offer:
    """What a provider would get for a job, and what it would put at stake."""

    price: Price
    exposure: Balance


class Lifecycle:
    """Moves jobs between states. Invariant: an open job is on the agenda under its `wake`."""

    def __init__(self, pallet: Jobs) -> None:
        self._pallet = pallet
        self._payout = Payout(pallet)

    # -------------------------------------------------------------------------------- on the way

    def open(self, number: int, job: Job) -> None:
        """Let a new job in."""
        pallet = self._pallet
        pallet.open_jobs += 1
        pallet.jobs_by_client[job.client] += 1
        self._enter(number, job, JobState.QUEUED)

    def queue(self, number: int, job: Job) -> None:
        """Put a job in its lane; from now on it presses on the price."""
        self._pallet.queues.insert(job.market, QueueItem(job.key, number))
        self._pallet.prices.waits(job.market, job.max_price, job.units)

    def unqueue(self, number: int, job: Job) -> None:
        """Take a job out of its lane; it presses on the price no more."""
        self._pallet.queues.remove(job.market, QueueItem(job.key, number))
        self._pallet.prices.leaves(job.market, job.max_price, job.units)

    def move(self, number: int, job: Job, to: Market) -> None:
        """Let a job wait in another market, under its old key."""
        self.unqueue(number, job)
        moved = replace(job, market=to)
        self._enter(number, moved, JobState.QUEUED)
        self.queue(number, moved)
        self._pallet.deposit(events.JobMoved(number, job.market, to))

    def offer(self, job: Job) -> Offer | None:
        """Return the terms of a job at today's price; None while the price is above its limit."""
        pallet = self._pallet
        if pallet.prices.price(job.market) > job.max_price:
            return None
        price = pallet.prices.quote(job.market, job.latency, job.tip)
        fee = fee_of(job.segment_units, price, pallet.config.minimum_fee)
        if job.segments * fee.total > job.escrow:  # a factor rose since the escrow was fixed
            return None
        return Offer(price, pallet.terms.bonds.exposure_factor * fee.total)

    def assign(self, number: int, job: Job, provider: AccountId, offer: Offer) -> None:
        """Give a job to a provider; its price and split are locked, its queue deposit returned."""
        pallet = self._pallet
        if not job.is_direct:
            self.unqueue(number, job)
            pallet.running.begin(number, job, provider)
        pallet.providers.reserve(provider, offer.exposure)
        job = self._return_deposit(number, job)
        job = replace(job, provider=provider, price=offer.price, exposure=offer.exposure)
        fees = pallet.terms.fees
        taken = replace(job, split=None if fees == DEFAULTS.fees else fees)
        self._enter(number, taken, JobState.ASSIGNED)
        pallet.deposit(events.JobAssigned(number, provider, offer.price, offer.exposure))

    def start(self, number: int, job: Job, provider: AccountId) -> None:
        """Let the provider begin.

        How fast it was counts of matched jobs alone: who is named may have known of the order.
        """
        waited = self._pallet.context.number - job.entered_at
        if not job.is_direct:
            self._pallet.providers.standing.started(provider, job.latency, waited)
        self._enter(number, job, JobState.RUNNING)
        self._pallet.deposit(events.JobStarted(number, provider))

    def commit(self, number: int, job: Job, segment: Segment) -> None:
        """Record the result that a provider commits to."""
        place = job.next_segment
        self._pallet.segments[number, place] = segment
        self._enter(number, job, JobState.COMMITTED)
        self._pallet.deposit(
            events.SegmentCommitted(number, place, segment.provider, segment.output)
        )

    def verified(self, number: int, job: Job, proof_hash: bytes) -> None:
        """Record that the segment was opened and checked."""
        place = job.next_segment
        segment = self._pallet.segments[number, place]
        checked = replace(segment, status=SegmentStatus.VERIFIED, proof_hash=proof_hash)
        self._pallet.segments[number, place] = checked
        self._enter(number, job, JobState.VERIFYING)
        self._pallet.deposit(events.SegmentVerified(number, place, proof_hash))

    def settle(self, number: int, job: Job) -> None:
        """Pay a verified segment; go on with the next, or complete the job."""
        pallet, place = self._pallet, job.next_segment
        segment = pallet.segments[number, place]
        pallet.segments[number, place] = replace(segment, status=SegmentStatus.SETTLED)
        fee = self._payout.settle(number, job, segment)
        escrow, paid = job.escrow - fee, job.paid + fee
        job = replace(job, escrow=escrow, paid=paid, next_segment=place + 1)
        job = self._noted(job, JobState.SETTLED)
        if job.next_segment < job.segments:
            is_left = pallet.providers.wants_back(segment.provider, number)
            self.retry(number, job) if is_left else self._enter(number, job, JobState.RUNNING)
        else:
            pallet.deposit(events.JobCompleted(number, job.paid))
            self._end(number, self._detached(number, job), JobState.COMPLETED)

    # -------------------------------------------------------------------------------- off the way

    def decline(self, number: int, job: Job, provider: AccountId) -> None:
        """Give a job back at its provider's wish; it goes to others, and to this one no more.

        Whose fault it is nobody can tell, so a quick one moves no name: it takes one of the
        provider's slots for as long as it may take to start. Who ran a job for longer than that is
        late. A job that named its provider takes no slot: its client chose it.
        """
        pallet, now = self._pallet, self._pallet.context.number
        standing, rest = pallet.providers.standing, pallet.config.start_blocks
        if job.state is JobState.RUNNING and now > job.entered_at + rest:
            standing.no_show(provider, job.exposure, is_matched=not job.is_direct)
        pallet.declined[number] = (*pallet.declined[number], provider)
        self.retry(number, job)
        if not job.is_direct:
            standing.gave_back(provider, now + rest)

    def attend(self, number: int, job: Job) -> None:
        """Do what is due when the time of a job's state has run out."""
        provider, is_past = job.provider, self._pallet.context.number > job.deadline
        match job.state:
            case JobState.VERIFYING:
                self.settle(number, job)
            case JobState.COMMITTED:
                self.refute(number, job, None)
            case JobState.ASSIGNED | JobState.RUNNING if provider is not None:
                self._blame(provider, job)
                self._expire(number, job) if is_past else self.retry(number, job)
            case _:
                self._expire(number, job)

    def retry(self, number: int, job: Job) -> None:
        """Take a job from its provider and queue it under its old key, or let it fail."""
        assert job.provider is not None, f"job {number} has no provider to be taken from"
        job = replace(self._detached(number, job), tried=(*job.tried, job.provider))
        declines = len(self._pallet.declined[number])
        if job.is_direct:
            self._fail(number, job, FailReason.DIRECT_PROVIDER)
        elif len(job.tried) - declines >= MAX_ATTEMPTS or declines >= MAX_DECLINES:
            self._fail(number, job, FailReason.ATTEMPTS_EXHAUSTED)
        elif self._pallet.context.number > job.deadline:
            self._expire(number, job)
        elif self._pallet.queues.is_full(job.market):
            self._fail(number, job, FailReason.QUEUE_FULL)
        else:
            waiting = replace(job, provider=None, price=None)
            self._enter(number, waiting, JobState.QUEUED)
            self.queue(number, waiting)
            self._pallet.deposit(events.JobRequeued(number, len(job.tried)))

    def cancel(self, number: int, job: Job) -> None:
        """Withdraw a job at its client's wish; what is under way is charged."""
        if job.state is JobState.QUEUED:
            job, charged = self._payout.return_fast(number, job), 0
        else:
            job, charged = self._payout.charge(number, job)
        self._pallet.deposit(events.JobCancelled(number, charged))
        self._end(number, self._detached(number, job), JobState.CANCELLED)

    def abandon(self, number: int, job: Job) -> None:
        """End a job whose settlement the ledger refuses: the client has everything back."""
        self._fail(number, self._detached(number, job), FailReason.NOT_PAYABLE)

    def refute(self, number: int, job: Job, finder: AccountId | None) -> Balance:
        """Punish a provider whose commitment does not hold, and retry the job."""
        assert job.price is not None, "a job that was committed to has a price"
        price = fee_of(job.segment_units, job.price, self._pallet.config.minimum_fee).total
        slashed = self.punish(number, job.next_segment, price, finder)
        self.retry(number, job)
        return slashed

    def punish(
        self,
        number: int,
        place: int,
        price: Balance,
        finder: AccountId | None,
    ) -> Balance:
        """Mark a segment as failed and slash its provider; return what it lost.

        Who paid for the job is made good, within what was lost.
        """
        pallet = self._pallet
        loser = pallet.funds.payer(number, pallet.jobs[number])
        segment = pallet.segments[number, place]
        pallet.segments[number, place] = replace(segment, status=SegmentStatus.FAILED)
        pallet.deposit(events.VerificationFailed(number, place, segment.provider))
        return pallet.providers.standing.disproved(
            segment.provider,
            pallet.terms.bonds.exposure_factor * price,
            loser,
            price,
            finder,
            paid=price if segment.status is SegmentStatus.SETTLED else 0,
            since=segment.committed_at,
        )

    def rearm(self, number: int, job: Job) -> None:
        """Record a job that stays in its state, whose time may now run out in another block."""
        pallet = self._pallet
        pallet.timers.drop(number, job.wake)
        wake = pallet.timers.put(number, max(self.due(job), pallet.context.number + 1))
        pallet.jobs[number] = replace(job, wake=wake)

    def due(self, job: Job) -> BlockNumber:
        """Return the block in which the time of a job's present state has run out."""
        match job.state:
            case JobState.VERIFYING:
                return job.entered_at + (self._pallet.config.verdict_blocks if job.verdicts else 1)
            case JobState.COMMITTED:
                return job.entered_at + OPENING_LAST + self._pallet.config.opening_grace + 1
            case JobState.ASSIGNED | JobState.RUNNING:
                return min(job.deadline + 1, self._time_out(job))
            case _:
                return job.deadline + 1

    # ------------------------------------------------------------------------------------ helpers

    def _time_out(self, job: Job) -> BlockNumber:
        config = self._pallet.config
        running = job.state is JobState.RUNNING
        return job.entered_at + (config.run_blocks if running else config.start_blocks) + 1

    def _blame(self, provider: AccountId, job: Job) -> None:
        """Punish a provider whose time ran out.

        A job that named it moves no reputation: its client chose when to ask whom, at no cost.
        """
        standing, is_matched = self._pallet.providers.standing, not job.is_direct
        if self._pallet.context.number >= self._time_out(job):
            standing.no_show(provider, job.exposure, is_matched=is_matched)
        elif job.state is JobState.RUNNING and is_matched:
            standing.late(provider)

    def _expire(self, number: int, job: Job) -> None:
        self._pallet.deposit(events.JobExpired(number))
        self._end(number, self._detached(number, job), JobState.EXPIRED)

    def _fail(self, number: int, job: Job, reason: FailReason) -> None:
        self._pallet.deposit(events.JobFailed(number, reason))
        self._end(number, job, JobState.FAILED)

    def _detached(self, number: int, job: Job) -> Job:
        """Free the provider of a job, if it has one, of what it put at stake."""
        self._pallet.running.end(number, job)
        if job.exposure and job.provider is not None:
            self._pallet.providers.release(job.provider, job.exposure)
        return replace(job, exposure=0, split=None)

    def _return_deposit(self, number: int, job: Job) -> Job:
        if job.deposit:
            self._pallet.funds.release(DEPOSIT, number, job, job.deposit)
        return replace(job, deposit=0)

    def _noted(self, job: Job, state: JobState) -> Job:
        history = (*job.history, Transition(state, self._pallet.context.number))
        return replace(job, state=state, history=history[-MAX_HISTORY:])

    def _enter(self, number: int, job: Job, state: JobState) -> None:
        """Record a job in an open state, and list it for when its time runs out."""
        pallet, is_new = self._pallet, not job.history
        job = self._noted(replace(job, verdicts=0), state)
        if not is_new:
            pallet.timers.drop(number, job.wake)
        wake = pallet.timers.put(number, max(self.due(job), pallet.context.number + 1))
        pallet.jobs[number] = replace(job, wake=wake)

    def _end(self, number: int, job: Job, state: JobState) -> None:
        """Close a job: the client has back what was not used; the record stays for a while."""
        pallet = self._pallet
        if job.state is JobState.QUEUED and not job.is_direct:
            self.unqueue(number, job)
        del pallet.declined[number]
        job = self._return_deposit(number, job)
        pallet.funds.release(ESCROW, number, job, job.escrow)
        pallet.deposit(events.JobRefunded(number, job.escrow))
        pallet.timers.drop(number, job.wake)
        pallet.jobs[number] = self._noted(replace(job, escrow=0, wake=0, verdicts=0), state)
        pallet.open_jobs -= 1
        pallet.jobs_by_client[job.client] -= 1
        pallet.archive.push(number)
