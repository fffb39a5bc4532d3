"""Scene files: what a rendering job draws, written by a person in TOML.

Numbers are read as decimals and rounded to 1/65536, so that a file means the same everywhere.
`docs/reference/scene.md` lists the tables and keys.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from cli.errors import UsageError
from runtime.compute.raytracer import Picture
from runtime.compute.scene import (
    LARGEST_LIGHT,
    LARGEST_ZOOM,
    MOST_SHINE,
    REACH,
    SMALLEST_ZOOM,
    SceneCounts,
)
from runtime.compute.vectors import Q16

MAX_FILE_BYTES = 1 << 20
"""The largest scene is some 300 shapes, each a few lines."""

SAMPLES = {1: 1, 4: 2, 9: 3, 16: 4}
"""Samples in a pixel, and in one side of it."""

Words = list[int]
Reader = Callable[[Any], Words]


class Unfit(Exception):
    """A value is not what its key stands for: what was wanted."""


@dataclass(frozen=True, slots=True)
class SceneFile:
    """A scene as its job takes it."""

    picture: Picture
    counts: SceneCounts
    payload: bytes


@dataclass(frozen=True, slots=True)
class Key:
    """How the value of a key becomes words, and its words where it is left out."""

    read: Reader
    default: Words | None = None


def load_scene(path: Path) -> SceneFile:
    """Read a scene file.

    Raises: UsageError that names the file, the line, the key, what was wanted and what came.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
    if len(raw) > MAX_FILE_BYTES:
        raise UsageError(f"{path}: wanted at most {MAX_FILE_BYTES} bytes, got more")
    try:
        text = raw.decode()
        tables = tomllib.loads(text, parse_float=Decimal)
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: wanted UTF-8, got byte {raw[error.start]:#x}") from error
    except (ValueError, ArithmeticError, RecursionError) as error:
        # The last two: an exponent beyond any decimal, and brackets in brackets without end.
        raise UsageError(f"{path}: wanted TOML: {error}") from error
    return _Reading(path, text).scene(tables)


# -- Values ----------------------------------------------------------------------------------------


def _fixed(value: Any, low: int, high: int) -> int:
    """Round a number to Q16 and check its range, given in Q16."""
    wanted = f"a number from {_shown(low)} to {_shown(high)}"
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise Unfit(wanted)
    exact = Decimal(value)
    if not exact.is_finite() or not Decimal(low) / Q16 <= exact <= Decimal(high) / Q16:
        raise Unfit(wanted)
    return int((exact * Q16).to_integral_value())


def _shown(fixed: int) -> str:
    return f"{Decimal(fixed) / Q16:.7f}".rstrip("0").rstrip(".")


def number(low: int, high: int) -> Reader:
    """Read one number in a range that is given in Q16."""
    return lambda value: [_fixed(value, low, high)]


def count(low: int, high: int) -> Reader:
    """Read one whole number."""

    def read(value: Any) -> Words:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise Unfit(f"a whole number from {low} to {high}")
        return [value]

    return read


def samples(value: Any) -> Words:
    """Read the number of samples in a pixel; the word is those in one side of it."""
    if isinstance(value, bool) or not isinstance(value, int) or value not in SAMPLES:
        raise Unfit(f"one of {', '.join(map(str, SAMPLES))}")
    return [SAMPLES[value]]


def direction(value: Any) -> Words:
    """Read a direction: three numbers that are not all zero."""
    words = vector(value)
    if not any(words):
        raise Unfit("a direction")
    return words


def vector(value: Any) -> Words:
    """Read a position: three numbers."""
    if not isinstance(value, list) or len(value) != 3:
        raise Unfit("three numbers such as [0, 1.5, -6]")
    return [_fixed(part, -REACH, REACH) for part in value]


def corners(value: Any) -> Words:
    """Read the three corners of a triangle."""
    if not isinstance(value, list) or len(value) != 3:
        raise Unfit("three corners such as [[0, 0, 0], [1, 0, 0], [0, 1, 0]]")
    a, b, c = (vector(corner) for corner in value)
    one, other = ([end - start for start, end in zip(a, corner, strict=True)] for corner in (b, c))
    crossed = [one[i - 2] * other[i - 1] - one[i - 1] * other[i - 2] for i in range(3)]
    longest = max(abs(side) for side in (*one, *other))
    if sum(part * part for part in crossed) <= (longest * Q16 // 256) ** 2:
        raise Unfit("three corners that are not all but in one line")
    return a + b + c


def colour(value: Any) -> Words:
    """Read a colour as people write it; the words are light, of which it is the square root."""
    if not isinstance(value, str) or not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
        raise Unfit('a colour such as "#cc3344"')
    return [(int(value[i : i + 2], 16) ** 2 * Q16 + 32512) // 65025 for i in (1, 3, 5)]


MATERIAL = {
    "colour": Key(colour),
    "second_colour": Key(colour, [0, 0, 0]),
    "squares": Key(number(0, REACH), [0]),
    "mirror": Key(number(0, Q16), [0]),
    "highlight": Key(number(0, Q16), [0]),
    "shine": Key(count(0, MOST_SHINE), [5]),
}
IMAGE = {
    "width": Key(count(1, 1 << 20)),
    "height": Key(count(1, 1 << 20)),
    "samples": Key(samples, [2]),
    "bounces": Key(count(0, 255), [3]),
}
CAMERA = {
    "position": Key(vector),
    "target": Key(vector),
    "zoom": Key(number(SMALLEST_ZOOM, LARGEST_ZOOM), [2 * Q16]),
}
SKY = {
    "ambient": Key(colour, colour("#606468")),
    "horizon": Key(colour, colour("#dcebff")),
    "zenith": Key(colour, colour("#5a8cdc")),
    "haze": Key(number(0, REACH), [0]),
}
LIGHT = {
    "position": Key(vector),
    "colour": Key(colour, [Q16] * 3),
    "brightness": Key(number(0, LARGEST_LIGHT), [Q16]),
}
SPHERE = {"centre": Key(vector), "radius": Key(number(1, REACH)), **MATERIAL}
PLANE = {"point": Key(vector), "normal": Key(direction), **MATERIAL}
TRIANGLE = {"corners": Key(corners), **MATERIAL}
ONCE = {"image": IMAGE, "camera": CAMERA, "sky": SKY}
MANY = {"light": LIGHT, "sphere": SPHERE, "plane": PLANE, "triangle": TRIANGLE}


# -- Tables ----------------------------------------------------------------------------------------


class _Reading:
    """One file being read: knows its text, to say in which line something is."""

    def __init__(self, path: Path, text: str) -> None:
        self._path, self._lines = path, text.splitlines()

    def scene(self, tables: Mapping[str, Any]) -> SceneFile:
        """Turn the tables of a file into a scene."""
        for name in tables:
            if name not in {*ONCE, *MANY}:
                known = ", ".join((*ONCE, *MANY))
                raise self._wrong(0, name, f"wanted one of the tables {known}, got {name}")
        once = {name: self._table(tables.get(name, {}), name, keys) for name, keys in ONCE.items()}
        many = {name: self._rows(tables.get(name, []), name, keys) for name, keys in MANY.items()}
        if once["camera"][0] == once["camera"][3] and once["camera"][2] == once["camera"][5]:
            what = "camera, target: wanted one that is not straight above or below the position"
            raise self._wrong_at(self._line("camera", 0, "target"), what)
        view = [*once["camera"], *once["sky"]]
        lights = [
            [*words[0:3], *(channel * words[6] // Q16 for channel in words[3:6])]
            for words in many["light"]
        ]
        rows = [view, *lights, *many["sphere"], *many["plane"], *many["triangle"]]
        payload = np.array([word for row in rows for word in row], "<i4").tobytes()
        return SceneFile(
            Picture(*once["image"]),
            SceneCounts(*(len(many[name]) for name in MANY)),
            payload,
        )

    def _rows(self, tables: Any, name: str, keys: Mapping[str, Key]) -> list[Words]:
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            raise self._wrong(0, name, f"wanted [[{name}]], once for each {name}")
        return [self._table(table, name, keys, at) for at, table in enumerate(tables, 1)]

    def _table(self, table: Any, name: str, keys: Mapping[str, Key], at: int = 0) -> Words:
        """Read one table; `at` counts those of its name from 1, or is 0 if there is but one."""
        title = f"{name} {at}" if at else name
        if not isinstance(table, dict):
            raise self._wrong(at, name, f"wanted the table [{name}]")
        for key in table:
            if key not in keys:
                known = ", ".join(keys)
                raise self._wrong(at, name, f"{title}: wanted one of the keys {known}, got {key}")
        words: Words = []
        for key, how in keys.items():
            if key in table:
                words += self._value(table, key, how, (name, at))
            elif how.default is not None:
                words += how.default
            else:
                raise self._wrong(at, name, f"{title}: wanted a {key}, which is missing")
        return words

    def _value(self, table: Mapping[str, Any], key: str, how: Key, place: tuple[str, int]) -> Words:
        name, at = place
        try:
            return how.read(table[key])
        except Unfit as unfit:
            title, came = f"{name} {at}" if at else name, _written(table[key])
            line = self._line(name, at, key)
            raise self._wrong_at(line, f"{title}, {key}: wanted {unfit}, got {came}") from unfit

    def _wrong(self, at: int, name: str, what: str) -> UsageError:
        return self._wrong_at(self._line(name, at), what)

    def _wrong_at(self, line: int, what: str) -> UsageError:
        where = f"{self._path}, line {line}" if line else str(self._path)
        return UsageError(f"{where}: {what}")

    def _line(self, name: str, at: int, key: str = "") -> int:
        """Find the line of a table or of a key in it; 0 if the file is laid out unusually."""
        header = re.compile(rf"\s*\[\[?\s*{re.escape(name)}\s*\]\]?\s*(#.*)?$")
        starts = [i for i, line in enumerate(self._lines, 1) if header.match(line)]
        if len(starts) < max(at, 1):
            return 0
        start = starts[max(at, 1) - 1]
        for i, line in enumerate(self._lines[start:], start + 1):
            if key and re.match(rf"\s*{re.escape(key)}\s*=", line):
                return i
            if line.lstrip().startswith("["):
                break
        return start


def _written(value: Any) -> str:
    """Show a value as it may have been typed, cut short."""
    if isinstance(value, list):
        text = f"[{', '.join(_written(part) for part in value)}]"
    else:
        text = str(value) if isinstance(value, Decimal) else repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
