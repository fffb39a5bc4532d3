"""The compute market under random calls by many: no invariant breaks, and no planck is lost.

Each rule makes one call with arguments that are often, not always, sensible. The bench checks every
invariant and every declared weight after each call and hook; here the money is added up besides:
issuance falls by exactly what the events say was burned.
"""

from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from runtime.compute.challenge import OPENING_LAST
from runtime.compute.job import DeclineReason, LatencyClass
from runtime.compute.receipt import Opening
from runtime.compute.shares import Share, ShareBatch
from runtime.frame import DispatchError, Signed
from runtime.pallets import jobs
from runtime.pallets.balances import BurnedHeld, DustLost
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

people = st.sampled_from(PEOPLE)
markets = st.sampled_from([MARKET, MARKET, ELSEWHERE])
picks = st.integers(0, 2**16)
"""Which of the jobs there are, the latest first."""
prices = st.sampled_from([UNIT, 2 * UNIT, 10_000 * UNIT, 300_000 * UNIT])
limits = st.sampled_from([300_000 * UNIT, 300_000 * UNIT, 10_000 * UNIT, UNIT])
lifetimes = st.sampled_from([40, 20, 60, 8, 1, 0])
named = st.sampled_from([None, None, None, *PEOPLE])
tips = st.sampled_from([0, 10**8, 10**9, 10**9 + 1])


