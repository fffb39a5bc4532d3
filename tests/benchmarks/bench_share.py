"""What a canonical share costs on the numpy device, beside the same product in plain float32 BLAS.

    ./run bench share

The budget: at least 80 % of the rate at which this machine multiplies float32 matrices of the same
size on one core; the rest of the time expands the operands, keeps the product exact, and digests
it. Sizes are measured in turns, so that both numbers are of the same minutes.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from runtime.compute.reference import DIGEST_TILE, expand, work_digests, work_seed
from runtime.compute.shares import MAINNET_SHARES

WANTED = 0.8
TURNS = 5


def main() -> None:
    """Print one line for each size."""
    for size in (1024, 2048, MAINNET_SHARES.size):
        print(f"n = {size:4}: " + measured(size))
    print(f"wanted at n = {MAINNET_SHARES.size}: {WANTED:.0%}")


def measured(size: int) -> str:
    """Do the work of one nonce, and a plain product of its operands."""
    seed = work_seed(b"b" * 32, b"p" * 32, size)
    left = expand(seed.left, 0, size, size).astype(np.float32)
    right = expand(seed.right, 0, size, size).astype(np.float32)
    shares, products = [], []
    for _ in range(TURNS):
        shares.append(cpu_seconds(lambda: work_digests(seed, size)))
        products.append(cpu_seconds(lambda: left @ right.T))
    share, product = min(shares), min(products)
    operations, tiles = 2 * size**3 / 1e9, (size // DIGEST_TILE) ** 2
    return (
        f"share {share * 1e3:7.1f} ms ({operations / share:4.0f} G operations/s, "
        f"{tiles / share:6.0f} tickets/s), float32 BLAS {product * 1e3:7.1f} ms "
        f"({operations / product:4.0f} G/s): {product / share:.0%} of it"
    )


def cpu_seconds(work: Callable[[], object]) -> float:
    """Return the CPU seconds of one call."""
    start = time.process_time()
    work()
    return time.process_time() - start


if __name__ == "__main__":
    main()
