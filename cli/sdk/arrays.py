"""Arrays in ordinary files: .npy, and rows of numbers as .csv."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cli.errors import UsageError, reason_of
from cli.sdk.lines import Lines
from cli.sdk.npy import laid_out, plain, read_header
from runtime.compute.job import MAX_CONTENT_BYTES

SHAPE_NAMES = {1: "list", 2: "matrix"}
MAX_CELLS = MAX_CONTENT_BYTES
"""In a .csv file of numbers: each becomes at least one byte of a job's input."""


def load_array(path: Path, dtype: np.dtype[Any], dimensions: int) -> NDArray[Any]:
    """Read an array of one type and number of dimensions from a .npy file.

    Raises: UsageError.
    """
    found = map_array(path)
    if found.dtype.newbyteorder("=") != dtype or found.ndim != dimensions:
        wanted = f"{SHAPE_NAMES[dimensions]} of {dtype.name}"
        raise UsageError(f"{path}: wanted a {wanted}, got {found.dtype} of shape {found.shape}")
    return plain(np.array(found))


def load_rows(path: Path) -> NDArray[Any]:
    """Read rows of numbers from a .npy file, or from a .csv file with or without a header.

    Raises: UsageError.
    """
    found = _read_csv(path) if path.suffix.lower() == ".csv" else map_array(path)
    if found.dtype.kind not in "iuf" or found.ndim != 2:
        raise UsageError(
            f"{path}: wanted rows of numbers, got {found.dtype} of shape {found.shape}"
        )
    return plain(np.array(found))


def map_array(path: Path) -> NDArray[Any]:
    """Map the array in a .npy file, of any number type and shape; it is read as it is used.

    Raises: UsageError.
    """
    try:
        with path.open("rb") as file:
            header = read_header(file, path.stat().st_size)
            flat = np.memmap(file, header.dtype, "r", header.offset)
            return laid_out(flat, header)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: wanted a .npy file: {reason_of(error)}") from error


def save_array(path: Path, array: NDArray[Any]) -> None:
    """Write a .npy file, under exactly this name."""
    with path.open("wb") as file:
        np.save(file, array, allow_pickle=False)


def _read_csv(path: Path) -> NDArray[np.float64]:
    """Read a table of numbers; a first line that holds other words is its header."""
    cells, width = array("d"), 0
    try:
        with path.open("rb") as file:
            lines = Lines(path, file)
            for line in lines:
                text = line.partition("#")[0].strip()
                if not text:
                    continue
                row = _numbers(text.split(","))
                if row is None and not width and lines.number == 1:
                    continue
                if row is None or len(row) != (width or len(row)):
                    wanted = f"{width} numbers" if width else "numbers"
                    raise lines.wrong(f"wanted {wanted}, got {_short(text)}")
                width = len(row)
                if len(cells) + width > MAX_CELLS:
                    raise UsageError(f"{path}: wanted at most {MAX_CELLS} numbers, got more")
                cells.extend(row)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
    if not width:
        raise UsageError(f"{path}: wanted rows of numbers, got none")
    return np.frombuffer(cells, np.float64).reshape(-1, width)


def _numbers(words: Sequence[str]) -> list[float] | None:
    try:
        return [float(word) for word in words]
    except ValueError:
        return None


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:40]}…")
