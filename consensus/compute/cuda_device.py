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
from pathlib import Path
from typing import Any

import numpy as np

from consensus.compute.device import DeviceRefused, DeviceUnavailable, Search, require_memory
from runtime.compute.reference import DIGEST_TILE, Int8s, Int32s, work_seed
from runtime.compute.shares import Share, winners

KERNELS = Path(__file__).parent / "kernels" / "work.cu"
SIDE_STEP, INNER_STEP = 128, 64
"""What the kernels' sides are multiples of; zeros fill up the rest and change no cell."""
THREADS = 256
"""In a block; the kernels are written for this number."""
EXPANDING_BLOCKS = 1024
"""Enough to fill a large GPU; the kernel strides over what is left."""
NONCES_IN_FLIGHT = 64
"""Launched without waiting; their digests are 2 MiB at size 4096."""
TENSOR_CORES_SINCE = (7, 5)
"""Compute capability of the first integer tensor cores (Turing)."""
_LAUNCH_TYPES = {
    "expand_rows": "QQQIIP",
    "multiply_dp4a": "PPPiii",
    "multiply_mma": "PPPiii",
    "digest_tiles": "PPiQ",
    "digest_product_mma": "PPPiiQ",
}
"""pycuda's struct codes of each kernel's arguments."""


class CudaDevice:
    """The first GPU. Invariant: used by the thread that made it, with its context current."""

    def __init__(
        self, memory_bytes: int, image: bytes | None = None, has_tensor_cores: bool | None = None
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
        since = capability >= TENSOR_CORES_SINCE
        self._has_tensor_cores = since if has_tensor_cores is None else has_tensor_cores
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

    def matmul(self, a: Int8s, b: Int8s) -> Int32s:
        """Multiply A (rows, inner) by B (inner, columns)."""
        left, right = _filled(a), _filled(b.T)
        (rows, inner), columns = left.shape, right.shape[0]
        with self._memory(left.nbytes, right.nbytes, 4 * rows * columns) as (x, y, z):
            self._driver.memcpy_htod(x, left)
            self._driver.memcpy_htod(y, right)
            self._multiply(x, y, z, (rows, columns, inner))
            c = np.empty((rows, columns), np.int32)
            self._driver.memcpy_dtoh(c, z)
        return np.ascontiguousarray(c[: a.shape[0], : b.shape[1]])

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
        product_bytes = 4 if self._has_tensor_cores else 4 * size * size
        sizes = (size * size, size * size, digests.nbytes, product_bytes)
        with self._memory(*sizes) as (left, right, out, product):
            for place, nonce in enumerate(nonces):
                seed = work_seed(search.beacon, search.provider, nonce)
                self._expand(seed.left, size, left)
                self._expand(seed.right, size, right)
                at = int(out) + place * digests[0].nbytes
                self._digest((left, right, product), at, size, seed.digest_key)
            self._driver.memcpy_dtoh(digests, out)
        for nonce, tiles in zip(nonces, digests, strict=True):
            yield from winners(tiles, nonce, search.parameters)

    def _expand(self, seed: tuple[int, int], size: int, out: Any) -> None:
        words = size * size // 8
        grid = (min(EXPANDING_BLOCKS, -(-words // THREADS)), 1)
        self._launch("expand_rows", grid, *seed, 0, size, size // 8, out)

    def _digest(self, operands: tuple[Any, Any, Any], out: int, size: int, key: int) -> None:
        left, right, product = operands
        if self._has_tensor_cores:
            grid = (size // 128, size // 128)
            self._launch("digest_product_mma", grid, left, right, out, size, size, key)
        else:
            self._multiply(left, right, product, (size, size, size))
            grid = (size // DIGEST_TILE, size // DIGEST_TILE)
            self._launch("digest_tiles", grid, product, out, size, key)

    def _multiply(self, left: Any, right: Any, out: Any, sides: tuple[int, int, int]) -> None:
        rows, columns, _ = sides
        name, tile = ("multiply_mma", 128) if self._has_tensor_cores else ("multiply_dp4a", 64)
        self._launch(name, (columns // tile, rows // tile), left, right, out, *sides)

    def _launch(self, name: str, grid: tuple[int, int], *arguments: Any) -> None:
        """Queue a kernel; the copies back wait for it."""
        assert threading.get_ident() == self._thread, "a CUDA device belongs to one thread"
        if name not in self._kernels:
            self._kernels[name] = self._module.get_function(name)
            self._kernels[name].prepare(_LAUNCH_TYPES[name])
        self._kernels[name].prepared_call(grid, (THREADS, 1, 1), *arguments)

    @contextmanager
    def _memory(self, *sizes: int) -> Iterator[tuple[Any, ...]]:
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
        KERNELS.read_text(),
        no_extern_c=True,
        options=["-O3", "-std=c++17"],
        arch="sm_{}{}".format(*capability),
    )
    return image


def _filled(matrix: Int8s) -> Int8s:
    """Copy a matrix into one whose sides suit the kernels, with zeros around it."""
    rows, inner = matrix.shape
    up = (-(-rows // SIDE_STEP) * SIDE_STEP, -(-inner // INNER_STEP) * INNER_STEP)
    filled = np.zeros(up, np.int8)
    filled[:rows, :inner] = matrix
    return filled


def _line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
