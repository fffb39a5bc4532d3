"""Scene files: what is read from them, and what is said about a bad one."""

from pathlib import Path

import numpy as np
import pytest

from cli.errors import UsageError
from cli.sdk.scenes import MAX_FILE_BYTES, load_scene
from runtime.compute.raytracer import Picture
from runtime.compute.scene import LIGHT, MATERIAL, PLANE, SPHERE, TRIANGLE, VIEW, SceneCounts

EXAMPLE = Path(__file__).parents[2] / "docs/tutorials/marbles.toml"
HEAD = """[image]
width = 64
height = 48
[camera]
position = [0, 1, -6]
target = [0, 0.5, 0]
"""
BALL = (
    HEAD
    + """[[sphere]]
centre = [0, 1, 0]
radius = 1
colour = "#ff8000"
"""
)


def scene_file(directory: Path, text: str | bytes) -> Path:
    path = directory / "scene.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def complaint(directory: Path, text: str | bytes) -> str:
    path = scene_file(directory, text)
    with pytest.raises(UsageError) as caught:
        load_scene(path)
    return str(caught.value).removeprefix(str(path))


def test_a_scene_becomes_words(tmp_path: Path) -> None:
    scene = load_scene(scene_file(tmp_path, BALL))
    assert scene.picture == Picture(64, 48, 2, 3)
    assert scene.counts == SceneCounts(lights=0, spheres=1, planes=0, triangles=0)
    words = np.frombuffer(scene.payload, "<i4")
    assert words[:7].tolist() == [0, 65536, -6 * 65536, 0, 32768, 0, 2 * 65536]
    assert words[len(VIEW) :].tolist() == [
        *(0, 65536, 0, 65536),
        *(65536, 16513, 0, 0, 0, 0),
        *(0, 0, 0, 5),
    ]


def test_the_example_has_everything_that_its_comments_promise() -> None:
    scene = load_scene(EXAMPLE)
    assert scene.picture == Picture(640, 360, 2, 3)
    assert scene.counts == SceneCounts(lights=2, spheres=5, planes=1, triangles=4)
    assert len(scene.payload) == 4 * scene.counts.words


def test_a_row_of_the_payload_has_the_words_that_the_ray_tracer_reads(tmp_path: Path) -> None:
    every = (
        BALL
        + "[[light]]\nposition = [1, 2, 3]\nbrightness = 2\n"
        + '[[plane]]\npoint = [0, 0, 0]\nnormal = [0, 1, 0]\ncolour = "#ffffff"\n'
        + '[[triangle]]\ncorners = [[0, 0, 0], [1, 0, 0], [0, 1, 0]]\ncolour = "#ffffff"\n'
    )
    words = np.frombuffer(load_scene(scene_file(tmp_path, every)).payload, "<i4")
    assert len(words) == sum(map(len, (VIEW, LIGHT, SPHERE, PLANE, TRIANGLE)))
    light = words[len(VIEW) :][: len(LIGHT)]
    assert light.tolist() == [65536, 131072, 196608, *[131072] * 3]
    assert words[-len(MATERIAL) :].tolist() == [65536] * 3 + [0] * 6 + [5]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[image\n", ": wanted TOML: Expected ']' at the end of a table declaration"),
        (HEAD + f"zoom = 1e{'9' * 30}", ": wanted TOML: "),
        (HEAD + f"zoom = {'9' * 5000}", ": wanted TOML: "),
        ("a = " + "[" * 5000, ": wanted TOML: "),
        (b"\xff", ": wanted UTF-8, got byte 0xff"),
        ("", ": image: wanted a width, which is missing"),
        ("image = 3", ": wanted the table [image]"),
        ("[imag]", ", line 1: wanted one of the tables image, camera, sky, light, sphere, plane"),
        (HEAD + "[sphere]", ", line 7: wanted [[sphere]], once for each sphere"),
        (HEAD.replace("64", "-64"), ", line 2: image, width: wanted a whole number from 1 to"),
        (HEAD.replace("64", "true"), ", line 2: image, width: wanted a whole number from 1 to"),
        (HEAD + "zoom = 99", ", line 7: camera, zoom: wanted a number from 0.0625 to 16, got 99"),
        (HEAD + "zoom = nan", ", line 7: camera, zoom: wanted a number from 0.0625 to 16, got NaN"),
        (HEAD + "zoom = 1e999999", ", line 7: camera, zoom: wanted a number from 0.0625 to 16"),
        (HEAD + "roll = 1", ", line 4: camera: wanted one of the keys position, target, zoom, got"),
        (HEAD.replace("0.5, 0]", "0.5, -6]"), ", line 6: camera, target: wanted one that is not"),
        (BALL.replace("1, 0]", "1]"), ", line 8: sphere 1, centre: wanted three numbers such as"),
        (BALL.replace("1, 0]", "1, 513]"), ", line 8: sphere 1, centre: wanted a number from -512"),
        (BALL.replace("radius = 1", "radius = 0"), ", line 9: sphere 1, radius: wanted a number"),
        (BALL.replace("radius = 1", ""), ", line 7: sphere 1: wanted a radius, which is missing"),
        (BALL.replace("#ff8000", "red"), ', line 10: sphere 1, colour: wanted a colour such as "#'),
        (BALL + BALL[len(HEAD) :] + "shine = 13", ", line 15: sphere 2, shine: wanted a whole num"),
        (
            HEAD + '[[plane]]\npoint = [0, 0, 0]\nnormal = [0, 0, 0]\ncolour = "#ffffff"',
            ", line 9: plane 1, normal: wanted a direction, got [0, 0, 0]",
        ),
        (
            HEAD + '[[triangle]]\ncolour = "#ffffff"\ncorners = [[0, 0, 0], [1, 1, 1], [2, 2, 2]]',
            ", line 9: triangle 1, corners: wanted three corners that are not all but in one line",
        ),
        (BALL.replace("#ff8000", "x" * 99), f"got '{'x' * 59}…"),
    ],
)
def test_a_bad_scene_is_refused_with_its_line(tmp_path: Path, text: str | bytes, what: str) -> None:
    said = complaint(tmp_path, text)
    assert what in said if what.startswith("got") else said.startswith(what), said


def test_a_file_that_is_too_long_is_not_read(tmp_path: Path) -> None:
    said = complaint(tmp_path, b"#" * (MAX_FILE_BYTES + 1))
    assert said == f": wanted at most {MAX_FILE_BYTES} bytes, got more"


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"missing\.toml: No such file or directory"):
        load_scene(tmp_path / "missing.toml")
