"""The rendering class: a scene becomes an image, in tiles of 4 x 4 pixels.

The input is the scene, one chunk. Each leaf of the output is a tile, which depends on the whole
scene and on nothing else: whoever has the scene draws any tile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from runtime.compute.classes import (
    Cells,
    Chunk,
    Definition,
    Result,
    Section,
    Tree,
    path_bytes,
    sections_bytes,
)
from runtime.compute.gas import MAX_OPENING_GAS, opening_gas
from runtime.compute.job import SAMPLES, BadSpec, JobClass
from runtime.compute.raytracer import TILE_SIDE, Bytes, Picture, render_tiles
from runtime.compute.scene import WORD_BYTES, SceneCounts, read_scene
from runtime.primitives.types import U8, U16

TILE_BYTES = TILE_SIDE * TILE_SIDE * 3
"""One leaf: red, green and blue of each pixel, row by row."""
MAX_SIDE = 4096
"""Longest side of an image: 48 MiB of output."""
MAX_ASPECT = 8
"""Longer side to shorter: the directions of eye rays are exact up to there."""
MAX_SAMPLES_PER_SIDE = 4
MAX_BOUNCES = 8
MAX_LIGHTS = 8
MAX_SHAPES = 256
"""An opening shows the whole scene: 19 KiB of triangles."""
GAS_PER_CHECK = 2_000_000
"""Nanoseconds to prepare a scene and its rays: 0.4 ms on the reference core, times five."""
GAS_PER_CALL = 60_000
"""Nanoseconds of numpy's calls to test a batch of rays against a shape: 15 us there, times four."""
GAS_PER_TEST = 100
"""Nanoseconds to test one ray against a shape: 25 there for the worst of scenes, in which every ray
meets everything and no ray ends early, times four."""
MACS_PER_TEST = 2048
"""int8 multiply-accumulates that take a device as long as one test: 170 on a CPU core (9 ns, and it
does 19 of them per ns in a product), some 3,000 on a GPU [estimated: 80 operations of 32 bits at
14 * 10**12 per second, against 5 * 10**14]. The price is a GPU's."""
SHADING_TESTS = 12
"""Tests that the rest of a ray's work counts for: its surface, its sky, its roots."""
CHECKED_TILES = 16
"""Tiles of a device's image that are drawn again on the CPU."""
_LENGTHS_BYTES = 4 * 4
"""Of the four parts of a proof, each as a compact integer."""


