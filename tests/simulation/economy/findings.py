"""What a run comes to, in numbers that do not depend on its scale, and in a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from statistics import fmean, pstdev

from runtime.primitives.types import UNIT
from tests.simulation.economy.scenarios import EVENT, SCENARIOS
from tests.simulation.economy.setting import Round
from tests.simulation.economy.world import Economy

DAYS = 48
"""Rounds at the end of a run over which seasons even out: two of them."""


@dataclass(frozen=True)
class Finding:
    """A run in scale-free numbers."""

    name: str
    log: tuple[Round, ...]
    spent: int
    """By the attacker on its own work, in planck."""
    earned: int
    """By the attacker's providers since its attack began, in planck."""

    @property
    def last(self) -> tuple[Round, ...]:
        """The end of the run."""
        return self.log[-DAYS:]

    @property
    def supply(self) -> tuple[float, float, float]:
        """Issuance at the end, and its least and largest, to the first."""
        first = self.log[0].supply
        every = [one.supply / first for one in self.log]
        return every[-1], min(every), max(every)

    @property
    def pressure(self) -> float:
        """The mean of what prices answer to, at the end; the target is 0.70."""
        return fmean(one.pressure for one in self.last)

    @property
    def cost_ratio(self) -> float:
        """Price of a CU to what it costs its provider, at the end."""
        return fmean(one.cost_ratio for one in self.last)

    @property
    def variation(self) -> float:
        """Deviation of the price of a CU to its mean, at the end."""
        return pstdev([one.cost_ratio for one in self.last]) / self.cost_ratio

    @property
    def minted_of_burned(self) -> float:
        """What work minted to what jobs burned."""
        burned = sum(one.burned for one in self.log)
        return sum(one.minted_work for one in self.log) / burned if burned else 0.0

    @property
    def subsidy_of_fees(self) -> float:
        """What capacity was paid to what jobs cost, at the end."""
        fees = sum(one.fees for one in self.last)
        return sum(one.subsidy for one in self.last) / fees if fees else 0.0

    @property
    def scarcity_of_burned(self) -> float:
        """The scarcity part of what was burned from the event on."""
        burned = sum(one.burned for one in self.log[EVENT:])
        return sum(one.scarcity_burned for one in self.log[EVENT:]) / burned if burned else 0.0

    @property
    def recovery(self) -> int:
        """Rounds from the event until the price of a CU stays within a quarter of its last mean."""
        far = [
            number
            for number, one in enumerate(self.log)
            if number >= EVENT and abs(one.cost_ratio / self.cost_ratio - 1) > 0.25
        ]
        return far[-1] - EVENT + 1 if far else 0


@cache
def found(name: str) -> Finding:
    """Play a scenario, once in a process."""
    economy = Economy(SCENARIOS[name])
    log = economy.run()
    return Finding(name, tuple(log), economy.spent_by_attacker(), economy.earned_by_attacker)


def gain(name: str) -> float:
    """Return what an attack gained for each AGPU spent on it, to a run of its seed without it."""
    quiet, attack = QUIET_RUNS.get(name, "quiet"), found(name)
    before = 0 if quiet is None else found(quiet).earned
    return (attack.earned - before - attack.spent) / attack.spent


QUIET_RUNS = {"ring": "quiet ring", "worthless referred": None}
"""What attacks are compared with, if not with a third of a market; nothing earns who owns none."""


# ------------------------------------------------------------------------------------------ tables

DESIGN = {
    "flat": ("0.991", "0.70", "1.50", "3.3 %", ""),
    "growth": ("0.966", "0.70", "1.60", "3.3 %", ""),
    "crash": ("0.985", "0.70", "1.66", "4.2 %", "120 days"),
    "spike": ("0.987", "0.70", "1.50", "3.3 %", "57 days"),
    "rush": ("0.985", "0.70", "1.49", "3.3 %", "114 days"),
    "one market": ("0.987", "0.70", "1.49", "3.3 %", ""),
    "sentiment": ("0.874", "0.70", "1.56", "3.3 %", ""),
    "no demand": ("1.006", "", "", "", ""),
}
"""What the page "Economy" of the design reports, section 9.4: supply at the end to the first,
utilisation, price to cost, variation of the price, recovery."""

HEAD = (
    "| run | supply at the end (least–most) | design | pressure | price ÷ cost | design "
    "| variation | design | recovery in rounds | design | mint ÷ burn of work | subsidy ÷ fees |"
)


