"""The compute market under random calls by many: no invariant breaks, and no planck is lost.

Five accounts, each a client and perhaps a provider, do as they please; arguments are often, not
always, sensible. The bench checks every invariant and every declared weight after each call and
hook; here the money is added up besides: issuance falls by exactly what the events say was burned,
and in the end every job is closed. A seed that fails is a test that repeats.
"""

from dataclasses import replace

import pytest

from runtime.compute.challenge import OPENING_LAST
from runtime.compute.job import DeclineReason, JobSpec, LatencyClass, Market
from runtime.compute.receipt import Opening
from runtime.compute.shares import Share, ShareBatch
from runtime.frame import DispatchError, Root
from runtime.pallets import jobs, reservations
from runtime.pallets.jobs import JobState
from runtime.pallets.providers import PayoutDestination
from runtime.primitives.types import UNIT
from tests.pallets.compute_market import (
    ELSEWHERE,
    MARKET,
    PEOPLE,
    PROOF,
    ComputeMarket,
    info,
    order,
    output,
)
from tests.property.market_crowd import MarketCrowd

STEPS = 300
LONGEST_LIFE = 60
NEAR = Market(0, 1)
"""Where jobs of the first market may move."""
WEIGHTS = {
    "submit": 14,
    "order": 10,
    "budget": 3,
    "reserve": 2,
    "redeem": 3,
    "pass_on": 1,
    "work": 30,
    "receipts": 12,
    "pass_blocks": 14,
    "register": 5,
    "heartbeat": 5,
    "decline": 2,
    "cancel": 2,
    "top_up": 2,
    "crank": 4,
    "bond_extra": 2,
    "unbond": 2,
    "withdraw": 2,
    "chill_or_resume": 3,
    "reprice": 1,
    "pass_eras": 1,
}
"""How often each thing is done: providers mostly work, or no job would ever be paid."""

DONE = {
    jobs.JobSubmitted,
    jobs.JobAssigned,
    jobs.JobStarted,
    jobs.JobDeclined,
    jobs.JobRequeued,
    jobs.SegmentCommitted,
    jobs.SegmentVerified,
    jobs.VerificationFailed,
    jobs.SegmentSettled,
    jobs.JobCompleted,
    jobs.JobToppedUp,
    jobs.JobRefunded,
    jobs.JobCancelled,
    jobs.JobExpired,
    jobs.JobFailed,
    jobs.JobMoved,
    jobs.JobRedeemed,
    jobs.BudgetSet,
    jobs.ThresholdsSet,
    reservations.Reserved,
    reservations.Drawn,
    reservations.Transferred,
    reservations.Closed,
}
"""Every event of Jobs and Reservations: the longest run must have seen them all."""


LONG_RUN, MOST_CROWDS = 2_500, 16
"""Calls of a crowd, and crowds until every event must have happened: some are rare."""


