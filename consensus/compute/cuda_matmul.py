"""Products on a GPU: on its tensor cores where it has them, on its integer units otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from consensus.compute.cuda_gpu import Gpu, Kernel, Memory, Units
from runtime.compute.classes import Result
from runtime.compute.matmul import MatmulParams, pack_output
from runtime.compute.reference import Int8s, Int32s

SIDE_STEP, INNER_STEP = 128, 64
"""What the kernels' sides are multiples of; zeros fill up the rest and change no cell."""
STAGES = 3
"""Pairs of tiles in shared memory at a time; kernels/tensor.cu has the same number."""


@dataclass(frozen=True, slots=True)
class ProductKernel:
    """A kernel that multiplies, and what one of its blocks makes."""

    kernel: Kernel
    rows: int
    columns: int


def product_kernels(stem: str, types: str) -> Mapping[Units, ProductKernel]:
    """List the kernels of a name for all units."""

    def on_tensor_cores(suffix: str, rows: int, columns: int) -> ProductKernel:
        shared_bytes = STAGES * (rows + columns) * INNER_STEP
        return ProductKernel(Kernel(f"{stem}_mma{suffix}", types, shared_bytes), rows, columns)

    return {
        Units.INTEGER: ProductKernel(Kernel(f"{stem}_dp4a", types), 64, 64),
        Units.TENSOR: on_tensor_cores("", 128, 128),
        Units.TENSOR_WIDE: on_tensor_cores("_wide", 128, 256),
    }


MULTIPLY = product_kernels("multiply", "PPPiii")
DIGEST_PRODUCT = product_kernels("digest_product", "PPPiiQ")


def run_matmul(gpu: Gpu, work: MatmulParams, content: bytes) -> Result:
    """Multiply the operands of a job."""
    a, b = work.operands(content)
    return Result(pack_output(product(gpu, a, b.T)))


def product(gpu: Gpu, a: Int8s, b_transposed: Int8s) -> Int32s:
    """Multiply A (rows, inner) by the transpose of (columns, inner)."""
    left, right = filled(a), filled(b_transposed)
    (rows, inner), columns = left.shape, right.shape[0]
    with gpu.memory(left.nbytes, right.nbytes, 4 * rows * columns) as (x, y, z):
        gpu.upload(x, left)
        gpu.upload(y, right)
        multiply(gpu, (x, y, z), (rows, columns, inner))
        c = np.empty((rows, columns), np.int32)
        gpu.download(c, z)
    return np.ascontiguousarray(c[: a.shape[0], : b_transposed.shape[0]])


def multiply(gpu: Gpu, places: tuple[Memory, Memory, Memory], sides: tuple[int, int, int]) -> None:
    """Queue C = A B for (rows, columns, inner) that suit the kernels; B is given transposed."""
    rows, columns, _ = sides
    best = best_kernel(MULTIPLY, gpu.units, columns)
    gpu.launch(best.kernel, (columns // best.columns, rows // best.rows), *places, *sides)


def digest(gpu: Gpu, operands: tuple[Memory, Memory], digests: Memory, size: int, key: int) -> None:
    """Queue the digests of the 64 x 64 tiles of a square product that is never written."""
    best = best_kernel(DIGEST_PRODUCT, gpu.units, size)
    grid = (size // best.columns, size // best.rows)
    gpu.launch(best.kernel, grid, *operands, digests, size, size, key)


def best_kernel(
    kernels: Mapping[Units, ProductKernel], units: Units, columns: int
) -> ProductKernel:
    """Return the fastest kernel for a GPU and so many columns, a multiple of `SIDE_STEP`."""
    wide = kernels[units]
    return wide if columns % wide.columns == 0 else kernels[Units.TENSOR]


def filled(matrix: Int8s) -> Int8s:
    """Copy a matrix into one whose sides suit the kernels, with zeros around it."""
    rows, inner = matrix.shape
    up = (-(-rows // SIDE_STEP) * SIDE_STEP, -(-inner // INNER_STEP) * INNER_STEP)
    wide = np.zeros(up, np.int8)
    wide[:rows, :inner] = matrix
    return wide
