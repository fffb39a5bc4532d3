"""Plans which blocks to ask whom for, and puts the answers in order; does no I/O.

Heights are cut into ranges. A range that failed, came back short or was refused is asked for again
before any new one, so the lowest missing block is always the next to be asked for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import trio

from p2p.messages import BlockData

RANGE_BLOCKS: Final = 128
WINDOW: Final = 6
"""Ranges in flight or waiting for the importer: some 12 MiB of 2 MiB each, 24 at the very most."""

STALL_SECONDS: Final = 5.0
"""A helper that holds up everything for so long is overtaken by the leader."""


@dataclass(frozen=True, slots=True)
class Range:
    """Consecutive heights; a trusted one is asked of the leader alone."""

    first: int
    count: int
    is_trusted: bool = False

    @property
    def last(self) -> int:
        """The highest."""
        return self.first + self.count - 1


@dataclass(frozen=True, slots=True)
class Answer:
    """Blocks from one peer, the first at a known height."""

    peer: str
    first: int
    blocks: tuple[BlockData, ...]


class Ranges:
    """What is planned, in flight and answered of one download.

    Invariant: every height from `wanted` to `last` is in exactly one of: not planned yet, to be
    asked for again, in flight, answered. At most `WINDOW` + 1 ranges are in flight or answered.
    """

    def __init__(self, first: int, last: int, now: Callable[[], float] = trio.current_time) -> None:
        self.wanted = first
        """The lowest block that was not handed on."""
        self._planned = first
        self._last = last
        self._now = now
        self._again: dict[int, Range] = {}
        self._in_flight: dict[int, tuple[Range, float]] = {}
        self._answered: dict[int, Answer] = {}

    @property
    def is_done(self) -> bool:
        """Whether every block was handed on."""
        return self.wanted > self._last

    @property
    def held(self) -> int:
        """Count the ranges in flight or answered."""
        return len(self._in_flight) + len(self._answered)

    def take(self, highest: int, *, is_leader: bool) -> Range | None:
        """Take the lowest range that a peer can serve; None if there is none for it now."""
        chosen = self._candidate(highest, is_leader)
        is_full = self.held >= WINDOW
        if chosen is None or (is_full and chosen.first != self.wanted):
            return self._stalled() if is_leader else None
        if chosen.first in self._again:
            del self._again[chosen.first]
        else:
            self._planned = chosen.last + 1
        self._in_flight[chosen.first] = (chosen, self._now())
        return chosen

    def give(self, asked: Range, answer: Answer) -> None:
        """Take an answer that has at least one block; one that was overtaken is dropped."""
        if self._in_flight.pop(asked.first, None) is None:
            return
        blocks = answer.blocks[: asked.count]
        self._answered[asked.first] = Answer(answer.peer, asked.first, blocks)
        if len(blocks) < asked.count:
            first = asked.first + len(blocks)
            self._again[first] = Range(first, asked.last + 1 - first, asked.is_trusted)

    def fail(self, asked: Range) -> None:
        """Put back a range that was not answered."""
        if self._in_flight.pop(asked.first, None) is not None:
            self._again[asked.first] = asked

    def pop(self) -> Answer | None:
        """Hand on the answer with the lowest missing block; None while it is not there."""
        answer = self._answered.pop(self.wanted, None)
        if answer is not None:
            self.wanted += len(answer.blocks)
        return answer

    def refuse(self, answer: Answer) -> None:
        """Ask for what was just handed on again, of the leader."""
        self.wanted = answer.first
        self._again[answer.first] = Range(answer.first, len(answer.blocks), True)

    def _candidate(self, highest: int, is_leader: bool) -> Range | None:
        open_ranges = [r for r in self._again.values() if is_leader or not r.is_trusted]
        if self._planned <= self._last:
            count = min(RANGE_BLOCKS, self._last + 1 - self._planned)
            open_ranges.append(Range(self._planned, count))
        reachable = (each for each in open_ranges if each.last <= highest)
        return min(reachable, key=lambda each: each.first, default=None)

    def _stalled(self) -> Range | None:
        """Find the range in flight that everything waits for, if it does for long."""
        held = self._in_flight.get(self.wanted)
        if held is None or self._now() - held[1] < STALL_SECONDS:
            return None
        self._in_flight[self.wanted] = (held[0], self._now())
        return held[0]
