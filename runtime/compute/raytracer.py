"""The rendering class's definition: a fixed-point ray tracer (after Whitted 1980).

A pixel is the mean of a fixed grid of samples. Each sample's ray is followed through as many
mirrors as the job says; where it hits, every light that it can see adds diffuse and highlight
(Blinn 1977), and what is left goes on as a reflection. Everything is exact in int64 for scenes
within the ranges of `scene`: a device computes a tile by itself, to the last bit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runtime.compute.reference import Int64s
from runtime.compute.scene import MOST_SHINE, Scene
from runtime.compute.vectors import Q16, Q30, UNIT_SHIFT, along, dot, isqrt, normalized

Bytes = NDArray[np.uint8]

TILE_SIDE = 4
"""A tile is 4 x 4 pixels: 32 of them are checked in some milliseconds."""
FAR = 1 << 27
"""Nothing farther than 2,048 units is hit."""
NEAREST = 32
"""Nothing nearer than 2**-11 is hit: a rounding error is not a shape."""
LIFT = 128
"""How far above a surface its shadow and mirror rays start: 2**-9, more than the error of a hit."""
FLATTEST = 1 << 10
"""A ray whose slope to a surface is below 2**-20 passes it by."""
SEAM = 4 << UNIT_SHIFT
"""Triangles reach 2**-14 beyond their sides, so that nothing shows between two of them."""
FAINTEST = Q16 // 256
"""A mirror image weaker than this is not followed."""
_SQUARE, _MIRROR, _HIGHLIGHT, _SHINE = 6, 7, 8, 9
"""Places of the numbers in a material; its two colours stand before them."""
_TO_Q16 = 2 * UNIT_SHIFT - 16
"""Bits from the product of two unit vectors to Q16."""
_Q40 = 1 << 40
_BATCH_RAYS = 8192
"""Rays traced at a time, so that intermediate results stay in the cache."""
_TILE_PIXELS = TILE_SIDE * TILE_SIDE


def _dither() -> Int64s:
    """Return what is added to each pixel of a tile before it is rounded down (after Bayer 1973).

    The pixels of a tile share the rounding errors evenly, so that a slow gradient has no bands.
    """
    x, y = np.arange(_TILE_PIXELS) % TILE_SIDE, np.arange(_TILE_PIXELS) // TILE_SIDE
    rank = np.zeros(_TILE_PIXELS, np.int64)
    for bit in range(2):
        rank = 4 * rank + 2 * (((x ^ y) >> bit) & 1) + ((y >> bit) & 1)
    return rank * (Q16 // _TILE_PIXELS) + Q16 // (2 * _TILE_PIXELS)


_DITHER = _dither()


@dataclass(frozen=True, slots=True)
class Picture:
    """The size of an image and the care it is drawn with."""

    width: int
    height: int
    samples_per_side: int
    """A pixel has the square of it."""
    bounces: int
    """Mirrors that a ray is followed through."""

    @property
    def tiles_across(self) -> int:
        """Tiles in one row; the last may reach beyond the image."""
        return -(-self.width // TILE_SIDE)

    @property
    def tiles_down(self) -> int:
        """Tiles in one column; the last may reach beyond the image."""
        return -(-self.height // TILE_SIDE)

    @property
    def samples(self) -> int:
        """Rays from the eye in one pixel."""
        return self.samples_per_side**2


def render_tiles(scene: Scene, picture: Picture, tiles: Int64s) -> Bytes:
    """Draw the tiles of these numbers (row by row): (tiles, 4, 4, 3), red, green and blue."""
    drawn = np.empty((len(tiles), TILE_SIDE, TILE_SIDE, 3), np.uint8)
    step = max(1, _BATCH_RAYS // (_TILE_PIXELS * picture.samples))
    for start in range(0, len(tiles), step):
        batch = tiles[start : start + step]
        light = _traced(scene, picture.bounces, _eye_rays(scene, picture, batch))
        light = np.minimum(light, Q16).reshape(3, -1, picture.samples)
        mean = light.sum(axis=2) // picture.samples
        rounding = np.tile(_DITHER, len(batch))
        shades = (isqrt(mean * Q16) * 255 + rounding) >> 16
        drawn[start : start + step] = shades.T.reshape(-1, TILE_SIDE, TILE_SIDE, 3)
    return drawn


def _eye_rays(scene: Scene, picture: Picture, tiles: Int64s) -> Int64s:
    """Return the unit vectors of all samples of some tiles, tile by tile and pixel by pixel."""
    side = picture.samples_per_side
    pixel = np.arange(_TILE_PIXELS, dtype=np.int64)
    x = (tiles % picture.tiles_across)[:, None] * TILE_SIDE + pixel % TILE_SIDE
    y = (tiles // picture.tiles_across)[:, None] * TILE_SIDE + pixel // TILE_SIDE
    sample = np.arange(picture.samples, dtype=np.int64)
    columns = (x.reshape(-1, 1) * side + sample % side).ravel()
    rows = (y.reshape(-1, 1) * side + sample // side).ravel()
    # From the middle of the image, in halves of a sample; the image is two high in the end.
    scale = Q30 // (picture.height * side)
    right = ((2 * columns + 1 - picture.width * side) * scale) >> 4
    up = ((picture.height * side - 2 * rows - 1) * scale) >> 4
    ahead = np.full_like(right, scene.zoom << 10)
    screen = np.stack([right, up, ahead])
    return normalized(np.stack([dot(axis, screen) >> UNIT_SHIFT for axis in scene.axes.T]))


def _traced(scene: Scene, bounces: int, rays: Int64s) -> Int64s:
    """Return the light that comes along rays into the eye: (3, n) by (3, n), Q16."""
    light = np.zeros_like(rays)
    alive = np.arange(rays.shape[1])
    origins = np.broadcast_to(scene.eye[:, None], rays.shape)
    weight = np.full(rays.shape[1], Q16, np.int64)
    for _ in range(bounces + 1):
        distance, shape = _nearest(scene, origins, rays)
        hit = np.flatnonzero(shape >= 0)
        missed = np.flatnonzero(shape < 0)
        light[:, alive[missed]] += (weight[missed] * _sky(scene, rays[:, missed])) >> 16
        alive, weight, rays = alive[hit], weight[hit], rays[:, hit]
        if not alive.size:
            return light
        point, normal = _struck(scene, origins[:, hit], rays, distance[hit], shape[hit])
        material = scene.materials[shape[hit]].T
        colour = _lit(scene, rays, point, normal, _surface(scene, material, shape[hit], point))
        clear = Q16 - _fading(scene, distance[hit])
        kept = (colour * (Q16 - material[_MIRROR])) >> 16
        faded = (kept * clear + _sky(scene, rays) * (Q16 - clear)) >> 16
        light[:, alive] += (weight * faded) >> 16
        weight = (((weight * material[_MIRROR]) >> 16) * clear) >> 16
        go_on = np.flatnonzero(weight >= FAINTEST)
        alive, weight = alive[go_on], weight[go_on]
        rays, normal, point = rays[:, go_on], normal[:, go_on], point[:, go_on]
        rays = _mirrored(rays, normal)
        origins = along(point, normal, LIFT)
    light[:, alive] += (weight * _sky(scene, rays)) >> 16
    return light


@dataclass(frozen=True, slots=True)
class _Surface:
    """What light meets at a point: arrays over all points."""

    colour: Int64s
    highlight: Int64s
    shine: Int64s


def _nearest(scene: Scene, origins: Int64s, rays: Int64s) -> tuple[Int64s, Int64s]:
    """Return the distance and the shape that each ray meets first; -1 for none."""
    best = np.full(rays.shape[1], FAR, np.int64)
    shape = np.full(rays.shape[1], -1, np.int64)
    for number in range(len(scene.materials)):
        which, distance = _met(scene, number, origins, rays)
        nearer = distance < best[which]
        which = which[nearer]
        best[which], shape[which] = distance[nearer], number
    return best, shape


def _met(scene: Scene, number: int, origins: Int64s, rays: Int64s) -> tuple[Int64s, Int64s]:
    """Return which rays meet one shape, ascending, and at what distance."""
    if number < scene.spheres:
        return _met_sphere(scene.centres[number], scene.radii[number], origins, rays)
    flat = number - scene.spheres
    which, distance = _met_plane(scene.normals[flat], scene.offsets[flat], origins, rays)
    if flat < scene.planes or not which.size:
        return which, distance
    points = along(origins[:, which], rays[:, which], distance)
    inside = np.ones(which.size, np.bool_)
    for side in scene.edges[flat - scene.planes]:
        inside &= dot(side[:3], points) - side[3] >= -SEAM
    return which[inside], distance[inside]


def _met_sphere(
    centre: Int64s, radius: np.int64, origins: Int64s, rays: Int64s
) -> tuple[Int64s, Int64s]:
    """Solve |o + t d - c| = r for the first t ahead: of b -+ sqrt(b**2 - |o - c|**2 + r**2)."""
    offset = centre[:, None] - origins
    middle = dot(offset, rays) >> UNIT_SHIFT
    inner = middle * middle - dot(offset, offset) + radius * radius
    which = np.flatnonzero(inner >= 0)
    root, middle = isqrt(inner[which]), middle[which]
    distance = np.where(middle - root >= NEAREST, middle - root, middle + root)
    ahead = (distance >= NEAREST) & (distance < FAR)
    return which[ahead], distance[ahead]


def _met_plane(
    normal: Int64s, offset: np.int64, origins: Int64s, rays: Int64s
) -> tuple[Int64s, Int64s]:
    """Solve n (o + t d) = h for t, where the ray is not all but parallel to the surface."""
    gap = offset - dot(normal, origins)
    slope = dot(normal, rays) >> UNIT_SHIFT
    which = np.flatnonzero((np.abs(slope) >= FLATTEST) & ((gap > 0) == (slope > 0)))
    distance = np.abs(gap[which]) // np.abs(slope[which])
    ahead = (distance >= NEAREST) & (distance < FAR)
    return which[ahead], distance[ahead]


def _struck(
    scene: Scene, origins: Int64s, rays: Int64s, distance: Int64s, shape: Int64s
) -> tuple[Int64s, Int64s]:
    """Return the points where rays end, and the surface's normals there, turned to the ray."""
    point = along(origins, rays, distance)
    normal = np.empty_like(rays)
    round_, flat = np.flatnonzero(shape < scene.spheres), np.flatnonzero(shape >= scene.spheres)
    if round_.size:
        centre, radius = scene.centres[shape[round_]].T, scene.radii[shape[round_]]
        outward = normalized((point[:, round_] - centre) << 3)
        normal[:, round_] = outward
        point[:, round_] = along(centre, outward, radius)
    if flat.size:
        normal[:, flat] = scene.normals[shape[flat] - scene.spheres].T
    return point, np.where(dot(normal, rays) > 0, -normal, normal)


