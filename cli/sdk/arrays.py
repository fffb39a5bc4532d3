"""Arrays in ordinary .npy files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cli.errors import UsageError

SHAPE_NAMES = {1: "list", 2: "matrix"}


def load_array(path: Path, dtype: np.dtype[Any], dimensions: int) -> NDArray[Any]:
    """Read an array of one type and number of dimensions from a .npy file.

    Raises: UsageError.
    """
    try:
        array = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: wanted a .npy file: {error}") from error
    if not isinstance(array, np.ndarray) or array.dtype != dtype or array.ndim != dimensions:
        shape = getattr(array, "shape", "?")
        kind = getattr(array, "dtype", type(array).__name__)
        wanted = f"{SHAPE_NAMES[dimensions]} of {dtype.name}"
        raise UsageError(f"{path}: wanted a {wanted}, got {kind} of shape {shape}")
    return array


def save_array(path: Path, array: NDArray[Any]) -> None:
    """Write a .npy file, under exactly this name."""
    with path.open("wb") as file:
        np.save(file, array, allow_pickle=False)
