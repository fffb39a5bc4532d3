"""Nobody starves: a job is overtaken only by jobs submitted less than MaxBoost blocks after it.

First of the keys alone, for any class, tip and boost; then of a whole market, in which classes,
tips, reservations and moves between regions put jobs ahead, while providers are rarely there.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.compute.job import PERBILL, LatencyClass, Market
from runtime.frame import Root, Signed
from runtime.pallets.jobs import Conditions, Job, JobState, Thresholds
from runtime.pallets.jobs.money import LATENCY_BOOSTS, MAX_BOOST, queue_key
from runtime.primitives.types import UNIT
from tests.pallets.compute_market import ALICE, CAROL, DAVE, MARKET, ComputeMarket

FAR = Market(0, 1)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A job that is ordered so many blocks after the one before."""

    pause: int
    latency: LatencyClass
    tip: int
    region: int
    is_reserved: bool
    may_move: bool
    is_served: bool
    """Whether providers take a job each after it."""


class Wait(NamedTuple):
    """How a job waited: the blocks of its order, of its way into the market, of its end there."""

    market: Market
    submitted: int
    queued: int
    given: int


blocks = st.integers(min_value=0, max_value=2**40)
claims = st.tuples(st.sampled_from(LatencyClass), st.integers(0, PERBILL), st.integers(0, 100))
"""Class, tip and level of stake, beyond the highest there is."""
Claim = tuple[LatencyClass, int, int]


@given(mine=blocks, later=blocks, claim=claims, other=claims)
def test_req_37_no_boost_overtakes_a_job_that_is_max_boost_older(
    mine: int, later: int, claim: Claim, other: Claim
) -> None:
    overtakes = queue_key(later, *other) < queue_key(mine, *claim)
    if later >= mine:
        assert not overtakes or later - mine < MAX_BOOST
    assert queue_key(mine, *claim) >= mine


def test_the_parts_of_a_boost_are_those_of_the_design() -> None:
    assert [LATENCY_BOOSTS[one] for one in LatencyClass] == [0, 60, 150, 300]
    keys = [queue_key(7, LatencyClass.REALTIME, PERBILL // 2, level) for level in (0, 1, 4, 8)]
    assert keys == [107, 82, 7, 7]


arrivals = st.lists(
    st.builds(
        Arrival,
        pause=st.integers(0, 400),
        latency=st.sampled_from(LatencyClass),
        tip=st.sampled_from([0, PERBILL // 4, PERBILL]),
        region=st.sampled_from([0, 0, 0, 1]),
        is_reserved=st.booleans(),
        may_move=st.booleans(),
        is_served=st.booleans(),
    ),
    min_size=6,
    max_size=24,
)


@settings(max_examples=60, deadline=None)
@given(arrivals=arrivals)
def test_req_34_who_waits_is_overtaken_only_by_the_young(arrivals: list[Arrival]) -> None:
    world = market_that_is_short_of_providers()
    for arrival in arrivals:
        world.context.number += arrival.pause
        arrive(world, arrival)
        world.next_block()
        serve(world, rounds=arrival.is_served)
    while world.jobs.open_jobs:
        serve(world, rounds=1)
    waits = [wait_of(job) for _, job in world.jobs.jobs.items()]
    assert len(waits) == len(arrivals)
    for one in waits:
        for other in waits:
            waited = one.market == other.market and one.queued <= other.given < one.given
            assert not waited or other.submitted < one.submitted + MAX_BOOST


def market_that_is_short_of_providers() -> ComputeMarket:
    """Return a world with a provider of one slot here and one far away, and a reservation."""
    world = ComputeMarket()
    for pallet in world.pallets:  # other tests see to the invariants
        pallet.try_state = nothing  # type: ignore[method-assign]
    world.jobs.config = replace(world.jobs.config, era_blocks=10**6)
    world.reservations.config = replace(world.reservations.config, epoch_blocks=10**6)
    world.providers.config = replace(world.providers.config, jobs_per_provider=1)
    world.join(CAROL)
    world.join(DAVE, market=FAR)
    world.certify(CAROL, DAVE)
    for who in (CAROL, DAVE):
        world.call(world.providers.chill, Signed(who))
    world.call(world.jobs.set_overflow, Root(), Thresholds(queue=3, wait=300))
    world.call(world.reservations.reserve, Signed(ALICE), MARKET, 10_000, 1, UNIT)
    return world


def nothing() -> None:
    """Check nothing."""


def arrive(world: ComputeMarket, arrival: Arrival) -> None:
    """Order a job of an arrival."""
    is_here = arrival.region == 0
    conditions = Conditions(
        regions=(1 - arrival.region,) if arrival.may_move else (),
        reservation=0 if arrival.is_reserved and is_here else None,
    )
    world.order(
        latency=arrival.latency,
        tip=arrival.tip,
        market=MARKET if is_here else FAR,
        conditions=conditions,
        deadline=world.context.number + 14_000,
    )


def serve(world: ComputeMarket, rounds: int) -> None:
    """Let each provider take a job in a block, which its client then takes back, so many times."""
    for _ in range(rounds):
        for who in (CAROL, DAVE):
            world.call(world.providers.resume, Signed(who))
        world.pass_blocks(2)
        for who in (CAROL, DAVE):
            world.call(world.providers.chill, Signed(who))
        for number, job in list(world.jobs.jobs.items()):
            if job.state is JobState.ASSIGNED:
                world.call(world.jobs.cancel_job, Signed(ALICE), number)


def wait_of(job: Job) -> Wait:
    """Return how a job waited in the market in which it was given out."""
    given = [step.block for step in job.history if step.state is JobState.ASSIGNED]
    queued = [step.block for step in job.history if step.state is JobState.QUEUED]
    assert len(given) == 1, f"wanted a job that was given out once, got {job.history}"
    return Wait(job.market, job.submitted_at, queued[-1], given[0])