class MarketMachine(RuleBasedStateMachine):
    """Five accounts, each a client and perhaps a provider, do as they please."""

    def __init__(self) -> None:
        super().__init__()
        self.world = ComputeMarket()
        self.world.jobs.config = replace(
            self.world.jobs.config, start_blocks=3, run_blocks=4, era_blocks=2
        )
        self.issued = self.world.token.total_issuance
        self.shares = 0
        self.has_receipts = False
        self.world.join(PEOPLE[2])
        self.world.join(PEOPLE[3])

    def job(self, pick: int) -> int:
        """Return the number of a job, or of the first that does not exist yet."""
        return max(self.world.jobs.next_job_id - 1 - pick % 6, 0)

    @contextmanager
    def allowed(self) -> Any:
        """Let the call inside be refused: then it changed nothing, as the bench checks."""
        try:
            yield
        except DispatchError:
            self.world.jobs.try_state()

    def call(self, method: Any, who: bytes, *arguments: Any) -> None:
        """Dispatch a call of an account."""
        with self.allowed():
            self.world.call(method, Signed(who), *arguments)

    # providers

    @rule(who=people, market=markets, payout=st.sampled_from(PayoutDestination))
    def register(self, who: bytes, market: Any, payout: PayoutDestination) -> None:
        described = info(who, market=market, payout=payout)
        self.call(self.world.providers.register_provider, who, described, 100 * UNIT)

    @rule(who=people, amount=st.sampled_from([0, 1, UNIT, 50 * UNIT]))
    def bond_extra(self, who: bytes, amount: int) -> None:
        self.call(self.world.providers.bond_extra, who, amount)

    @rule(who=people, amount=st.sampled_from([0, 1, UNIT, 100 * UNIT]))
    def unbond(self, who: bytes, amount: int) -> None:
        self.call(self.world.providers.unbond, who, amount)

    @rule(who=people)
    def withdraw(self, who: bytes) -> None:
        self.call(self.world.providers.withdraw_unbonded, who)

    @rule(who=people, comes=st.booleans())
    def chill_or_resume(self, who: bytes, comes: bool) -> None:
        book = self.world.providers
        self.call(book.resume if comes else book.chill, who)

    @rule(who=people)
    def heartbeat(self, who: bytes) -> None:
        self.call(self.world.providers.heartbeat, who, bytes(32), 1)

    # clients

    @rule(
        who=people,
        market=markets,
        latency=st.sampled_from(LatencyClass),
        price=limits,
        lifetime=lifetimes,
        to=named,
        tip=tips,
    )
    def submit(
        self, who: bytes, market: Any, latency: LatencyClass, price: int, **rest: Any
    ) -> None:
        deadline = self.world.context.number + rest["lifetime"]
        spec = order(
            self.world.context.number,
            market=market,
            latency=latency,
            max_price=price,
            deadline=deadline,
        )
        self.call(self.world.jobs.submit_job, who, spec, rest["to"], rest["tip"])

    @rule(who=people, pick=picks)
    def cancel(self, who: bytes, pick: int) -> None:
        self.call(self.world.jobs.cancel_job, who, self.job(pick))

    @rule(who=people, pick=picks, units=st.sampled_from([0, 1, 100, 2**64 - 1]))
    def top_up(self, who: bytes, pick: int, units: int) -> None:
        self.call(self.world.jobs.top_up_job, who, self.job(pick), units)

    @rule(price=prices, market=markets)
    def reprice(self, price: int, market: Any) -> None:
        self.world.jobs.base_price[market] = price

    # providers at work, most of them honest

    @rule(pick=picks, stranger=named)
    def work(self, pick: int, stranger: bytes | None) -> None:
        job = self.job(pick)
        record = self.world.jobs.jobs.get(job)
        if record is None or record.provider is None:
            return
        who, pallet = stranger or record.provider, self.world.jobs
        if record.state is JobState.ASSIGNED:
            self.call(pallet.start_job, who, job)
        else:
            self.call(pallet.commit_segment, who, job, record.next_segment, output())

    @rule(pick=picks)
    def decline(self, pick: int) -> None:
        job = self.job(pick)
        record = self.world.jobs.jobs.get(job)
        who = PEOPLE[0] if record is None or record.provider is None else record.provider
        self.call(self.world.jobs.decline_job, who, job, DeclineReason.BAD_SPEC)

    @precondition(lambda self: not self.has_receipts)
    @rule(who=people, picked=st.lists(picks, max_size=3))
    def receipts(self, who: bytes, picked: list[int]) -> None:
        self.shares += 1
        batch = ShareBatch(5, who, (Share(self.shares, 0, 0),))
        openings = tuple(
            Opening(job, 0, PROOF)
            for job in dict.fromkeys(self.job(pick) for pick in picked)
            if self.world.receipts.opening_context(job, 0) is not None
        )
        batches = (batch,) if self.world.providers.is_working(who) else ()
        if batches or openings:
            with self.allowed():
                self.world.include(batches, openings)
                self.has_receipts = True

    # anyone, and time

    @rule(who=people, pick=picks, settles=st.booleans())
    def crank(self, who: bytes, pick: int, settles: bool) -> None:
        job = self.job(pick)
        if settles:
            self.call(self.world.jobs.settle_segment, who, job, 0)
        else:
            self.call(self.world.jobs.expire_job, who, job)

    @rule(count=st.sampled_from([1, 2, 3, OPENING_LAST + 2]))
    def pass_blocks(self, count: int) -> None:
        self.world.pass_blocks(count)
        self.has_receipts = False

    @rule()
    def pass_an_era(self) -> None:
        self.world.context.number += 30 * 28
        self.world.pass_blocks(14)
        self.has_receipts = False

    @invariant()
    def what_is_gone_was_burned(self) -> None:
        burned = sum(
            event.amount
            for event in self.world.happened()
            if isinstance(event, BurnedHeld | DustLost)
        )
        assert self.world.token.total_issuance == self.issued - burned

    @invariant()
    def a_fee_is_the_sum_of_its_parts(self) -> None:
        for event in self.world.happened():
            if isinstance(event, jobs.SegmentSettled):
                pots = event.validators + event.oracles + event.stakers + event.treasury
                spent = pots + event.burn + event.scarcity_burn + event.provider_paid
                assert event.fee == spent

    def teardown(self) -> None:
        """Let all time run out: no job stays open, and nobody has anything on hold for one."""
        self.world.pass_blocks(110)
        assert self.world.jobs.open_jobs == 0
        assert dict(self.world.jobs.agenda.items()) == {}
        assert dict(self.world.jobs.lanes.items()) == {}


TestMarketMachine = MarketMachine.TestCase
TestMarketMachine.settings = settings(
    max_examples=20,
    stateful_step_count=100,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
