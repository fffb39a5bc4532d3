"""Two ways to launch a kernel: on the CPU by the shim, on a GPU (or the fake driver) by pycuda."""

import ctypes
import os
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from consensus.compute.cuda_gpu import kernel_source
from consensus.compute.cuda_matmul import DIGEST_PRODUCT, MULTIPLY

IMAGE_VARIABLE = "STARMINER_TEST_IMAGE"
"""Path of the CPU image, set where pycuda runs on the fake driver."""

SHARED_BYTES = {
    one.kernel.name: one.kernel.shared_bytes
    for kernels in (MULTIPLY, DIGEST_PRODUCT)
    for one in kernels.values()
    if one.kernel.shared_bytes
}

Argument = np.ndarray[Any, Any] | np.generic


class Backend(Protocol):
    """Runs a kernel; arrays are read and written in place, scalars have their C type."""

    def launch(
        self, name: str, grid: tuple[int, int], threads: int, *arguments: Argument
    ) -> None: ...


class KernelFault(Exception):
    """A kernel did what a GPU would not have shown."""


class ShimBackend:
    """The kernels as a shared object, called through ctypes: needs g++ and nothing else."""

    def __init__(self, image: Path, order: int = 0) -> None:
        self._library = ctypes.CDLL(str(image))
        self._order = order

    def launch(self, name: str, grid: tuple[int, int], threads: int, *arguments: Argument) -> None:
        entry = self._library[f"shim_entry_{name}"]
        entry.restype = ctypes.c_char_p
        sizes = (ctypes.c_uint * 3)(*grid, 1), (ctypes.c_uint * 3)(threads, 1, 1)
        self._library.shim_order(ctypes.c_long(self._order))
        fault = entry(_packed(arguments), *sizes)
        if fault is not None:
            raise KernelFault(fault.decode())


class CudaBackend:
    """The kernels through pycuda, on whatever libcuda there is."""

    def __init__(self) -> None:
        import pycuda.driver as driver

        driver.init()
        self._driver = driver
        gpu = driver.Device(0)
        self._context = gpu.retain_primary_context()
        self._context.push()
        if IMAGE_VARIABLE in os.environ:
            image = Path(os.environ[IMAGE_VARIABLE]).read_bytes()
        else:
            from pycuda.compiler import compile as compile_kernels

            options = ["-O3", "-std=c++17"]
            image = compile_kernels(kernel_source(), no_extern_c=True, options=options)
        self._module = driver.module_from_buffer(image)

    def close(self) -> None:
        self._context.pop()
        self._context.detach()

    def function(self, name: str) -> Any:
        """Return a kernel, with its dynamic shared memory allowed."""
        function = self._module.get_function(name)
        if name in SHARED_BYTES:
            most = self._driver.function_attribute.MAX_DYNAMIC_SHARED_SIZE_BYTES
            function.set_attribute(most, SHARED_BYTES[name])
        return function

    def launch(self, name: str, grid: tuple[int, int], threads: int, *arguments: Argument) -> None:
        driver = self._driver
        passed: list[Any] = []
        for argument in arguments:
            if isinstance(argument, np.ndarray):
                passed.append(driver.mem_alloc(argument.nbytes))
                driver.memcpy_htod(passed[-1], argument)
            else:
                passed.append(argument)
        self.function(name)(
            *passed, grid=grid, block=(threads, 1, 1), shared=SHARED_BYTES.get(name, 0)
        )
        for argument, memory in zip(arguments, passed, strict=True):
            if isinstance(argument, np.ndarray):
                driver.memcpy_dtoh(argument, memory)
                memory.free()


def _packed(arguments: tuple[Argument, ...]) -> bytes:
    """Lay arguments out as a launch buffer: each at its natural alignment."""
    buffer = b""
    for argument in arguments:
        if isinstance(argument, np.ndarray):
            value: np.generic = np.uint64(argument.ctypes.data)
        else:
            value = argument
        buffer += bytes(-len(buffer) % value.itemsize) + value.tobytes()
    return buffer
