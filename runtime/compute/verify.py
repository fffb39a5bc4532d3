"""Checking receipts: what every importer does, at what price, and what is wrong with a bad one.

Each check recomputes a sample of the work, exactly. Prices are nanoseconds on one reference core,
fixed in consensus so that a block's verify gas is the same number everywhere: what a 2.1 GHz
Sapphire Rapids core needs, times four for cores without AVX-512.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from runtime.compute.job import (
    BAND_ROWS,
    MAX_PROOF_BYTES,
    SAMPLES,
    TILE_BYTES,
    JobSpec,
    MatmulParams,
    check_spec,
    proof_bytes_at_most,
)
from runtime.compute.matmul import input_key, output_key
from runtime.compute.merkle import HASH_BYTES, BadPath, leaf_hash, root_of
from runtime.compute.opening import OpeningProof, Sample, sample_of
from runtime.compute.receipt import NO_AUXILIARY, Commitment, Opening, proof_hash
from runtime.compute.reference import exact_product, tile_digest, work_seed
from runtime.compute.shares import ShareBatch, ShareParameters
from runtime.primitives.scale import DecodeError, decode

VERIFY_GAS_LIMIT = 10**9
"""Nanoseconds of checking that one block may ask for: a sixth of its slot, on one core."""
SHARE_GAS = 400_000
"""One share, whatever its size: the digest of a tile, and the calls around it."""
SHARE_GAS_PER_COLUMN = 800
"""Expanding 128 rows and multiplying them, for each of the `size` columns."""
OPENING_GAS = 3_000_000
"""One opening, whatever its size: some 1,500 hashes and the tiles."""
OPENING_GAS_PER_BYTE = 6
"""Hashing a proof and its bands, and multiplying them."""


class BadReceipt(ValueError):
    """A receipt that proves nothing; a block that carries it is bad."""


class WrongProofHash(BadReceipt):
    """The proof beside the block is not the one that the block names."""


class BadOpeningEncoding(BadReceipt):
    """The proof is too long or is no opening proof."""


class BadCommitment(BadReceipt):
    """The commitment cannot be one for its job."""


class WrongLeaves(BadReceipt):
    """Not as many tiles or bands as the challenge asks for."""


class BadOutputPath(BadReceipt):
    """The tiles are not among the committed output."""


class BadInputPath(BadReceipt):
    """The bands are not among the ordered input."""


class WrongTile(BadReceipt):
    """A committed tile is not the product of its bands: the work was not done."""


class BadShare(BadReceipt):
    """A batch of shares that is out of order, out of range, or does not win."""


def verify_opening(spec: JobSpec, commitment: Commitment, randomness: bytes, proof: bytes) -> None:
    """Check that `proof` answers the challenge of a commitment and that its tiles are exact.

    Raises:
        BadReceipt: one of its kinds above.
        BadSpec: the job itself is none; one on chain never is.
    """
    sizes = check_spec(spec)
    if commitment.out_bytes != sizes.output_bytes:
        raise BadCommitment(f"wanted {sizes.output_bytes} output bytes, got {commitment.out_bytes}")
    if commitment.aux_root != NO_AUXILIARY:
        raise BadCommitment(f"wanted no auxiliary root, got {commitment.aux_root.hex()}")
    opened = _decoded(proof)
    sample = sample_of(sizes, commitment, randomness)
    _check_lengths(sizes, sample, opened)
    _check_output(sizes, sample, commitment, opened)
    _check_input(sizes, sample, spec.input_root, opened)
    _check_tiles(sizes, sample, opened)


def check_proof_hash(opening: Opening, proof: bytes) -> None:
    """Check that `proof` is the one that an opening in a block names.

    Raises:
        WrongProofHash: it is another.
    """
    if (came := proof_hash(proof)) != opening.proof_hash:
        raise WrongProofHash(f"wanted proof {opening.proof_hash.hex()}, got {came.hex()}")


def verify_shares(beacon: bytes, batch: ShareBatch, parameters: ShareParameters) -> int:
    """Check every share of a batch; return the work they prove, in micro-CU.

    That `beacon` is the one of the batch's epoch, and that its shares were not counted in an
    earlier block, the chain must check.

    Raises:
        BadShare: one is out of order, out of range, or does not win.
    """
    if not batch.shares:
        raise BadShare("wanted a share, got an empty batch")
    for before, after in pairwise(batch.shares):
        if before.place >= after.place:
            raise BadShare(f"wanted ascending places, got {before.place} before {after.place}")
    side = parameters.tiles_per_side
    for share in batch.shares:
        if share.tile_row >= side or share.tile_column >= side:
            raise BadShare(f"wanted a tile below {side}, got {share.place}")
        seed = work_seed(beacon, batch.provider, share.nonce)
        digest = tile_digest(seed, parameters.size, share.tile_row, share.tile_column)
        if digest >= parameters.target:
            raise BadShare(
                f"wanted a digest below {parameters.target}, got {digest} at {share.place}"
            )
    return len(batch.shares) * parameters.work_per_share


def shares_gas(parameters: ShareParameters, count: int) -> int:
    """Price of checking `count` shares, in nanoseconds of the reference core."""
    return count * (SHARE_GAS + SHARE_GAS_PER_COLUMN * parameters.size)


def opening_gas(sizes: MatmulParams) -> int:
    """Price of checking one opening of a job, in nanoseconds of the reference core."""
    samples = min(SAMPLES, sizes.leaves)
    return OPENING_GAS * samples // SAMPLES + OPENING_GAS_PER_BYTE * proof_bytes_at_most(sizes)


def _decoded(proof: bytes) -> OpeningProof:
    if len(proof) > MAX_PROOF_BYTES:
        raise BadOpeningEncoding(f"wanted at most {MAX_PROOF_BYTES} bytes, got {len(proof)}")
    try:
        opened: OpeningProof = decode(proof, OpeningProof)
    except DecodeError as error:
        raise BadOpeningEncoding(f"wanted an opening proof: {error}") from error
    return opened


def _check_lengths(sizes: MatmulParams, sample: Sample, opened: OpeningProof) -> None:
    """Check the counts first: everything after may cut the parts without looking."""
    wanted = (
        ("tiles", len(sample.leaves), TILE_BYTES, opened.tiles),
        ("bands of A", len(sample.a_bands), sizes.band_bytes, opened.a_bands),
        ("bands of B", len(sample.b_bands), sizes.band_bytes, opened.b_bands),
    )
    for name, count, size, part in wanted:
        if len(part) != count * size:
            raise WrongLeaves(f"wanted {count} {name} of {size} bytes, got {len(part)} bytes")
    for path, kind in ((opened.output_path, BadOutputPath), (opened.input_path, BadInputPath)):
        if len(path) % HASH_BYTES:
            raise kind(f"wanted hashes of {HASH_BYTES} bytes, got {len(path)} bytes")


def _check_output(
    sizes: MatmulParams, sample: Sample, commitment: Commitment, opened: OpeningProof
) -> None:
    key = output_key(commitment)
    tiles = _cut(opened.tiles, TILE_BYTES)
    hashes = {leaf: leaf_hash(key, tile) for leaf, tile in zip(sample.leaves, tiles, strict=True)}
    try:
        root = root_of(sizes.leaves, hashes, _cut(opened.output_path, HASH_BYTES))
    except BadPath as error:
        raise BadOutputPath(str(error)) from error
    if root != commitment.out_root:
        raise BadOutputPath(f"wanted root {commitment.out_root.hex()}, got {root.hex()}")


def _check_input(sizes: MatmulParams, sample: Sample, wanted: bytes, opened: OpeningProof) -> None:
    key, down = input_key(sizes), sizes.bands_down
    bands = _cut(opened.a_bands + opened.b_bands, sizes.band_bytes)
    places = (*sample.a_bands, *(down + band for band in sample.b_bands))
    hashes = {place: leaf_hash(key, band) for place, band in zip(places, bands, strict=True)}
    try:
        root = root_of(down + sizes.bands_across, hashes, _cut(opened.input_path, HASH_BYTES))
    except BadPath as error:
        raise BadInputPath(str(error)) from error
    if root != wanted:
        raise BadInputPath(f"wanted root {wanted.hex()}, got {root.hex()}")


def _check_tiles(sizes: MatmulParams, sample: Sample, opened: OpeningProof) -> None:
    """Recompute all sampled tiles in one batched product and compare bit for bit."""
    shape = (-1, BAND_ROWS, sizes.inner)
    a_bands = np.frombuffer(opened.a_bands, np.int8).reshape(shape)
    b_bands = np.frombuffer(opened.b_bands, np.int8).reshape(shape)
    places = np.array(sample.operands)
    exact = exact_product(a_bands[places[:, 0]], b_bands[places[:, 1]])
    claimed = np.frombuffer(opened.tiles, "<i4").reshape(-1, BAND_ROWS, BAND_ROWS)
    wrong = np.argwhere(exact != claimed)
    if wrong.size:
        tile, row, column = (int(place) for place in wrong[0])
        raise WrongTile(
            f"wanted {int(exact[tile, row, column])} at ({row}, {column}) "
            f"of leaf {sample.leaves[tile]}, got {int(claimed[tile, row, column])}"
        )


def _cut(part: bytes, size: int) -> list[bytes]:
    return [part[start : start + size] for start in range(0, len(part), size)]
