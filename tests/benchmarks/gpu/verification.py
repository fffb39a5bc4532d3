"""What checks cost on the GPU beside the CPU: openings, shares, whole products, hashes, copies."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial

import numpy as np
from blake3 import blake3

from consensus.compute.cuda_checks import (
    ShareTile,
    is_product,
    multiply_vectors,
    share_digests,
    tile_products,
)
from consensus.compute.cuda_hashing import hash_leaves
from runtime.compute import reference
from runtime.compute.merkle import HASH_BYTES, key_of, leaf_hash
from runtime.compute.reference import Int8s, Int32s, exact_product, tile_digest, work_seed
from runtime.compute.shares import MAINNET_SHARES
from tests.benchmarks.gpu.bench import Bench, best_of, timed
from tests.benchmarks.gpu.products import Operands, multiply

OPENINGS, SAMPLES, SHARES = 20, 32, 100
"""Tiles of 20 openings make 640 in one launch; 100 shares fill a block."""


def receipts(bench: Bench) -> None:
    """Checks of receipts, copies to the device and all: per receipt."""
    report, small = bench.report, bench.is_small
    report.table("check", "GPU, ms each", "CPU, ms each", "equal")
    inner = 64 if small else 1024
    chance = np.random.default_rng(1)
    bands = chance.integers(-128, 128, (OPENINGS, 2, SAMPLES, 8, inner)).astype(np.int8)
    pairs = [(left, right) for job in bands for left, right in zip(*job, strict=True)]
    found, gpu = best_of(1 if small else 5, lambda: tile_products(bench.device, pairs))
    exact, cpu = best_of(3, lambda: [exact_product(*job) for job in bands])
    word = report.same("tiles of openings", bool((found == np.concatenate(exact)).all()))
    each = [f"{1e3 * seconds / OPENINGS:.3f}" for seconds in (gpu, cpu)]
    report.row(f"tiles of one opening of {OPENINGS}, {inner}^3", *each, word)

    size, count = (256, 5) if small else (MAINNET_SHARES.size, SHARES)
    tiles = [ShareTile(work_seed(b"b" * 32, b"p" * 32, n), n % 4, n // 4 % 4) for n in range(count)]
    digests, gpu = best_of(1 if small else 5, lambda: share_digests(bench.device, tiles, size))
    wanted, cpu = timed(lambda: [tile_digest(one.seed, size, one.row, one.column) for one in tiles])
    each = [f"{1e3 * seconds / count:.3f}" for seconds in (gpu, cpu)]
    word = report.same("digests of shares", digests.tolist() == wanted)
    report.row(f"share of n = {size}, {count} at once", *each, word)
    for side in (64,) if small else (1024, 4096):
        _whole_product(bench, side)


def _whole_product(bench: Bench, side: int) -> None:
    """Freivalds with all copies, and its arithmetic alone."""
    chance, report = np.random.default_rng(2), bench.report
    a, b = (chance.integers(-128, 128, (side, side)).astype(np.int8) for _ in range(2))
    c = exact_product(a, np.ascontiguousarray(b.T))
    is_right, gpu = best_of(
        1 if bench.is_small else 5, lambda: is_product(bench.device, a, b, c, 7)
    )
    is_also, cpu = timed(lambda: reference.is_product(a, b.T, c, 7))
    wrong = c.copy()
    wrong[side // 2, side // 3] ^= 1
    is_wrong = is_product(bench.device, a, b, wrong, 7)
    word = report.same(f"Freivalds at {side}", is_right and is_also and not is_wrong)
    report.row(
        f"whole product of {side}^3 (Freivalds)", f"{1e3 * gpu:.2f}", f"{1e3 * cpu:.1f}", word
    )
    alone = _arithmetic_seconds(bench, a, b, c)
    report.row("the same with matrices on the device", f"{1e3 * alone:.3f}", "-", "-")


def _arithmetic_seconds(bench: Bench, a: Int8s, b: Int8s, c: Int32s) -> float:
    side = a.shape[0]
    vectors = [8 * side] * 4
    with bench.device.memory(a.nbytes, b.nbytes, c.nbytes, *vectors) as (left, right, out, *places):
        for memory, cells in ((left, a), (right, b), (out, c)):
            bench.device.upload(memory, cells)
        bench.device.upload(places[0], reference.random_vector(7, side))
        matrices = (left, right, out)
        return bench.seconds(
            lambda: multiply_vectors(bench.device, matrices, places, (side, side, side))
        )


def hashes(bench: Bench) -> None:
    """BLAKE3 of leaves that are on the device, and on one CPU core."""
    bench.report.table("leaf bytes", "leaves", "GPU, GB/s", "CPU, GB/s", "equal")
    total = 1 << 16 if bench.is_small else 256 << 20
    content = np.random.default_rng(3).integers(0, 256, total, np.uint8)
    key = key_of("benchmark")
    _, cpu = timed(lambda: blake3(content.tobytes(), key=key).digest())
    for leaf_bytes in (256, 1024, 32 << 10, 64 << 10):
        leaves = total // leaf_bytes
        with ExitStack() as stack:
            (memory,) = stack.enter_context(bench.device.memory(total))
            bench.device.upload(memory, content)
            # each run takes its memory and gives it back, as hashing a result does
            hashing = partial(_hashed, bench, key, memory, (leaves, leaf_bytes))
            seconds, found = bench.seconds(hashing), hashing()
        parts = [content[leaf_bytes * i : leaf_bytes * (i + 1)].tobytes() for i in (0, leaves - 1)]
        is_same = [found[i].tobytes() for i in (0, -1)] == [leaf_hash(key, one) for one in parts]
        rates = [f"{total / one / 1e9:.1f}" for one in (seconds, cpu)]
        word = bench.report.same(f"hashes of {leaf_bytes} bytes", is_same)
        bench.report.row(leaf_bytes, leaves, *rates, word)


def _hashed(bench: Bench, key: bytes, memory: object, shape: tuple[int, int]) -> np.ndarray:
    hashes = np.empty((shape[0], HASH_BYTES), np.uint8)
    with ExitStack() as stack:
        bench.device.download(hashes, hash_leaves(bench.device, stack, key, memory, shape))
    return hashes


def copies(bench: Bench) -> None:
    """Where the time of a matmul job goes: to the device, on it, and back."""
    side = 256 if bench.is_small else 4096
    operand, c = np.ones((side, side), np.int8), np.zeros((side, side), np.int32)
    sizes, times = (side * side, side * side, 4 * side * side, 8 * (side // 64) ** 2), 3
    with bench.device.memory(*sizes) as places:
        given, units = Operands(side, *places), bench.device.units
        _, up = best_of(times, lambda: bench.device.upload(given.a, operand))
        alone = bench.seconds(lambda: multiply(bench, given, units))
        _, down = best_of(times, lambda: bench.device.download(c, given.c))
    whole = 2 * up + alone + down
    bench.report.table(f"matmul of {side}^3", "ms", "of the time", "GB/s")
    for name, seconds, nbytes in (
        ("operands to the device", 2 * up, 2 * operand.nbytes),
        ("product", alone, 0),
        ("product to the host", down, c.nbytes),
    ):
        rate = f"{nbytes / seconds / 1e9:.1f}" if nbytes else "-"
        bench.report.row(name, f"{1e3 * seconds:.2f}", f"{seconds / whole:.0%}", rate)
