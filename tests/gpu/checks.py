"""What each kernel must do, bit for bit; used by the kernel tests and by the mutation test."""

from collections.abc import Callable, Sequence
from functools import partial
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from consensus.compute.cuda_checks import laid_out
from consensus.compute.cuda_data import device_query
from consensus.compute.cuda_gpu import Units
from consensus.compute.cuda_hashing import KEYED
from consensus.compute.cuda_matmul import DIGEST_PRODUCT, MULTIPLY
from consensus.compute.cuda_rendering import device_words
from runtime.compute.integers import requantise
from runtime.compute.merkle import key_of, leaf_hash
from runtime.compute.network import Layer, LayerKind, attention, embed
from runtime.compute.raytracer import Picture, render_tiles
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
from runtime.compute.scene import read_scene
from runtime.compute.sgd import descend, output_error, shortened, visible
from runtime.compute.tables import Operation
from tests.gpu.backends import Backend
from tests.runtime_compute.queries import any_table, any_work
from tests.runtime_compute.scenes import COUNTS, anything, marbles

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


def multiplies(kernels: Backend, units: Units, a: Int8s, b: Int8s) -> None:
    """A product, in memory."""
    used, (rows, inner), columns = MULTIPLY[units], a.shape, b.shape[0]
    c = np.zeros((rows, columns), np.int32)
    grid = (columns // used.columns, rows // used.rows)
    kernels.launch(used.kernel.name, grid, 256, a, b, c, *map(np.int32, (rows, columns, inner)))
    assert (c == exact_product(a, b)).all()


def digests_product(kernels: Backend, units: Units, a: Int8s, b: Int8s) -> None:
    """Digests of a product that never reaches memory."""
    used, (rows, inner), columns = DIGEST_PRODUCT[units], a.shape, b.shape[0]
    out = np.zeros((rows // 64, columns // 64), np.uint64)
    sides, grid = map(np.int32, (columns, inner)), (columns // used.columns, rows // used.rows)
    kernels.launch(used.kernel.name, grid, 256, a, b, out, *sides, np.uint64(KEY))
    assert (out == tile_digests(exact_product(a, b), KEY)).all()


def hashes(kernels: Backend, leaf_bytes: int = 3100, leaves: int = 7) -> None:
    """BLAKE3 of leaves of several chunks, joined level by level."""
    chance = np.random.default_rng(leaf_bytes)
    content = chance.integers(0, 256, leaf_bytes * leaves, np.uint8)
    key, keyed = key_of("test"), np.uint32(KEYED)
    words, width = np.frombuffer(key, np.uint8).copy(), max(1, -(-leaf_bytes // 1024))
    now = np.zeros((leaves, width, 32), np.uint8)
    shape = (np.uint32(leaf_bytes), np.uint32(leaves))
    kernels.launch("hash_chunks", (2, 1), 32, content, *shape, words, keyed, now)
    while width > 1:
        joined = np.zeros((leaves, -(-width // 2), 32), np.uint8)
        shape = (np.uint32(width), np.uint32(leaves))
        kernels.launch("join_hashes", (2, 1), 32, now, *shape, words, keyed, joined)
        now, width = joined, joined.shape[1]
    parts = [content[leaf_bytes * i : leaf_bytes * (i + 1)].tobytes() for i in range(leaves)]
    assert [leaf.tobytes() for leaf in now[:, 0]] == [leaf_hash(key, part) for part in parts]


def multiplies_bands(kernels: Backend, sides: Sequence[int] = (1, 64, 130, 515)) -> None:
    """Tiles of jobs with several inner sides, more than the warps that multiply them."""
    pairs = [(matrix(8, side, side), matrix(8, side, side + 1)) for side in sides] * 5
    bands, table = laid_out(pairs)
    out = np.zeros((len(pairs), 8, 8), np.int32)
    kernels.launch("multiply_bands", (2, 1), 256, bands, table, np.uint32(len(pairs)), out)
    assert (out == np.stack([exact_product(a, b) for a, b in pairs])).all()


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


def attends(kernels: Backend, rows: int = 300, heads: int = 2) -> None:
    """Causal attention of several heads over a sheet with a stride of its own.

    There are more keys than threads, so that each thread has something to add.
    """
    layer, first = Layer(LayerKind.ATTENTION, 8 * heads, 5, heads), rows - 12
    sheet = matrix(rows, 3 * layer.width + 5, 4)
    out = np.zeros((rows, layer.width + 3), np.int8)
    strides = np.int32(sheet.shape[1]), np.int32(out.shape[1])
    shape = (np.int32(first), np.int32(layer.width), np.int32(8), np.int32(layer.shift))
    kernels.launch("attend", (12, heads), 256, sheet, strides[0], out, strides[1], *shape)
    exact = attention(layer, sheet[:, :-5], first, rows)
    assert (out[first:, : layer.width] == exact).all()
    assert not out[:first].any()


def finishes(kernels: Backend) -> None:
    """Sums with their bias, rounded for both signs, and as they are."""
    chance = np.random.default_rng(6)
    sums = chance.integers(-(2**31), 2**31, (9, 12)).astype(np.int32)
    bias = np.array([2**31 - 1, -(2**31), 0, 7, -7], np.int32)
    exact = np.clip(sums[:, :5].astype(np.int64) + bias, -(2**31), 2**31 - 1)
    for shift, low in ((0, -128), (1, 0), (24, -128)):
        out, unused = np.zeros((9, 7), np.int8), np.uint64(0)
        places = (np.int32(12), bias, out, np.int32(7), unused)
        shape = (np.int32(9), np.int32(5), np.int32(shift), np.int32(low))
        kernels.launch("finish_product", (2, 1), 32, sums, *places, *shape)
        assert (out[:, :5] == requantise(exact, shift, low)).all()
    wide, unused = np.zeros((9, 5), np.int32), np.uint64(0)
    places = (np.int32(12), bias, unused, np.int32(0), wide)
    shape = (np.int32(9), np.int32(5), np.int32(0), np.int32(0))
    kernels.launch("finish_product", (2, 1), 32, sums, *places, *shape)
    assert (wide == exact).all()


def adds(kernels: Backend) -> None:
    """Sums of two sheets."""
    one, other = matrix(9, 12, 7), matrix(9, 10, 8)
    for shift in (0, 1):
        out = np.zeros((9, 11), np.int8)
        operands = (one, np.int32(12), other, np.int32(10), out, np.int32(11))
        kernels.launch(
            "add_sheets", (2, 1), 32, *operands, np.int32(9), np.int32(10), np.int32(shift)
        )
        exact = requantise(one[:, :10].astype(np.int64) + other, shift)
        assert (out[:, :10] == exact).all()


def embeds(kernels: Backend) -> None:
    """Rows of a table by token, plus places."""
    table, places, out = matrix(256, 6, 9), matrix(9, 6, 10), np.zeros((9, 8), np.int8)
    tokens = np.array([[0, 1], [255, 2]] * 4 + [[7, 0]], np.uint8)
    tables = (tokens, np.int32(2), table, places)
    kernels.launch("embed_tokens", (2, 1), 32, *tables, out, np.int32(8), np.int32(9), np.int32(6))
    assert (out[:, :6] == embed(tokens[:, 0], table.T, places)).all()


def trains(kernels: Backend) -> None:
    """The kernels of one step, each with strides of its own."""
    chance, grid = np.random.default_rng(8), (2, 1)
    strides = [np.int32(stride) for stride in range(20, 26)]
    shape = (np.int32(9), np.int32(6))
    weights = chance.integers(-(2**15), 2**15, (9, 6)).astype(np.int16)
    seen, turned = np.zeros((9, 20), np.int8), np.zeros((6, 21), np.int8)
    kernels.launch("show_weights", grid, 32, weights, *shape, seen, strides[0], turned, strides[1])
    assert (seen[:, :6] == visible(weights)).all()
    assert (turned[:, :9] == visible(weights).T).all()
    again = np.zeros((9, 22), np.int8)
    kernels.launch(
        "turn", grid, 32, turned, strides[1], again, strides[2], np.int32(6), np.int32(9)
    )
    assert (again[:, :6] == seen[:, :6]).all()
    labels, errors = chance.integers(0, 8, 9).astype(np.uint8), np.zeros((9, 23), np.int8)
    kernels.launch("output_errors", grid, 32, seen, strides[0], labels, errors, strides[3], *shape)
    assert (errors[:, :6] == output_error(seen[:, :6], labels)).all()
    gradient = chance.integers(-(2**20), 2**20, (9, 24)).astype(np.int32)
    for mask in (None, matrix(9, 25, 9)):
        largest = np.zeros(1, np.int32)
        hidden = (np.uint64(0), np.int32(0)) if mask is None else (mask, strides[5])
        masked = gradient[:, :6] if mask is None else np.where(mask[:, :6] > 0, gradient[:, :6], 0)
        kernels.launch("largest_cell", grid, 32, gradient, strides[4], *hidden, *shape, largest)
        assert largest[0] == np.abs(masked).max()
    out = np.zeros((9, 20), np.int8)
    cells = (gradient, strides[4], *hidden, *shape, largest)
    kernels.launch("shorten_errors", grid, 32, *cells, out, strides[0])
    assert (out[:, :6] == shortened(masked)).all()
    largest[0], exact = np.abs(gradient[:, :6]).max(), gradient[:, :6]
    after = weights.copy()
    step = (*shape, largest, np.int32(8), np.uint64(KEY))
    kernels.launch("descend", grid, 32, after, gradient, strides[4], *step)
    assert (after == descend(weights, exact, 8, KEY)).all()


def renders(kernels: Backend, seed: int = 0) -> None:
    """Tiles of a scene that shows everything, and of one with any numbers in it."""
    chance = np.random.default_rng(seed)
    for payload, picture in (
        (marbles(), Picture(100, 50, 2, 3)),
        (anything(COUNTS, seed, 0.1), Picture(*map(int, chance.integers(40, 300, 2)), 1, 3)),
    ):
        scene = read_scene(COUNTS, payload)
        every = picture.tiles_across * picture.tiles_down
        tiles = np.sort(chance.choice(every, min(11, every), replace=False)).astype(np.uint32)
        out = np.zeros((len(tiles), 4, 4, 3), np.uint8)
        words = device_words(scene, picture)
        kernels.launch("render_tiles", (2, 1), 96, words, tiles, np.uint32(len(tiles)), out)
        assert (out == render_tiles(scene, picture, tiles.astype(np.int64))).all()


def answers_queries(kernels: Backend, number: int = 0) -> None:
    """A query of each operation about a table with any cells in it."""
    chance = Random(number)
    for operation in Operation:
        work = any_work(chance, operation)
        content = any_table(chance, work)
        table = work.table(content)
        out = np.full((work.chunks, work.query.answer_words), -1, np.int64)
        query = device_query(work)
        kernels.launch("answer_chunks", (work.chunks, 1), 256, table.copy(), query, out)
        assert (out == work.answered(work.run(content).output)).all()


EVERYTHING: dict[str, Callable[[Backend], None]] = {
    "expand_rows": expands,
    **{
        used.kernel.name: partial(
            check, units=units, a=matrix(used.rows, 320, 1), b=matrix(used.columns, 320, 2)
        )
        for check, products in ((multiplies, MULTIPLY), (digests_product, DIGEST_PRODUCT))
        for units, used in products.items()
    },
    "multiply_bands": multiplies_bands,
    "hash_chunks": partial(hashes, leaf_bytes=70),
    "join_hashes": hashes,
    "recompute_tiles": recomputes,
    "times_vector": multiplies_modulo_the_prime,
    "attend": attends,
    "finish_product": finishes,
    "add_sheets": adds,
    "embed_tokens": embeds,
    "descend": trains,
    "render_tiles": renders,
    "answer_chunks": answers_queries,
}
