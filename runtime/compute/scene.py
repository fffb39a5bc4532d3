"""Scenes: what a rendering job draws, as its input bytes say it and as the ray tracer needs it.

A scene is words of int32, little-endian: the view, then the lights, spheres, planes and triangles
whose numbers are in the job's parameters, each a row of fixed width. Every payload of the right
size is a scene: a word out of its range counts as the nearest in it, and a shape without extent
is never hit. Coordinates are Q16, y points up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from runtime.compute.reference import Int64s
from runtime.compute.vectors import Q16, UNIT_SHIFT, cross, dot, normalized

REACH = 512 * Q16
"""Farthest coordinate: products of two positions and their sums stay below 2**62."""
LARGEST_LIGHT = 16 * Q16
"""Brightest a channel of a light may be."""
SMALLEST_ZOOM, LARGEST_ZOOM = Q16 // 16, 16 * Q16
MOST_SHINE = 12
"""Times that a highlight is squared: by then it is narrower than a pixel."""

POSITION = (-REACH, REACH)
LENGTH = (1, REACH)
COLOUR = (0, Q16)
BRIGHTNESS = (0, LARGEST_LIGHT)
SHARE = (0, Q16)

Range = tuple[int, int]

VIEW: tuple[Range, ...] = (
    *(POSITION,) * 3,  # where the camera stands
    *(POSITION,) * 3,  # what it looks at
    (SMALLEST_ZOOM, LARGEST_ZOOM),  # distance of the image plane, in halves of its height
    *(BRIGHTNESS,) * 3,  # light that comes from everywhere
    *(COLOUR,) * 3,  # the sky at the horizon
    *(COLOUR,) * 3,  # the sky overhead
    (0, REACH),  # where everything has faded into the sky; 0 for nowhere
)
LIGHT: tuple[Range, ...] = (*(POSITION,) * 3, *(BRIGHTNESS,) * 3)
"""Where it is, its colour."""
MATERIAL: tuple[Range, ...] = (
    *(COLOUR,) * 3,  # of the surface
    *(COLOUR,) * 3,  # of every other square
    (0, REACH),  # side of a square; 0 for none, and on spheres there are none
    SHARE,  # of light that is mirrored
    SHARE,  # strength of highlights
    (0, MOST_SHINE),  # how narrow they are
)
SPHERE: tuple[Range, ...] = (*(POSITION,) * 3, LENGTH, *MATERIAL)
"""Centre, radius, material."""
PLANE: tuple[Range, ...] = (*(POSITION,) * 6, *MATERIAL)
"""A point of it, a vector at right angles to it, material."""
TRIANGLE: tuple[Range, ...] = (*(POSITION,) * 9, *MATERIAL)
"""Three corners, material."""

WORD_BYTES = 4
_MATERIAL = slice(-len(MATERIAL), None)
"""Where it stands in the row of every shape."""
_NEAR = 3
"""Bits by which differences of positions are scaled up before they are normalised."""


@dataclass(frozen=True, slots=True)
class SceneCounts:
    """How many of each a scene has."""

    lights: int
    spheres: int
    planes: int
    triangles: int

    @property
    def words(self) -> int:
        """Length of the scene, in words."""
        return (
            len(VIEW)
            + self.lights * len(LIGHT)
            + self.spheres * len(SPHERE)
            + self.planes * len(PLANE)
            + self.triangles * len(TRIANGLE)
        )


@dataclass(frozen=True, slots=True)
class Scene:
    """A scene, ready to be traced. Rows of shapes: spheres, then planes, then triangles."""

    eye: Int64s
    """(3,), Q16."""
    axes: Int64s
    """(3, 3), Q30: to the right, up, and ahead of the camera."""
    zoom: int
    ambient: Int64s
    horizon: Int64s
    zenith: Int64s
    fade: int
    """Distance at which everything has faded into the sky; 0 for nowhere."""
    lights: Int64s
    """(lights, 6), Q16: position, colour."""
    centres: Int64s
    """(spheres, 3), Q16."""
    radii: Int64s
    """(spheres,), Q16."""
    normals: Int64s
    """(planes + triangles, 3), Q30; all zero if it has no extent."""
    offsets: Int64s
    """(planes + triangles,), Q46: the product of the normal with any point of the surface."""
    edges: Int64s
    """(triangles, 3, 4): for each side a Q30 vector to the inside, and its Q46 offset."""
    tiling: Int64s
    """(planes + triangles, 6), Q30: the two axes of the squares."""
    materials: Int64s
    """(shapes, 10), as in `MATERIAL`."""

    @property
    def spheres(self) -> int:
        """How many of the shapes are spheres; they come first."""
        return len(self.radii)

    @property
    def planes(self) -> int:
        """How many are planes; they come next."""
        return len(self.normals) - len(self.edges)


def read_scene(counts: SceneCounts, payload: bytes) -> Scene:
    """Prepare a scene of exactly `counts.words` words."""
    assert len(payload) == WORD_BYTES * counts.words, f"{len(payload)} bytes of {counts}"
    words = np.frombuffer(payload, "<i4").astype(np.int64)
    view, at = _clamped(words, 0, 1, VIEW)
    lights, at = _clamped(words, at, counts.lights, LIGHT)
    spheres, at = _clamped(words, at, counts.spheres, SPHERE)
    planes, at = _clamped(words, at, counts.planes, PLANE)
    triangles, _ = _clamped(words, at, counts.triangles, TRIANGLE)
    surfaces = [_plane(row) for row in planes] + [_triangle(row) for row in triangles]
    normals = np.array([normal for normal, _ in surfaces], np.int64).reshape(-1, 3)
    points = np.array([point for _, point in surfaces], np.int64).reshape(-1, 3)
    eye, target = view[0, 0:3], view[0, 3:6]
    return Scene(
        eye=eye,
        axes=_camera(target - eye),
        zoom=int(view[0, 6]),
        ambient=view[0, 7:10],
        horizon=view[0, 10:13],
        zenith=view[0, 13:16],
        fade=int(view[0, 16]),
        lights=lights,
        centres=spheres[:, 0:3],
        radii=spheres[:, 3],
        normals=normals,
        offsets=(normals * points).sum(axis=1),
        edges=np.array([_sides(row) for row in triangles], np.int64).reshape(-1, 3, 4),
        tiling=np.array([_squares(normal) for normal in normals], np.int64).reshape(-1, 6),
        materials=np.concatenate([rows[:, _MATERIAL] for rows in (spheres, planes, triangles)]),
    )


def _clamped(words: Int64s, at: int, count: int, ranges: tuple[Range, ...]) -> tuple[Int64s, int]:
    """Cut `count` rows from the words at a place, each word brought into its range."""
    after = at + count * len(ranges)
    low, high = np.array(ranges, np.int64).T
    return np.clip(words[at:after].reshape(count, len(ranges)), low, high), after


def _camera(ahead: Int64s) -> Int64s:
    """Return the camera's axes; one that looks straight up or down, or nowhere, sees one ray."""
    forward = normalized(ahead << _NEAR)
    right = normalized(cross(_UP, forward))
    return np.stack([right, cross(forward, right), forward])


