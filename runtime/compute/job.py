"""Jobs: what a client may order, how large it may be, and how many units of work it is.

One class of work is one function of integers, so that every machine agrees to the last bit.
`kernel_id` names that function by the text of its definition below and a semantics version;
the kernels that compute it fast may change without changing what it is, so they have no part
in it. Source: design page "Compute".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Annotated

from runtime.primitives.hashing import blake2_256
from runtime.primitives.scale import DecodeError, decode, encode
from runtime.primitives.schema import Bounded
from runtime.primitives.types import H256, U8, U32, U64, Balance, BlockNumber

BAND_ROWS = 8
"""Rows of an operand in one leaf of the input tree; also the side of an output tile: a tile is
then the product of one band of A and one band of the transpose of B."""
TILE_BYTES = BAND_ROWS * BAND_ROWS * 4
"""One leaf of the output tree: 8 x 8 int32, little-endian."""
SAMPLES = 32
"""Leaves opened per segment: who cheats on a tenth of the leaves passes 3.4 % of the time, and
loses eight times the fee otherwise."""
MAX_SIDE = 4096
"""Longest side of a matrix: 64 MiB of output, which a client can hold and hash in a second."""
MAX_PROOF_BYTES = 2 * 1024 * 1024
"""Largest opening proof: one travels in one network message beside its block."""
MACS_PER_UNIT = 10**8
"""int8 multiply-accumulates in one micro-CU; 1 CU = 10**14 of them."""
SPEC_VERSION = 1
PERBILL = 10**9
DEFINITIONS = {
    0: (1, "search(beacon, provider, nonce): digest(A * B) of every 64 x 64 tile; A, B expanded"),
    1: (1, "for i < rows, j < columns: C[i, j] = sum(A[i, k] * B[k, j] for k < inner), in int32"),
}
"""Semantics version and defining text of each class; an edit here is a different kernel."""


class BadSpec(ValueError):
    """A job that no provider could be held to."""


class JobClass(Enum):
    """What kind of work a job is. Indices are append-only."""

    CANONICAL = 0
    MATMUL = 1


class LatencyClass(Enum):
    """How soon a client wants its job; a price factor and a boost in the queue."""

    BATCH = 0
    STANDARD = 1
    FAST = 2
    REALTIME = 3


class DeclineReason(Enum):
    """Why a provider gives an assigned job back. Indices are append-only."""

    BAD_SPEC = 0
    INPUT_UNAVAILABLE = 1
    BAD_INPUT_SIZE = 2
    BAD_INPUT_ROOT = 3
    DEVICE_UNABLE = 4


@dataclass(frozen=True, slots=True)
class Market:
    """Where a job is priced: the tier of hardware and the region."""

    tier: U8
    region: U8


@dataclass(frozen=True, slots=True)
class MatmulParams:
    """C = A B with A (rows, inner) int8, B (inner, columns) int8, C (rows, columns) int32."""

    rows: U32
    columns: U32
    inner: U32

    @property
    def bands_down(self) -> int:
        """Bands of A: rows of output tiles."""
        return -(-self.rows // BAND_ROWS)

    @property
    def bands_across(self) -> int:
        """Bands of the transpose of B: columns of output tiles."""
        return -(-self.columns // BAND_ROWS)

    @property
    def leaves(self) -> int:
        """Output tiles, numbered row by row."""
        return self.bands_down * self.bands_across

    @property
    def input_bytes(self) -> int:
        """Size of both operands, without padding."""
        return (self.rows + self.columns) * self.inner

    @property
    def output_bytes(self) -> int:
        """Size of the product, without padding."""
        return 4 * self.rows * self.columns

    @property
    def band_bytes(self) -> int:
        """Size of one leaf of the input tree."""
        return BAND_ROWS * self.inner


@dataclass(frozen=True, slots=True)
class JobSpec:
    """Everything about a job that its client decides."""

    version: U8
    job_class: JobClass
    kernel_id: H256
    params: Annotated[bytes, Bounded(128)]
    input_root: H256
    input_bytes: U64
    leaves: U32
    leaf_bytes: U32
    market: Market
    latency: LatencyClass
    max_units: U64
    max_price: Balance
    """Planck per CU."""
    deadline: BlockNumber
    audit_rate: U32
    """Probability of a full audit, in parts per billion."""


def kernel_id(job_class: JobClass) -> bytes:
    """Name the function that a class computes: a hash of its version and its definition."""
    version, text = DEFINITIONS[job_class.value]
    return blake2_256(b"starminer/kernel" + bytes([version]) + text.encode())


def units(job_class: JobClass, params: bytes) -> int:
    """Meter a job in micro-CU, rounded up, at least 1, from its parameters alone.

    Raises:
        BadSpec: the class takes no orders, or the parameters are not of it.
    """
    sizes = matmul_params(job_class, params)
    return max(1, -(-sizes.rows * sizes.columns * sizes.inner // MACS_PER_UNIT))


def matmul_params(job_class: JobClass, params: bytes) -> MatmulParams:
    """Decode the parameters of a matmul job and check their limits.

    Raises:
        BadSpec: not a matmul job, not its parameters, or too large.
    """
    if job_class is not JobClass.MATMUL:
        raise BadSpec(f"wanted a class that clients may order, got {job_class.name}")
    try:
        sizes: MatmulParams = decode(params, MatmulParams)
    except DecodeError as error:
        raise BadSpec(f"wanted the parameters of a matmul: {error}") from error
    for name, side in (("rows", sizes.rows), ("columns", sizes.columns), ("inner", sizes.inner)):
        if not 1 <= side <= MAX_SIDE:
            raise BadSpec(f"wanted 1 to {MAX_SIDE} {name}, got {side}")
    if (largest := proof_bytes_at_most(sizes)) > MAX_PROOF_BYTES:
        raise BadSpec(
            f"wanted openings of at most {MAX_PROOF_BYTES} bytes, got {largest}: "
            f"choose a smaller inner side than {sizes.inner}"
        )
    return sizes


def proof_bytes_at_most(sizes: MatmulParams) -> int:
    """Bound the size of an opening: sampled tiles, their bands, one hash per leaf and level."""
    samples = min(SAMPLES, sizes.leaves)
    down, across = min(samples, sizes.bands_down), min(samples, sizes.bands_across)
    output_hashes = samples * (sizes.leaves - 1).bit_length()
    input_hashes = (down + across) * (sizes.bands_down + sizes.bands_across - 1).bit_length()
    lengths = 5 * 4
    return (
        samples * TILE_BYTES
        + (down + across) * sizes.band_bytes
        + 32 * (output_hashes + input_hashes)
        + lengths
    )


def matmul_spec(sizes: MatmulParams, input_root: bytes, terms: Terms) -> JobSpec:
    """Write the order for a product: what follows from the sizes, and the client's terms."""
    params = encode(sizes, MatmulParams)
    return JobSpec(
        version=SPEC_VERSION,
        job_class=JobClass.MATMUL,
        kernel_id=kernel_id(JobClass.MATMUL),
        params=params,
        input_root=input_root,
        input_bytes=sizes.input_bytes,
        leaves=sizes.leaves,
        leaf_bytes=TILE_BYTES,
        market=terms.market,
        latency=terms.latency,
        max_units=units(JobClass.MATMUL, params),
        max_price=terms.max_price,
        deadline=terms.deadline,
        audit_rate=terms.audit_rate,
    )


