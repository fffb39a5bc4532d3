"""What checking receipts may cost: prices fixed in consensus, the same number everywhere.

Prices are nanoseconds on one reference core: what a 2.1 GHz Sapphire Rapids core needs, times four
for cores without AVX-512.
"""

from __future__ import annotations

from runtime.compute.classes import Work, samples_of
from runtime.compute.job import SAMPLES
from runtime.compute.shares import ShareParameters

VERIFY_GAS_LIMIT = 10**9
"""Nanoseconds of checking that one block may ask for: a sixth of its slot, on one core."""
MAX_OPENING_GAS = VERIFY_GAS_LIMIT // 10
"""What one opening may ask for: ten of the dearest fit a block, so none waits for long."""
SHARE_GAS = 400_000
"""One share, whatever its size: the digest of a tile, and the calls around it."""
SHARE_GAS_PER_COLUMN = 800
"""Expanding 128 rows and multiplying them, for each of the `size` columns."""
OPENING_GAS = 3_000_000
"""One opening of `SAMPLES` leaves, whatever its size: some 1,500 hashes and the tiles."""
OPENING_GAS_PER_BYTE = 6
"""Hashing a proof and its bands, and multiplying them."""
SIGNATURE_GAS = 400_000
"""One ed25519 signature in a proof of segments, and the draw or the document around it."""


def shares_gas(parameters: ShareParameters, count: int) -> int:
    """Price of checking `count` shares, in nanoseconds of the reference core."""
    return count * (SHARE_GAS + SHARE_GAS_PER_COLUMN * parameters.size)


def opening_gas(work: Work) -> int:
    """Price of checking one opening of a job, in nanoseconds of the reference core."""
    hashing = OPENING_GAS * samples_of(work) // SAMPLES + OPENING_GAS_PER_BYTE * work.proof_bytes
    return hashing + work.check_gas