_UP = np.array([0, 1 << UNIT_SHIFT, 0], np.int64)


def _plane(row: Int64s) -> tuple[Int64s, Int64s]:
    """Return the unit normal of a plane and a point of it."""
    return normalized(row[3:6] << _NEAR), row[0:3]


def _triangle(row: Int64s) -> tuple[Int64s, Int64s]:
    """Return the unit normal of a triangle and a corner of it."""
    corner = row[0:3]
    along_one, along_other = (normalized((row[at : at + 3] - corner) << _NEAR) for at in (3, 6))
    return normalized(cross(along_one, along_other)), corner


def _sides(row: Int64s) -> list[Int64s]:
    """Return, for each side of a triangle, the unit vector to the inside and its offset."""
    normal, _ = _triangle(row)
    sides = []
    for start, end in ((0, 3), (3, 6), (6, 0)):
        corner = row[start : start + 3]
        inside = cross(normal, normalized((row[end : end + 3] - corner) << _NEAR))
        sides.append(np.append(inside, dot(inside, corner)))
    return sides


def _squares(normal: Int64s) -> Int64s:
    """Return two axes in a surface, at right angles: along x and z on the ground."""
    steep = abs(int(normal[0])) > abs(int(normal[1])) and abs(int(normal[0])) > abs(int(normal[2]))
    beside = np.array([0, 0, 1 << UNIT_SHIFT] if steep else [1 << UNIT_SHIFT, 0, 0], np.int64)
    first = normalized(cross(normal, beside))
    return np.concatenate([first, cross(normal, first)])
