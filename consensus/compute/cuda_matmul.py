"""Products on a GPU: on its tensor cores where it has them, on its integer units otherwise."""

from __future__ import annotations

import numpy as np

from consensus.compute.cuda_gpu import Gpu, Kernel, Memory
from runtime.compute.classes import Result
from runtime.compute.matmul import MatmulParams, pack_output
from runtime.compute.reference import Int8s, Int32s

SIDE_STEP, INNER_STEP = 128, 64
"""What the kernels' sides are multiples of; zeros fill up the rest and change no cell."""
MULTIPLY_MMA = Kernel("multiply_mma", "PPPiii")
MULTIPLY_DP4A = Kernel("multiply_dp4a", "PPPiii")


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
    kernel, tile = (MULTIPLY_MMA, 128) if gpu.has_tensor_cores else (MULTIPLY_DP4A, 64)
    gpu.launch(kernel, (columns // tile, rows // tile), *places, *sides)


def filled(matrix: Int8s) -> Int8s:
    """Copy a matrix into one whose sides suit the kernels, with zeros around it."""
    rows, inner = matrix.shape
    up = (-(-rows // SIDE_STEP) * SIDE_STEP, -(-inner // INNER_STEP) * INNER_STEP)
    wide = np.zeros(up, np.int8)
    wide[:rows, :inner] = matrix
    return wide