def table() -> str:
    """Return the runs beside the design's figures, as Markdown."""
    lines = [HEAD, "|" + "---|" * HEAD.count("|", 1)]
    lines += [row(found(name), DESIGN[name]) for name in DESIGN]
    return "\n".join(lines)


def row(one: Finding, design: Sequence[str]) -> str:
    end, least, most = one.supply
    works = any(point.fees for point in one.last)
    cells = (
        one.name,
        f"{end:.4f} ({least:.4f}–{most:.4f})",
        design[0],
        f"{one.pressure:.2f}" if works else "–",
        f"{one.cost_ratio:.2f}" if works else "–",
        design[2] or "–",
        f"{100 * one.variation:.0f} %" if works else "–",
        design[3] or "–",
        str(one.recovery) if works and one.name not in ("flat", "growth") else "–",
        design[4] or "–",
        f"{one.minted_of_burned:.2f}" if works else "0",
        f"{one.subsidy_of_fees:.3f}" if works else "–",
    )
    return "| " + " | ".join(cells) + " |"


ATTACKS = (
    ("a third of a market buys half of its own capacity: matched", "fake matched", "−0.91"),
    ("the same for named providers", "fake direct", "−0.22"),
    (
        "matched, and client and provider brought by an account of the same owner",
        "fake referred",
        "",
    ),
    (
        "client and referrer of one owner, strangers work, for nothing",
        "worthless referred",
        "−0.997",
    ),
    ("client, referrer and all providers of a market of one owner", "ring", "−0.241"),
)
"""What is done, its scenario, and what the design's simulation says of it."""


def attacks() -> str:
    """Return what attacks with fake demand gain, as Markdown."""
    lines = ["| attack | gain per AGPU | design |", "|---|---|---|"]
    lines += [
        f"| {words} | {gain(name):+.3f} | {design or '–'} |" for words, name, design in ATTACKS
    ]
    return "\n".join(lines)


# ----------------------------------------------------------------------------------------- pictures

WIDTH, HEIGHT, GAP = 240, 90, 34
CURVES = (
    ("price ÷ cost, to 4", "#0b7285"),
    ("providers, to their most", "#e67700"),
    ("pressure, to 2", "#862e9c"),
)


def picture() -> str:
    """Return all runs as one SVG: price to cost, capacity, and pressure, by round."""
    names = list(DESIGN)
    columns = 2
    rows = -(-len(names) // columns)
    wide, high = columns * (WIDTH + GAP) + GAP, rows * (HEIGHT + GAP) + 2 * GAP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" font-size="10"'
        ' font-family="sans-serif" role="img" aria-label="Runs of the economy on the runtime">',
        f'<rect width="{wide}" height="{high}" fill="#ffffff"/>',
    ]
    for place, (label, colour) in enumerate(CURVES):
        parts.append(f'<text x="{GAP + place * 150}" y="16" fill="{colour}">{label}</text>')
    for place, name in enumerate(names):
        x, y = place % columns * (WIDTH + GAP) + GAP, place // columns * (HEIGHT + GAP) + 1.4 * GAP
        parts.append(panel(found(name), x, y))
    return "\n".join([*parts, "</svg>"]) + "\n"


def panel(one: Finding, x: float, y: float) -> str:
    """Draw a run with its top left corner at (x, y)."""
    most = max(point.providers for point in one.log) or 1
    curves = (
        [point.cost_ratio / 4 for point in one.log],
        [point.providers / most for point in one.log],
        [point.pressure / 2 for point in one.log],
    )
    frame = f'x="{x}" y="{y:.0f}" width="{WIDTH}" height="{HEIGHT}"'
    lines = [
        f'<text x="{x}" y="{y - 4:.0f}" fill="#212529">{one.name}</text>',
        f'<rect {frame} fill="none" stroke="#ced4da"/>',
    ]
    for (_, colour), values in zip(CURVES, curves, strict=True):
        points = " ".join(
            f"{x + WIDTH * number / len(values):.1f},{y + HEIGHT * (1 - min(value, 1)):.1f}"
            for number, value in enumerate(values)
        )
        lines.append(f'<polyline points="{points}" fill="none" stroke="{colour}"/>')
    return "\n".join(lines)


def totals(name: str) -> str:
    """Return the sums of a run in AGPU, in one line."""
    log = found(name).log
    made = {
        "fees": sum(one.fees for one in log),
        "burned": sum(one.burned for one in log),
        "scarcity burned": sum(one.scarcity_burned for one in log),
        "minted for work": sum(one.minted_work for one in log),
        "minted for capacity": sum(one.subsidy for one in log),
    }
    return ", ".join(f"{word} {amount // UNIT:,}" for word, amount in made.items())
