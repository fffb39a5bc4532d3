"""Matrices for jobs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Matrices:
    """Two random matrices in files, and their product."""

    a: Path
    b: Path
    c: Path
    """Where the product is to be saved."""
    product: Any

    @property
    def inputs(self) -> tuple[Path, Path]:
        """The files to submit."""
        return self.a, self.b

    def saved(self) -> Any:
        """Return what was saved as the product."""
        return np.load(self.c, allow_pickle=False)


def matrices(directory: Path, rows: int, inner: int, columns: int) -> Matrices:
    """Save random matrices A (rows, inner) and B (inner, columns), of int8."""
    directory.mkdir(parents=True, exist_ok=True)
    chance = np.random.default_rng(rows * inner * columns)
    a = chance.integers(-128, 128, (rows, inner), dtype=np.int8)
    b = chance.integers(-128, 128, (inner, columns), dtype=np.int8)
    made = Matrices(
        directory / "a.npy",
        directory / "b.npy",
        directory / "c.npy",
        a.astype(np.int32) @ b.astype(np.int32),
    )
    np.save(made.a, a)
    np.save(made.b, b)
    return made
