"""Scenes for tests: one that a person would make, and any bytes that a client could send."""

from __future__ import annotations

import numpy as np

from runtime.compute.scene import LIGHT, PLANE, SPHERE, TRIANGLE, VIEW, Range, SceneCounts
from runtime.compute.vectors import Q16

COUNTS = SceneCounts(lights=2, spheres=3, planes=1, triangles=2)


def fixed(*numbers: float) -> list[int]:
    """Round numbers to Q16."""
    return [round(number * Q16) for number in numbers]


def material(colour: list[int], squares: float = 0, mirror: float = 0) -> list[int]:
    """A material with a highlight."""
    return [*colour, *fixed(0.1, 0.1, 0.15, squares, mirror, 0.6), 5]


def marbles() -> bytes:
    """Three spheres and two triangles on a chequered floor; parts are mirrors, and in shadow."""
    red, grey, green = fixed(0.8, 0.1, 0.1), fixed(0.9, 0.9, 0.9), fixed(0.1, 0.5, 0.2)
    rows = [
        fixed(0, 1.6, -6, 0, 0.8, 0, 2, 0.12, 0.13, 0.16, 0.75, 0.85, 1, 0.12, 0.3, 0.75, 40),
        fixed(-4, 6, -5, 0.9, 0.85, 0.75),
        fixed(5, 4, -3, 0.25, 0.3, 0.4),
        fixed(0, 1, 0, 1) + material(red, mirror=0.25),
        fixed(-2, 0.7, 0.6, 0.7) + material(grey, mirror=0.85),
        fixed(0.8, 0.3, -1.6, 0.3) + material(green, mirror=0.3),
        fixed(0, 0, 0, 0, 1, 0) + material(grey, squares=1, mirror=0.15),
        fixed(2.9, 1.9, 2.1, 2.6, 0, 1.2, 3.8, 0, 1.8) + material(green),
        fixed(2.9, 1.9, 2.1, 2, 0, 2.4, 2.6, 0, 1.2) + material(red, squares=0.5),
    ]
    return np.array([word for row in rows for word in row], "<i4").tobytes()


def anything(counts: SceneCounts, seed: int, share_wild: float = 0.0) -> bytes:
    """Words drawn over their whole ranges; some of them over all of int32."""
    chance = np.random.default_rng(seed)
    ranges: list[Range] = list(VIEW)
    for count, row in zip(
        (counts.lights, counts.spheres, counts.planes, counts.triangles),
        (LIGHT, SPHERE, PLANE, TRIANGLE),
        strict=True,
    ):
        ranges += row * count
    words = [chance.choice([low, high, chance.integers(low, high + 1)]) for low, high in ranges]
    wild = chance.random(len(words)) < share_wild
    drawn = np.where(wild, chance.integers(-(2**31), 2**31, len(words)), np.array(words))
    return drawn.astype("<i4").tobytes()


def floating_spheres(count: int) -> bytes:
    """One light, and spheres at random over the first, which is the ground."""
    chance = np.random.default_rng(7)
    rows = [
        fixed(0, 1, -4, 0, 1, 0, 2, 0.1, 0.1, 0.1, 0.8, 0.9, 1, 0.2, 0.4, 0.9, 0),
        fixed(4, 8, -6, 1, 1, 1),
        fixed(0, -100, 0, 100) + material(fixed(0.5, 0.5, 0.5), mirror=0.2),
    ]
    for _ in range(count - 1):
        place, colour = chance.uniform((-3, 0, 0), (3, 2, 4)), chance.uniform(0.15, 1, 3)
        look = material(fixed(*colour), mirror=chance.uniform(0, 0.8))
        rows.append(fixed(*place, chance.uniform(0.3, 0.9)) + look)
    return np.array([word for row in rows for word in row], "<i4").tobytes()
