"""Images: their scenes as work, their tiles as PNG files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cli.errors import UsageError
from cli.sdk.png import encode_png
from cli.sdk.scenes import SceneFile
from runtime.compute.job import BadSpec
from runtime.compute.raytracer import Picture, render_tiles
from runtime.compute.registry import check_limits
from runtime.compute.rendering import Rendering
from runtime.compute.scene import read_scene

SKETCHED_TILES = 64
"""Drawn before an order, roughly, to see that they will show something."""


def rendering_work(scene: SceneFile) -> tuple[Rendering, bytes]:
    """Write down the image of a scene: the work and its input.

    Raises: UsageError if it is too large, or nearly empty.
    """
    picture, counts = scene.picture, scene.counts
    sizes = (picture.width, picture.height, picture.samples_per_side, picture.bounces)
    shapes = (counts.lights, counts.spheres, counts.planes, counts.triangles)
    work = Rendering(*sizes, *shapes)
    try:
        check_limits(work)
    except BadSpec as error:
        raise UsageError(str(error)) from error
    if is_flat(work, scene.payload):
        raise UsageError(
            "wanted an image of which half shows something: most of it is of one colour; "
            "turn the camera to the scene, or give the sky two colours"
        )
    return work, scene.payload


def is_flat(work: Rendering, content: bytes) -> bool:
    """Say whether most of an image looks empty; no provider would take it."""
    step = max(1, work.tiles // SKETCHED_TILES)
    chosen = np.arange(step // 2, work.tiles, step, dtype=np.int64)
    rough = Picture(work.width, work.height, samples_per_side=1, bounces=0)
    tiles = render_tiles(read_scene(work.counts, content), rough, chosen)
    return 2 * sum(work.is_constant(tile.tobytes()) for tile in tiles) > len(tiles)


def save_image(work: Rendering, content: bytes, out: Path) -> str:
    """Save an image as .png; return what it is."""
    out.write_bytes(encode_png(work.image(content)))
    return f"an image of {work.width} x {work.height}"
