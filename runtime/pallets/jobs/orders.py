"""Orders: how a job comes in. Everything is checked before anything is stored."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runtime.compute.classes import Work
from runtime.compute.job import BadSpec, JobSpec, Market
from runtime.compute.registry import check_spec
from runtime.frame import DispatchError, ensure, require
from runtime.frame.fungible import HoldReason
from runtime.pallets.jobs import events, money
from runtime.pallets.jobs.agenda import MAX_OPEN_JOBS
from runtime.pallets.jobs.conditions import Conditions
from runtime.pallets.jobs.events import Error
from runtime.pallets.jobs.records import Job, JobState, new_job
from runtime.primitives.types import U64_MAX, U128_MAX, AccountId, Balance

if TYPE_CHECKING:
    from runtime.pallets.jobs.pallet import Jobs

JOBS_PER_CLIENT = 64
"""Open jobs of one account: nobody fills the queues alone."""

FIRST_SLOTS = 16
"""Jobs that may wait in a market where nobody is a provider: they show the first one that there is
work, and those of all 64 markets take a quarter of the places of the chain."""

ESCROW, DEPOSIT = HoldReason.JOB_ESCROW, HoldReason.QUEUE_DEPOSIT


class Orders:
    """Lets jobs in; keeps nothing of its own."""

    def __init__(self, pallet: Jobs) -> None:
        self._pallet = pallet

    def place(
        self,
        client: AccountId,
        spec: JobSpec,
        provider: AccountId | None,
        tip: int,
        conditions: Conditions,
    ) -> None:
        """Let a job in: its escrow goes on hold, and it waits or is assigned to whom was named."""
        pallet, number = self._pallet, self._pallet.next_job_id
        job = self._new_job(client, spec, tip, is_direct=provider is not None)
        check_conditions(conditions, spec.market, is_direct=job.is_direct)
        pallet.next_job_id = number + 1
        pallet.specs[number], pallet.conditions[number] = spec, conditions
        if conditions.reservation is not None:
            job = self._drawn(number, job, conditions)
        pallet.funds.hold(ESCROW, number, job, job.escrow)
        pallet.deposit(events.JobSubmitted(number, client, spec.market, job.escrow))
        if provider is not None:
            pallet.lifecycle.open(number, job)
            self._assign_directly(number, provider)
        else:
            ensure(not pallet.queues.is_full(job.market), Error.QUEUE_FULL)
            waiting, others = pallet.queues.length(job.market), pallet.open_jobs
            is_served = waiting < FIRST_SLOTS or pallet.providers.has_any(job.market)
            ensure(is_served, Error.NO_PROVIDER)
            deposit = money.queue_deposit(pallet.terms.queue.deposit, waiting, others)
            pallet.funds.hold(DEPOSIT, number, job, deposit)
            pallet.lifecycle.open(number, replace(job, deposit=deposit))
            pallet.lifecycle.queue(number, job)

    def top_up(self, number: int, job: Job, extra_units: int) -> None:
        """Prepay for more units of an open job."""
        pallet = self._pallet
        max_units = job.max_units + extra_units
        ensure(max_units <= U64_MAX, Error.AMOUNT_TOO_LARGE)
        more = replace(job, max_units=max_units)
        added = self._escrow(more) - self._escrow(job)
        ensure(job.escrow + added <= U128_MAX, Error.AMOUNT_TOO_LARGE)
        pallet.funds.hold(ESCROW, number, job, added)
        prepaid = job.prepaid + added
        pallet.jobs[number] = replace(more, escrow=job.escrow + added, prepaid=prepaid)
        pallet.deposit(events.JobToppedUp(number, max_units, added))

    def redeem(self, number: int, job: Job, reservation: int) -> None:
        """Pay a job that waits from a reservation of its client; it then waits in front."""
        pallet, conditions = self._pallet, self._pallet.conditions[number]
        ensure(job.state is JobState.QUEUED, Error.WRONG_STATE)
        ensure(conditions.reservation is None, Error.BAD_CONDITIONS)
        conditions = replace(conditions, reservation=reservation)
        check_conditions(conditions, job.market, is_direct=job.is_direct)
        pallet.lifecycle.unqueue(number, job)
        job = self._drawn(number, job, conditions)
        pallet.conditions[number], pallet.jobs[number] = conditions, job
        pallet.lifecycle.queue(number, job)

    def _drawn(self, number: int, job: Job, conditions: Conditions) -> Job:
        """Take the escrow of a job out of a reservation, as far as it reaches; return the job.

        Its key is that of the highest boost.
        """
        reservation = require(conditions.reservation, Error.BAD_CONDITIONS)
        pallet = self._pallet
        pallet.reservations.draw(reservation, job.client, job.market, job.units, job.escrow)
        pallet.deposit(events.JobRedeemed(number, reservation))
        return replace(job, key=money.first_key(job.submitted_at, pallet.terms.queue.max_boost))

    def _new_job(self, client: AccountId, spec: JobSpec, tip: int, *, is_direct: bool) -> Job:
        """Check an order and write its record; nothing is stored yet."""
        checked(spec)
        pallet, now = self._pallet, self._pallet.context.number
        ensure(pallet.providers.has_market(spec.market), Error.UNKNOWN_MARKET)
        ensure(pallet.prices.price(spec.market) <= spec.max_price, Error.MAX_PRICE_TOO_LOW)
        ensure(tip <= pallet.prices.max_tip(), Error.TIP_TOO_HIGH)
        ensure(spec.deadline > now, Error.DEADLINE_PASSED)
        ensure(spec.deadline <= now + pallet.config.longest_deadline, Error.DEADLINE_TOO_FAR)
        ensure(pallet.open_jobs < MAX_OPEN_JOBS, Error.TOO_MANY_JOBS)
        ensure(pallet.jobs_by_client[client] < JOBS_PER_CLIENT, Error.TOO_MANY_JOBS)
        job = new_job(client, spec, tip, now, pallet.queues.place(client, spec, tip))
        escrow = self._escrow(job)
        ensure(escrow <= U128_MAX, Error.AMOUNT_TOO_LARGE)
        return replace(job, escrow=escrow, prepaid=escrow, is_direct=is_direct)

    def _escrow(self, job: Job) -> Balance:
        """Return the most that a job can cost, by the factors of today."""
        price = self._pallet.prices.ceiling(job.max_price, job.latency, job.tip)
        return money.escrow_of(job, price, self._pallet.config.minimum_fee)

    def _assign_directly(self, number: int, provider: AccountId) -> None:
        pallet, job = self._pallet, self._pallet.jobs[number]
        chosen = pallet.providers.candidate(job.market, provider)
        chosen = require(chosen, Error.PROVIDER_UNAVAILABLE)
        ensure(job.latency in chosen.certified, Error.NOT_CERTIFIED)
        offer = require(pallet.lifecycle.offer(job), Error.MAX_PRICE_TOO_LOW)
        ensure(chosen.free_bond >= offer.exposure, Error.EXPOSURE_EXCEEDED)
        pallet.lifecycle.assign(number, job, provider, offer)


def check_conditions(conditions: Conditions, market: Market, *, is_direct: bool) -> None:
    """Refuse conditions that contradict each other or the order.

    A job for a named provider is matched with nobody: there is nobody to deny, nowhere to go and no
    queue to be in front of. A reservation is its owner's alone.
    """
    is_free = not (conditions.denied or conditions.regions or conditions.reservation is not None)
    ensure(is_free or not is_direct, Error.BAD_CONDITIONS)
    regions = (market.region, *conditions.regions)
    ensure(len(dict.fromkeys(regions)) == len(regions), Error.BAD_CONDITIONS)
    ensure(conditions.reservation is None or conditions.sponsor is None, Error.BAD_CONDITIONS)


def checked(spec: JobSpec) -> Work:
    """Return the work of a job, or refuse a specification that nobody could be held to."""
    try:
        return check_spec(spec)
    except BadSpec as error:
        raise DispatchError(Error.BAD_SPEC) from error
