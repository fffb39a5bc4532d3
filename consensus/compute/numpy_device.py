"""The CPU as a device: the definition of work, run as it is written."""

from __future__ import annotations

from consensus.compute.device import Search, require_memory
from runtime.compute.classes import Result, Work
from runtime.compute.shares import Share, shares_of

_BYTES_PER_SHARE_CELL = 16
"""Memory per cell of a canonical product: operands as float32, the product, its digest's terms."""


class NumpyDevice:
    """Numpy on the CPU; where there is no GPU, and the oracle where there is one."""

    name = "numpy"

    def __init__(self, memory_bytes: int = 2 << 30) -> None:
        self.memory_bytes = memory_bytes

    def run(self, work: Work, content: bytes) -> Result:
        """Do a job of any class as it is defined."""
        require_memory(self, work.memory_bytes)
        return work.run(content)

    def search_shares(self, search: Search) -> tuple[Share, ...]:
        """Return all shares among the nonces, ascending."""
        require_memory(self, _BYTES_PER_SHARE_CELL * search.parameters.size**2)
        return tuple(
            share
            for nonce in search.nonces
            for share in shares_of(search.beacon, search.provider, nonce, search.parameters)
        )
