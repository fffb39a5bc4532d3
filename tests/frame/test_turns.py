"""Turns: whoever else is greedy, and whenever blocks are heavy, everybody comes to its own."""

from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as some

from runtime.frame import Weight
from runtime.frame.turns import in_turns, poll

ROOM = 1_000_000
"""Picoseconds for what can wait, in a block that is not heavy."""
UNIT = 1_000
"""The least that `Weight` says."""


@dataclass
class Waiting:
    """Does nothing with less than `step`; otherwise a step, or all that is left if greedy."""

    name: str
    step: int
    is_greedy: bool
    done: list[int] = field(default_factory=list)
    """The blocks in which it did something."""

    def on_poll(self, number: int, left: int) -> Weight:
        if left < self.step * UNIT:
            return Weight()
        self.done.append(number)
        return Weight(compute=left // UNIT if self.is_greedy else self.step)


PALLETS = some.lists(
    some.builds(Waiting, some.just("One"), some.integers(1, ROOM // UNIT), some.booleans()),
    min_size=1,
    max_size=16,
)
START = some.integers(0, 2**32 - 10_000)


def longest_wait(one: Waiting, first: int, end: int) -> int:
    """Return in how many blocks in a row, at most, it did nothing."""
    marks = [first - 1, *one.done, end]
    return max(later - before - 1 for before, later in pairwise(marks))


@given(PALLETS, START)
def test_whatever_the_others_take_each_does_a_step_within_two_rounds(
    pallets: list[Waiting], start: int
) -> None:
    end = start + 5 * len(pallets)
    for number in range(start, end):
        assert poll(pallets, number, ROOM) <= ROOM
    assert all(longest_wait(one, start, end) < 2 * len(pallets) for one in pallets)


@given(PALLETS, START, some.integers(2, 40))
def test_no_period_of_heavy_blocks_keeps_one_waiting(
    pallets: list[Waiting], start: int, period: int
) -> None:
    rounds = (len(pallets) + 3) * len(pallets)
    end = start + 2 * rounds
    for number in range(start, end):
        poll(pallets, number, 0 if number % period == 0 else ROOM)
    assert all(longest_wait(one, start, end) < rounds for one in pallets)


@given(some.integers(1, 40), START)
def test_every_round_everybody_comes_first_once_and_nobody_is_left_out(
    count: int, start: int
) -> None:
    names = [Waiting(str(place), 1, is_greedy=False) for place in range(count)]
    begin = start // count * count
    firsts = [in_turns(names, number)[0].name for number in range(begin, begin + count)]
    assert sorted(firsts) == sorted(one.name for one in names)
    ordered = in_turns(names, start)
    assert sorted(one.name for one in ordered) == sorted(one.name for one in names)


def test_who_uses_more_than_is_left_is_a_bug() -> None:
    class Over(Waiting):
        def on_poll(self, _number: int, left: int) -> Weight:
            return Weight(compute=left // UNIT + 1)

    with pytest.raises(AssertionError, match="One used 1001000 of 1000000 picoseconds"):
        poll([Over("One", 1, is_greedy=True)], 7, ROOM)
