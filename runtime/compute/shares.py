"""Canonical work: the lottery tickets that prove a provider's capacity.

A nonce seeds an int8 product of size n; each 64 x 64 tile of it has a digest, and a tile whose
digest is below the target is a share. Whoever checks one recomputes that tile alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from runtime.compute.classes import Definition
from runtime.compute.job import MACS_PER_UNIT
from runtime.compute.reference import DIGEST_TILE, Words, work_digests, work_seed
from runtime.primitives.schema import Bounded
from runtime.primitives.types import U16, U32, U64, AccountId

CANONICAL = Definition(
    1, "search(beacon, provider, nonce): digest(A * B) of every 64 x 64 tile; A, B expanded"
)
MAX_SHARES_PER_BATCH = 64
"""One batch is 0.9 KB: it fits a gossip message, and a large provider needs a few per block."""
SIZE_STEP = 128
"""Sizes are multiples of it: the tile of one thread block of the tensor-core kernel."""
MAX_SIZE = 16384
"""Largest size: a tile then takes 6 ms to check."""


@dataclass(frozen=True, slots=True)
class ShareParameters:
    """How large a product is and how rare a share is; part of a chain's specification."""

    size: U32
    target: U64

    def __post_init__(self) -> None:
        assert 0 < self.size <= MAX_SIZE, f"wanted a size of 1 to {MAX_SIZE}, got {self.size}"
        assert self.size % SIZE_STEP == 0, f"wanted a multiple of {SIZE_STEP}, got {self.size}"
        assert 0 < self.target < 2**64, f"wanted a target of 1 to 2**64 - 1, got {self.target}"

    @property
    def tiles_per_side(self) -> int:
        """Tiles in one row, and in one column, of a product."""
        return self.size // DIGEST_TILE

    @property
    def work_per_share(self) -> int:
        """Micro-CU that a share proves: the expected work to find one, rounded down, at least 1."""
        macs_per_tile = DIGEST_TILE * DIGEST_TILE * self.size
        return max(1, macs_per_tile * 2**64 // self.target // MACS_PER_UNIT)


DEVELOPMENT_SHARES = ShareParameters(size=512, target=2**54)
"""A share in 16 products of 64 tiles: a few per second on one CPU core."""
MAINNET_SHARES = ShareParameters(size=4096, target=2**34)
"""A share in 262,144 products of 4,096 tiles: one in a minute or two on a large GPU."""


@dataclass(frozen=True, slots=True)
class Share:
    """One winning tile. Twelve bytes: all else follows from the epoch and the provider."""

    nonce: U64
    tile_row: U16
    tile_column: U16

    @property
    def place(self) -> tuple[int, int, int]:
        """Where in its provider's work of the epoch it lies; no share counts twice."""
        return self.nonce, self.tile_row, self.tile_column


@dataclass(frozen=True, slots=True)
class ShareBatch:
    """Shares of one provider and epoch, in ascending order of place."""

    epoch: U64
    provider: AccountId
    shares: Annotated[tuple[Share, ...], Bounded(MAX_SHARES_PER_BATCH)]


def shares_of(
    beacon: bytes, provider: bytes, nonce: int, parameters: ShareParameters
) -> tuple[Share, ...]:
    """Do the work of one nonce and return its shares, ascending."""
    digests = work_digests(work_seed(beacon, provider, nonce), parameters.size)
    return tuple(winners(digests, nonce, parameters))


def winners(digests: Words, nonce: int, parameters: ShareParameters) -> Iterator[Share]:
    """Pick the shares among the digests of one product, ascending."""
    for row, column in np.argwhere(digests < np.uint64(parameters.target)):
        yield Share(nonce, int(row), int(column))
