"""Every state has its exits, nothing is stuck, and what fails for one job stops no other."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from runtime.compute.job import DeclineReason
from runtime.compute.receipt import Opening
from runtime.frame import DispatchError, Signed, TokenError, Weight
from runtime.frame.fungible import HoldReason
from runtime.pallets.jobs import Conditions, JobState
from runtime.pallets.jobs.records import MAX_DECLINES
from runtime.pallets.providers.records import ProviderStatus
from tests.pallets.compute_market import (
    ALICE,
    BOB,
    CAROL,
    DAVE,
    EVE,
    JOBS,
    MARKET,
    PROOF,
    RICH,
    ComputeMarket,
)
from tests.support.bench import account

END = {JobState.COMPLETED, JobState.CANCELLED, JobState.EXPIRED, JobState.FAILED}
REASON = DeclineReason.DEVICE_UNABLE
Way = Callable[[ComputeMarket, int], None]


def cancel(world: ComputeMarket, job: int) -> None:
    world.call(world.jobs.cancel_job, Signed(ALICE), job)


def decline(world: ComputeMarket, job: int) -> None:
    world.call(world.jobs.decline_job, Signed(world.provider_of(job)), job, REASON)


def start(world: ComputeMarket, job: int) -> None:
    world.call(world.jobs.start_job, Signed(world.provider_of(job)), job)


def commit(world: ComputeMarket, job: int) -> None:
    world.commit(job)


def verify(world: ComputeMarket, job: int) -> None:
    world.pass_blocks(3)
    world.verify(job)


def settle(world: ComputeMarket, job: int) -> None:
    world.call(world.jobs.settle_segment, Signed(BOB), job, 0)


def convict(world: ComputeMarket, job: int) -> None:
    with world.context.transaction():
        world.jobs.verdicts.convict(job, 0, world.provider_of(job), BOB)


def hold(world: ComputeMarket, job: int) -> None:
    with world.context.transaction():
        world.jobs.verdicts.hold(job, 0)


def time_out(world: ComputeMarket, job: int) -> None:
    """Let the time of the present state run out, nobody doing anything or taking the job again."""
    provider = world.jobs.jobs[job].provider
    if provider is not None:
        world.call(world.providers.chill, Signed(provider))
    due = world.jobs.lifecycle.due(world.jobs.jobs[job])
    world.pass_blocks(due - world.context.number)


def expire(world: ComputeMarket, job: int) -> None:
    """Let anybody do it in the block in which it is due, where the hook has not come to it."""
    due = world.jobs.lifecycle.due(world.jobs.jobs[job])
    hook, world.jobs.due_work.run = world.jobs.due_work.run, nothing  # type: ignore[method-assign]
    world.pass_blocks(due - world.context.number)
    world.jobs.due_work.run = hook  # type: ignore[method-assign]
    world.call(world.jobs.expire_job, Signed(BOB), job)


def nothing(_number: int, _room: int) -> Weight:
    """Do nothing."""
    return Weight()


TO: dict[JobState, tuple[Way, ...]] = {
    JobState.QUEUED: (),
    JobState.ASSIGNED: (),
    JobState.RUNNING: (start,),
    JobState.COMMITTED: (start, commit),
    JobState.VERIFYING: (start, commit, verify),
}
"""How a job gets into each open state: the first two come by themselves."""

EXITS: list[tuple[JobState, Way, JobState]] = [
    (JobState.QUEUED, cancel, JobState.CANCELLED),
    (JobState.QUEUED, time_out, JobState.EXPIRED),
    (JobState.QUEUED, expire, JobState.EXPIRED),
    (JobState.ASSIGNED, cancel, JobState.CANCELLED),
    (JobState.ASSIGNED, start, JobState.RUNNING),
    (JobState.ASSIGNED, decline, JobState.QUEUED),
    (JobState.ASSIGNED, time_out, JobState.QUEUED),
    (JobState.ASSIGNED, expire, JobState.QUEUED),
    (JobState.RUNNING, cancel, JobState.CANCELLED),
    (JobState.RUNNING, commit, JobState.COMMITTED),
    (JobState.RUNNING, decline, JobState.QUEUED),
    (JobState.RUNNING, time_out, JobState.QUEUED),
    (JobState.RUNNING, expire, JobState.QUEUED),
    (JobState.COMMITTED, verify, JobState.VERIFYING),
    (JobState.COMMITTED, convict, JobState.QUEUED),
    (JobState.COMMITTED, time_out, JobState.QUEUED),
    (JobState.COMMITTED, expire, JobState.QUEUED),
    (JobState.VERIFYING, settle, JobState.COMPLETED),
    (JobState.VERIFYING, convict, JobState.QUEUED),
    (JobState.VERIFYING, time_out, JobState.COMPLETED),
    (JobState.VERIFYING, expire, JobState.COMPLETED),
    (JobState.VERIFYING, hold, JobState.VERIFYING),
]
"""Each way out of each state, and where it leads."""


def at(state: JobState, *, attempts: int = 0, deadline: int = 90) -> tuple[ComputeMarket, int]:
    """Return a job in a state, after as many providers gave it back, and its provider alone."""
    world = ComputeMarket()
    if state is JobState.QUEUED:
        return world, world.submit(deadline=deadline)
    for who in (CAROL, DAVE, EVE)[: attempts + 1]:
        world.join(who)
    job = world.assigned(deadline=deadline)
    for _ in range(attempts):
        time_out(world, job)
        world.next_block()
    for step in TO[state]:
        step(world, job)
    return world, job


def test_every_open_state_has_exits_and_a_time_that_runs_out() -> None:
    walked = {state for state, _, _ in EXITS}
    assert walked | {JobState.SETTLED} == {state for state in JobState if state.is_open}
    for state in sorted(walked, key=lambda one: one.value):
        ways = {way for begin, way, _ in EXITS if begin is state}
        assert {time_out, expire} <= ways


@pytest.mark.parametrize(
    ("begin", "way", "end"), EXITS, ids=[f"{a.name}-{way.__name__}" for a, way, _ in EXITS]
)
def test_an_exit_leads_where_it_should_and_money_is_whole(
    begin: JobState, way: Way, end: JobState
) -> None:
    world, job = at(begin)
    assert world.state(job) is begin
    way(world, job)
    assert world.state(job) is end
    if end in END:
        record = world.jobs.jobs[job]
        held = [world.token.held(one, ALICE) for one in HoldReason]
        assert (record.escrow, record.deposit, record.exposure, sum(held)) == (0, 0, 0, 0)


@pytest.mark.parametrize("state", [state for state in TO if state is not JobState.QUEUED])
def test_the_third_provider_is_the_last(state: JobState) -> None:
    world, job = at(state, attempts=2)
    (time_out if state in (JobState.ASSIGNED, JobState.RUNNING) else convict)(world, job)
    assert world.state(job) is JobState.FAILED


@pytest.mark.parametrize("state", [JobState.ASSIGNED, JobState.RUNNING])
def test_the_sixteenth_that_gives_a_job_back_is_the_last(state: JobState) -> None:
    world, job = at(state)
    world.jobs.declined[job] = tuple(account(200 + i) for i in range(MAX_DECLINES - 1))
    decline(world, job)
    assert world.state(job) is JobState.FAILED
    assert world.jobs.declined[job] == ()


def test_who_gives_a_job_back_quickly_keeps_its_name_and_lacks_a_slot_for_a_while() -> None:
    world = ComputeMarket()
    world.join(CAROL)
    jobs = [world.running() for _ in range(world.providers.config.jobs_per_provider)]
    before = world.providers.providers[CAROL]
    for job in jobs:
        decline(world, job)
    after, until = world.providers.providers[CAROL], world.context.number + JOBS.start_blocks
    assert (after.reputation, after.bond) == (before.reputation, before.bond)
    assert (after.status, after.open_jobs, after.exposure) == (before.status, 0, 0)
    assert world.providers.resting[CAROL] == (until,) * 4
    assert not world.providers.has_idle(MARKET)
    world.pass_blocks(JOBS.start_blocks)
    world.call(world.providers.heartbeat, Signed(CAROL), bytes(32), 0)
    assert world.providers.resting[CAROL] == ()
    assert world.providers.has_idle(MARKET)


@pytest.mark.parametrize(("blocks", "is_late"), [(20, False), (21, True), (40, True)])
def test_who_gives_a_job_back_late_pays_as_who_lets_its_time_run_out(
    blocks: int, is_late: bool
) -> None:
    world = ComputeMarket()
    world.join(CAROL)
    job = world.running()
    before, staked = world.providers.providers[CAROL], world.jobs.jobs[job].exposure
    world.pass_blocks(blocks)
    decline(world, job)
    after = world.providers.providers[CAROL]
    lost = staked // 100 if is_late else 0
    assert before.bond - after.bond == lost
    assert after.reputation == before.reputation * (98 if is_late else 100) // 100
    assert (after.status is ProviderStatus.ABSENT) == is_late


def test_a_named_provider_that_gives_a_job_back_at_once_loses_nothing() -> None:
    """Its client chose when to ask whom, at no cost."""
    world = ComputeMarket()
    world.join(CAROL)
    before = world.providers.providers[CAROL]
    job = world.submit(to=CAROL)
    decline(world, job)
    assert world.state(job) is JobState.FAILED
    assert world.providers.providers[CAROL] == before
    assert world.providers.resting[CAROL] == ()


@pytest.mark.parametrize("state", list(TO))
def test_a_job_in_any_state_leaves_storage_by_itself(state: JobState) -> None:
    world, job = at(state, deadline=60)
    world.jobs.config = replace(world.jobs.config, era_blocks=1, verdict_blocks=20)
    if state is JobState.VERIFYING:
        hold(world, job)
    world.pass_blocks(100)
    assert job not in world.jobs.jobs
    assert world.jobs.open_jobs == 0
    assert not list(world.jobs.agenda.items())


@pytest.mark.parametrize("victim", range(3))
def test_a_ledger_that_fails_for_one_job_lets_the_others_be_paid(victim: int) -> None:
    world = ComputeMarket()
    for who in (CAROL, DAVE, EVE):
        world.join(who)
    jobs = [world.assigned() for _ in range(3)]
    for job in jobs:
        start(world, job)
        commit(world, job)
    world.pass_blocks(3)
    world.include(openings=tuple(Opening(job, 0, PROOF) for job in jobs))
    burn, count = world.token.burn_held, iter(range(100))

    def fail_once(reason: HoldReason, who: bytes, amount: int) -> None:
        if next(count) == victim:
            raise DispatchError(TokenError.FUNDS_UNAVAILABLE)
        burn(reason, who, amount)

    world.token.burn_held = fail_once  # type: ignore[method-assign]
    world.pass_blocks(2)
    ends = [world.state(job) for job in jobs]
    assert ends.count(JobState.COMPLETED) == 2
    assert ends[victim] is JobState.FAILED
    assert sum(world.token.held(one, ALICE) for one in HoldReason) == 0
    assert world.jobs.open_jobs == 0


def test_an_assignment_that_fails_leaves_the_job_waiting_and_the_others_matched() -> None:
    world = ComputeMarket()
    for who in (CAROL, DAVE):
        world.join(who)
    first, second = world.submit(), world.submit(BOB)
    reserve = world.providers.reserve

    def fail_for_first(who: bytes, exposure: int) -> None:
        if world.jobs.operators.get(first) is not None:
            raise DispatchError(TokenError.FUNDS_UNAVAILABLE)
        reserve(who, exposure)

    world.providers.reserve = fail_for_first  # type: ignore[method-assign]
    world.pass_blocks(2)
    assert (world.state(first), world.state(second)) == (JobState.QUEUED, JobState.ASSIGNED)
    assert world.jobs.operators.get(first) is None
    world.providers.reserve = reserve  # type: ignore[method-assign]
    world.next_block()
    assert world.state(first) is JobState.ASSIGNED


def test_a_sponsor_that_withdraws_its_budget_strands_no_job() -> None:
    world = ComputeMarket()
    world.call(world.jobs.set_budget, Signed(BOB), ALICE, 10**12, 1_000)
    job = world.order(conditions=Conditions(sponsor=BOB), deadline=20)
    world.call(world.jobs.set_budget, Signed(BOB), ALICE, None, 0)
    world.pass_blocks(21)
    assert world.state(job) is JobState.EXPIRED
    assert world.token.free(BOB) == RICH
