"""Scheduler: when tasks are carried out, in which order, what failures do, and what bounds them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.frame import BadOrigin, DispatchError, Root, Signed
from runtime.frame.calls import Call
from runtime.frame.origins import ROOT_CALLER, RawSigned, SystemOrigin
from runtime.frame.outcome import Exhausted, Module, ModuleError, Unavailable, Unclassified
from runtime.frame.preimages import Inline, Lookup
from runtime.frame.results import Err, Ok
from runtime.pallets.scheduler import (
    AgendaIncomplete,
    CallUnavailable,
    Canceled,
    Dispatched,
    Error,
    Outcome,
    PeriodicFailed,
    PermanentlyOverweight,
    RetryCancelled,
    RetryConfig,
    RetryFailed,
    RetrySet,
    Scheduled,
    Task,
)
from runtime.pallets.scheduler.pallet import SPILL_BLOCKS
from runtime.pallets.scheduler.types import MAX_SCHEDULED_PER_BLOCK
from runtime.primitives.hashing import blake2_256
from runtime.primitives.types import U32_MAX
from tests.pallets.governance_world import (
    ANNA,
    BUG_NUMBER,
    UNWANTED_NUMBER,
    GovernanceBench,
    Written,
)

NAME = blake2_256(b"name")
REFUSED = Err(Module(ModuleError(200, bytes(4))))
DONE = Ok(())


class World(GovernanceBench):
    def at(self, when: int, one: Call, *, periodic: Any = None, priority: int = 0) -> None:
        self.call(self.scheduler.schedule, Root(), when, periodic, priority, one)

    def named(self, when: int, one: Call, name: bytes = NAME) -> None:
        self.call(self.scheduler.schedule_named, Root(), name, when, None, 0, one)

    def numbers(self, events: list[object]) -> list[int]:
        return [one.number for one in events if isinstance(one, Written)]


@pytest.fixture
def world() -> World:
    return World()


def test_a_task_is_carried_out_at_its_block_and_not_before(world: World) -> None:
    world.at(4, world.write(7))
    assert world.happened() == [Scheduled(4, 0)]
    assert world.until(3) == []
    assert world.block() == [Written(7, ROOT_CALLER), Dispatched((4, 0), None, DONE)]
    assert dict(world.scheduler.agenda.items()) == {}


def test_after_so_many_blocks_means_that_they_have_passed(world: World) -> None:
    world.call(world.scheduler.schedule_after, Root(), 2, None, 0, world.write(7))
    world.call(world.scheduler.schedule_named_after, Root(), NAME, 0, None, 0, world.write(8))
    assert [one for one in world.happened() if isinstance(one, Scheduled)] == [
        Scheduled(4, 0),
        Scheduled(2, 0),
    ]
    assert world.numbers(world.until(4)) == [8, 7]


def test_tasks_of_a_block_go_by_priority_then_by_place(world: World) -> None:
    for number, priority in ((1, 5), (2, 0), (3, 5), (4, 1)):
        world.at(2, world.write(number), priority=priority)
    assert world.numbers(world.block()) == [2, 4, 1, 3]


def test_only_the_chain_schedules(world: World) -> None:
    for method, arguments in (
        (world.scheduler.schedule, (4, None, 0, world.write(1))),
        (world.scheduler.cancel, (4, 0)),
        (world.scheduler.schedule_named, (NAME, 4, None, 0, world.write(1))),
        (world.scheduler.cancel_named, (NAME,)),
        (world.scheduler.set_retry, ((4, 0), 1, 1)),
        (world.scheduler.set_retry_named, (NAME, 1, 1)),
        (world.scheduler.cancel_retry, ((4, 0),)),
        (world.scheduler.cancel_retry_named, (NAME,)),
    ):
        with world.refuses(BadOrigin.BAD_ORIGIN):
            world.call(method, Signed(ANNA), *arguments)


@pytest.mark.parametrize("when", [0, 1])
def test_nothing_is_scheduled_for_the_past(world: World, when: int) -> None:
    with world.refuses(Error.TARGET_BLOCK_NUMBER_IN_PAST):
        world.at(when, world.write(1))


def test_nothing_is_scheduled_behind_the_last_block(world: World) -> None:
    with world.refuses(Error.TARGET_BLOCK_NUMBER_IN_PAST):
        world.call(world.scheduler.schedule_after, Root(), U32_MAX, None, 0, world.write(1))


def test_a_name_is_taken_until_its_task_is_done(world: World) -> None:
    world.named(3, world.write(1))
    with world.refuses(Error.FAILED_TO_SCHEDULE):
        world.named(4, world.write(2))
    assert world.until(3)[-1] == Dispatched((3, 0), NAME, DONE)
    world.named(5, world.write(2))
    world.call(world.scheduler.cancel_named, Root(), NAME)
    assert world.happened()[-1] == Canceled(5, 0)
    with world.refuses(Error.NOT_FOUND):
        world.call(world.scheduler.cancel_named, Root(), NAME)


def test_a_cancelled_task_is_not_carried_out(world: World) -> None:
    for number in (1, 2, 3):
        world.at(3, world.write(number))
    world.call(world.scheduler.cancel, Root(), 3, 1)
    with world.refuses(Error.NOT_FOUND):
        world.call(world.scheduler.cancel, Root(), 3, 1)
    with world.refuses(Error.NOT_FOUND):
        world.call(world.scheduler.cancel, Root(), 3, 9)
    world.call(world.scheduler.cancel, Root(), 3, 2)
    assert len(world.scheduler.agenda[3]) == 1
    assert world.numbers(world.until(3)) == [1]


def test_a_task_may_take_another_of_its_block_out(world: World) -> None:
    world.at(2, world.call_of("Scheduler", "cancel", 2, 1))
    world.at(2, world.write(1))
    world.at(2, world.call_of("Scheduler", "cancel", 2, 2))
    assert world.block() == [
        Canceled(2, 1),
        Dispatched((2, 0), None, DONE),
        Dispatched((2, 2), None, Err(Module(ModuleError(32, b"\x01\0\0\0")))),
    ]


def test_a_failure_changes_nothing_and_stops_nobody(world: World) -> None:
    for number in (UNWANTED_NUMBER, BUG_NUMBER, 5):
        world.at(2, world.write(number))
    assert world.block() == [
        Dispatched((2, 0), None, REFUSED),
        Dispatched((2, 1), None, Err(Unclassified())),
        Written(5, ROOT_CALLER),
        Dispatched((2, 2), None, DONE),
    ]
    assert world.board.last == 5


def test_a_periodic_task_comes_as_often_as_it_says(world: World) -> None:
    world.at(2, world.write(7), periodic=(3, 3))
    found = [n for n in range(2, 15) if world.numbers(world.block())]
    assert found == [2, 5, 8]
    assert dict(world.scheduler.agenda.items()) == {}


@pytest.mark.parametrize("periodic", [(0, 5), (3, 1), (3, 0)])
def test_a_period_without_repetitions_is_none(world: World, periodic: tuple[int, int]) -> None:
    world.at(2, world.write(7), periodic=periodic)
    task = world.scheduler.agenda[2][0]
    assert task is not None
    assert task.maybe_periodic is None


def test_a_full_agenda_takes_no_more(world: World) -> None:
    for number in range(MAX_SCHEDULED_PER_BLOCK):
        world.at(9, world.write(number))
    with world.refuses(Error.FAILED_TO_SCHEDULE):
        world.at(9, world.write(99))
    world.call(world.scheduler.cancel, Root(), 9, 4)
    world.at(9, world.write(99))
    assert world.happened()[-1] == Scheduled(9, 4)


def test_a_repetition_into_a_full_agenda_is_lost(world: World) -> None:
    for number in range(MAX_SCHEDULED_PER_BLOCK):
        world.at(5, world.write(number))
    world.at(2, world.write(7), periodic=(3, 2))
    assert world.block()[-1] == PeriodicFailed((2, 0), None)


def test_a_task_that_fails_is_tried_again(world: World) -> None:
    world.at(2, world.write(UNWANTED_NUMBER))
    world.call(world.scheduler.set_retry, Root(), (2, 0), 2, 3)
    assert world.happened()[-1] == RetrySet((2, 0), None, 3, 2)
    assert world.block() == [Dispatched((2, 0), None, REFUSED), Scheduled(5, 0)]
    assert world.scheduler.retries[5, 0] == RetryConfig(2, 1, 3)
    assert world.until(11) == [
        Dispatched((5, 0), None, REFUSED),
        Scheduled(8, 0),
        Dispatched((8, 0), None, REFUSED),
    ]


def test_a_named_task_is_tried_again_without_its_name(world: World) -> None:
    world.named(2, world.write(UNWANTED_NUMBER))
    world.call(world.scheduler.set_retry_named, Root(), NAME, 1, 2)
    world.block()
    assert world.scheduler.agenda[4] == (
        Task(None, 0, Inline(world.write(UNWANTED_NUMBER).encode()), None, ROOT_CALLER),
    )


def test_a_retry_can_be_called_off(world: World) -> None:
    world.named(2, world.write(UNWANTED_NUMBER))
    for method, key in (
        (world.scheduler.cancel_retry, (2, 0)),
        (world.scheduler.cancel_retry_named, NAME),
    ):
        world.call(world.scheduler.set_retry_named, Root(), NAME, 1, 2)
        world.call(method, Root(), key)
        assert isinstance(world.happened()[-1], RetryCancelled)
    assert world.block() == [Dispatched((2, 0), NAME, REFUSED)]
    with world.refuses(Error.NOT_FOUND):
        world.call(world.scheduler.set_retry, Root(), (2, 0), 1, 1)


def test_a_retry_into_a_full_agenda_is_lost(world: World) -> None:
    for number in range(MAX_SCHEDULED_PER_BLOCK):
        world.at(5, world.write(number))
    world.at(2, world.write(UNWANTED_NUMBER))
    world.call(world.scheduler.set_retry, Root(), (2, 0), 2, 3)
    assert world.block() == [Dispatched((2, 0), None, REFUSED), RetryFailed((2, 0), None)]


def test_a_periodic_task_keeps_its_rule_for_retries(world: World) -> None:
    world.at(2, world.write(UNWANTED_NUMBER), periodic=(10, 2))
    world.call(world.scheduler.set_retry, Root(), (2, 0), 1, 3)
    world.block()
    assert dict(world.scheduler.retries.items()) == {
        (5, 0): RetryConfig(1, 0, 3),
        (12, 0): RetryConfig(1, 1, 3),
    }


def test_a_long_call_lies_in_a_preimage_until_it_is_made(world: World) -> None:
    raw = world.write(7).encode()
    bounded = Lookup(blake2_256(raw), len(raw))
    world.preimage.request(bounded)
    world.scheduler.place_call(3, 0, ROOT_CALLER, bounded)
    world.preimage.release(bounded)
    world.call(world.preimage.note_preimage, Signed(ANNA), raw)
    assert world.numbers(world.until(3)) == [7]
    assert world.preimage.status(bounded.hash) is None


def test_a_task_without_its_preimage_is_dropped(world: World) -> None:
    bounded = Lookup(bytes(32), 40)
    world.scheduler.place_call(2, 0, ROOT_CALLER, bounded, NAME)
    world.scheduler.place_call(2, 0, ROOT_CALLER, Inline(b"\xff\xff"))
    assert world.block() == [CallUnavailable((2, 0), NAME), CallUnavailable((2, 1), None)]
    assert world.scheduler.outcomes.get(NAME) == Outcome(2, Err(Unavailable()))
    assert dict(world.scheduler.lookup.items()) == {}
    assert world.preimage.status(bytes(32)) is None


def test_a_failed_task_keeps_its_preimage_for_the_retry(world: World) -> None:
    raw = world.write(UNWANTED_NUMBER).encode()
    bounded = Lookup(blake2_256(raw), len(raw))
    world.scheduler.place_call(2, 0, ROOT_CALLER, bounded)
    world.call(world.preimage.note_preimage, Signed(ANNA), raw)
    world.call(world.scheduler.set_retry, Root(), (2, 0), 1, 2)
    assert world.until(4)[-2] == Dispatched((4, 0), None, REFUSED)
    assert world.preimage.status(bounded.hash) is None


def test_a_task_is_carried_out_as_its_origin(world: World) -> None:
    origin = SystemOrigin(RawSigned(ANNA))
    world.scheduler.place_call(2, 0, origin, Inline(world.write(1).encode()))
    assert world.block()[0] == Written(1, origin)


def test_another_pallets_task_spills_into_the_next_agenda_with_room(world: World) -> None:
    task = Task(None, 0, Inline(world.write(1).encode()), None, ROOT_CALLER)
    for number in range(5, 5 + SPILL_BLOCKS):
        world.scheduler.agenda[number] = (task,) * MAX_SCHEDULED_PER_BLOCK
    assert world.scheduler.place_call(5, 0, ROOT_CALLER, task.call) is None
    assert world.scheduler.place_call(6, 0, ROOT_CALLER, task.call) == (5 + SPILL_BLOCKS, 0)
    assert world.scheduler.place_call(1, 0, ROOT_CALLER, task.call) is None


SLOW = 20
"""Milliseconds of a slow call; two of them fit into the weight of the heavy world."""


@pytest.fixture
def heavy() -> World:
    return World(max_picoseconds=55 * 10**9)


def slowly(world: World, number: int, milliseconds: int = SLOW) -> Call:
    return world.call_of("Board", "write_slowly", number, milliseconds)


def test_tasks_above_the_weight_wait_for_the_next_block(heavy: World) -> None:
    for number in range(1, 6):
        heavy.at(2, slowly(heavy, number))
    events = heavy.block()
    assert heavy.numbers(events) == [1, 2]
    assert events[-1] == AgendaIncomplete(2)
    assert heavy.scheduler.incomplete_since == 2
    assert heavy.numbers(heavy.block()) == [3, 4]
    assert heavy.numbers(heavy.block()) == [5]
    assert heavy.scheduler.incomplete_since is None


def test_a_light_task_goes_before_a_heavy_one_that_waits(heavy: World) -> None:
    heavy.at(2, slowly(heavy, 1))
    heavy.at(2, slowly(heavy, 2, 40))
    heavy.at(2, slowly(heavy, 3))
    assert heavy.numbers(heavy.block()) == [1, 3]
    assert heavy.numbers(heavy.block()) == [2]


def test_what_waits_goes_before_what_becomes_due(heavy: World) -> None:
    for number, when in ((1, 2), (2, 2), (3, 2), (4, 3), (5, 3)):
        heavy.at(when, slowly(heavy, number))
    found = [heavy.numbers(heavy.block()) for _ in range(3)]
    assert found == [[1, 2], [3, 4], [5]]


def test_a_task_too_heavy_for_any_block_is_dropped(heavy: World) -> None:
    heavy.named(2, slowly(heavy, 1, 60))
    heavy.at(2, slowly(heavy, 2))
    events = heavy.block()
    assert events[0] == PermanentlyOverweight((2, 0), NAME)
    assert heavy.scheduler.outcomes.get(NAME) == Outcome(2, Err(Exhausted()))
    assert heavy.numbers(events) == [2]
    assert heavy.scheduler.incomplete_since is None


def test_the_hook_never_weighs_more_than_it_may(heavy: World) -> None:
    for number in range(MAX_SCHEDULED_PER_BLOCK):
        heavy.at(2, slowly(heavy, number, number % 7))
    for number in range(2, 40):
        heavy.context.number = number
        used = heavy.scheduler.on_poll(number, 2 * 10**11)
        assert used.ref_time <= 55 * 10**9
    assert heavy.scheduler.incomplete_since is None


STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("schedule"),
            st.integers(0, 6),
            st.none() | st.tuples(st.integers(0, 3), st.integers(0, 3)),
            st.integers(0, 2),
            st.integers(1, 14),
        ),
        st.tuples(st.just("name"), st.integers(0, 6), st.integers(0, 3), st.integers(1, 14)),
        st.tuples(st.just("cancel"), st.integers(0, 30), st.integers(0, 3)),
        st.tuples(st.just("cancel_name"), st.integers(0, 3)),
        st.tuples(st.just("retry"), st.integers(0, 30), st.integers(0, 3), st.integers(0, 3)),
        st.tuples(st.just("block")),
    ),
    max_size=40,
)


@given(STEPS)
def test_no_sequence_breaks_the_agenda_or_carries_a_task_out_early(steps: list[Any]) -> None:
    world = World()
    for step in steps:
        now = world.context.number
        try:
            match step:
                case ("schedule", after, periodic, priority, number):
                    world.at(now + after, world.write(number), periodic=periodic, priority=priority)
                case ("name", after, name, number):
                    world.named(now + after, world.write(number), bytes([name]) * 32)
                case ("cancel", when, index):
                    world.call(world.scheduler.cancel, Root(), when, index)
                case ("cancel_name", name):
                    world.call(world.scheduler.cancel_named, Root(), bytes([name]) * 32)
                case ("retry", when, index, period):
                    world.call(world.scheduler.set_retry, Root(), (when, index), 2, period)
                case _:
                    for one in world.block():
                        assert not isinstance(one, Dispatched) or one.task[0] == now + 1
        except DispatchError:
            assert step[0] != "block"
