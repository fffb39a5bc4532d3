"""The .npy format, read without trust: a header decides nothing that the file does not bear out.

A header is Python text. Only dictionaries of the three keys are read, with number types of one to
eight bytes, or a list of such with names; anything else in a file of a stranger is refused before
an array is made. What comes out is in this machine's byte order, row after row, whatever the file
says. Source: numpy, "A Simple File Format for NumPy Arrays" (NEP 1), versions 1.0 and 2.0.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from math import prod
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

MAGIC = b"\x93NUMPY"
LENGTH_BYTES = {(1, 0): 2, (2, 0): 4}
"""Width of the header's length, by version of the format."""
MAX_HEADER_BYTES = 1 << 16
"""Four thousand named columns; an array without names takes some hundred bytes."""
MAX_DEPTH = 4
"""Brackets in brackets: a dictionary of a list of pairs has three."""
MAX_DIMENSIONS = 4
MAX_FIELDS = 4096
MAX_NAME = 256

NUMBER_TYPE = re.compile(r"[<>|=]?(?:[iu][1248]|f[248])", re.ASCII)
HEADER_TEXT = re.compile(r"[\w \n'\"<>|=:,.()\[\]{}$#@%&/;?!-]*")
KEYS = {"descr", "fortran_order", "shape"}


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says that it holds."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    is_fortran: bool
    offset: int
    """Where the numbers begin."""

    @property
    def size_bytes(self) -> int:
        """Bytes of the numbers."""
        return prod(self.shape) * self.dtype.itemsize


def read_npy(file: BinaryIO, file_bytes: int) -> NDArray[Any]:
    """Read the array of a whole file of that many bytes.

    Raises: ValueError, OSError.
    """
    header = read_header(file, file_bytes)
    raw = file.read(header.size_bytes)
    if len(raw) != header.size_bytes:
        raise ValueError(f"wanted {header.size_bytes} bytes of numbers, got {len(raw)}")
    return plain(laid_out(np.frombuffer(raw, header.dtype), header))


def laid_out(flat: NDArray[Any], header: Header) -> NDArray[Any]:
    """Give numbers the shape that the header says."""
    return flat.reshape(header.shape, order="F" if header.is_fortran else "C")


def plain(array: NDArray[Any]) -> NDArray[Any]:
    """Return an array row after row, in this machine's byte order; the same one if it is so."""
    return np.asarray(array, array.dtype.newbyteorder("="), order="C")


def read_header(file: BinaryIO, file_bytes: int) -> Header:
    """Read and check the header of a file of that many bytes.

    Raises: ValueError, OSError.
    """
    start = file.read(len(MAGIC) + 2)
    if start[: len(MAGIC)] != MAGIC or len(start) < len(MAGIC) + 2:
        raise ValueError(f"wanted a file that begins with {MAGIC!r}, got {start[:6]!r}")
    version = (start[-2], start[-1])
    if version not in LENGTH_BYTES:
        raise ValueError(f"wanted version 1 or 2 of the format, got {version[0]}")
    raw = file.read(LENGTH_BYTES[version])
    length = int.from_bytes(raw, "little")
    if len(raw) != LENGTH_BYTES[version] or length > MAX_HEADER_BYTES:
        raise ValueError(f"wanted a header of at most {MAX_HEADER_BYTES} bytes, got {length}")
    text = file.read(length)
    if len(text) != length:
        raise ValueError(f"wanted a header of {length} bytes, got {len(text)}")
    header = _header(text, len(start) + len(raw) + length)
    if header.offset + header.size_bytes != file_bytes:
        wanted = header.offset + header.size_bytes
        raise ValueError(f"wanted {wanted} bytes for shape {header.shape}, got {file_bytes}")
    return header


def _header(raw: bytes, offset: int) -> Header:
    text = _checked(raw.decode()).strip()
    try:
        fields = ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise ValueError(f"wanted a dictionary in the header, got {raw[:40]!r}") from error
    if not isinstance(fields, dict) or set(fields) != KEYS:
        raise ValueError(f"wanted descr, fortran_order and shape in the header, got {raw[:40]!r}")
    if not isinstance(fields["fortran_order"], bool):
        raise ValueError(f"wanted fortran_order to be a bool, got {fields['fortran_order']!r}")
    return Header(_dtype(fields["descr"]), _shape(fields["shape"]), fields["fortran_order"], offset)


def _checked(text: str) -> str:
    """Refuse a text that would take a parser more than the time to read it."""
    if HEADER_TEXT.fullmatch(text) is None:
        raise ValueError(f"wanted a dictionary in the header, got {text[:40]!r}")
    depth = 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        if depth > MAX_DEPTH:
            raise ValueError(f"wanted brackets at most {MAX_DEPTH} deep in the header, got more")
    return text


def _shape(shape: object) -> tuple[int, ...]:
    fits = isinstance(shape, tuple) and all(type(side) is int for side in shape)
    if not isinstance(shape, tuple) or not fits or len(shape) > MAX_DIMENSIONS:
        raise ValueError(f"wanted a shape of at most {MAX_DIMENSIONS} sides, got {_short(shape)}")
    if min(shape, default=1) < 1:
        raise ValueError(f"wanted sides above 0, got {_short(shape)}")
    return shape


def _dtype(descr: object) -> np.dtype[Any]:
    if isinstance(descr, str):
        return np.dtype(_number_type(descr))
    if not isinstance(descr, list) or not 1 <= len(descr) <= MAX_FIELDS:
        raise ValueError(f"wanted a number type, or a list of them, got {_short(descr)}")
    pairs = []
    for field in descr:
        fits = isinstance(field, tuple) and len(field) == 2 and isinstance(field[0], str)
        if not fits or not 0 < len(field[0]) <= MAX_NAME:
            raise ValueError(f"wanted a name and a number type, got {_short(field)}")
        pairs.append((field[0], _number_type(field[1])))
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("wanted columns of different names")
    return np.dtype(pairs)


def _number_type(descr: object) -> str:
    """Return a type of integers or floats; objects, texts and times are none."""
    if not isinstance(descr, str) or NUMBER_TYPE.fullmatch(descr) is None:
        raise ValueError(f"wanted integers or floats of 1 to 8 bytes, got {_short(descr)}")
    return descr


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
