"""How long the work on blocks goes on before other tasks have their turn."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator

import trio

from consensus.protocols import ResultT

SLICE_SECONDS = 0.005
"""Votes, answers and timers wait as long, and for the end of a step: a few milliseconds more."""


class Slices:
    """The runner of production: whoever waits runs when a slice is over.

    A turn of the event loop costs as much as a twentieth of an empty block, so that shorter steps
    go on, also from one block to the next.
    """

    def __init__(self) -> None:
        self._end = -float("inf")

    async def run(self, work: Generator[None, None, ResultT]) -> ResultT:
        """Run `work` to its end and return its value; let others run between its steps."""
        return await _driven(work, self.breathe)

    async def breathe(self) -> None:
        """Let other tasks run if the slice is over; the next one begins then."""
        if trio.current_time() >= self._end:
            await trio.lowlevel.checkpoint()
            self._end = trio.current_time() + SLICE_SECONDS


class Inline:
    """The runner of simulations: work runs at once to its end, whatever time it takes."""

    async def run(self, work: Generator[None, None, ResultT]) -> ResultT:
        """Run `work` to its end and return its value."""
        return await _driven(work, _go_on)

    async def breathe(self) -> None:
        """Let other tasks run."""
        await trio.lowlevel.checkpoint()


async def _driven(
    work: Generator[None, None, ResultT], between: Callable[[], Awaitable[None]]
) -> ResultT:
    """Run `work` to its end, with something between its steps; return its value."""
    while True:
        try:
            next(work)
        except StopIteration as stop:
            result: ResultT = stop.value
            return result
        await between()


async def _go_on() -> None:
    """Give nobody a turn."""
