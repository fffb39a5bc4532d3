"""The ray tracer once more, one ray at a time in Python's unbounded integers: the oracle.

Written from the definition's words and not from its arrays, it also watches that no number on the
way leaves int64.
"""

from __future__ import annotations

from math import isqrt
from typing import Any

from runtime.compute.raytracer import Picture
from runtime.compute.scene import Scene

ONE, FAR, NEAREST, LIFT = 1 << 16, 1 << 27, 32, 128
Vector = tuple[int, int, int]


def held(number: int) -> int:
    """Return a number that int64 holds."""
    assert -(2**63) <= number < 2**63, f"{number} does not fit int64"
    return number


def vector(words: Any) -> Vector:
    x, y, z = (int(word) for word in words)
    return x, y, z


def dot(a: Vector, b: Vector) -> int:
    total = 0
    for one, other in zip(a, b, strict=True):
        total = held(total + held(one * other))
    return total


def minus(a: Vector, b: Vector) -> Vector:
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


def scaled(a: Vector, factor: int, shift: int = 30) -> Vector:
    x, y, z = (held(part * factor) >> shift for part in a)
    return x, y, z


def along(origin: Vector, ray: Vector, distance: int) -> Vector:
    return minus(origin, minus((0, 0, 0), scaled(ray, distance)))


