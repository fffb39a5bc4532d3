"""Named tensors in ordinary files: .npz of numpy, and .safetensors.

Both are read without trust. An archive is unpacked only as far as its entries said it would be, and
they are held to a limit, in all and against what they take in the file; the tensors of .safetensors
lie side by side and fill the file, as its description demands.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from io import BytesIO
from math import prod
from pathlib import Path
from typing import Any, BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

import msgspec
import numpy as np
from numpy.typing import NDArray

from cli.errors import UsageError, reason_of
from cli.sdk.npy import read_npy

Tensors = Mapping[str, NDArray[Any]]

MAX_FILE_BYTES = 1 << 30
"""Far above the input of any job; a larger file is a mistake that would fill the memory."""
MAX_TENSORS = 4096
MAX_RATIO = 256
"""Of what is unpacked to what is packed: weights that pack better are all but empty."""
SMALL_BYTES = 1 << 20
"""Below this nobody minds how well a tensor packs: zeros do so by a thousand."""
HEAD_BYTES = 8
MAX_HEADER_BYTES = 1 << 20
MAX_SIDES = 8
DTYPES = {
    **{"I8": "<i1", "U8": "<u1", "I16": "<i2", "I32": "<i4"},
    **{"F16": "<f2", "F32": "<f4", "F64": "<f8"},
}
"""Types of safetensors that a model of ours, or a float model, has."""
METADATA = "__metadata__"
_BROKEN = (
    *(OSError, ValueError, BadZipFile, EOFError, zlib.error, struct.error),
    *(NotImplementedError, RuntimeError, OverflowError),
)
"""What `zipfile` raises of an archive that is none, besides its own error."""


class _Entry(msgspec.Struct, frozen=True):
    """Where a tensor lies in a .safetensors file."""

    dtype: str
    shape: list[int]
    data_offsets: tuple[int, int]


def load_tensors(path: Path) -> dict[str, NDArray[Any]]:
    """Read all tensors of a .npz or .safetensors file.

    Raises: UsageError.
    """
    read = read_safetensors if path.suffix == ".safetensors" else read_npz
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            if size > MAX_FILE_BYTES:
                raise UsageError(f"{path}: wanted at most {MAX_FILE_BYTES} bytes, got {size}")
            return read(file, size)
    except (OSError, ValueError) as error:
        wanted = "wanted a .npz or .safetensors file"
        raise UsageError(f"{path}: {wanted}: {reason_of(error)}") from error


def save_tensors(path: Path, tensors: Tensors) -> None:
    """Write a .npz file, under exactly this name."""
    with path.open("wb") as file:
        np.savez(file, allow_pickle=False, **tensors)


def read_npz(file: BinaryIO, file_bytes: int) -> dict[str, NDArray[Any]]:
    """Read the arrays of an archive of that many bytes.

    Raises: ValueError.
    """
    try:
        with ZipFile(file) as archive:
            entries = archive.infolist()
            _check_entries(entries, file_bytes)
            return {
                entry.filename.removesuffix(".npy"): _unpacked(archive, entry) for entry in entries
            }
    except _BROKEN as error:
        raise ValueError(str(error) or type(error).__name__) from error


def _check_entries(entries: list[ZipInfo], file_bytes: int) -> None:
    """Hold an archive to what it says of itself, before anything is unpacked."""
    if not 1 <= len(entries) <= MAX_TENSORS:
        raise ValueError(f"wanted 1 to {MAX_TENSORS} tensors, got {len(entries)}")
    if len({entry.filename for entry in entries}) != len(entries):
        raise ValueError("wanted tensors of different names")
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > MAX_FILE_BYTES:
        raise ValueError(f"it unpacks to {unpacked} bytes, more than {MAX_FILE_BYTES}")
    if sum(entry.compress_size for entry in entries) > file_bytes:
        raise ValueError("its tensors share bytes of the file")
    for entry in entries:
        if entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED) or entry.flag_bits & 1:
            raise ValueError(f"{entry.filename!r}: wanted it stored or deflated, and in the clear")
        if entry.file_size > max(SMALL_BYTES, MAX_RATIO * entry.compress_size):
            raise ValueError(
                f"{entry.filename!r} unpacks from {entry.compress_size} to {entry.file_size} "
                f"bytes: wanted at most {MAX_RATIO} times as many"
            )


def _unpacked(archive: ZipFile, entry: ZipInfo) -> NDArray[Any]:
    """Unpack one array: never more bytes than its entry says."""
    with archive.open(entry) as packed:
        raw = packed.read(entry.file_size)
    if len(raw) != entry.file_size:
        raise ValueError(f"{entry.filename!r}: wanted {entry.file_size} bytes, got {len(raw)}")
    try:
        return read_npy(BytesIO(raw), len(raw))
    except ValueError as error:
        raise ValueError(f"{entry.filename!r}: {error}") from error


def read_safetensors(file: BinaryIO, file_bytes: int) -> dict[str, NDArray[Any]]:
    """Read a length (u64), a JSON header of that length, and the tensors it places.

    Raises: ValueError.
    """
    size = int.from_bytes(file.read(HEAD_BYTES), "little")
    if file_bytes < HEAD_BYTES or size > min(MAX_HEADER_BYTES, file_bytes - HEAD_BYTES):
        raise ValueError(f"its header of {size} bytes is too long")
    try:
        header = msgspec.json.decode(file.read(size), type=dict[str, msgspec.Raw])
        entries = {
            name: msgspec.json.decode(raw, type=_Entry)
            for name, raw in header.items()
            if name != METADATA
        }
    except (RecursionError, msgspec.DecodeError) as error:
        raise ValueError(f"its header is none: {error}") from error
    data = file.read()
    _check_places(entries, len(data))
    return {name: _placed(name, entry, data) for name, entry in entries.items()}


def _check_places(entries: Mapping[str, _Entry], data_bytes: int) -> None:
    """Check that tensors lie one after the other and fill the file: none shares another's bytes."""
    if not 1 <= len(entries) <= MAX_TENSORS:
        raise ValueError(f"wanted 1 to {MAX_TENSORS} tensors, got {len(entries)}")
    end = 0
    for name, entry in sorted(entries.items(), key=lambda item: item[1].data_offsets):
        start, stop = entry.data_offsets
        if start != end or stop < start:
            raise ValueError(f"wanted {name} to begin at {end}, got {start} to {stop}")
        end = stop
    if end != data_bytes:
        raise ValueError(f"wanted tensors of {data_bytes} bytes in all, got {end}")


def _placed(name: str, entry: _Entry, data: bytes) -> NDArray[Any]:
    if entry.dtype not in DTYPES:
        raise ValueError(f"{name}: wanted one of {', '.join(DTYPES)}, got {entry.dtype[:20]!r}")
    dtype, shape = np.dtype(DTYPES[entry.dtype]), tuple(entry.shape)
    if len(shape) > MAX_SIDES or min(shape, default=1) < 1:
        raise ValueError(f"{name}: wanted at most {MAX_SIDES} sides above 0, got {shape[:9]}")
    start, end = entry.data_offsets
    if end - start != dtype.itemsize * prod(shape):
        raise ValueError(f"{name} has {end - start} bytes for {dtype} of shape {shape}")
    return np.frombuffer(data, dtype, prod(shape), start).reshape(shape)
