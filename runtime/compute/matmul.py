"""The matmul class: the product of a client's own int8 matrices.

The input tree is the bands of A and those of the transpose of B; the output tree is the tiles of
the product (`tiles`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from runtime.compute.classes import Cells, Chunk, Definition, Result, Section, Tree, path_bytes
from runtime.compute.job import SAMPLES, BadSpec, JobClass
from runtime.compute.reference import Int8s, Int32s, exact_product, is_product
from runtime.compute.tiles import BAND_ROWS, bands_in, bands_of, tiles_of
from runtime.primitives.types import U32

TILE_BYTES = BAND_ROWS * BAND_ROWS * 4
"""One leaf of the output tree: 8 x 8 int32, little-endian."""
MAX_SIDE = 4096
"""Longest side of a matrix: 64 MiB of output."""
_LENGTHS_BYTES = 5 * 4
"""Of the five parts of a proof, each as a compact integer."""


@dataclass(frozen=True, slots=True)
class MatmulParams:
    """C = A B with A (rows, inner) int8, B (inner, columns) int8, C (rows, columns) int32."""

    rows: U32
    columns: U32
    inner: U32

    job_class: ClassVar[JobClass] = JobClass.MATMUL
    definition: ClassVar[Definition] = Definition(
        1, "for i < rows, j < columns: C[i, j] = sum(A[i, k] * B[k, j] for k < inner), in int32"
    )

    def check_limits(self) -> None:
        """Check the sides."""
        for name, side in (("rows", self.rows), ("columns", self.columns), ("inner", self.inner)):
            if not 1 <= side <= MAX_SIDE:
                raise BadSpec(f"wanted 1 to {MAX_SIDE} {name}, got {side}")

    @property
    def bands_down(self) -> int:
        """Bands of A: rows of output tiles."""
        return bands_in(self.rows)

    @property
    def bands_across(self) -> int:
        """Bands of the transpose of B: columns of output tiles."""
        return bands_in(self.columns)

    @property
    def band_bytes(self) -> int:
        """Size of one chunk of the input."""
        return BAND_ROWS * self.inner

    @property
    def operations(self) -> int:
        """One multiply-accumulate per cell and inner place."""
        return self.rows * self.columns * self.inner

    @property
    def samples(self) -> int:
        """As many as there may be: a tile is little work."""
        return SAMPLES

    @property
    def proof_bytes(self) -> int:
        """Sampled tiles, their bands, and one hash per chunk and level."""
        tiles = self.bands_down * self.bands_across
        samples = min(SAMPLES, tiles)
        bands = min(samples, self.bands_down) + min(samples, self.bands_across)
        paths = path_bytes(samples, tiles) + path_bytes(bands, self.bands_down + self.bands_across)
        return samples * TILE_BYTES + bands * self.band_bytes + paths + _LENGTHS_BYTES

    @property
    def check_gas(self) -> int:
        """Nothing beside hashing: the price of a proof's bytes has the product of its bands."""
        return 0

    @property
    def memory_bytes(self) -> int:
        """Operands, one of them turned, and the product with its terms."""
        return (self.rows + 2 * self.columns) * self.inner + 12 * self.rows * self.columns

    def content_bytes(self, tree: Tree) -> int:
        """Size of both operands, or of the product."""
        match tree:
            case Tree.INPUT:
                return (self.rows + self.columns) * self.inner
            case Tree.OUTPUT:
                return 4 * self.rows * self.columns
            case Tree.AUXILIARY:
                return 0

    def sections(self, tree: Tree) -> tuple[Section, ...]:
        """Bands of A and of the transpose of B, or tiles of C."""
        match tree:
            case Tree.INPUT:
                down = Section(self.bands_down, self.band_bytes)
                return (down, Section(self.bands_across, self.band_bytes))
            case Tree.OUTPUT:
                return (Section(self.bands_down * self.bands_across, TILE_BYTES),)
            case Tree.AUXILIARY:
                return ()

    def cut(self, tree: Tree, content: bytes) -> tuple[Cells, ...]:
        """Cut the operands in bands, or the product in tiles."""
        if tree is Tree.OUTPUT:
            return (tiles_of(self.product(content)),)
        a, b = self.operands(content)
        return bands_of(a), bands_of(b.T)

    def needs(self, leaf: int) -> tuple[Chunk, ...]:
        """Name the two bands that a tile is the product of."""
        row, column = divmod(leaf, self.bands_across)
        return Chunk(Tree.INPUT, row), Chunk(Tree.INPUT, self.bands_down + column)

    def recompute(self, _leaf: int, chunks: Sequence[bytes]) -> Cells:
        """Multiply two bands."""
        a, b = (np.frombuffer(chunk, np.int8).reshape(BAND_ROWS, self.inner) for chunk in chunks)
        return exact_product(a, b).astype("<i4", copy=False)

    def run(self, content: bytes) -> Result:
        """Multiply."""
        a, b = self.operands(content)
        return Result(pack_output(exact_product(a, np.ascontiguousarray(b.T))))

    def is_result(self, content: bytes, result: Result, seed: int) -> bool:
        """Check the product by Freivalds: a wrong one passes once in 2**61."""
        a, b = self.operands(content)
        return is_product(a, b.T, self.product(result.output), seed)

    def is_whole_result(self, content: bytes, result: Result, seed: int) -> bool:
        """Check the product by Freivalds, which leaves no element out."""
        return self.is_result(content, result, seed)

    def is_constant(self, leaf: bytes) -> bool:
        """Say whether a tile is zeros: where most are, an operand has nothing in it."""
        return not any(leaf)

    def operands(self, content: bytes) -> tuple[Int8s, Int8s]:
        """Read A (rows, inner) and B (inner, columns) from an input."""
        flat = np.frombuffer(content, np.int8)
        split = self.rows * self.inner
        a, b = flat[:split], flat[split:]
        return a.reshape(self.rows, self.inner), b.reshape(self.inner, self.columns)

    def product(self, content: bytes) -> Int32s:
        """Read C (rows, columns) from an output."""
        cells = np.frombuffer(content, "<i4").reshape(self.rows, self.columns)
        return cells.astype(np.int32, copy=False)


def matmul_of(a: Int8s, b: Int8s) -> MatmulParams:
    """Return the parameters of A (rows, inner) times B (inner, columns)."""
    return MatmulParams(a.shape[0], b.shape[1], a.shape[1])


def pack_input(a: Int8s, b: Int8s) -> bytes:
    """Lay out the operands as a client sends them: A (rows, inner), then B (inner, columns)."""
    return np.ascontiguousarray(a).tobytes() + np.ascontiguousarray(b).tobytes()


def pack_output(c: Int32s) -> bytes:
    """Lay out the product as a provider serves it: rows of little-endian int32."""
    return c.astype("<i4", copy=False).tobytes()
