"""The table of the design, 9.5, played on the real pallets: how often whales get what they want."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from math import sqrt
from random import Random
from typing import NamedTuple

from tests.simulation.governance.world import Draw, WhaleWorld, alarmed, asleep

SHARES = (5, 10, 20, 30, 40, 51, 60)
"""Of the electorate, in per cent."""

DRAWS = 1_000
"""Votes of each cell: the standard error is 1.6 points at most."""

SEED = 95


class Column(NamedTuple):
    """A column of the table: which referendum, on which chain, with whose AMAX."""

    name: str
    track: int
    come: Callable[[Random], Draw] = alarmed
    is_naive: bool = False
    is_borrowed: bool = False


COLUMNS = (
    Column("naive", 0, asleep, is_naive=True),
    Column("flash-borrowed", 20, is_borrowed=True),
    Column("small track", 20),
    Column("big spend", 22),
    Column("params", 10),
    Column("root", 0),
)

DESIGN = {
    "naive": (0.68, 0.996, 1, 1, 1, 1, 1),
    "flash-borrowed": (0, 0, 0, 0, 0, 0, 0),
    "small track": (0, 0.005, 0.25, 0.86, 1, 1, 1),
    "big spend": (0, 0, 0.03, 0.36, 0.87, 1, 1),
    "params": (0, 0, 0.03, 0.36, 0.87, 1, 1),
    "root": (0, 0, 0, 0.12, 0.57, 0.96, 1),
}
"""Economy 9.5, by share; its last row is `51%+`, which its simulation has for 51 % and 60 %."""


@dataclass(frozen=True, slots=True)
class Cell:
    """How often a referendum passed."""

    passed: int
    design: float

    @property
    def part(self) -> float:
        """How often, in parts of one."""
        return self.passed / DRAWS

    def agrees(self, errors: float = 3.5) -> bool:
        """Say whether the design's figure is within so many standard errors of ours.

        The design's figures are themselves drawn, 4,000 times, and rounded to a point; at the ends
        one vote more or less is no difference.
        """
        middle = (self.passed + 1) / (DRAWS + 2)
        spread = sqrt(middle * (1 - middle) * (1 / DRAWS + 1 / 4000))
        return abs(self.part - self.design) <= errors * spread + 0.01


@cache
def column(name: str) -> tuple[Cell, ...]:
    """Play a column: for each share as many votes as there are draws."""
    one = next(found for found in COLUMNS if found.name == name)
    return tuple(
        Cell(passed(one, share), design) for share, design in zip(SHARES, DESIGN[name], strict=True)
    )


def passed(one: Column, share: int) -> int:
    """Return how many of the drawn votes a whale with this share wins."""
    die, world = Random(f"{SEED} {one.name} {share}"), WhaleWorld(share, is_naive=one.is_naive)
    return sum(
        world.passes(one.track, one.come(die), is_borrowed=one.is_borrowed) for _ in range(DRAWS)
    )


def table() -> str:
    """Return all columns beside the design's figures, as Markdown."""
    heads = " | ".join(f"{one.name} | design" for one in COLUMNS)
    lines = [f"| whale's share | {heads} |", "|---" * (1 + 2 * len(COLUMNS)) + "|"]
    for place, share in enumerate(SHARES):
        cells = [column(one.name)[place] for one in COLUMNS]
        shown = " | ".join(f"{percent(cell.part)} | {percent(cell.design)}" for cell in cells)
        lines.append(f"| {share} % | {shown} |")
    return "\n".join(lines)


def percent(part: float) -> str:
    """Return a part of one in per cent, without a nought behind the point."""
    return f"{100 * part:.1f}".removesuffix(".0") + " %"
