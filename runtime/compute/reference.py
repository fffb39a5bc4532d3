"""The exact results: what every device must equal bit for bit.

Products of int8 matrices run through floating-point BLAS, which is forty times faster than numpy's
integer product, and are exact all the same: the functions that do it say why. Everywhere else
there are integers only. Sources: splitmix64 (Steele, Lea, Flood 2014) for the expansion,
`lowbias32` (Wellons 2018) for the digest, Freivalds 1977 for the check of a product.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runtime.primitives.hashing import blake2_256

Int8s = NDArray[np.int8]
Int32s = NDArray[np.int32]
Int64s = NDArray[np.int64]
Words = NDArray[np.uint64]

DIGEST_TILE = 64
"""Side of a tile of the canonical work: what one warp group of a tensor core computes at once."""
PRIME = 2**61 - 1
"""A Mersenne prime: reduction is a shift and an add; a wrong product passes once in 2**61."""
_PRIME_BITS = 61
_EXACT_SUM = 2**24
"""Up to here float32 holds every integer."""
_EXACT_INNER = 1024
"""Longest inner side of a float32 product of any int8 cells: 1024 * 2**14 = 2**24."""
_TRIED_INNER = 2048
"""That of one whose rows are not too large: a row of random cells has squares of 0.7 * 2**24."""
_PRODUCT_ROWS = 2048
"""Rows multiplied at a time, so that sums are added while they are in the cache."""
_CACHED_WORDS = 1 << 15
"""Words expanded at a time, so that intermediate results stay in the cache."""
_CACHED_ROWS = 32
"""Rows converted to float64 at a time, for the same reason."""
GOLDEN_64 = np.uint64(0x9E3779B97F4A7C15)
"""What splitmix64 adds to its state in each step."""
_GOLDEN_32 = np.uint32(0x9E3779B1)
_WEIGHT = np.uint32(0x85EBCA77)


@dataclass(frozen=True, slots=True)
class WorkSeed:
    """What one nonce of canonical work expands from."""

    left: tuple[int, int]
    right: tuple[int, int]
    digest_key: int


def work_seed(beacon: bytes, provider: bytes, nonce: int) -> WorkSeed:
    """Derive the operands of one nonce: nobody else's work, and not known before the beacon."""
    message = b"starminer/canonical" + beacon + provider + nonce.to_bytes(8, "little")
    digest = blake2_256(message)
    a0, a1, b0, b1 = (int.from_bytes(digest[8 * i : 8 * i + 8], "little") for i in range(4))
    return WorkSeed((a0, a1), (b0, b1), a0 ^ b1)


