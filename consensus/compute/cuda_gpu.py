"""A GPU as the programs for it see it, without the driver that is behind it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any, Protocol

from runtime.compute.classes import Cells

_FOLDER = Path(__file__).parent / "kernels"
KERNEL_FILES = (
    *("work.cu", "tensor.cu", "checks.cu", "hashing.cu"),
    *("inference.cu", "training.cu", "rendering.cu", "data.cu"),
)
"""Compiled as one program, in this order: what the first define, the others use."""
THREADS = 256
"""In a block; the kernels are written for this number."""

Memory = Any
"""Device memory, or an address in it."""


class Units(IntEnum):
    """What a GPU multiplies int8 matrices with; each has all that stands before it."""

    INTEGER = 0
    """dp4a, since Pascal."""
    TENSOR = 1
    """Tensor cores that know integers, since Turing."""
    TENSOR_WIDE = 2
    """The same with shared memory for wide blocks, since Ampere."""


@dataclass(frozen=True, slots=True)
class Kernel:
    """A kernel by its name, and pycuda's struct codes of its arguments."""

    name: str
    types: str
    shared_bytes: int = 0
    """Dynamic shared memory of a block."""


class Gpu(Protocol):
    """Memory, copies and launches. Launches are queued; the copies back wait for them."""

    units: Units

    def memory(self, *sizes: int) -> AbstractContextManager[tuple[Memory, ...]]:
        """Take device memory for a while; raises `DeviceRefused` if it is not there."""

    def upload(self, memory: Memory, cells: Cells) -> None:
        """Copy contiguous cells to the device."""

    def download(self, cells: Cells, memory: Memory) -> None:
        """Copy from the device into contiguous cells."""

    def launch(self, kernel: Kernel, grid: tuple[int, int], *arguments: Any) -> None:
        """Queue a kernel on `grid` blocks of `THREADS` threads."""


def kernel_source() -> str:
    """Return the text of all kernels."""
    return "\n".join((_FOLDER / name).read_text() for name in KERNEL_FILES)
