"""The hook of Jobs at the fullest state that there can be: a tenth of a block."""

from collections import Counter

from runtime.constants import BLOCK_PICOSECONDS, job_config
from runtime.frame import Weight
from runtime.pallets.jobs import hook_weights as weights
from runtime.pallets.jobs.agenda import MAX_OPEN_JOBS
from runtime.pallets.jobs.archive import MAX_PRUNED
from runtime.pallets.jobs.due import MAX_DUE
from runtime.pallets.pricing.records import MAX_MARKETS
from tests.pallets.full_market import FullMarket
from tests.support.chain import CHAIN

TENTH = BLOCK_PICOSECONDS // 10
PAYMENTS = weights.due_limit(TENTH) // (weights.PAY + weights.LIST).ref_time
"""Segments that a block pays of itself; anyone may have more paid, by a call for each."""
LEAST_MATCHES = 9
"""Matches that are left when as much as possible is due and forgotten."""


def test_the_fullest_block_uses_a_tenth_and_declares_no_less_than_it_does() -> None:
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
    assert declared.ref_time <= TENTH
    world.jobs.try_state()


def test_no_block_can_weigh_more_than_a_tenth_and_each_matches_some() -> None:
    config = job_config(CHAIN)
    assert config.hook_picoseconds == TENTH
    due = Weight(compute=weights.due_limit(TENTH) // 1_000)
    before = due + weights.LIST + weights.PRUNE * (MAX_PRUNED + 1)
    left = weights.matches_left(TENTH, before)
    assert left >= LEAST_MATCHES
    assert PAYMENTS >= 12
    assert (weights.ATTEND * MAX_DUE).ref_time <= due.ref_time
    rest = weights.VISIT * MAX_MARKETS + weights.SURVEY + weights.LOOK * weights.MAX_LOOKS
    moves = weights.MOVE * weights.MAX_MOVES
    whole = weights.TICK + weights.SHARED + before + weights.MATCH * left + rest + moves
    assert whole.ref_time <= TENTH
    assert weights.MAX_MARKETS == MAX_MARKETS
