"""Images on a GPU: one thread a pixel. The scene is prepared on the CPU."""

from __future__ import annotations

import numpy as np

from consensus.compute.cuda_gpu import THREADS, Gpu, Kernel
from runtime.compute.classes import Result, Tree
from runtime.compute.raytracer import TILE_SIDE, Picture
from runtime.compute.reference import Int64s
from runtime.compute.rendering import Rendering
from runtime.compute.scene import Scene, read_scene

RENDER_TILES = Kernel("render_tiles", "PPIP")


def run_rendering(gpu: Gpu, work: Rendering, content: bytes) -> Result:
    """Draw every tile of a job."""
    words = device_words(read_scene(work.counts, content), work.picture)
    tiles = np.arange(work.tiles, dtype=np.uint32)
    drawn = np.empty(work.content_bytes(Tree.OUTPUT), np.uint8)
    with gpu.memory(words.nbytes, tiles.nbytes, drawn.nbytes) as (scene, numbers, out):
        gpu.upload(scene, words)
        gpu.upload(numbers, tiles)
        blocks = -(-work.tiles * TILE_SIDE**2 // THREADS)
        gpu.launch(RENDER_TILES, (blocks, 1), scene, numbers, work.tiles, out)
        gpu.download(drawn, out)
    return Result(drawn.tobytes())


def device_words(scene: Scene, picture: Picture) -> Int64s:
    """Lay out a prepared scene and the picture's sizes as kernels/rendering.cu reads them."""
    triangles = len(scene.edges)
    sizes = (picture.width, picture.height, picture.samples_per_side, picture.bounces)
    counts = (len(scene.lights), scene.spheres, scene.planes, triangles)
    views = (scene.eye, scene.axes, scene.ambient, scene.horizon, scene.zenith)
    surfaces = np.concatenate([scene.normals, scene.offsets[:, None], scene.tiling], axis=1)
    rows = (
        scene.lights,
        np.concatenate([scene.centres, scene.radii[:, None]], axis=1),
        surfaces,
        scene.edges,
        scene.materials,
    )
    head = (*sizes, *counts, *np.concatenate([view.ravel() for view in views]))
    words = [np.array((*head, scene.zoom, scene.fade), np.int64), *(part.ravel() for part in rows)]
    return np.concatenate(words)
