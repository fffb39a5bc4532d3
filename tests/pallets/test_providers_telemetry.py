"""What providers show of themselves: uptime, starts, energy, and what follows for their pay."""

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from runtime.compute.energy import EnergySource
from runtime.compute.job import LatencyClass
from runtime.compute.price import Fee
from runtime.compute.receipt import Opening
from runtime.frame import Root, Signed
from runtime.pallets.jobs import JobState, money
from runtime.pallets.providers import Error, Telemetry, conduct, events, reports
from runtime.pallets.providers.records import BUCKETS, EpochRecord, JobEnergy
from runtime.pallets.providers.telemetry import CAPACITY_EPOCHS, FEWEST_SAMPLES, SAMPLES
from runtime.primitives.scale import decode, encode
from runtime.primitives.types import U64_MAX
from runtime.terms import SplitRates
from tests.pallets.compute_market import ALICE, BOB, CAROL, DAVE, MARKET, PROOF, ComputeMarket

BEAT = 50
"""Blocks of an interval of heartbeats."""
BILLION = 10**9
ROOT = bytes(32)
STANDARD = LatencyClass.STANDARD


@pytest.fixture
def world() -> ComputeMarket:
    world = ComputeMarket()
    world.join(CAROL)
    return world


def beat(world: ComputeMarket, energy_wh: int = 0) -> None:
    world.call(world.providers.heartbeat, Signed(CAROL), ROOT, energy_wh)


def starts(world: ComputeMarket, *blocks: int, latency: LatencyClass = STANDARD) -> None:
    for each in blocks:
        world.providers.standing.started(CAROL, latency, each)


def p95(world: ComputeMarket, latency: LatencyClass = STANDARD) -> int:
    return world.providers.providers[CAROL].latency_p95[latency.value]


# ------------------------------------------------------------------------------------------ uptime


