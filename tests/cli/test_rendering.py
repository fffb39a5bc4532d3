"""What a scene file becomes: work that a provider takes, or a reason why none would."""

from pathlib import Path

import numpy as np
import pytest

from cli.errors import UsageError
from cli.sdk.png import encode_png
from cli.sdk.rendering import rendering_work, save_image
from cli.sdk.scenes import load_scene
from runtime.compute.registry import units
from tests.cli.test_png import decoded
from tests.cli.test_scenes import BALL, EXAMPLE, scene_file


def test_the_example_is_work(tmp_path: Path) -> None:
    work, content = rendering_work(load_scene(EXAMPLE))
    assert (work.width, work.height, work.samples_per_side, work.bounces) == (640, 360, 2, 3)
    assert (work.lights, work.spheres, work.planes, work.triangles) == (2, 5, 1, 4)
    assert len(content) == 4 * work.counts.words
    assert units(work) == 5889


def test_the_picture_in_the_tutorial_is_the_image_of_its_scene() -> None:
    work, content = rendering_work(load_scene(EXAMPLE))
    picture = decoded(EXAMPLE.with_suffix(".png").read_bytes())
    assert (picture == work.image(work.run(content).output)).all()


def test_an_image_is_saved_as_png(tmp_path: Path) -> None:
    work, content = rendering_work(load_scene(scene_file(tmp_path, BALL)))
    result, out = work.run(content), tmp_path / "ball.png"
    assert save_image(work, result.output, out) == "an image of 64 x 48"
    assert out.read_bytes() == encode_png(work.image(result.output))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (BALL.replace("width = 64", "width = 5000"), "wanted 1 to 4096 pixels across, got 5000"),
        (BALL.replace("width = 64", "width = 640"), "wanted sides of at most 8 to 1, got 640 x 48"),
        (
            BALL.replace("height = 48", "height = 48\nsamples = 16\nbounces = 8")
            + "[[light]]\nposition = [0, 9, 0]\n" * 4,
            "wanted openings of at most 100000000 ns to check, got ",
        ),
        (BALL[: BALL.index("[[sphere]]")], "wanted 1 to 256 shapes, got 0"),
        (
            BALL.replace("target = [0, 0.5, 0]", "target = [0, 0.5, -20]")
            + '[sky]\nhorizon = "#808080"\nzenith = "#808080"',
            "wanted an image of which half shows something: most of it is of one colour",
        ),
    ],
)
def test_what_no_provider_would_take_is_refused(tmp_path: Path, text: str, what: str) -> None:
    scene = load_scene(scene_file(tmp_path, text))
    with pytest.raises(UsageError) as caught:
        rendering_work(scene)
    assert str(caught.value).startswith(what)


def test_the_look_before_an_order_takes_few_tiles(tmp_path: Path) -> None:
    large = BALL.replace("width = 64", "width = 4096").replace("height = 48", "height = 4096")
    work, content = rendering_work(load_scene(scene_file(tmp_path, large)))
    assert work.tiles == 1024 * 1024
    assert np.frombuffer(content, "<i4").size == work.counts.words