def _surface(scene: Scene, material: Int64s, shape: Int64s, point: Int64s) -> _Surface:
    """Return the surface at points; on flat shapes it may be made of squares of two colours."""
    colour = material[0:3].copy()
    which = np.flatnonzero((shape >= scene.spheres) & (material[_SQUARE] > 0))
    if which.size:
        side = material[_SQUARE][which]
        axes = scene.tiling[shape[which] - scene.spheres].T
        first, second = dot(axes[0:3], point[:, which]), dot(axes[3:6], point[:, which])
        odd = ((first >> UNIT_SHIFT) % (2 * side) >= side) ^ (
            (second >> UNIT_SHIFT) % (2 * side) >= side
        )
        colour[:, which[odd]] = material[3:6, which[odd]]
    return _Surface(colour, material[_HIGHLIGHT], material[_SHINE])


def _lit(scene: Scene, rays: Int64s, point: Int64s, normal: Int64s, surface: _Surface) -> Int64s:
    """Return the light that a surface sends back along rays: (3, n), Q16."""
    total = (surface.colour * scene.ambient[:, None]) >> 16
    origins = along(point, normal, LIFT)
    for light in scene.lights:
        path = light[0:3, None] - origins
        distance, direction = isqrt(dot(path, path)), normalized(path << 2)
        facing = dot(normal, direction) >> _TO_Q16
        lit = np.flatnonzero(facing > 0)
        lit = lit[_is_clear(scene, origins[:, lit], direction[:, lit], distance[lit])]
        halfway = normalized((direction[:, lit] - rays[:, lit]) >> 1)
        gleam = np.clip(dot(normal[:, lit], halfway) >> _TO_Q16, 0, Q16)
        for k in range(MOST_SHINE):
            gleam = np.where(surface.shine[lit] > k, (gleam * gleam) >> 16, gleam)
        gleam = (gleam * surface.highlight[lit]) >> 16
        sent = ((surface.colour[:, lit] * facing[lit]) >> 16) + gleam
        total[:, lit] += (sent * light[3:6, None]) >> 16
    return total