@pytest.mark.parametrize(
    ("uptime", "reliability"),
    [(995_000_000, BILLION), (940_000_000, 710_526_315), (890_000_000, 0)],
)
def test_req_12_req_31_uptime_is_what_reliability_and_pay_follow(
    world: ComputeMarket, uptime: int, reliability: int
) -> None:
    """The table of requirement 12, through the record of a provider."""
    standing = world.providers.standing
    beat(world)
    record = world.providers.providers[CAROL]
    world.providers.providers[CAROL] = replace(record, uptime=uptime)
    assert standing.reliability(CAROL) == reliability
    reputation = BILLION // 2
    assert standing.performance(CAROL) == reliability * (BILLION // 2 + reputation // 2) // BILLION


def test_req_12_silence_lowers_uptime_before_the_next_heartbeat(world: ComputeMarket) -> None:
    standing, book = world.providers.standing, world.providers.telemetry_book
    beat(world)
    world.context.number += 18 * BEAT
    assert book.uptime(CAROL, world.providers.providers[CAROL]) == conduct.uptime_left(BILLION, 17)
    assert 710_000_000 < standing.reliability(CAROL) < 730_000_000
    world.context.number += 14 * BEAT
    assert standing.reliability(CAROL) == 0
    beat(world)
    uptime = conduct.uptime_after(BILLION, 31)
    assert world.providers.providers[CAROL].uptime == uptime < 910_000_000


def test_canonical_work_is_a_sign_of_life_and_no_heartbeat(world: ComputeMarket) -> None:
    beat(world)
    for interval in range(1, 40):
        world.context.number = interval * BEAT
        world.providers.record_work(CAROL, world.chance.epoch, 1)
    assert world.providers.providers[CAROL].uptime == BILLION
    assert world.providers.telemetry_book.beat_due(CAROL) == 39
    beat(world)
    assert world.providers.telemetry_book.beat_due(CAROL) is None


def test_two_signs_of_life_in_an_interval_count_once(world: ComputeMarket) -> None:
    world.context.number = 40 * BEAT
    beat(world)
    once = world.providers.providers[CAROL].uptime
    for _ in range(20):
        world.providers.record_work(CAROL, world.chance.epoch, 1)
    assert world.providers.providers[CAROL].uptime == once


@example(2, 3, 1)
@given(st.integers(0, BILLION), st.integers(0, 5000), st.integers(0, 5000))
def test_uptime_only_falls_in_silence(uptime: int, missed: int, more: int) -> None:
    left = conduct.uptime_left(uptime, missed)
    assert 0 <= conduct.uptime_left(uptime, missed + more) <= left <= uptime


def test_what_is_left_of_uptime_is_what_one_interval_after_the_other_leaves() -> None:
    slow = BILLION
    for missed in range(600):
        assert abs(conduct.uptime_left(BILLION, missed) - slow) <= missed + 12
        slow -= slow // conduct.UPTIME_BEATS


# ------------------------------------------------------------------------------------------ starts


def test_req_14_starts_of_one_and_a_half_times_the_target_give_two_thirds(
    world: ComputeMarket,
) -> None:
    target = conduct.LATENCY_TARGETS[STANDARD.value]
    starts(world, *[3 * target // 2] * FEWEST_SAMPLES)
    assert p95(world) == 3 * target // 2
    assert world.providers.standing.reliability(CAROL) == 666_666_666
    told = world.own_events(world.providers)
    assert told[-1] == events.LatencyMeasured(CAROL, STANDARD, 3 * target // 2)


def test_the_jobs_measure_starts_by_their_class() -> None:
    world = ComputeMarket()
    world.join(CAROL)
    world.certify(CAROL)
    for _ in range(FEWEST_SAMPLES):
        job = world.assigned(latency=LatencyClass.FAST)
        world.pass_blocks(3)
        world.call(world.jobs.start_job, Signed(CAROL), job)
        world.call(world.jobs.cancel_job, Signed(ALICE), job)
    assert p95(world, LatencyClass.FAST) == 3
    assert p95(world) == 1


def test_few_starts_say_nothing_and_one_in_twenty_may_be_slow(world: ComputeMarket) -> None:
    starts(world, *[20] * (FEWEST_SAMPLES - 1))
    assert p95(world) == 0
    starts(world, *[2] * 133)
    assert p95(world) == 2
    starts(world, 20)
    assert p95(world) == 20


def test_the_slowest_class_counts(world: ComputeMarket) -> None:
    starts(world, *[3] * FEWEST_SAMPLES, latency=LatencyClass.REALTIME)
    starts(world, *[8] * FEWEST_SAMPLES)
    assert world.providers.standing.reliability(CAROL) == 6 * BILLION // 8


@given(st.lists(st.integers(0, 40), min_size=1, max_size=600))
def test_a_histogram_is_bounded_and_its_percentile_is_one_of_its_newest(blocks: list[int]) -> None:
    world = ComputeMarket()
    world.join(CAROL)
    starts(world, *blocks)
    counts = world.providers.starts[CAROL, STANDARD]
    assert len(counts) == BUCKETS
    assert sum(counts) <= SAMPLES
    assert p95(world) in {0, *(min(one, BUCKETS - 1) for one in blocks)}
    if len(blocks) <= SAMPLES and len(blocks) >= FEWEST_SAMPLES:
        ordered = sorted(min(one, BUCKETS - 1) for one in blocks)
        assert p95(world) == ordered[-(-len(ordered) * 95 // 100) - 1]


def test_fast_classes_go_to_those_whose_starts_keep_them() -> None:
    batch, standard, fast, realtime = LatencyClass
    assert conduct.certified((0, 0, 0, 0)) == (batch, standard)
    assert conduct.certified((0, 4, 0, 0)) == (batch, standard, fast, realtime)
    assert conduct.certified((0, 5, 0, 0)) == (batch, standard, fast)
    assert conduct.certified((0, 5, 0, 4)) == (batch, standard, fast, realtime)
    assert conduct.certified((0, 0, 6, 4)) == (batch, standard, realtime)
    assert conduct.certified((13, 0, 0, 0)) == (batch, standard)
    assert conduct.certified((12, 1, 0, 0)) == (batch, standard, fast, realtime)
    assert conduct.certified((1, 1, 7, 4)) == (batch, standard, realtime)


@given(st.tuples(*[st.integers(0, BUCKETS - 1)] * 4))
def test_who_lost_a_class_is_not_given_it_and_who_never_had_it_has_not_lost_it(
    latencies: tuple[int, int, int, int],
) -> None:
    given_, lost = conduct.certified(latencies), conduct.lost(latencies)
    assert given_[:2] == (LatencyClass.BATCH, STANDARD)
    assert not [one for one in lost if one in given_ or not latencies[one.value]]


def test_req_32_the_providers_that_may_be_given_a_class_are_counted(world: ComputeMarket) -> None:
    world.join(DAVE)
    assert reports.takers(world.providers, MARKET) == (2, 2, 0, 0)
    world.certify(DAVE, blocks=5)
    assert reports.takers(world.providers, MARKET) == (2, 2, 1, 0)
    world.call(world.providers.chill, Signed(DAVE))
    assert reports.takers(world.providers, MARKET) == (1, 1, 0, 0)


# --------------------------------------------------------------------------------------- telemetry


def test_req_22_energy_is_kept_by_epoch_with_the_work_that_it_was_for(
    world: ComputeMarket,
) -> None:
    world.providers.record_work(CAROL, 5, 3 * 10**6)
    beat(world, 400)
    world.context.number += BEAT
    beat(world, 600)
    world.providers.standing.served(CAROL, 2 * 10**6)
    found = world.providers.telemetry(CAROL, 5)
    assert found is not None
    assert (found.beats, found.energy_wh) == (2, 1000)
    assert (found.canonical_work, found.paid_work) == (3 * 10**6, 2 * 10**6)
    assert found.work_per_kwh == 5 * 10**6
    assert (found.uptime, found.reliability) == (BILLION, BILLION)


def test_a_machine_that_reports_no_energy_has_no_efficiency(world: ComputeMarket) -> None:
    world.providers.record_work(CAROL, 5, 10**6)
    beat(world)
    found = world.providers.telemetry(CAROL, 5)
    assert found is not None
    assert (found.energy_wh, found.work_per_kwh) == (0, 0)


def test_what_is_kept_and_told_always_fits(world: ComputeMarket) -> None:
    with world.refuses(Error.TOO_MUCH_ENERGY):
        beat(world, 10**9)
    world.providers.record_work(CAROL, 5, U64_MAX)
    beat(world, 1)
    for _ in range(2):
        world.providers.standing.served(CAROL, U64_MAX)
    stored = world.providers.epoch_records[CAROL, 5]
    assert decode(encode(stored, EpochRecord), EpochRecord) == stored
    told = world.providers.telemetry(CAROL, 5)
    assert told is not None
    assert decode(encode(told, Telemetry), Telemetry) == told
    most = (conduct.part_of_energy(10**9, U64_MAX, 1), conduct.emissions(U64_MAX, 2**32 - 1))
    assert most == (U64_MAX, U64_MAX)


def test_telemetry_is_of_its_epoch_and_old_epochs_make_room(world: ComputeMarket) -> None:
    beat(world, 7)
    world.chance.epoch += 1
    assert world.providers.telemetry(CAROL, 6) is None
    world.context.number += BEAT
    beat(world, 8)
    assert [world.providers.telemetry(CAROL, epoch).energy_wh for epoch in (5, 6)] == [7, 8]
    world.chance.epoch = 5 + CAPACITY_EPOCHS
    world.context.number += BEAT
    beat(world, 9)
    assert world.providers.telemetry(CAROL, 5) is None
    assert world.providers.telemetry(CAROL, 5 + CAPACITY_EPOCHS).energy_wh == 9
    assert len(list(world.providers.epoch_records.items())) == 2


def test_strangers_have_no_telemetry_and_no_report(world: ComputeMarket) -> None:
    assert world.providers.telemetry(DAVE, 5) is None
    assert reports.report(world.providers, DAVE) is None


def test_a_report_is_what_follows_from_the_record(world: ComputeMarket) -> None:
    beat(world, 7)
    world.context.number += 5 * BEAT
    found = reports.report(world.providers, CAROL)
    assert found is not None
    standing = world.providers.standing
    assert found.reliability == standing.reliability(CAROL) < BILLION
    assert found.performance == standing.performance(CAROL)
    assert found.uptime == conduct.uptime_left(BILLION, 4)
    assert (found.bond_needed, found.short_since) == (found.record.bond, None)
    assert [one.epoch for one in found.telemetry] == [5]


# ----------------------------------------------------------------------------------------- per job


def settled(world: ComputeMarket) -> int:
    """Let a job of Carol's be paid; return the block in which it was."""
    job = world.verified()
    world.next_block()
    assert world.state(job) is JobState.COMPLETED
    return world.context.number


def energy(world: ComputeMarket, block: int) -> JobEnergy | None:
    return reports.energy_of(world.providers, 0, CAROL, 10, block)


def test_req_d10_a_jobs_energy_is_its_part_of_what_its_provider_reported(
    world: ComputeMarket,
) -> None:
    world.next_block()
    block = settled(world)
    assert energy(world, block) is None
    world.providers.record_work(CAROL, 5, 30)
    beat(world, 1000)
    assert energy(world, block) == JobEnergy(0, CAROL, 5, 10, 250_000, None)
    region = world.providers.providers[CAROL].info.market.region
    write = world.attestations.set_carbon_intensity
    world.call(write, Root(), region, EnergySource.GRID, 400)
    assert energy(world, block) == JobEnergy(0, CAROL, 5, 10, 250_000, 100_000)
    assert reports.energy_of(world.providers, 0, DAVE, 10, block) is None


def test_the_energy_of_an_epoch_is_that_of_its_jobs(world: ComputeMarket) -> None:
    parts = [conduct.part_of_energy(1001, units, 70) for units in (10, 20, 40)]
    assert 1001_000 - len(parts) < sum(parts) <= 1001_000


def test_blocks_are_found_in_their_epochs(world: ComputeMarket) -> None:
    world.next_block()
    first = world.context.number
    world.pass_blocks(3)
    world.chance.epoch = 9
    world.pass_blocks(3)
    epoch_of = world.providers.telemetry_book.epoch_of
    assert [epoch_of(first + age) for age in (-1, 0, 3, 4, 6)] == [None, 5, 5, 9, 9]


# ----------------------------------------------------------------------------------------- conduct


def test_req_13_a_failure_lowers_reputation_pay_and_rank_in_the_same_block(
    world: ComputeMarket,
) -> None:
    world.join(DAVE)
    beat(world)
    number, standing = world.context.number, world.providers.standing

    def state() -> tuple[int, int, int]:
        candidate = world.providers.candidate(world.providers.providers[CAROL].info.market, CAROL)
        assert candidate is not None
        rank = candidate.reputation * candidate.free_bond
        return standing.reputation(CAROL), standing.performance(CAROL), rank

    before = state()
    standing.disproved(CAROL, 1, BOB, 0)
    assert world.context.number == number
    assert all(after < was for after, was in zip(state(), before, strict=True))


def test_req_53_the_providers_share_moves_from_70_to_78_percent_with_its_reputation() -> None:
    fee = Fee(10**12, 0, 0)
    shares = [money.split(fee, one, SplitRates()).provider for one in (0, BILLION // 2, BILLION)]
    assert shares == [70 * 10**10, 74 * 10**10, 78 * 10**10]


# ------------------------------------------------------------------------------------------ reclaim


def test_notice_is_given_by_providers_with_open_jobs_alone(world: ComputeMarket) -> None:
    with world.refuses(Error.NO_JOBS):
        world.call(world.providers.start_reclaim, Signed(CAROL), 0)
    with world.refuses(Error.NOT_REGISTERED):
        world.call(world.providers.start_reclaim, Signed(ALICE), 0)


def test_notice_is_given_of_a_job_that_the_provider_has(world: ComputeMarket) -> None:
    job = world.running()
    for other in (job + 1, job + 2**40):
        with world.refuses(Error.NOT_ITS_JOB):
            world.call(world.providers.start_reclaim, Signed(CAROL), other)
    assert world.providers.notices[CAROL] == ()


def test_a_provider_may_leave_a_job_when_its_notice_has_run_out(world: ComputeMarket) -> None:
    job = world.running()
    world.call(world.providers.start_reclaim, Signed(CAROL), job)
    due = world.context.number + world.providers.config.reclaim_blocks
    assert world.own_events(world.providers)[-1] == events.ReclaimStarted(CAROL, job, due)
    world.call(world.providers.start_reclaim, Signed(CAROL), job)
    assert [one.due for one in world.providers.notices[CAROL]] == [due]
    world.context.number = due - 1
    assert not world.providers.wants_back(CAROL, job)
    world.context.number = due
    assert world.providers.wants_back(CAROL, job)
    assert not world.providers.wants_back(CAROL, job + 1)


def test_the_next_segment_of_a_job_that_was_given_notice_of_goes_to_another() -> None:
    world = ComputeMarket()
    world.join(CAROL)
    world.providers.config = replace(world.providers.config, reclaim_blocks=2)
    job = world.running()
    world.jobs.jobs[job] = replace(world.jobs.jobs[job], segments=2)
    world.call(world.providers.start_reclaim, Signed(CAROL), job)
    world.commit(job)
    world.pass_blocks(3)
    world.include(openings=(Opening(job, 0, PROOF),))
    reputation = world.providers.standing.reputation(CAROL)
    world.pass_blocks(1)
    assert world.state(job) is JobState.QUEUED
    assert world.jobs.jobs[job].tried == (CAROL,)
    assert world.providers.standing.reputation(CAROL) >= reputation
