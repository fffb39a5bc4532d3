"""The hook of Jobs at the fullest state that there can be: its part of a tenth of a block."""

from collections import Counter

import pytest

from runtime.constants import BLOCK_PICOSECONDS, job_config
from runtime.frame import Weight
from runtime.pallets.jobs import JobState
from runtime.pallets.jobs import hook_weights as weights
from runtime.pallets.jobs.agenda import MAX_OPEN_JOBS
from runtime.pallets.jobs.due import MAX_DUE
from runtime.pallets.jobs.hook_weights import MAX_PRUNED
from runtime.pallets.pricing.records import MAX_MARKETS
from tests.pallets.compute_market import CAROL, ComputeMarket
from tests.pallets.full_market import FullMarket
from tests.support.chain import CHAIN

TENTH = BLOCK_PICOSECONDS // 10
PART = job_config(CHAIN).hook_picoseconds
PAYMENTS = weights.due_limit(PART) // (weights.PAY + weights.LIST).ref_time
"""Segments that a block pays of itself; anyone may have more paid, by a call for each."""
LEAST_MATCHES = 9
"""Matches that are left when as much as possible is due and forgotten."""


def test_the_fullest_block_uses_its_part_and_declares_no_less_than_it_does() -> None:
    world = FullMarket()
    assert (world.jobs.open_jobs, len(world.jobs.waiting)) == (MAX_OPEN_JOBS, MAX_MARKETS)
    world.context.events.clear()
    declared, reads, writes = world.hook()
    done = Counter(type(event).__name__ for event in world.happened())
    assert done["SegmentSettled"] == done["JobCompleted"] == PAYMENTS
    assert done["JobAssigned"] >= LEAST_MATCHES
    assert done["JobMoved"] == weights.MAX_MOVES
    assert world.jobs.ended_window.first == MAX_PRUNED
    assert (reads <= declared.reads, writes <= declared.writes) == (True, True)
    assert declared.ref_time <= PART
    world.jobs.try_state()


@pytest.mark.parametrize("room", [weights.LEAST.ref_time, TENTH // 4, PART])
def test_no_block_can_weigh_more_than_its_room_and_each_matches_some(room: int) -> None:
    due = Weight(compute=weights.due_limit(room) // 1_000)
    before = due + weights.LIST + weights.PRUNE * (MAX_PRUNED + 1)
    left = weights.matches_left(room, before)
    assert left >= 1
    whole = weights.TICK + weights.SHARED + before + weights.MATCH * left + weights.OTHERS
    assert whole.ref_time <= room
    assert weights.MAX_MARKETS == MAX_MARKETS


def test_the_hook_has_three_fifths_of_what_all_have() -> None:
    assert job_config(CHAIN).hook_picoseconds == PART == TENTH * 3 // 5
    due = Weight(compute=weights.due_limit(PART) // 1_000)
    assert PAYMENTS >= 5
    assert (weights.ATTEND * MAX_DUE).ref_time <= due.ref_time


def test_a_block_without_room_is_left_alone() -> None:
    world = ComputeMarket()
    world.join(CAROL)
    job = world.submit()
    world.context.number += 2
    assert world.poll(world.jobs, weights.LEAST.ref_time - 1) == Weight()
    assert world.state(job) is JobState.QUEUED
    world.poll(world.jobs, weights.LEAST.ref_time)
    assert world.state(job) is JobState.ASSIGNED