def _is_clear(scene: Scene, origins: Int64s, rays: Int64s, distance: Int64s) -> NDArray[np.bool_]:
    """Say which rays meet nothing within a distance."""
    clear = np.ones(distance.size, np.bool_)
    for number in range(len(scene.materials)):
        which, met = _met(scene, number, origins, rays)
        clear[which[met < distance[which]]] = False
    return clear


def _mirrored(rays: Int64s, normal: Int64s) -> Int64s:
    """Reflect rays on surfaces."""
    depth = dot(rays, normal) >> (UNIT_SHIFT - 1)
    return normalized(rays - ((normal * depth) >> UNIT_SHIFT))


def _sky(scene: Scene, rays: Int64s) -> Int64s:
    """Return the light of the sky in directions: from the horizon's to the zenith's colour.

    It is the same above and below, so that no part of it is flat.
    """
    height = np.minimum(np.abs(rays[1]) >> (UNIT_SHIFT - 16), Q16)
    share = (height * (2 * Q16 - height)) >> 16
    rise: Int64s = ((scene.zenith - scene.horizon)[:, None] * share) >> 16
    return scene.horizon[:, None] + rise


def _fading(scene: Scene, distance: Int64s) -> Int64s:
    """Return how much of what lies at a distance is lost in the sky's colour."""
    if not scene.fade:
        return np.zeros_like(distance)
    share = (np.minimum(distance, scene.fade) * (_Q40 // scene.fade)) >> 24
    return (share * share) >> 16
