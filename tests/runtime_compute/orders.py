"""Orders and results of random shapes, for the tests of receipts."""

from dataclasses import dataclass

import numpy as np

from runtime.compute.classes import Result
from runtime.compute.contents import commit, input_root
from runtime.compute.job import JobSpec, Terms
from runtime.compute.matmul import MatmulParams, matmul_of, pack_input, pack_output
from runtime.compute.opening import prove_opening
from runtime.compute.receipt import Commitment
from runtime.compute.reference import Int8s, Int32s
from runtime.compute.registry import job_spec

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

    @property
    def content(self) -> bytes:
        """The operands as the client sends them."""
        return pack_input(self.a, self.b)

    def commitment(self, c: Int32s | None = None) -> Commitment:
        """Commit to C, or to another product."""
        return commit(self.sizes, JOB, SEGMENT, PROVIDER, self.result(c))

    def proof(self, c: Int32s | None = None) -> bytes:
        """Open what was committed to."""
        commitment, result = self.commitment(c), self.result(c)
        return prove_opening(self.spec, commitment, RANDOMNESS, self.content, result)

    def result(self, c: Int32s | None = None) -> Result:
        """Lay out C, or another product, as a provider serves it."""
        return Result(pack_output(self.c if c is None else c))


def order(rows: int, columns: int, inner: int, seed: int = 1) -> Order:
    """Order the product of random matrices, computed the slow and plain way."""
    chance = np.random.default_rng(seed)
    a = chance.integers(-128, 128, (rows, inner)).astype(np.int8)
    b = chance.integers(-128, 128, (inner, columns)).astype(np.int8)
    sizes = matmul_of(a, b)
    terms = Terms(max_price=10**12, deadline=100)
    spec = job_spec(sizes, input_root(sizes, pack_input(a, b)), terms)
    return Order(sizes, spec, a, b, (a.astype(np.int64) @ b.astype(np.int64)).astype(np.int32))
