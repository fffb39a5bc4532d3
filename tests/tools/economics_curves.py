"""Draws docs/curves.svg: the curves of the economy as the runtime computes them.

Run it: `python -m tests.tools.references`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from runtime.compute.price import MICRO
from runtime.pallets.amax_distribution import formulas as amax
from runtime.pallets.amax_distribution.records import Config as AmaxConfig
from runtime.pallets.emission import formulas as emission
from runtime.pallets.pricing import formulas as pricing
from runtime.primitives.types import UNIT
from runtime.terms import DEFAULTS
from runtime.terms.records import PERBILL
from tests.tools.economics_tables import CURVE, GENESIS, YEAR

PAGE = Path(__file__).parents[2] / "docs" / "curves.svg"

WIDTH, HEIGHT, LEFT, TOP, GAP = 250, 130, 44, 34, 46
COLOURS = ("#0b7285", "#e67700", "#862e9c")
STEPS = 60

Points = Sequence[tuple[float, float]]


class Line(NamedTuple):
    """A curve and what it is called; points in parts of the panel."""

    label: str
    points: Points


class Panel(NamedTuple):
    """Curves over one axis."""

    title: str
    ends: tuple[str, str]
    """What stands below the left and the right end."""
    top: str
    """What the upper edge is worth."""
    lines: tuple[Line, ...]


def page() -> str:
    """Return the whole picture."""
    panels = (_re_emission(), _capacity(), _price(), _amax())
    wide, high = 2 * (LEFT + WIDTH) + GAP, 2 * (TOP + HEIGHT + GAP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" font-size="10"'
        ' font-family="sans-serif" role="img" aria-label="The curves of the economy">',
        f'<rect width="{wide}" height="{high}" fill="#ffffff"/>',
    ]
    for place, panel in enumerate(panels):
        x = place % 2 * (LEFT + WIDTH + GAP // 2) + LEFT
        y = place // 2 * (TOP + HEIGHT + GAP) + TOP
        parts.append(_drawn(panel, x, y))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _drawn(panel: Panel, x: int, y: int) -> str:
    """Draw a panel with its top left corner at (x, y)."""
    low, words = y + HEIGHT, 'fill="#212529"'
    lines = [
        f'<text x="{x}" y="{y - 20}" {words} font-weight="bold">{panel.title}</text>',
        f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" fill="none" stroke="#ced4da"/>',
        f'<text x="{x - 4}" y="{y + 9}" {words} text-anchor="end">{panel.top}</text>',
        f'<text x="{x - 4}" y="{low}" {words} text-anchor="end">0</text>',
        f'<text x="{x}" y="{low + 13}" {words}>{panel.ends[0]}</text>',
        f'<text x="{x + WIDTH}" y="{low + 13}" {words} text-anchor="end">{panel.ends[1]}</text>',
    ]
    for place, line in enumerate(panel.lines):
        colour, along = COLOURS[place], x + place * WIDTH // len(panel.lines)
        drawn = " ".join(
            f"{x + WIDTH * right:.1f},{y + HEIGHT * (1 - up):.1f}" for right, up in line.points
        )
        lines += [
            f'<text x="{along}" y="{y - 6}" fill="{colour}">{line.label}</text>',
            f'<polyline points="{drawn}" fill="none" stroke="{colour}" stroke-width="1.5"/>',
        ]
    return "\n".join(lines)


def _re_emission() -> Panel:
    """Draw κ over the issuance, by utilisation."""
    target, most = DEFAULTS.pricing.target, CURVE.kappa_max
    lines = []
    for used in (0, target // 2, target):
        points = []
        for step in range(STEPS + 1):
            issued = CURVE.cap * step // STEPS
            kappa = emission.kappa(CURVE, target, CURVE.cap, issued, used)
            points.append((step / STEPS, kappa / most))
        lines.append(Line(f"u = {used / 10**7:.0f} %", points))
    ends = ("S = 0", "S = cap")
    return Panel("κ: what burn is given back", ends, f"{most / 10**7:.0f} %", tuple(lines))


def _capacity() -> Panel:
    """Draw rate and budget of proven capacity, and what bounds the budget."""
    bound = (CURVE.cap - GENESIS) * CURVE.rho // PERBILL
    budgets, rates = [], []
    _, first = emission.availability(CURVE, CURVE.a0, CURVE.cap, GENESIS, MICRO)
    for step in range(1, STEPS + 1):
        capacity = CURVE.k_star * MICRO * step // STEPS
        budget, rate = emission.availability(CURVE, CURVE.a0, CURVE.cap, GENESIS, capacity)
        budgets.append((step / STEPS, budget / bound))
        rates.append((step / STEPS, rate / first))
    top = f"{bound / UNIT:,.0f}"
    lines = (Line(f"budget ÷ {top} AGPU", budgets), Line("rate per CU", rates))
    return Panel("pay for proven capacity", ("K = 0", "K = K*"), "1", lines)


def _price() -> Panel:
    """Draw how far a day of one pressure moves a price, and where it stays."""
    rules, periods, top = DEFAULTS.pricing, 144, 4.0
    lines = []
    for begin in (UNIT // 4, UNIT, 3 * UNIT):
        base, points = begin, []
        for period in range(periods + 1):
            points.append((period / periods, base / UNIT / top))
            wanted = int(rules.target * (base / UNIT) ** -1.2)
            load = pricing.pressure(wanted, 0, PERBILL, rules.target)
            base = pricing.next_base(base, load, rules)
        lines.append(Line(f"from {begin / UNIT:g}", points))
    title = "a price that clients answer to (elasticity 1.2)"
    return Panel(title, ("now", f"{periods} periods"), f"{top:g}", tuple(lines))


def _amax() -> Panel:
    """Draw how much AMAX there is, over sixteen years, by proven capacity."""
    config, terms, years = AmaxConfig(era_blocks=1), DEFAULTS.distribution, 16
    lines = []
    for parts in (100, 50, 10):
        issued, points = 40 * 10**6 * UNIT, [(0.0, 0.4)]
        proven = CURVE.k_star * MICRO * parts // 100
        for epoch in range(1, years * YEAR + 1):
            issued += amax.budget(config.cap, terms.delta, issued, proven, CURVE.k_star)
            if epoch % (years * YEAR // STEPS) == 0:
                points.append((epoch / years / YEAR, issued / config.cap))
        lines.append(Line(f"K = {parts} % of K*", points))
    top = f"{config.cap // UNIT // 10**6} m"
    return Panel("AMAX that exists", ("block 0", f"{years} years"), top, tuple(lines))
