"""What a verifier does, on a GPU: products by Freivalds, and sampled tiles of many jobs at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from consensus.compute.cuda_gpu import THREADS, Gpu, Kernel, Memory
from runtime.compute.reference import (
    Int8s,
    Int32s,
    Words,
    WorkSeed,
    random_vector,
)
from runtime.compute.tiles import BAND_ROWS

TIMES_VECTOR_INT8 = Kernel("times_vector_int8", "PPPi")
TIMES_VECTOR_INT32 = Kernel("times_vector_int32", "PPPi")
RECOMPUTE_TILES = Kernel("recompute_tiles", "PPI")
MULTIPLY_BANDS = Kernel("multiply_bands", "PPIP")
WORD_BYTES = 4
TILE_CELLS = BAND_ROWS**2
TILES_PER_BLOCK = THREADS // 32
"""A warp multiplies one pair of bands."""


@dataclass(frozen=True, slots=True)
class ShareTile:
    """A tile of canonical work that is said to have a low digest."""

    seed: WorkSeed
    row: int
    column: int


def is_product(gpu: Gpu, a: Int8s, b: Int8s, c: Int32s, seed: int) -> bool:
    """Check C = A B, B (inner, columns), by C r = A (B r) mod 2**61 - 1 (Freivalds).

    The same answer as the CPU's check, which looks at the range of C first for its floats; here
    any int32 is multiplied exactly, and no difference of two cells is a multiple of the prime.
    A wrong C passes with a probability of 2**-61, provided that `seed` was drawn after C was fixed.
    """
    r = random_vector(seed, c.shape[1])
    matrices = [np.ascontiguousarray(matrix) for matrix in (a, b, c)]
    sizes = [matrix.nbytes for matrix in matrices]
    vectors = (r.nbytes, 8 * b.shape[0], 8 * a.shape[0], 8 * a.shape[0])
    found, wanted = np.empty(a.shape[0], np.uint64), np.empty(a.shape[0], np.uint64)
    with gpu.memory(*sizes, *vectors) as (left, right, product, *places):
        for memory, cells in zip((left, right, product, places[0]), (*matrices, r), strict=True):
            gpu.upload(memory, cells)
        multiply_vectors(gpu, (left, right, product), places, (*a.shape, c.shape[1]))
        gpu.download(wanted, places[2])
        gpu.download(found, places[3])
    return bool((found == wanted).all())


def multiply_vectors(
    gpu: Gpu,
    matrices: tuple[Memory, Memory, Memory],
    vectors: Sequence[Memory],
    sides: tuple[int, int, int],
) -> None:
    """Queue B r, A (B r) and C r into vectors 1 to 3, from r in vector 0.

    Sides are rows, inner and columns.
    """
    (a, b, c), (rows, inner, columns) = matrices, sides
    r, b_r, a_b_r, c_r = vectors
    gpu.launch(TIMES_VECTOR_INT8, (inner, 1), b, r, b_r, columns)
    gpu.launch(TIMES_VECTOR_INT8, (rows, 1), a, b_r, a_b_r, inner)
    gpu.launch(TIMES_VECTOR_INT32, (rows, 1), c, r, c_r, columns)


def share_digests(gpu: Gpu, tiles: Sequence[ShareTile], size: int) -> Words:
    """Recompute the digests of single tiles of canonical work, in one launch."""
    words = [
        (*tile.seed.left, *tile.seed.right, tile.seed.digest_key, tile.row << 32 | tile.column)
        for tile in tiles
    ]
    given, digests = np.array(words, np.uint64), np.empty(len(tiles), np.uint64)
    with gpu.memory(given.nbytes, digests.nbytes) as (memory, out):
        gpu.upload(memory, given)
        gpu.launch(RECOMPUTE_TILES, (len(tiles), 1), memory, out, size)
        gpu.download(digests, out)
    return digests


def tile_products(gpu: Gpu, pairs: Sequence[tuple[Int8s, Int8s]]) -> Int32s:
    """Multiply pairs of bands (8, inner), of jobs with any inner sides, in one launch.

    Returns:
        (pairs, 8, 8): what `MatmulParams.recompute` gives for each.
    """
    bands, rows = laid_out(pairs)
    tiles = np.empty((len(pairs), BAND_ROWS, BAND_ROWS), np.int32)
    with gpu.memory(bands.nbytes, rows.nbytes, tiles.nbytes) as (cells, table, out):
        gpu.upload(cells, bands)
        gpu.upload(table, rows)
        blocks = -(-len(pairs) // TILES_PER_BLOCK)
        gpu.launch(MULTIPLY_BANDS, (blocks, 1), cells, table, len(pairs), out)
        gpu.download(tiles, out)
    return tiles


def laid_out(pairs: Sequence[tuple[Int8s, Int8s]]) -> tuple[Int8s, NDArray[np.uint32]]:
    """Lay bands one after the other, in whole words, and say where each pair of them is."""
    parts, rows, place = [], [], 0
    for pair in pairs:
        inner = pair[0].shape[1]
        words = -(-inner // WORD_BYTES)
        for band in pair:
            filled = np.zeros((BAND_ROWS, words * WORD_BYTES), np.int8)
            filled[:, :inner] = band
            parts.append(filled.ravel())
        rows.append((place, place + BAND_ROWS * words, words))
        place += 2 * BAND_ROWS * words
    return np.concatenate(parts), np.array(rows, np.uint32)
