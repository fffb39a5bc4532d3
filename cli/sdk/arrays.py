"""Arrays in ordinary .npy files."""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cli.errors import UsageError

HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
"""Readers of the header, by version of the format."""
SHAPE_NAMES = {1: "list", 2: "matrix"}


def load_array(path: Path, dtype: np.dtype[Any], dimensions: int) -> NDArray[Any]:
    """Read an array of one type and number of dimensions from a .npy file.

    Raises: UsageError.
    """
    array = np.array(map_array(path))
    if array.dtype != dtype or array.ndim != dimensions:
        wanted = f"{SHAPE_NAMES[dimensions]} of {dtype.name}"
        raise UsageError(f"{path}: wanted a {wanted}, got {array.dtype} of shape {array.shape}")
    return array


def map_array(path: Path) -> NDArray[Any]:
    """Map the array in a .npy file, of any type and shape; it is read as it is used.

    Raises: UsageError.
    """
    try:
        _check_header(path)
        array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: wanted a .npy file: {error}") from error
    return array


def _check_header(path: Path) -> None:
    """Check that a .npy file is as long as its header says, before anything is made that large.

    Raises: OSError, ValueError.
    """
    with path.open("rb") as file:
        version = np.lib.format.read_magic(file)
        if version not in HEADERS:
            raise ValueError(f"wanted version 1 or 2 of the format, got {version[0]}")
        shape, _, dtype = HEADERS[version](file)
        wanted = file.tell() + prod(shape) * dtype.itemsize
    if dtype.hasobject:
        raise ValueError("wanted numbers, got Python objects")
    if (size := path.stat().st_size) != wanted:
        raise ValueError(f"wanted {wanted} bytes for shape {shape}, got {size}")


def save_array(path: Path, array: NDArray[Any]) -> None:
    """Write a .npy file, under exactly this name."""
    with path.open("wb") as file:
        np.save(file, array, allow_pickle=False)
