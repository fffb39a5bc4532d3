"""Work on blocks goes on for a slice; then others have their turn."""

from collections.abc import Generator

import trio
from trio.testing import MockClock

from consensus.protocols import Runner
from consensus.slices import SLICE_SECONDS, Inline, Slices


class Turns(trio.abc.Instrument):
    """Counts how often a task went on: between two turns of it others have theirs."""

    def __init__(self) -> None:
        self.count = 0

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        self.count += task.name.endswith("main")


def turns_during(runner: Runner, steps: int, seconds: float) -> int:
    """Return how often others could run during so many steps of work, from a new slice on."""
    clock, turns, before = MockClock(), Turns(), 0

    def work() -> Generator[None, None, int]:
        for _ in range(steps):
            clock.jump(seconds)
            yield
        return steps

    async def main() -> None:
        nonlocal before
        await runner.breathe()
        before = turns.count
        assert await runner.run(work()) == steps

    trio.run(main, clock=clock, instruments=[turns])
    assert before > 1, "work that begins after a while lets others run first"
    return turns.count - before


def test_short_steps_share_a_slice() -> None:
    assert turns_during(Slices(), 4, SLICE_SECONDS / 5) == 0
    assert turns_during(Slices(), 11, SLICE_SECONDS / 3.5) == 2


def test_after_each_long_step_others_run() -> None:
    assert turns_during(Slices(), 3, 2 * SLICE_SECONDS) == 3


def test_inline_work_lets_nobody_in() -> None:
    assert turns_during(Inline(), 5, 2 * SLICE_SECONDS) == 0
