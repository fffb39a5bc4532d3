"""The CPU as a device: the definition of work, run as it is written."""

from __future__ import annotations

import numpy as np

from consensus.compute.device import Search, require_memory
from runtime.compute.reference import Int8s, Int32s, exact_product
from runtime.compute.shares import Share, shares_of

_BYTES_PER_SHARE_CELL = 16
"""Memory per cell of a canonical product: operands as float32, the product, its digest's terms."""


class NumpyDevice:
    """Numpy on the CPU; where there is no GPU, and the oracle where there is one."""

    name = "numpy"

    def __init__(self, memory_bytes: int = 2 << 30) -> None:
        self.memory_bytes = memory_bytes

    def matmul(self, a: Int8s, b: Int8s) -> Int32s:
        """Multiply A (rows, inner) by B (inner, columns)."""
        cells = a.shape[0] * b.shape[1]
        require_memory(self, a.nbytes + 2 * b.nbytes + 12 * cells)
        return exact_product(a, np.ascontiguousarray(b.T))

    def search_shares(self, search: Search) -> tuple[Share, ...]:
        """Return all shares among the nonces, ascending."""
        require_memory(self, _BYTES_PER_SHARE_CELL * search.parameters.size**2)
        return tuple(
            share
            for nonce in search.nonces
            for share in shares_of(search.beacon, search.provider, nonce, search.parameters)
        )
