"""What machines run on, as those that offer them say."""

from __future__ import annotations

from enum import Enum


class EnergySource(Enum):
    """What a machine runs on. Indices are append-only."""

    UNKNOWN = 0
    GRID = 1
    RENEWABLE = 2
    MIXED = 3
