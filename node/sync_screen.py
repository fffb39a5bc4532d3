"""Tells the person at a terminal how far sync is, beside the lines of the log."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TextIO

import trio

from p2p.sync import Progress

POLL_SECONDS = 0.5
LEAST_BLOCKS = 50
"""A shorter sync is over before anybody has read a bar."""


@dataclass(frozen=True, slots=True)
class Stage:
    """How far a phase of sync is."""

    phase: str
    done: int
    total: int | None
    """None where nobody knows how much there is."""


class Screen(Protocol):
    """Shows how far sync is, and the lines of the log above that."""

    @property
    def stream(self) -> TextIO:
        """Where the log is to be written."""
        ...

    def show(self, stage: Stage | None) -> None:
        """Show a stage; None when there is nothing to wait for."""
        ...


async def tell_sync(
    screen: Screen, progress: Callable[[], Progress | None], best: Callable[[], int]
) -> None:
    """Keep a screen up to date until cancelled."""
    while True:
        screen.show(stage_of(progress(), best()))
        await trio.sleep(POLL_SECONDS)


def stage_of(progress: Progress | None, best: int) -> Stage | None:
    """Return what a person is to see of a running sync."""
    if progress is None or progress.target - progress.start < LEAST_BLOCKS:
        return None
    match progress.phase:
        case "blocks":
            return Stage("blocks", best, progress.target)
        case "headers":
            return Stage("headers", progress.done, progress.target - progress.start)
        case "bodies":
            return Stage("bodies", progress.done, progress.target)
        case other:
            return Stage(other, progress.done, None)
