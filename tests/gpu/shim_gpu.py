"""A GPU whose kernels run on the CPU: what programs for a GPU are tested with everywhere."""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from consensus.compute.cuda_gpu import THREADS, Kernel, Units
from runtime.compute.classes import Cells
from tests.gpu.backends import ShimBackend

SCALARS = {"P": np.uint64, "Q": np.uint64, "I": np.uint32, "i": np.int32}
ALIGNMENT = 256
"""Of what a driver hands out; the vector loads of the kernels rely on it."""


class ShimGpu:
    """The `Gpu` of the product over the shim; fresh memory is full of garbage."""

    def __init__(self, shim: ShimBackend, units: Units = Units.TENSOR_WIDE) -> None:
        self._shim, self.units = shim, units
        self.taken = 0

    @contextmanager
    def memory(self, *sizes: int) -> Iterator[tuple[Any, ...]]:
        buffers = [np.full(size + ALIGNMENT, 0xCD, np.uint8) for size in sizes]
        self.taken += len(buffers)
        try:
            yield tuple(-(-buffer.ctypes.data // ALIGNMENT) * ALIGNMENT for buffer in buffers)
        finally:
            self.taken -= len(buffers)

    def upload(self, memory: int, cells: Cells) -> None:
        assert cells.flags.c_contiguous
        ctypes.memmove(int(memory), cells.ctypes.data, cells.nbytes)

    def download(self, cells: Cells, memory: int) -> None:
        assert cells.flags.c_contiguous
        ctypes.memmove(cells.ctypes.data, int(memory), cells.nbytes)

    def launch(self, kernel: Kernel, grid: tuple[int, int], *arguments: Any) -> None:
        assert len(kernel.types) == len(arguments), f"{kernel}: {len(arguments)} arguments"
        typed = [SCALARS[code](value) for code, value in zip(kernel.types, arguments, strict=True)]
        self._shim.launch(kernel.name, grid, THREADS, *typed)