@dataclass(frozen=True, slots=True)
class Rendering:
    """An image of (height, width) of a scene with so many lights and shapes."""

    width: U16
    height: U16
    samples_per_side: U8
    bounces: U8
    lights: U8
    spheres: U16
    planes: U16
    triangles: U16

    job_class: ClassVar[JobClass] = JobClass.RENDERING
    definition: ClassVar[Definition] = Definition(
        1,
        "for each pixel of each 4 x 4 tile: 255 sqrt(mean over its samples of min(light, 1)), "
        "rounded down after Bayer's 4 x 4 dither; "
        "light: what an eye ray meets by Whitted's recursion; colours and places in Q16, unit "
        "vectors in Q30, roots and >> rounded down",
    )

    def check_limits(self) -> None:
        """Check sides, care, and the number of things in the scene."""
        limits = (
            ("pixels across", self.width, 1, MAX_SIDE),
            ("pixels down", self.height, 1, MAX_SIDE),
            ("samples per side", self.samples_per_side, 1, MAX_SAMPLES_PER_SIDE),
            ("bounces", self.bounces, 0, MAX_BOUNCES),
            ("lights", self.lights, 0, MAX_LIGHTS),
            ("shapes", self.shapes, 1, MAX_SHAPES),
        )
        for name, came, least, most in limits:
            if not least <= came <= most:
                raise BadSpec(f"wanted {least} to {most} {name}, got {came}")
        longer, shorter = max(self.width, self.height), min(self.width, self.height)
        if longer > MAX_ASPECT * shorter:
            raise BadSpec(
                f"wanted sides of at most {MAX_ASPECT} to 1, got {self.width} x {self.height}"
            )
        if (gas := opening_gas(self)) > MAX_OPENING_GAS:
            raise BadSpec(
                f"wanted openings of at most {MAX_OPENING_GAS} ns to check, got {gas}: "
                "choose fewer samples, bounces, lights or shapes"
            )

    @property
    def picture(self) -> Picture:
        """The size of the image and the care it is drawn with."""
        return Picture(self.width, self.height, self.samples_per_side, self.bounces)

    @property
    def counts(self) -> SceneCounts:
        """How many of each the scene has."""
        return SceneCounts(self.lights, self.spheres, self.planes, self.triangles)

    @property
    def shapes(self) -> int:
        """Everything that a ray may meet."""
        return self.spheres + self.planes + self.triangles

    @property
    def tiles(self) -> int:
        """Leaves."""
        return self.picture.tiles_across * self.picture.tiles_down

    @property
    def tests_per_sample(self) -> int:
        """Tests of one sample's ray, its mirror images and all their shadow rays, at most."""
        shapes = self.spheres + self.planes + 2 * self.triangles + SHADING_TESTS
        return (self.bounces + 1) * (1 + self.lights) * shapes

    @property
    def tests_per_tile(self) -> int:
        """Tests of all samples of a tile."""
        return TILE_SIDE**2 * self.picture.samples * self.tests_per_sample

    @property
    def operations(self) -> int:
        """Every test of every tile, as int8 multiply-accumulates."""
        return self.tiles * self.tests_per_tile * MACS_PER_TEST

    @property
    def samples(self) -> int:
        """As many as there may be."""
        return SAMPLES

    @property
    def proof_bytes(self) -> int:
        """Sampled tiles and the hashes beside them, and the scene."""
        samples = min(SAMPLES, self.tiles)
        scene = self.content_bytes(Tree.INPUT)
        return samples * TILE_BYTES + path_bytes(samples, self.tiles) + scene + _LENGTHS_BYTES

    @property
    def check_gas(self) -> int:
        """All tests of the sampled tiles, which are drawn together."""
        tests = min(SAMPLES, self.tiles) * self.tests_per_tile
        return GAS_PER_CHECK + GAS_PER_CALL * self.tests_per_sample + GAS_PER_TEST * tests

    @property
    def memory_bytes(self) -> int:
        """The image twice, and the arrays of one batch of rays."""
        return 2 * self.content_bytes(Tree.OUTPUT) + (64 << 20)

    def content_bytes(self, tree: Tree) -> int:
        """Size of the scene, or of all tiles: at the edges they reach beyond the image."""
        return sections_bytes(self.sections(tree))

    def sections(self, tree: Tree) -> tuple[Section, ...]:
        """List the scene as one chunk, or the tiles."""
        match tree:
            case Tree.INPUT:
                return (Section(1, WORD_BYTES * self.counts.words),)
            case Tree.OUTPUT:
                return (Section(self.tiles, TILE_BYTES),)
            case Tree.AUXILIARY:
                return ()

    def cut(self, tree: Tree, content: bytes) -> tuple[Cells, ...]:
        """Cut the tiles, or leave the scene whole."""
        if tree is Tree.OUTPUT:
            return (self.drawn(content),)
        return (np.frombuffer(content, "<i4").reshape(1, -1),)

    def needs(self, _leaf: int, /) -> tuple[Chunk, ...]:
        """Name the scene."""
        return (Chunk(Tree.INPUT, 0),)

    def recompute(self, leaf: int, chunks: Sequence[bytes], /) -> Cells:
        """Draw one tile."""
        return self.recompute_together([leaf], [chunks])[0]

    def recompute_together(
        self, leaves: Sequence[int], chunks: Sequence[Sequence[bytes]]
    ) -> Sequence[Cells]:
        """Draw tiles, all of the one scene: a quarter of the price of one after the other."""
        scene = read_scene(self.counts, chunks[0][0])
        return list(render_tiles(scene, self.picture, np.array(leaves, np.int64)))

    def run(self, content: bytes) -> Result:
        """Draw the image."""
        every = np.arange(self.tiles, dtype=np.int64)
        scene = read_scene(self.counts, content)
        return Result(render_tiles(scene, self.picture, every).tobytes())

    def is_result(self, content: bytes, result: Result, seed: int) -> bool:
        """Draw some tiles again: a device that errs in a tenth of them passes once in five."""
        step = max(1, self.tiles // CHECKED_TILES)
        chosen = np.arange(seed % step, self.tiles, step, dtype=np.int64)
        scene = read_scene(self.counts, content)
        return bool(
            (render_tiles(scene, self.picture, chosen) == self.drawn(result.output)[chosen]).all()
        )

    def is_constant(self, leaf: bytes, /) -> bool:
        """Say whether a tile is all of one colour."""
        return leaf == leaf[:3] * (len(leaf) // 3)

    def drawn(self, content: bytes) -> Bytes:
        """Read the tiles from an output: (tiles, 4, 4, 3)."""
        return np.frombuffer(content, np.uint8).reshape(-1, TILE_SIDE, TILE_SIDE, 3)

    def image(self, content: bytes) -> Bytes:
        """Put the tiles of an output together: (height, width, 3)."""
        down, across = self.picture.tiles_down, self.picture.tiles_across
        tiles = self.drawn(content).reshape(down, across, TILE_SIDE, TILE_SIDE, 3)
        whole = tiles.swapaxes(1, 2).reshape(down * TILE_SIDE, across * TILE_SIDE, 3)
        return whole[: self.height, : self.width]
