"""What each kernel must do, bit for bit; used by the kernel tests and by the mutation test."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime.compute.reference import (
    PRIME,
    Int8s,
    exact_product,
    expand,
    product_mod_prime,
    random_vector,
    tile_digest,
    tile_digests,
    work_seed,
)
from tests.gpu.backends import Backend

KEY = 0xDEADBEEF12345678


def matrix(rows: int, columns: int, seed: int) -> Int8s:
    """A random int8 matrix."""
    chance = np.random.default_rng(seed)
    return chance.integers(-128, 128, (rows, columns)).astype(np.int8)


def expands(kernels: Backend, rows: int = 37, columns: int = 1024) -> None:
    """Rows of a seeded matrix."""
    out = np.zeros((rows, columns), np.int8)
    seed = (np.uint64(11), np.uint64(22), np.uint64(5))
    sizes = (np.uint32(rows), np.uint32(columns // 8))
    kernels.launch("expand_rows", (3, 1), 64, *seed, *sizes, out)
    assert (out == expand((11, 22), 5, rows, columns)).all()


def multiplies(kernels: Backend, name: str, a: Int8s, b: Int8s) -> None:
    """A product, in memory."""
    tile = {"multiply_dp4a": 64, "multiply_mma": 128}[name]
    (rows, inner), columns = a.shape, b.shape[0]
    c = np.zeros((rows, columns), np.int32)
    sides = (np.int32(rows), np.int32(columns), np.int32(inner))
    kernels.launch(name, (columns // tile, rows // tile), 256, a, b, c, *sides)
    assert (c == exact_product(a, b)).all()


def digests(kernels: Backend, down: int = 2, across: int = 3) -> None:
    """Digests of a product in memory."""
    chance = np.random.default_rng(5)
    c = chance.integers(-(2**27), 2**27, (64 * down, 64 * across)).astype(np.int32)
    out = np.zeros((down, across), np.uint64)
    columns = np.int32(64 * across)
    kernels.launch("digest_tiles", (across, down), 256, c, out, columns, np.uint64(KEY))
    assert (out == tile_digests(c, KEY)).all()


def digests_product(kernels: Backend, a: Int8s, b: Int8s) -> None:
    """Digests of a product that never reaches memory."""
    (rows, inner), columns = a.shape, b.shape[0]
    out = np.zeros((rows // 64, columns // 64), np.uint64)
    sides = (np.int32(columns), np.int32(inner))
    grid = (columns // 128, rows // 128)
    kernels.launch("digest_product_mma", grid, 256, a, b, out, *sides, np.uint64(KEY))
    assert (out == tile_digests(exact_product(a, b), KEY)).all()


def recomputes(kernels: Backend, size: int = 256) -> None:
    """Digests of single tiles from their seeds."""
    places = [(0, 0, 0), (7, 3, 1), (2**64 - 1, 1, 3), (7, 3, 2)]
    seeds = [work_seed(b"b" * 32, b"p" * 32, nonce) for nonce, _, _ in places]
    tiles = np.array(
        [
            (*seed.left, *seed.right, seed.digest_key, row << 32 | column)
            for seed, (_, row, column) in zip(seeds, places, strict=True)
        ],
        np.uint64,
    )
    out = np.zeros(len(places), np.uint64)
    kernels.launch("recompute_tiles", (len(places), 1), 256, tiles, out, np.uint32(size))
    assert out.tolist() == [
        tile_digest(seed, size, row, column)
        for seed, (_, row, column) in zip(seeds, places, strict=True)
    ]


def multiplies_modulo_the_prime(kernels: Backend, columns: int = 300) -> None:
    """Matrix times vector modulo 2^61 - 1, over the whole range of either cell."""
    chance, vector = np.random.default_rng(3), random_vector(9, columns)
    vector[:5] = PRIME - 1
    for dtype, bits, name in (
        (np.int8, 7, "times_vector_int8"),
        (np.int32, 31, "times_vector_int32"),
    ):
        low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
        rows: NDArray[Any] = chance.integers(low, high, (9, columns), endpoint=True).astype(dtype)
        rows[0], rows[1] = low, high
        out = np.zeros(9, np.uint64)
        kernels.launch(name, (9, 1), 128, rows, vector, out, np.int32(columns))
        assert (out == product_mod_prime(rows, vector, bits)).all()


EVERYTHING: dict[str, Callable[[Backend], None]] = {
    "expand_rows": expands,
    "multiply_dp4a": lambda kernels: multiplies(
        kernels, "multiply_dp4a", matrix(64, 128, 1), matrix(64, 128, 2)
    ),
    "multiply_mma": lambda kernels: multiplies(
        kernels, "multiply_mma", matrix(128, 192, 1), matrix(128, 192, 2)
    ),
    "digest_tiles": digests,
    "digest_product_mma": lambda kernels: digests_product(
        kernels, matrix(128, 192, 1), matrix(128, 192, 2)
    ),
    "recompute_tiles": recomputes,
    "times_vector": multiplies_modulo_the_prime,
}
