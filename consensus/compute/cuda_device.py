"""An NVIDIA GPU as a device, through pycuda: the only file that imports it, and only when asked.

The primary context is retained by the thread that opens the device, and belongs to it alone; in
the product that is the main thread of the device process. A fault of the driver is not caught:
the context is lost then, so the process ends and the node starts another.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from consensus.compute.cuda_gpu import THREADS, Kernel, Memory, Units, kernel_source
from consensus.compute.cuda_matmul import digest
from consensus.compute.cuda_programs import PROGRAMS
from consensus.compute.device import DeviceRefused, DeviceUnavailable, Search, require_memory
from runtime.compute.classes import Cells, Result, Work
from runtime.compute.reference import work_seed
from runtime.compute.shares import Share, winners

EXPANDING_BLOCKS = 1024
"""Enough to fill a large GPU; the kernel strides over what is left."""
NONCES_IN_FLIGHT = 64
"""Launched without waiting; their digests are 2 MiB at size 4096."""
TENSOR_CORES_SINCE, WIDE_SINCE = (7, 5), (8, 0)
"""Compute capabilities of the first GPUs that have them: Turing and Ampere."""
EXPAND_ROWS = Kernel("expand_rows", "QQQIIP")


class CudaDevice:
    """The first GPU. Invariant: used by the thread that made it, with its context current."""

    def __init__(
        self, memory_bytes: int, image: bytes | None = None, units: Units | None = None
    ) -> None:
        """Open the GPU, at most `memory_bytes` of it; tests bring their own compiled `image`.

        Raises:
            DeviceUnavailable: with the reason in one line.
        """
        self._driver = _opened_driver()
        self._thread = threading.get_ident()
        gpu = self._driver.Device(0)
        capability = gpu.compute_capability()
        self.name: str = gpu.name()
        self._context = gpu.retain_primary_context()
        self._context.push()
        free, _ = self._driver.mem_get_info()
        self.memory_bytes = min(memory_bytes, free)
        found = Units((capability >= TENSOR_CORES_SINCE) + (capability >= WIDE_SINCE))
        self.units: Units = found if units is None else units
        self._kernels: dict[str, Any] = {}
        try:
            self._module = self._driver.module_from_buffer(image or _compiled(capability))
        except (self._driver.Error, DeviceUnavailable) as error:
            self.close()
            raise DeviceUnavailable(
                f"{self.name} cannot run the kernels: {_line(error)}"
            ) from error

    def close(self) -> None:
        """Give the context back."""
        self._context.pop()
        self._context.detach()

    def run(self, work: Work, content: bytes) -> Result:
        """Do a job of any class."""
        return PROGRAMS[work.job_class](self, work, content)

    def search_shares(self, search: Search) -> tuple[Share, ...]:
        """Return all shares among the nonces, ascending."""
        found: list[Share] = []
        nonces = search.nonces
        for start in range(0, len(nonces), NONCES_IN_FLIGHT):
            found += self._searched(search, nonces[start : start + NONCES_IN_FLIGHT])
        return tuple(found)

    def _searched(self, search: Search, nonces: range) -> Iterator[Share]:
        """Work on some nonces without waiting in between; one copy brings all digests back."""
        size, side = search.parameters.size, search.parameters.tiles_per_side
        digests = np.empty((len(nonces), side, side), np.uint64)
        with self.memory(size * size, size * size, digests.nbytes) as (left, right, out):
            for place, nonce in enumerate(nonces):
                seed = work_seed(search.beacon, search.provider, nonce)
                self._expand(seed.left, size, left)
                self._expand(seed.right, size, right)
                at = int(out) + place * digests[0].nbytes
                digest(self, (left, right), at, size, seed.digest_key)
            self.download(digests, out)
        for nonce, tiles in zip(nonces, digests, strict=True):
            yield from winners(tiles, nonce, search.parameters)

    def _expand(self, seed: tuple[int, int], size: int, out: Any) -> None:
        words = size * size // 8
        grid = (min(EXPANDING_BLOCKS, -(-words // THREADS)), 1)
        self.launch(EXPAND_ROWS, grid, *seed, 0, size, size // 8, out)

    def launch(self, kernel: Kernel, grid: tuple[int, int], *arguments: Any) -> None:
        """Queue a kernel; the copies back wait for it."""
        assert threading.get_ident() == self._thread, "a CUDA device belongs to one thread"
        entry = self._kernels.get(kernel.name) or self._prepared(kernel)
        block = (THREADS, 1, 1)
        entry.prepared_call(grid, block, *arguments, shared_size=kernel.shared_bytes)

    def _prepared(self, kernel: Kernel) -> Any:
        entry = self._module.get_function(kernel.name)
        entry.prepare(kernel.types)
        if kernel.shared_bytes:
            most = self._driver.function_attribute.MAX_DYNAMIC_SHARED_SIZE_BYTES
            entry.set_attribute(most, kernel.shared_bytes)
        self._kernels[kernel.name] = entry
        return entry

    def upload(self, memory: Memory, cells: Cells) -> None:
        """Copy contiguous cells to the device."""
        self._driver.memcpy_htod(memory, cells)

    def download(self, cells: Cells, memory: Memory) -> None:
        """Copy from the device into contiguous cells."""
        self._driver.memcpy_dtoh(cells, memory)

    @contextmanager
    def memory(self, *sizes: int) -> Iterator[tuple[Any, ...]]:
        """Take device memory for a while.

        Raises:
            DeviceRefused: it is not there.
        """
        require_memory(self, sum(sizes))
        taken: list[Any] = []
        try:
            for size in sizes:
                taken.append(self._driver.mem_alloc(size))  # noqa: PERF401 - freed if one fails
            yield tuple(taken)
        except self._driver.MemoryError as error:
            raise DeviceRefused(f"{self.name}: wanted {sum(sizes)} bytes: {error}") from error
        finally:
            for memory in taken:
                memory.free()


def _opened_driver() -> Any:
    """Import and initialise pycuda's driver.

    Raises:
        DeviceUnavailable: pycuda, the driver, or a GPU is missing.
    """
    try:
        import pycuda.driver as driver
    except ImportError as error:
        raise DeviceUnavailable(f"pycuda is not usable: {_line(error)}") from error
    try:
        driver.init()
    except driver.Error as error:
        raise DeviceUnavailable(f"the CUDA driver found no GPU: {_line(error)}") from error
    if driver.Device.count() == 0:
        raise DeviceUnavailable("the CUDA driver found no GPU")
    return driver


def _compiled(capability: tuple[int, int]) -> bytes:
    """Compile the kernels for a GPU, or take pycuda's cached image of them.

    Raises:
        DeviceUnavailable: there is no compiler; a kernel that it refuses is a driver's error.
    """
    from pycuda.compiler import compile as compile_kernels

    if shutil.which("nvcc") is None:
        raise DeviceUnavailable("there is no nvcc on the PATH to compile them with")
    image: bytes = compile_kernels(
        kernel_source(),
        no_extern_c=True,
        options=["-O3", "-std=c++17"],
        arch="sm_{}{}".format(*capability),
    )
    return image


def _line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
