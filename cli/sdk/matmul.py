"""Matrix products: their operands and results as .npy files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cli.errors import UsageError
from cli.sdk.arrays import load_array, save_array
from runtime.compute.matmul import MatmulParams, matmul_of, pack_input
from runtime.compute.reference import Int8s


def load_matrix(path: Path) -> Int8s:
    """Read an int8 matrix from a .npy file.

    Raises: UsageError.
    """
    return load_array(path, np.dtype(np.int8), 2)


def matmul_work(a: Int8s, b: Int8s) -> tuple[MatmulParams, bytes]:
    """Write down A times B: the work and its input.

    Raises: UsageError.
    """
    if a.shape[1] != b.shape[0]:
        raise UsageError(f"wanted as many columns in A as rows in B, got {a.shape} and {b.shape}")
    return matmul_of(a, b), pack_input(a, b)


def save_product(work: MatmulParams, content: bytes, out: Path) -> str:
    """Save a product as .npy; return what it is."""
    product = work.product(content)
    save_array(out, product)
    return f"int32 {product.shape}"
