"""Orders and results of random shapes, for the tests of receipts."""

from dataclasses import dataclass

import numpy as np

from runtime.compute.job import JobSpec, MatmulParams, Terms, matmul_spec
from runtime.compute.matmul import input_tree, output_key_of, output_tree
from runtime.compute.opening import prove_opening
from runtime.compute.receipt import NO_AUXILIARY, Commitment
from runtime.compute.reference import Int8s, Int32s

PROVIDER = bytes(range(32))
RANDOMNESS = b"r" * 32
JOB, SEGMENT = 7, 0


@dataclass(frozen=True)
class Order:
    """A job, its operands and its exact result."""

    sizes: MatmulParams
    spec: JobSpec
    a: Int8s
    b: Int8s
    c: Int32s

    def commitment(self, c: Int32s | None = None) -> Commitment:
        """Commit to C, or to another product."""
        tree = output_tree(self.c if c is None else c, output_key_of(JOB, SEGMENT, PROVIDER))
        size = self.sizes.output_bytes
        return Commitment(JOB, SEGMENT, PROVIDER, tree.root, NO_AUXILIARY, size)

    def proof(self, c: Int32s | None = None) -> bytes:
        """Open what was committed to."""
        commitment, product = self.commitment(c), self.c if c is None else c
        return prove_opening(self.spec, commitment, RANDOMNESS, (self.a, self.b), product)


def order(rows: int, columns: int, inner: int, seed: int = 1) -> Order:
    """Order the product of random matrices, computed the slow and plain way."""
    chance = np.random.default_rng(seed)
    a = chance.integers(-128, 128, (rows, inner)).astype(np.int8)
    b = chance.integers(-128, 128, (inner, columns)).astype(np.int8)
    sizes = MatmulParams(rows, columns, inner)
    spec = matmul_spec(sizes, input_tree(a, b).root, Terms(max_price=10**12, deadline=100))
    return Order(sizes, spec, a, b, (a.astype(np.int64) @ b.astype(np.int64)).astype(np.int32))
