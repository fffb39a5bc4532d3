"""What checking the receipts of one full block costs: 100 canonical shares and 15 openings.

    ./run bench receipts

The budget is one second on one core; the gas that consensus counts stands beside it.
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from runtime.compute.contents import commit, input_root
from runtime.compute.gas import opening_gas, shares_gas
from runtime.compute.job import Terms
from runtime.compute.matmul import MatmulParams, pack_input
from runtime.compute.opening import prove_opening
from runtime.compute.registry import job_spec
from runtime.compute.shares import MAINNET_SHARES, Share, ShareBatch
from runtime.compute.verify import verify_opening, verify_shares
from runtime.primitives.types import UNIT

OPENINGS, SHARES, SIDE = 15, 100, 1024
PROVIDER, BEACON, RANDOMNESS = b"\x01" * 32, b"\x02" * 32, b"\x03" * 32


def main() -> None:
    """Print the CPU seconds of each half, and of both."""
    sizes = MatmulParams(SIDE, SIDE, SIDE)
    opening, proof_bytes = openings_seconds(sizes)
    share = shares_seconds()
    print(f"{OPENINGS} openings of {SIDE}^3, {proof_bytes / 1024:.0f} KiB each: {opening:.3f} s")
    print(f"{SHARES} shares of n = {MAINNET_SHARES.size}: {share:.3f} s")
    gas = OPENINGS * opening_gas(sizes) + shares_gas(MAINNET_SHARES, SHARES)
    print(f"together {opening + share:.3f} s of 1 s; gas {gas / 1e9:.3f} s")


def openings_seconds(sizes: MatmulParams) -> tuple[float, int]:
    """Return the CPU seconds of checking openings of different jobs, and the bytes of one proof."""
    rng = np.random.default_rng(1)
    a = rng.integers(-128, 128, (sizes.rows, sizes.inner), dtype=np.int8)
    b = rng.integers(-128, 128, (sizes.inner, sizes.columns), dtype=np.int8)
    content = pack_input(a, b)
    result = sizes.run(content)
    terms = Terms(max_price=UNIT, deadline=100)
    spec = job_spec(sizes, input_root(sizes, content), terms)
    cases = []
    for job in range(OPENINGS):
        commitment = commit(sizes, job, 0, PROVIDER, result)
        cases.append((commitment, prove_opening(spec, commitment, RANDOMNESS, content, result)))
    start = time.process_time()
    for commitment, proof in cases:
        verify_opening(spec, commitment, RANDOMNESS, proof)
    return time.process_time() - start, len(cases[0][1])


def shares_seconds() -> float:
    """Return the CPU seconds of checking shares; their target is made easy, their work is real."""
    easy = replace(MAINNET_SHARES, target=2**64 - 1)
    shares = tuple(Share(nonce, nonce % 64, 3) for nonce in range(SHARES))
    batches = [
        ShareBatch(1, PROVIDER, shares[start : start + 50]) for start in range(0, SHARES, 50)
    ]
    start = time.process_time()
    for batch in batches:
        verify_shares(BEACON, batch, easy)
    return time.process_time() - start


if __name__ == "__main__":
    main()
