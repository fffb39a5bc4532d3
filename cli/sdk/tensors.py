"""Named tensors in ordinary files: .npz of numpy, and .safetensors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from cli.errors import UsageError

Tensors = Mapping[str, NDArray[Any]]

MAX_FILE_BYTES = 1 << 30
"""Far above the input of any job; a larger file is a mistake that would fill the memory."""
HEAD_BYTES = 8
MAX_HEADER_BYTES = 1 << 20
DTYPES = {"I8": "<i1", "U8": "<u1", "I16": "<i2", "I32": "<i4", "F32": "<f4", "F64": "<f8"}
"""Types of safetensors that a model of ours, or a float model, has."""


def load_tensors(path: Path) -> dict[str, NDArray[Any]]:
    """Read all tensors of a .npz or .safetensors file.

    Raises: UsageError.
    """
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise UsageError(f"{path}: wanted at most {MAX_FILE_BYTES} bytes, got {size}")
        if path.suffix == ".safetensors":
            return _read_safetensors(path.read_bytes())
        return _read_npz(path)
    except (OSError, ValueError, BadZipFile, EOFError) as error:
        raise UsageError(f"{path}: wanted a .npz or .safetensors file: {error}") from error


def save_tensors(path: Path, tensors: Tensors) -> None:
    """Write a .npz file, under exactly this name."""
    with path.open("wb") as file:
        np.savez(file, allow_pickle=False, **tensors)


def _read_npz(path: Path) -> dict[str, NDArray[Any]]:
    """Read the arrays of an archive; their sizes are limited before any is unpacked."""
    with np.load(path, allow_pickle=False) as archive:
        if not hasattr(archive, "zip"):
            raise ValueError("it holds one array without a name")
        unpacked = sum(entry.file_size for entry in archive.zip.infolist())
        if unpacked > MAX_FILE_BYTES:
            raise ValueError(f"it unpacks to {unpacked} bytes, more than {MAX_FILE_BYTES}")
        return {name: archive[name] for name in archive.files}


def _read_safetensors(raw: bytes) -> dict[str, NDArray[Any]]:
    """Read a length (u64), a JSON header of that length, and the tensors it places."""
    size = int.from_bytes(raw[:HEAD_BYTES], "little")
    if len(raw) < HEAD_BYTES or size > min(MAX_HEADER_BYTES, len(raw) - HEAD_BYTES):
        raise ValueError(f"its header of {size} bytes is too long")
    header, data = json.loads(raw[HEAD_BYTES : HEAD_BYTES + size]), raw[HEAD_BYTES + size :]
    if not isinstance(header, dict):
        raise ValueError("its header is no object")
    placed = {name: entry for name, entry in header.items() if name != "__metadata__"}
    return {name: _placed(name, entry, data) for name, entry in placed.items()}


def _placed(name: str, entry: Any, data: bytes) -> NDArray[Any]:
    try:
        dtype, shape = np.dtype(DTYPES[entry["dtype"]]), tuple(map(int, entry["shape"]))
        start, end = map(int, entry["data_offsets"])
    except (KeyError, TypeError) as error:
        raise ValueError(f"the entry of {name} is none: {error!r}") from error
    if min(shape, default=0) < 0 or not 0 <= start <= end <= len(data):
        raise ValueError(f"{name} lies outside the file")
    if end - start != dtype.itemsize * prod(shape):
        raise ValueError(f"{name} has {end - start} bytes for {dtype} of shape {shape}")
    return np.frombuffer(data[start:end], dtype).reshape(shape)
