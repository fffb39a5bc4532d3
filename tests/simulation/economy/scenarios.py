"""The scenarios of the design's simulation, as they are played on the real runtime."""

from __future__ import annotations

import math
from dataclasses import replace

from tests.simulation.economy.setting import Attack, Path, Setting

EVENT = 40
"""The round in which something happens: prices have settled by then."""


def growing(times: float, middle: int, width: float) -> Path:
    """Return demand that grows along a logistic curve."""
    return lambda now: 1 + (times - 1) / (1 + math.exp(-(now - middle) / width))


def stepping(factor: float, begin: int, end: int = 10**9) -> Path:
    """Return one, and another factor between two rounds."""
    return lambda now: factor if begin <= now < end else 1.0


def nothing(_round: int) -> float:
    """Return as good as no demand."""
    return 1e-6


QUIET = Attack(owned=1, fake=0.0, is_direct=False, start=20)
"""Who attacks, before it does."""

SCENARIOS: dict[str, Setting] = {
    "flat": Setting(rounds=110),
    "growth": Setting(rounds=140, providers_each=2, demand=growing(4, 55, 10)),
    "crash": Setting(rounds=130, providers_each=5, demand=stepping(0.2, EVENT)),
    "spike": Setting(rounds=130, demand=stepping(3.0, EVENT, EVENT + 15)),
    "rush": Setting(rounds=120, rush=(EVENT, 8)),
    "one market": Setting(rounds=110, only=(2, stepping(4.0, EVENT, EVENT + 30))),
    "sentiment": Setting(rounds=120, value=stepping(0.12, EVENT)),
    "no demand": Setting(rounds=90, demand=nothing, least=0),
    "quiet": Setting(rounds=70, providers_each=3, attack=QUIET),
    "fake matched": Setting(rounds=70, providers_each=3, attack=replace(QUIET, fake=0.5)),
    "fake direct": Setting(
        rounds=70, providers_each=3, attack=replace(QUIET, fake=0.5, is_direct=True)
    ),
    "fake referred": Setting(
        rounds=70, providers_each=3, attack=replace(QUIET, fake=0.5, is_referred=True)
    ),
    "worthless referred": Setting(
        rounds=70, providers_each=3, attack=replace(QUIET, owned=0, fake=0.5, is_referred=True)
    ),
    "quiet ring": Setting(
        rounds=70, providers_each=3, only=(0, nothing), attack=replace(QUIET, owned=3)
    ),
    "ring": Setting(
        rounds=70,
        providers_each=3,
        only=(0, nothing),
        attack=replace(QUIET, owned=3, fake=0.5, is_referred=True),
    ),
}
"""By name; the attacks are compared with the quiet run of the same seed, the ring with its own: all
of a market in which nobody else buys."""
