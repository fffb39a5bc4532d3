"""The matmul class: how operands and results are packed, cut in leaves and committed to.

A is cut in bands of eight rows, and so is the transpose of B; each band, filled up with zeros, is
a leaf of the input tree. The product is cut in 8 x 8 tiles, leaves of the output tree. Tile (i, j)
is the product of band i of A and band j of the transpose of B, and of nothing else.
"""

from __future__ import annotations

import numpy as np

from runtime.compute.job import BAND_ROWS, MatmulParams
from runtime.compute.merkle import MerkleTree, key_of, leaf_hash
from runtime.compute.receipt import Commitment
from runtime.compute.reference import Int8s, Int32s
from runtime.primitives.scale import encode
from runtime.primitives.types import U32, U64


class BadPayload(ValueError):
    """Bytes of an input or an output that are not what was ordered or committed to."""


class WrongPayloadSize(BadPayload):
    """Not as many bytes as the sizes of the matrices say."""


class WrongPayloadRoot(BadPayload):
    """Bytes that do not hash to the root on chain."""


def pack_input(a: Int8s, b: Int8s) -> bytes:
    """Lay out the operands as a client sends them: A (rows, inner), then B (inner, columns)."""
    return np.ascontiguousarray(a).tobytes() + np.ascontiguousarray(b).tobytes()


def unpack_input(sizes: MatmulParams, payload: bytes) -> tuple[Int8s, Int8s]:
    """Read the operands A and B back.

    Raises:
        WrongPayloadSize: more or fewer bytes than both matrices have.
    """
    if len(payload) != sizes.input_bytes:
        raise WrongPayloadSize(f"wanted {sizes.input_bytes} input bytes, got {len(payload)}")
    flat = np.frombuffer(payload, np.int8)
    split = sizes.rows * sizes.inner
    a, b = flat[:split], flat[split:]
    return a.reshape(sizes.rows, sizes.inner), b.reshape(sizes.inner, sizes.columns)


def check_input(sizes: MatmulParams, root: bytes, payload: bytes) -> tuple[Int8s, Int8s]:
    """Read the operands and check them against the root that the client ordered by.

    Raises:
        BadPayload: the size or the root is another.
    """
    a, b = unpack_input(sizes, payload)
    if (came := input_tree(a, b).root) != root:
        raise WrongPayloadRoot(f"wanted input root {root.hex()}, got {came.hex()}")
    return a, b


def pack_output(c: Int32s) -> bytes:
    """Lay out the product as a provider serves it: rows of little-endian int32."""
    return c.astype("<i4", copy=False).tobytes()


def unpack_output(sizes: MatmulParams, payload: bytes) -> Int32s:
    """Read the product back.

    Raises:
        WrongPayloadSize: more or fewer bytes than the product has.
    """
    if len(payload) != sizes.output_bytes:
        raise WrongPayloadSize(f"wanted {sizes.output_bytes} output bytes, got {len(payload)}")
    product = np.frombuffer(payload, "<i4").reshape(sizes.rows, sizes.columns)
    return product.astype(np.int32, copy=False)


def check_output(sizes: MatmulParams, commitment: Commitment, payload: bytes) -> Int32s:
    """Read a product and check it against the commitment that the chain finalized.

    Raises:
        BadPayload: the size or the root is another.
    """
    c = unpack_output(sizes, payload)
    if (came := output_tree(c, output_key(commitment)).root) != commitment.out_root:
        raise WrongPayloadRoot(f"wanted output root {commitment.out_root.hex()}, got {came.hex()}")
    return c


def input_tree(a: Int8s, b: Int8s) -> MerkleTree:
    """Commit to A (rows, inner) and B (inner, columns): bands of A, then of B's transpose."""
    sizes = MatmulParams(a.shape[0], b.shape[1], a.shape[1])
    key = input_key(sizes)
    bands = (*bands_of(a), *bands_of(b.T))
    return MerkleTree(leaf_hash(key, band.tobytes()) for band in bands)


def output_tree(c: Int32s, key: bytes) -> MerkleTree:
    """Commit to C under the `output_key` of its provider, job and segment."""
    return MerkleTree(leaf_hash(key, tile.tobytes()) for tile in tiles_of(c))


def bands_of(matrix: Int8s) -> Int8s:
    """Cut (rows, inner) in (bands, 8, inner), the last filled up with zeros."""
    rows, inner = matrix.shape
    filled = np.zeros((-(-rows // BAND_ROWS) * BAND_ROWS, inner), np.int8)
    filled[:rows] = matrix
    return filled.reshape(-1, BAND_ROWS, inner)


def tiles_of(c: Int32s) -> Int32s:
    """Cut (rows, columns) in (tiles, 8, 8), row by row, the last ones filled up with zeros."""
    side = BAND_ROWS
    down, across = -(-c.shape[0] // side), -(-c.shape[1] // side)
    filled = np.zeros((down * side, across * side), "<i4")
    filled[: c.shape[0], : c.shape[1]] = c
    tiles = filled.reshape(down, side, across, side).swapaxes(1, 2)
    return np.ascontiguousarray(tiles).reshape(-1, side, side)


def input_key(sizes: MatmulParams) -> bytes:
    """Key of the input leaves: the same bytes of another shape are another input."""
    return key_of("matmul input", encode(sizes, MatmulParams))


def output_key(commitment: Commitment) -> bytes:
    """Key of the output leaves that a commitment's root is of."""
    return output_key_of(commitment.job, commitment.segment, commitment.provider)


def output_key_of(job: int, segment: int, provider: bytes) -> bytes:
    """Key of the output leaves: what one provider committed is of no use to another."""
    return key_of("matmul output", provider, encode(job, U64), encode(segment, U32))
