"""Products and canonical shares: TOPS of each kernel beside cuBLASLt, in the same run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial

import numpy as np

from consensus.compute.cuda_gpu import Memory, Units
from consensus.compute.cuda_matmul import DIGEST_PRODUCT, MULTIPLY
from consensus.compute.device import Search
from consensus.compute.numpy_device import NumpyDevice
from runtime.compute.reference import exact_product, expand, tile_digests
from runtime.compute.shares import MAINNET_SHARES, ShareParameters
from tests.benchmarks.gpu.bench import Bench, best_of, timed
from tests.benchmarks.gpu.cublaslt import WORKSPACE_BYTES, CublasLt, CublasLtFailed, Product
from tests.benchmarks.gpu.report import numbers

WANTED = 0.6
"""Of cuBLASLt's rate, by the fused kernel of canonical work."""
LEFT, RIGHT, KEY = (11, 22), (33, 44), 0xDEADBEEF12345678
COMPARED_SIZE = 2048
"""Largest product that numpy repeats."""
SHARE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Operands:
    """A product's matrices on the GPU, the second transposed, and room for its results."""

    size: int
    a: Memory
    b: Memory
    c: Memory
    digests: Memory


def products(bench: Bench) -> None:
    """TOPS of plain and fused products for each size and all units."""
    kernels = [*(f"{units.name} plain" for units in bench.units), "cuBLASLt"]
    fused = [f"{units.name} fused" for units in bench.units]
    bench.report.table("TOPS at n", *kernels, *fused, "fused / cuBLASLt", "equal")
    for size in (256,) if bench.is_small else (2048, 4096, 8192, 16384):
        with ExitStack() as stack:
            cells, tiles = size * size, (size // 64) ** 2
            sizes = (cells, cells, 4 * cells, 8 * tiles)
            given = Operands(size, *stack.enter_context(bench.device.memory(*sizes)))
            bench.expand(LEFT, size, given.a)
            bench.expand(RIGHT, size, given.b)
            _row(bench, given)
    bench.report.line(f"\nWanted: the best fused kernel at {WANTED:.0%} of cuBLASLt or more.")


def _row(bench: Bench, given: Operands) -> None:
    size, operations = given.size, 2 * given.size**3 / 1e12
    plain, fused, are_equal = [], [], True
    for units in bench.units:
        plain.append(operations / bench.seconds(partial(multiply, bench, given, units)))
        are_equal &= _is_product(bench, given)
    ceiling, is_equal = _ceiling(bench, given)
    for units in bench.units:
        fused.append(operations / bench.seconds(partial(digest, bench, given, units)))
        are_equal &= _are_digests(bench, given)
    best = None if ceiling is None else operations / ceiling
    rates = (*plain, best, *fused)
    ratio = "-" if best is None else f"{max(fused) / best:.0%}"
    word = bench.report.same(f"a product of n = {size}", are_equal and is_equal)
    bench.report.row(size, *numbers(rates), ratio, word if size <= COMPARED_SIZE else "-")


def multiply(bench: Bench, given: Operands, units: Units) -> None:
    """Queue C = A B with certain units."""
    used, size = MULTIPLY[units], given.size
    grid = (size // used.columns, size // used.rows)
    bench.device.launch(used.kernel, grid, given.a, given.b, given.c, size, size, size)


def digest(bench: Bench, given: Operands, units: Units) -> None:
    """Queue the digests of A B with certain units."""
    used, size = DIGEST_PRODUCT[units], given.size
    grid = (size // used.columns, size // used.rows)
    bench.device.launch(used.kernel, grid, given.a, given.b, given.digests, size, size, KEY)


def _ceiling(bench: Bench, given: Operands) -> tuple[float | None, bool]:
    """Return cuBLASLt's seconds for the product, of its best algorithm, and whether it is right."""
    with bench.device.memory(WORKSPACE_BYTES) as (workspace,):
        try:
            with CublasLt(int(workspace)) as library:
                places = (int(given.a), int(given.b), int(given.c))
                product = library.product(*places, given.size)
                times = list(_succeeding(bench, product))
                if not times:
                    raise CublasLtFailed("none of the algorithms that it offers runs")
                return min(times), _is_product(bench, given)
        except CublasLtFailed as error:
            bench.report.line(f"<!-- cuBLASLt at n = {given.size}: {error} -->")
            return None, True


def _succeeding(bench: Bench, product: Product) -> Iterator[float]:
    """Time each algorithm on offer that runs."""
    for number in range(len(product.algorithms)):
        with suppress(CublasLtFailed):
            yield bench.seconds(partial(product.multiply, number))


def _is_product(bench: Bench, given: Operands) -> bool:
    """Compare C with numpy's, and spoil it for the next kernel."""
    if given.size > COMPARED_SIZE:
        return True
    c = np.empty((given.size, given.size), np.int32)
    bench.device.download(c, given.c)
    bench.device.upload(given.c, np.full_like(c, -1))
    return bool((c == _exact(given.size)).all())


def _are_digests(bench: Bench, given: Operands) -> bool:
    if given.size > COMPARED_SIZE:
        return True
    digests = np.empty((given.size // 64, given.size // 64), np.uint64)
    bench.device.download(digests, given.digests)
    bench.device.upload(given.digests, np.zeros_like(digests))
    return bool((digests == tile_digests(_exact(given.size), KEY)).all())


_EXACT: dict[int, np.ndarray] = {}


def _exact(size: int) -> np.ndarray:
    if size not in _EXACT:
        _EXACT[size] = exact_product(expand(LEFT, 0, size, size), expand(RIGHT, 0, size, size))
    return _EXACT[size]


def shares(bench: Bench) -> None:
    """Canonical shares per second, and where the time of one goes."""
    size = 256 if bench.is_small else MAINNET_SHARES.size
    parameters = ShareParameters(size, MAINNET_SHARES.target)
    count, seconds = _searched(bench, parameters)
    tiles, report = parameters.tiles_per_side**2, bench.report
    products_per_second = count / seconds
    probability = MAINNET_SHARES.target / 2**64
    parts = _parts(bench, size)
    report.table("canonical work", f"n = {size}")
    report.row("products per second", f"{products_per_second:.0f}")
    report.row("tickets per second", f"{products_per_second * tiles:.0f}")
    report.row("TOPS, all told", f"{products_per_second * 2 * size**3 / 1e12:.0f}")
    expected = products_per_second * tiles * probability
    report.row("shares per second at mainnet's target, expected", f"{expected:.5f}")
    report.row("product and digest, ms", f"{parts.fused * 1e3:.3f}")
    report.row("product alone, ms", f"{parts.plain * 1e3:.3f}")
    report.row("ticket overhead: digest", f"{parts.fused / parts.plain - 1:.1%}")
    report.row("ticket overhead: expansion", f"{parts.expansion / parts.fused:.1%}")
    copied = parts.download * products_per_second
    report.row("share of time in copies to the host", f"{copied:.2%}")
    easy = ShareParameters(128 if bench.is_small else 1024, 2**60)
    search = Search(b"b" * 32, b"p" * 32, 7, 3, easy)
    found = bench.device.search_shares(search)
    is_equal = found == NumpyDevice().search_shares(search)
    report.row("the shares that numpy finds", report.same("a search", is_equal))


def _searched(bench: Bench, parameters: ShareParameters) -> tuple[int, float]:
    """Search more and more nonces until it takes long enough to be measured."""
    count = 1
    while True:
        search = Search(b"b" * 32, b"p" * 32, 0, count, parameters)
        _, seconds = timed(partial(bench.device.search_shares, search))
        if bench.is_small or seconds >= SHARE_SECONDS or count == 4096:
            return count, seconds
        count *= 2


@dataclass(frozen=True, slots=True)
class _Parts:
    """Seconds of the parts of one product of canonical work."""

    expansion: float
    plain: float
    fused: float
    download: float


def _parts(bench: Bench, size: int) -> _Parts:
    cells, tiles = size * size, (size // 64) ** 2
    with bench.device.memory(cells, cells, 4 * cells, 8 * tiles) as places:
        given, units = Operands(size, *places), bench.device.units
        digests = np.empty(tiles, np.uint64)
        _, download = best_of(3, lambda: bench.device.download(digests, given.digests))
        return _Parts(
            expansion=2 * bench.seconds(lambda: bench.expand(LEFT, size, given.a)),
            plain=bench.seconds(lambda: multiply(bench, given, units)),
            fused=bench.seconds(lambda: digest(bench, given, units)),
            download=download,
        )
