"""What checking a whole product costs beside computing it: Freivalds modulo 2^61 - 1, on one core.

    ./run bench freivalds

The budget: at n = 4096 the check is at least 15 times cheaper than the exact product, in one run.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from runtime.compute.reference import exact_product, is_product

WANTED, TURNS = 15, 3


def main() -> None:
    """Print one line for each size."""
    for size in (1024, 2048, 4096):
        chance = np.random.default_rng(size)
        a, b = (chance.integers(-128, 128, (size, size)).astype(np.int8) for _ in range(2))
        c = exact_product(a, np.ascontiguousarray(b.T))
        product, check = measured(a, b, c)
        print(
            f"n = {size:4}: product {product * 1e3:6.1f} ms, check {check * 1e3:5.1f} ms: "
            f"{product / check:.1f} times cheaper"
        )
    print(f"wanted at n = 4096: {WANTED} times")


def measured(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> tuple[float, float]:
    """Return the CPU seconds of the product, and those of its check, measured in turns."""
    products, checks = [], []
    for turn in range(TURNS):
        products.append(cpu_seconds(lambda: exact_product(a, np.ascontiguousarray(b.T))))
        checks.append(cpu_seconds(lambda turn=turn: is_product(a, b.T, c, turn)))
    return min(products), min(checks)


def cpu_seconds(work: Callable[[], object]) -> float:
    """Return the CPU seconds of one call."""
    start = time.process_time()
    work()
    return time.process_time() - start


if __name__ == "__main__":
    main()