class Crowd(MarketCrowd):
    """Clients, providers and time."""

    def __init__(self, seed: int) -> None:
        world = ComputeMarket(mints=True)
        super().__init__(seed, world)
        world.jobs.config = replace(world.jobs.config, start_blocks=6, run_blocks=6, era_blocks=2)
        world.pricing.config = replace(
            world.pricing.config, period_blocks=4, epoch_blocks=8, era_blocks=2
        )
        world.call(world.jobs.set_overflow, Root(), jobs.Thresholds(queue=4, wait=3))
        self.shares = 0

    def run(self, steps: int) -> None:
        """Do `steps` random things, then let all time run out."""
        self.act(steps, WEIGHTS)
        self.world.pass_blocks(LONGEST_LIFE + 3 * OPENING_LAST)
        self.count_the_money()

    def job(self, *states: JobState) -> int:
        """Return the number of a job, mostly an open one in one of the states, if there are any."""
        found = [
            number
            for number, job in self.world.jobs.jobs.items()
            if job.state.is_open and (not states or job.state in states)
        ]
        if found and self.die.random() < 0.9:
            return self.die.choice(found)
        return max(self.world.jobs.next_job_id - self.die.randrange(8), 0)

    # providers

    def register(self) -> None:
        who = self.anyone()
        described = info(
            who,
            market=self.die.choice([MARKET, MARKET, NEAR, ELSEWHERE]),
            payout=self.die.choice(list(PayoutDestination)),
        )
        self.call(self.world.providers.register_provider, who, described, 100 * UNIT)

    def heartbeat(self) -> None:
        self.call(self.world.providers.heartbeat, self.anyone(), bytes(32), 1)

    # clients

    def submit(self) -> None:
        spec, die = self.spec(), self.die
        to = self.anyone() if die.random() < 0.2 else None
        tip = die.choice([0, 0, 10**8, 10**9, 10**9 + 1])
        self.call(self.world.jobs.submit_job, self.anyone(), spec, to, tip)

    def order(self) -> None:
        """Order on conditions, some of which contradict each other."""
        die, spec = self.die, self.spec()
        conditions = jobs.Conditions(
            sponsor=self.anyone() if die.random() < 0.5 else None,
            denied=tuple(die.sample(PEOPLE, die.choice([0, 0, 1, 3]))),
            regions=tuple(die.sample(range(4), die.choice([0, 1, 2]))),
            reservation=self.reservation() if die.random() < 0.3 else None,
        )
        to = self.anyone() if die.random() < 0.1 else None
        self.call(self.world.jobs.order_job, self.anyone(), spec, to, 0, conditions)

    def spec(self) -> JobSpec:
        now, die = self.world.context.number, self.die
        return order(
            now,
            market=die.choice([MARKET, MARKET, MARKET, ELSEWHERE]),
            latency=die.choices(list(LatencyClass), (2, 4, 1, 1))[0],
            max_price=die.choice([UNIT, 10_000 * UNIT, 300_000 * UNIT]),
            deadline=now + die.choice([0, 1, 8, 20, 40, LONGEST_LIFE]),
        )

    def budget(self) -> None:
        per_era = self.die.choice([None, 0, UNIT, 100_000 * UNIT, 100_000 * UNIT])
        until = self.world.context.number + self.die.choice([-1, 3, 100, 1_000])
        self.call(self.world.jobs.set_budget, self.anyone(), self.anyone(), per_era, max(until, 0))

    def reserve(self) -> None:
        market = self.die.choice([MARKET, MARKET, ELSEWHERE])
        terms = (self.die.choice([0, 10, 40]), self.die.choice([1, 3]), 2 * UNIT)
        self.call(self.world.reservations.reserve, self.anyone(), market, *terms)

    def redeem(self) -> None:
        number, reservation = self.job(JobState.QUEUED), self.reservation()
        found = self.world.reservations.reservations.get(reservation)
        who = self.anyone() if found is None else found.owner
        self.call(self.world.jobs.redeem, who, reservation, number)

    def pass_on(self) -> None:
        """Give a reservation away, or end it."""
        number = self.reservation()
        found = self.world.reservations.reservations.get(number)
        who = self.anyone() if found is None else found.owner
        if self.die.random() < 0.6:
            self.call(self.world.reservations.transfer_reservation, who, number, self.anyone())
        else:
            self.call(self.world.reservations.close_reservation, who, number)

    def reservation(self) -> int:
        """Return the number of a reservation, mostly one that there is."""
        listed = self.world.reservations.open
        return self.die.choice(listed) if listed else 0

    def cancel(self) -> None:
        number = self.job()
        job = self.world.jobs.jobs.get(number)
        who = self.anyone() if job is None else job.client
        self.call(self.world.jobs.cancel_job, who, number)

    def top_up(self) -> None:
        number = self.job()
        job = self.world.jobs.jobs.get(number)
        who = self.anyone() if job is None else job.client
        units = self.die.choice([0, 1, 100, 2**64 - 1])
        self.call(self.world.jobs.top_up_job, who, number, units)

    def reprice(self) -> None:
        price = self.die.choice([UNIT, UNIT, 10_000 * UNIT, 300_000 * UNIT])
        self.world.reprice(price, self.die.choice([MARKET, ELSEWHERE]))

    # providers at work

    def work(self) -> None:
        number = self.job(JobState.ASSIGNED, JobState.RUNNING)
        job = self.world.jobs.jobs.get(number)
        if job is None or job.provider is None:
            return
        who = self.anyone() if self.die.random() < 0.1 else job.provider
        if job.state is JobState.ASSIGNED:
            self.call(self.world.jobs.start_job, who, number)
        else:
            self.call(self.world.jobs.commit_segment, who, number, 0, output())

    def decline(self) -> None:
        number = self.job(JobState.ASSIGNED, JobState.RUNNING)
        job = self.world.jobs.jobs.get(number)
        who = self.anyone() if job is None or job.provider is None else job.provider
        self.call(self.world.jobs.decline_job, who, number, DeclineReason.BAD_SPEC)

    def receipts(self) -> None:
        """Be an author: include what the chain would accept, if anything."""
        world, who = self.world, self.anyone()
        self.shares += 1
        batch = ShareBatch(5, who, (Share(self.shares, 0, 0),))
        openings = tuple(
            Opening(job, 0, PROOF)
            for job, _ in list(world.jobs.jobs.items())
            if world.receipts.opening_context(job, 0) is not None and self.die.random() < 0.7
        )
        batches = (batch,) if world.receipts.share_context(who, 5) is not None else ()
        if batches or openings:
            try:
                world.include(batches, openings)
            except DispatchError as refusal:
                self.seen[type(refusal)] += 1

    # anyone, and time

    def crank(self) -> None:
        if self.die.random() < 0.5:
            verified = self.job(JobState.VERIFYING)
            self.call(self.world.jobs.settle_segment, self.anyone(), verified, 0)
        else:
            self.call(self.world.jobs.expire_job, self.anyone(), self.job())

    def pass_blocks(self) -> None:
        self.world.pass_blocks(self.die.choice([1, 1, 1, 1, 1, 1, 2, 3, OPENING_LAST]))

    def pass_eras(self) -> None:
        """Skip 29 eras of two blocks; the agenda catches up."""
        self.world.context.number += 58
        self.world.pass_blocks(2)

    def is_at_rest(self) -> bool:
        """Say whether no job is open, waits or is on the agenda."""
        market = self.world.jobs
        listed = [*market.agenda.items(), *market.lanes.items()]
        kept = [*market.operators.items(), *market.running_units.items()]
        return (market.open_jobs, listed, market.waiting, kept) == (0, [], (), [])


@pytest.mark.parametrize("die", range(6))
def test_random_calls_break_no_invariant_and_lose_no_planck(die: int) -> None:
    crowd = Crowd(die)
    crowd.run(STEPS)
    assert crowd.is_at_rest()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_ten_thousand_random_calls_and_more_see_every_event_and_end_at_rest() -> None:
    missing = set(DONE)
    for seed in range(2026, 2026 + MOST_CROWDS):
        crowd = Crowd(seed)
        crowd.run(LONG_RUN)
        assert crowd.is_at_rest()
        missing -= {kind for kind in DONE if crowd.seen[kind]}
        if not missing and seed >= 2026 + 10_000 // LONG_RUN - 1:
            return
    assert sorted(kind.__name__ for kind in missing) == []
