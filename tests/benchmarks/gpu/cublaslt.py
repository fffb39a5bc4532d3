"""NVIDIA's own int8 product, cuBLASLt, by ctypes: the ceiling that the kernels stand beside.

Numbers are those of `cublasLt.h` and `library_types.h` of CUDA 12 and 13.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import site
import sys
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

R_8I, R_32I, COMPUTE_32I = 3, 10, 72
DESC_TRANSA, OP_T = 3, 1
PREF_MAX_WORKSPACE_BYTES = 1
WORKSPACE_BYTES = 32 << 20
"""What the vendor recommends on Hopper."""
TRIED_ALGORITHMS = 8
NAMES = ("libcublasLt.so.13", "libcublasLt.so.12", "libcublasLt.so")


class CublasLtFailed(Exception):
    """The library is not there, or a call of it did not succeed."""


class _Algorithm(ctypes.Structure):
    """`cublasLtMatmulHeuristicResult_t`; the algorithm itself is its first 64 bytes."""

    _fields_ = (
        ("algorithm", ctypes.c_uint64 * 8),
        ("workspace_bytes", ctypes.c_size_t),
        ("status", ctypes.c_int),
        ("waves", ctypes.c_float),
        ("reserved", ctypes.c_int * 4),
    )


class CublasLt:
    """The library with a handle, in the current CUDA context; destroyed at the end of `with`."""

    def __init__(self, workspace: int) -> None:
        """Open the library; `workspace` is device memory of `WORKSPACE_BYTES`.

        Raises:
            CublasLtFailed: it is not there, or does not start.
        """
        self._library = _loaded()
        self._workspace = workspace
        self._handle = ctypes.c_void_p()
        self._call("cublasLtCreate", ctypes.byref(self._handle))

    def __enter__(self) -> CublasLt:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._call("cublasLtDestroy", self._handle)

    def product(self, a: int, b: int, c: int, size: int) -> Product:
        """Prepare C = A B for square matrices on the GPU, B given transposed, all row by row."""
        return Product(self, (a, b, c), size)

    def _call(self, name: str, *arguments: object) -> None:
        status = getattr(self._library, name)(*arguments)
        if status != 0:
            raise CublasLtFailed(f"{name} returned {status}")


class Product:
    """One product and the algorithms that the library's heuristic offers for it, best first.

    Row by row, C = A B is what column by column is C' = (B')^T A: the first operand is transposed,
    which is the layout that the tensor cores multiply int8 in.
    """

    def __init__(self, library: CublasLt, places: tuple[int, int, int], size: int) -> None:
        self._library, self._places = library, places
        self._description, self._layout = ctypes.c_void_p(), ctypes.c_void_p()
        self._sums = ctypes.c_void_p()
        call, side = library._call, ctypes.c_uint64(size)
        call("cublasLtMatmulDescCreate", ctypes.byref(self._description), COMPUTE_32I, R_32I)
        turned = ctypes.c_int(OP_T)
        call(
            *("cublasLtMatmulDescSetAttribute", self._description, DESC_TRANSA),
            *(ctypes.byref(turned), ctypes.c_size_t(4)),
        )
        stride = ctypes.c_int64(size)
        for layout, kind in ((self._layout, R_8I), (self._sums, R_32I)):
            call("cublasLtMatrixLayoutCreate", ctypes.byref(layout), kind, side, side, stride)
        self.algorithms = self._offered()

    def multiply(self, number: int = 0) -> None:
        """Queue the product with one of the algorithms."""
        a, b, c = (ctypes.c_void_p(place) for place in self._places)
        one, zero = ctypes.c_int32(1), ctypes.c_int32(0)
        self._library._call(
            *("cublasLtMatmul", self._library._handle, self._description),
            *(ctypes.byref(one), b, self._layout, a, self._layout),
            *(ctypes.byref(zero), c, self._sums, c, self._sums),
            ctypes.byref(self.algorithms[number].algorithm),
            *(ctypes.c_void_p(self._library._workspace), ctypes.c_size_t(WORKSPACE_BYTES), None),
        )

    def _offered(self) -> list[_Algorithm]:
        call, wanted = self._library._call, ctypes.c_void_p()
        call("cublasLtMatmulPreferenceCreate", ctypes.byref(wanted))
        limit = ctypes.c_uint64(WORKSPACE_BYTES)
        call(
            *("cublasLtMatmulPreferenceSetAttribute", wanted, PREF_MAX_WORKSPACE_BYTES),
            *(ctypes.byref(limit), ctypes.c_size_t(8)),
        )
        found, count = (_Algorithm * TRIED_ALGORITHMS)(), ctypes.c_int()
        call(
            *("cublasLtMatmulAlgoGetHeuristic", self._library._handle, self._description),
            *(self._layout, self._layout, self._sums, self._sums, wanted),
            *(TRIED_ALGORITHMS, found, ctypes.byref(count)),
        )
        call("cublasLtMatmulPreferenceDestroy", wanted)
        if count.value == 0:
            raise CublasLtFailed("no algorithm of cuBLASLt multiplies these int8 matrices")
        return [one for one in found[: count.value] if one.status == 0]


def _loaded() -> ctypes.CDLL:
    """Load the library from wherever CUDA or a Python package of it put it.

    Raises:
        CublasLtFailed: it is nowhere.
    """
    for path in _candidates():
        try:
            return ctypes.CDLL(path)
        except OSError:
            continue
    raise CublasLtFailed(f"none of {', '.join(NAMES)} is on this machine")


def _candidates() -> Iterator[str]:
    yield from NAMES
    folders = [Path(one) for one in (*sys.path, *site.getsitepackages()) if one]
    for root in (Path("/usr/local/cuda"), Path(os.environ.get("CUDA_HOME", "/usr/local/cuda"))):
        yield from map(str, sorted(root.glob("**/libcublasLt.so*")))
    for folder in folders:
        yield from map(str, sorted(folder.glob("nvidia/*/lib/libcublasLt.so.*")))