def normalized(a: Vector) -> Vector:
    return scaled(a, 2**60 // max(isqrt(dot(a, a)), 1))


class PlainTracer:
    """Draws single pixels of a scene."""

    def __init__(self, scene: Scene, picture: Picture) -> None:
        self.scene, self.picture = scene, picture
        self.materials = scene.materials.tolist()

    def pixel(self, x: int, y: int) -> tuple[int, ...]:
        side = self.picture.samples_per_side
        total = [0, 0, 0]
        for row in range(y * side, y * side + side):
            for column in range(x * side, x * side + side):
                light = self.light(self.eye_ray(column, row))
                total = [a + min(b, ONE) for a, b in zip(total, light, strict=True)]
        mean = [channel // (side * side) for channel in total]
        rank = [[0, 12, 3, 15], [8, 4, 11, 7], [2, 14, 1, 13], [10, 6, 9, 5]][x % 4][y % 4]
        return tuple((isqrt(channel * ONE) * 255 + rank * 4096 + 2048) >> 16 for channel in mean)

    def eye_ray(self, column: int, row: int) -> Vector:
        width, height = (
            length * self.picture.samples_per_side
            for length in (self.picture.width, self.picture.height)
        )
        scale = 2**30 // height
        right = (2 * column + 1 - width) * scale >> 4
        up = (height - 2 * row - 1) * scale >> 4
        screen = (right, up, self.scene.zoom << 10)
        return normalized(vector(dot(vector(axis), screen) >> 30 for axis in self.scene.axes.T))

    def light(self, ray: Vector) -> list[int]:
        origin, weight, light = vector(self.scene.eye), ONE, [0, 0, 0]
        for _ in range(self.picture.bounces + 1):
            distance, shape = self.nearest(origin, ray)
            if shape < 0:
                break
            material = self.materials[shape]
            point, normal = self.struck(shape, along(origin, ray, distance), ray)
            origin = along(point, normal, LIFT)
            colour = self.lit(ray, origin, normal, self.colour(shape, point), material)
            clear = ONE - self.fading(distance)
            for c, above in enumerate(self.sky(ray)):
                kept = colour[c] * (ONE - material[7]) >> 16
                light[c] += weight * (kept * clear + above * (ONE - clear) >> 16) >> 16
            weight = (weight * material[7] >> 16) * clear >> 16
            if weight < ONE // 256:
                return light
            ray = normalized(minus(ray, scaled(normal, dot(ray, normal) >> 29)))
        return [a + (weight * b >> 16) for a, b in zip(light, self.sky(ray), strict=True)]

    def nearest(self, origin: Vector, ray: Vector) -> tuple[int, int]:
        best = FAR, -1
        for shape in range(len(self.materials)):
            distance = self.met(shape, origin, ray)
            if distance is not None and distance < best[0]:
                best = distance, shape
        return best

    def met(self, shape: int, origin: Vector, ray: Vector) -> int | None:
        if shape < self.scene.spheres:
            offset = minus(vector(self.scene.centres[shape]), origin)
            middle, radius = dot(offset, ray) >> 30, int(self.scene.radii[shape])
            inner = held(middle * middle) - dot(offset, offset) + radius * radius
            if inner < 0:
                return None
            root = isqrt(inner)
            ahead = [t for t in (middle - root, middle + root) if t >= NEAREST]
            return ahead[0] if ahead and ahead[0] < FAR else None
        return self.met_flat(shape - self.scene.spheres, origin, ray)

    def met_flat(self, flat: int, origin: Vector, ray: Vector) -> int | None:
        normal = vector(self.scene.normals[flat])
        gap = held(int(self.scene.offsets[flat]) - dot(normal, origin))
        slope = dot(normal, ray) >> 30
        if abs(slope) < 1 << 10 or (gap > 0) != (slope > 0):
            return None
        distance = abs(gap) // abs(slope)
        if not NEAREST <= distance < FAR:
            return None
        if flat >= self.scene.planes:
            point = along(origin, ray, distance)
            for *inside, offset in self.scene.edges[flat - self.scene.planes].tolist():
                if held(dot(vector(inside), point) - offset) < -4 * 2**30:
                    return None
        return distance

    def struck(self, shape: int, point: Vector, ray: Vector) -> tuple[Vector, Vector]:
        if shape < self.scene.spheres:
            centre = vector(self.scene.centres[shape])
            normal = normalized(scaled(minus(point, centre), 8, 0))
            point = along(centre, normal, int(self.scene.radii[shape]))
        else:
            normal = vector(self.scene.normals[shape - self.scene.spheres])
        return point, scaled(normal, -1, 0) if dot(normal, ray) > 0 else normal

    def colour(self, shape: int, point: Vector) -> list[int]:
        material = self.materials[shape]
        side = material[6]
        if shape < self.scene.spheres or not side:
            return list(material[0:3])
        tiling = self.scene.tiling[shape - self.scene.spheres]
        places = [dot(vector(axis), point) >> 30 for axis in (tiling[0:3], tiling[3:6])]
        odd = [place // side % 2 for place in places]
        return list(material[3:6] if odd[0] != odd[1] else material[0:3])

    def lit(
        self, ray: Vector, start: Vector, normal: Vector, colour: list[int], material: list[int]
    ) -> list[int]:
        total = [c * int(a) >> 16 for c, a in zip(colour, self.scene.ambient, strict=True)]
        for light in self.scene.lights:
            path = minus(vector(light[0:3]), start)
            direction = normalized(scaled(path, 4, 0))
            facing = dot(normal, direction) >> 44
            if facing <= 0 or self.is_dark(start, direction, isqrt(dot(path, path))):
                continue
            halfway = normalized(scaled(minus(direction, ray), 1, 1))
            gleam = max(0, min(dot(normal, halfway) >> 44, ONE))
            for _ in range(material[9]):
                gleam = gleam * gleam >> 16
            gleam = gleam * material[8] >> 16
            for c in range(3):
                total[c] += ((colour[c] * facing >> 16) + gleam) * int(light[3 + c]) >> 16
        return total

    def is_dark(self, start: Vector, ray: Vector, limit: int) -> bool:
        met = (self.met(shape, start, ray) for shape in range(len(self.materials)))
        return any(distance is not None and distance < limit for distance in met)

    def sky(self, ray: Vector) -> list[int]:
        height = min(abs(ray[1]) >> 14, ONE)
        share = height * (2 * ONE - height) >> 16
        ends = zip(self.scene.horizon.tolist(), self.scene.zenith.tolist(), strict=True)
        return [low + ((high - low) * share >> 16) for low, high in ends]

    def fading(self, distance: int) -> int:
        fade = self.scene.fade
        if not fade:
            return 0
        share = min(distance, fade) * (2**40 // fade) >> 24
        return share * share >> 16
