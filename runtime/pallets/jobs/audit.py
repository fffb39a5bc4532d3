"""What must hold of jobs between blocks; each predicate reads all of the pallet's state."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from runtime.compute.job import Market
from runtime.frame.fungible import HoldReason
from runtime.pallets.jobs.agenda import AGENDA_SLOTS
from runtime.pallets.jobs.lanes import order_of
from runtime.pallets.jobs.records import Job, JobState, QueueItem
from runtime.primitives.types import AccountId, Balance

if TYPE_CHECKING:
    from runtime.pallets.jobs.pallet import Jobs


def open_jobs(pallet: Jobs) -> dict[int, Job]:
    """Return the jobs that are still on their way."""
    return {number: job for number, job in pallet.jobs.items() if job.state.is_open}


def escrow_is_held(pallet: Jobs) -> bool:
    """Say whether holds of those who pay are the escrows and deposits of their open jobs."""
    escrows, deposits = Counter[AccountId](), Counter[AccountId]()
    for number, job in pallet.jobs.items():
        payer = pallet.funds.payer(number, job)
        escrows[payer] += job.escrow
        deposits[payer] += job.deposit
    held = pallet.currency.held
    return all(
        held(HoldReason.JOB_ESCROW, who) == escrows[who]
        and held(HoldReason.QUEUE_DEPOSIT, who) == deposits[who]
        for who in sorted(escrows)
    )


def ended_hold_nothing(pallet: Jobs) -> bool:
    """Say whether jobs that ended have no escrow, deposit or exposure left."""
    return all(
        (job.escrow, job.deposit, job.exposure) == (0, 0, 0)
        for _, job in pallet.jobs.items()
        if not job.state.is_open
    )


def exposure_is_reserved(pallet: Jobs) -> bool:
    """Say whether providers have at stake what their open jobs put there."""
    stakes: dict[AccountId, Balance] = {}
    for job in open_jobs(pallet).values():
        if job.provider is not None:
            stakes[job.provider] = stakes.get(job.provider, 0) + job.exposure
    return all(pallet.providers.exposure(who) == stake for who, stake in stakes.items())


def lanes_hold_the_queued(pallet: Jobs) -> bool:
    """Say whether lanes are in order and list each queued job once, under its key."""
    lanes = dict(pallet.lanes.items())
    in_order = all(
        list(lane.items) == sorted(lane.items, key=lambda item: item.order)
        and lane.scan < len(lane.items)
        for lane in lanes.values()
    )
    listed = [(order_of(market), item) for market, lane in lanes.items() for item in lane.items]
    queued = [
        (order_of(job.market), QueueItem(job.key, number))
        for number, job in open_jobs(pallet).items()
        if job.state is JobState.QUEUED
    ]
    agree = sorted(listed, key=place) == sorted(queued, key=place)
    return in_order and agree and list(pallet.waiting) == sorted(lanes, key=order_of)


def backlogs_are_told(pallet: Jobs) -> bool:
    """Say whether what presses on the price of each market is what waits there."""
    units = Counter[Market]()
    for number, job in open_jobs(pallet).items():
        if job.state is JobState.QUEUED:
            assert not job.is_direct, f"direct job {number} waits"
            units[job.market] += job.units
    return all(pallet.prices.backlog(market) == told for market, told in units.items())


def place(waiting: tuple[tuple[int, int], QueueItem]) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return what waiting jobs of all markets are sorted by."""
    market, item = waiting
    return market, item.order


def agenda_lists_the_open(pallet: Jobs) -> bool:
    """Say whether each open job is listed once, under its own block, none before the cursor."""
    lists = dict(pallet.agenda.items())
    listed = [(number, block) for block, jobs in lists.items() for number in jobs]
    wakes = [(number, job.wake) for number, job in open_jobs(pallet).items()]
    return (
        sorted(listed) == sorted(wakes)
        and all(len(jobs) <= AGENDA_SLOTS for jobs in lists.values())
        and all(block >= pallet.agenda_cursor for block in lists)
    )


def jobs_are_counted(pallet: Jobs) -> bool:
    """Say whether the counters of open jobs are right."""
    clients = Counter(job.client for job in open_jobs(pallet).values())
    return pallet.open_jobs == sum(clients.values()) and dict(
        pallet.jobs_by_client.items()
    ) == dict(clients)


def ended_are_archived(pallet: Jobs) -> bool:
    """Say whether each ended job is in the archive once, and nothing else is."""
    window, ended = pallet.ended_window, dict(pallet.ended.items())
    numbers = sorted(number for number, job in pallet.jobs.items() if not job.state.is_open)
    return sorted(ended.values()) == numbers and sorted(ended) == list(
        range(window.first, window.end)
    )


def units_stay_prepaid(pallet: Jobs) -> bool:
    """Say whether what jobs are metered at is never above what their clients prepaid for."""
    return all(
        job.units <= job.max_units and job.next_segment <= job.segments
        for _, job in pallet.jobs.items()
    )


def running_is_counted(pallet: Jobs) -> bool:
    """Say whether what operators run in each market is what was matched and has not come back."""
    counted = Counter[tuple[Market, AccountId]]()
    sums = Counter[Market]()
    for number, job in open_jobs(pallet).items():
        assert (number in pallet.operators) == is_matched(job), f"job {number} is counted wrongly"
        if is_matched(job):
            counted[job.market, pallet.operators[number]] += job.units
            sums[job.market] += job.units
    return dict(pallet.operator_units.items()) == dict(counted) and dict(
        pallet.running_units.items()
    ) == dict(sums)


def budgets_are_counted(pallet: Jobs) -> bool:
    """Say whether no payer has more budgets counted than it has."""
    kept = Counter(payer for (payer, _), _ in pallet.budgets.items())
    return all(count <= kept[payer] for payer, count in pallet.budget_count.items())


def is_matched(job: Job) -> bool:
    """Say whether a job has a provider that was found for it."""
    return job.provider is not None and not job.is_direct


def conditions_are_of_jobs(pallet: Jobs) -> bool:
    """Say whether conditions are only of known jobs, and nothing else of one that ended."""
    known = dict(pallet.jobs.items())
    assert all(known[number].state.is_open for number, _ in pallet.declined.items())
    return all(number in known for number, _ in pallet.conditions.items()) and all(
        known[number].state.is_open for number, _ in pallet.operators.items()
    )