def expand(seed: tuple[int, int], first_row: int, rows: int, columns: int) -> Int8s:
    """Expand rows of a seeded matrix as (rows, columns) int8; `columns` is a multiple of 8.

    Word j of row i is mix(key(i) + (j + 1) G), key(i) = mix(mix(i G + k0) + k1), little-endian.
    """
    k0, k1 = (np.uint64(key) for key in seed)
    numbers = np.arange(first_row, first_row + rows, dtype=np.uint64)
    keys = mix(mix(numbers * GOLDEN_64 + k0) + k1)
    steps = np.arange(1, columns // 8 + 1, dtype=np.uint64) * GOLDEN_64
    words = np.empty((rows, columns // 8), np.uint64)
    chunk = max(1, _CACHED_WORDS // (columns // 8))
    for row in range(0, rows, chunk):
        words[row : row + chunk] = mix(keys[row : row + chunk, None] + steps)
    return words.astype("<u8", copy=False).view(np.int8)


def exact_product(a: Int8s, b_transposed: Int8s) -> Int32s:
    """Multiply (…, rows, inner) by the transpose of (…, columns, inner), as int32.

    Exact: float32 holds every integer of at most 2**24 in size, and no sum of some terms of a
    product is larger, whatever their order: `_exact_inner` cuts the inner side to that end.
    """
    (rows, inner), columns = a.shape[-2:], b_transposed.shape[-2]
    batch, tried_rows, tried = a.shape[:-2], min(rows, _PRODUCT_ROWS), min(inner, _TRIED_INNER)
    product = np.zeros((*batch, rows, columns), np.int32)
    sums = np.empty((*batch, tried_rows, columns), np.float32)
    lefts = np.empty((*batch, tried_rows, tried), np.float32)
    rights = np.empty((*b_transposed.shape[:-1], tried), np.float32)
    for k in range(0, inner, _TRIED_INNER):
        right = _converted(b_transposed[..., k : k + _TRIED_INNER], rights)
        for row in range(0, rows, _PRODUCT_ROWS):
            band = product[..., row : row + _PRODUCT_ROWS, :]
            some = a[..., row : row + _PRODUCT_ROWS, k : k + _TRIED_INNER]
            left = _converted(some, lefts)
            _add_product(band, left, right, sums[..., : left.shape[-2], :])
    return product


def _converted(cells: Int8s, room: NDArray[np.float32]) -> NDArray[np.float32]:
    """Copy cells into the first rows and columns of `room`: fresh memory would cost a tenth."""
    converted = room[..., : cells.shape[-2], : cells.shape[-1]]
    converted[...] = cells
    return converted


def _add_product(
    band: Int32s, left: NDArray[np.float32], right: NDArray[np.float32], sums: NDArray[np.float32]
) -> None:
    """Add left times the transpose of right, cells of int8, to `band`; `sums` is overwritten."""
    step = _exact_inner(left, right)
    for k in range(0, left.shape[-1], step):
        turned = np.swapaxes(right[..., k : k + step], -1, -2)
        np.matmul(left[..., k : k + step], turned, out=sums)
        np.add(band, sums, out=band, dtype=np.int32, casting="unsafe")


def _exact_inner(left: NDArray[np.float32], right: NDArray[np.float32]) -> int:
    """Return how many terms a float32 product of int8 cells may add up and be exact.

    Always 1,024, as a factor is at most 2**7 in size. More if the squares of each row add up to
    less than 2**24: by Cauchy and Schwarz no sum of some terms is larger than the product of two
    rows' norms. A float32 sum of squares is exact up to there, and does not fall back below it.
    """
    inner = left.shape[-1]
    if inner <= _EXACT_INNER:
        return _EXACT_INNER
    squares = (np.einsum("...i,...i->...", cells, cells) for cells in (left, right))
    return inner if all((sums < _EXACT_SUM).all() for sums in squares) else _EXACT_INNER


def weighted_sums(weights: Int64s, values: Int8s) -> Int64s:
    """Multiply weights (n, t) of 0 to 2**15 by values (t, m), as int64.

    Exact: a term is at most 2**22 in size, so each of at most 2**31 partial sums of a float64
    product is an integer that float64 holds, whatever their order.
    """
    sums = np.matmul(weights.astype(np.float64), values.astype(np.float64))
    exact: Int64s = sums.astype(np.int64)
    return exact


def tile_digests(product: Int32s, key: int) -> Words:
    """Digest each 64 x 64 tile of a product to 64 bits.

    Element e of a tile adds mix32(c ^ (e G + key)) (2 e + W). It is not linear in c on purpose:
    u^T C v could be computed as (u^T A)(B v), without the product.
    """
    side = DIGEST_TILE
    down, across = product.shape[0] // side, product.shape[1] // side
    places = np.arange(side * side, dtype=np.uint32)
    masks = (places * _GOLDEN_32 + np.uint32(key & 0xFFFFFFFF)).reshape(side, side)
    weights = (np.uint32(2) * places + _WEIGHT).astype(np.uint64)
    digests = np.empty((down, across), np.uint64)
    mixed = np.empty((across, side * side), np.uint32)
    for row in range(down):
        band = product[side * row : side * row + side].view(np.uint32).reshape(side, across, side)
        np.bitwise_xor(band.swapaxes(0, 1), masks, out=mixed.reshape(across, side, side))
        _mix32(mixed)
        digests[row] = np.einsum("te,e->t", mixed, weights, dtype=np.uint64)
    return mix(digests ^ np.uint64(key))


def work_digests(seed: WorkSeed, size: int) -> Words:
    """Do the canonical work of one nonce in full: (size // 64, size // 64) digests."""
    left, right = expand(seed.left, 0, size, size), expand(seed.right, 0, size, size)
    return tile_digests(exact_product(left, right), seed.digest_key)


def tile_digest(seed: WorkSeed, size: int, row: int, column: int) -> int:
    """Recompute one tile of the canonical work: a verifier's share of it."""
    side = DIGEST_TILE
    left = expand(seed.left, side * row, side, size)
    right = expand(seed.right, side * column, side, size)
    return int(tile_digests(exact_product(left, right), seed.digest_key)[0, 0])


def is_product(a: Int8s, b_transposed: Int8s, c: Int32s, seed: int) -> bool:
    """Check C = A B by C r = A (B r) mod p for a random r (Freivalds).

    A wrong C passes with a probability of 2**-61, provided that `seed` was drawn after C was fixed.
    """
    bound = a.shape[1] << 14
    if c.size and not -bound <= int(c.min()) <= int(c.max()) <= bound:
        return False
    r = random_vector(seed, c.shape[1])
    inner = product_mod_prime(b_transposed.T, r, 7)
    left = product_mod_prime(a, inner, 7)
    return bool((left == product_mod_prime(c, r, bound.bit_length())).all())


def random_vector(seed: int, count: int) -> Words:
    """Expand a seed to `count` words below p, never only 0 and 1: small ones find less."""
    steps = np.arange(1, count + 1, dtype=np.uint64) * GOLDEN_64
    words = mix(steps + np.uint64(seed)) & np.uint64(PRIME)
    words[words == PRIME] = 0
    return words


def product_mod_prime(matrix: Int8s | Int32s, vector: Words, bits: int) -> Words:
    """Multiply (rows, n) integers of at most 2**bits in size by n words below p, mod p.

    Exact: the vector is cut in limbs of w bits with bits + w + log2(n) <= 53, so every sum of a
    float64 product is an integer that float64 holds.
    """
    room = 53 - bits - max(1, vector.size - 1).bit_length()
    count = -(-_PRIME_BITS // room)
    width = -(-_PRIME_BITS // count)
    mask = np.uint64((1 << width) - 1)
    shifts = [np.uint64(width * i) for i in range(count)]
    limbs = np.stack([(vector >> shift) & mask for shift in shifts], axis=-1).astype(np.float64)
    sums = np.empty((matrix.shape[0], count), np.int64)
    for row in range(0, matrix.shape[0], _CACHED_ROWS):
        rows = matrix[row : row + _CACHED_ROWS].astype(np.float64)
        sums[row : row + _CACHED_ROWS] = np.matmul(rows, limbs).astype(np.int64)
    return _fold(sums, width)


def mix(words: Words) -> Words:
    """Scramble 64-bit words one to one (splitmix64)."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


def _mix32(words: NDArray[np.uint32]) -> None:
    """Scramble 32-bit words one to one, in place (lowbias32)."""
    shifted = np.empty_like(words)
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        words ^= np.right_shift(words, np.uint32(shift), out=shifted)
        words *= np.uint32(factor)
    words ^= np.right_shift(words, np.uint32(16), out=shifted)


def _fold(sums: NDArray[np.int64], width: int) -> Words:
    """Add up sums[:, i] 2**(width i) mod p; 2**61 = 1 mod p makes a shift a rotation."""
    prime, total = np.uint64(PRIME), np.zeros(sums.shape[0], np.uint64)
    up, down = np.uint64(width), np.uint64(_PRIME_BITS - width)
    for i in range(sums.shape[1] - 1, -1, -1):
        limb = sums[:, i]
        total = ((total << up) & prime) | (total >> down)
        total += np.where(limb < 0, limb + PRIME, limb).astype(np.uint64)
        total = np.where(total >= prime, total - prime, total)
    return total