@dataclass(frozen=True, slots=True)
class Terms:
    """What a client chooses freely: where, how soon, for how much."""

    max_price: int
    """Planck per CU."""
    deadline: int
    market: Market = Market(0, 0)
    latency: LatencyClass = LatencyClass.STANDARD
    audit_rate: int = PERBILL // 8


def check_spec(spec: JobSpec) -> MatmulParams:
    """Check that a job can be run, metered and checked; return its sizes.

    Raises:
        BadSpec: with the field, what it wanted and what came.
    """
    sizes = matmul_params(spec.job_class, spec.params)
    wanted = (
        ("version", SPEC_VERSION, spec.version),
        ("kernel id", kernel_id(spec.job_class).hex(), spec.kernel_id.hex()),
        ("input bytes", sizes.input_bytes, spec.input_bytes),
        ("leaves", sizes.leaves, spec.leaves),
        ("leaf bytes", TILE_BYTES, spec.leaf_bytes),
    )
    for name, want, got in wanted:
        if want != got:
            raise BadSpec(f"{name}: wanted {want}, got {got}")
    if spec.max_units < (needed := units(spec.job_class, spec.params)):
        raise BadSpec(f"max units: wanted at least {needed}, got {spec.max_units}")
    if spec.audit_rate > PERBILL:
        raise BadSpec(f"audit rate: wanted at most {PERBILL}, got {spec.audit_rate}")
    return sizes
