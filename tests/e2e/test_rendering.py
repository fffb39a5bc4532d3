"""A scene becomes the image that its author could have drawn, by following the tutorial."""

import json
from pathlib import Path

import pytest

from cli.sdk.png import encode_png
from cli.sdk.rendering import rendering_work
from cli.sdk.scenes import load_scene
from tests.e2e.commands import ROOT, starminer
from tests.e2e.devnet import Devnet
from tests.e2e.tutorials import Tutorial

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

SCENE = ROOT / "docs/tutorials/marbles.toml"


def test_the_tutorial_ends_with_the_image_of_its_scene(devnet: Devnet, tmp_path: Path) -> None:
    tutorial = Tutorial("rendering.md", tmp_path, devnet.url())
    number = str(next_job(devnet))
    ordered, listed, fetched = tutorial.follow({"0": number})
    job = json.loads(ordered.out)
    assert (job["state"], str(job["job"])) == ("completed", number)
    assert "an image of 640 x 360, every leaf checked against the final root" in ordered.err
    assert [str(row["job"]) for row in json.loads(listed.out)] == [number]
    assert json.loads(fetched.out)["checked"] == "every leaf"
    work, content = rendering_work(load_scene(SCENE))
    drawn = encode_png(work.image(work.run(content).output))
    assert (tmp_path / "marbles.png").read_bytes() == drawn
    assert (tmp_path / "again.png").read_bytes() == drawn


def test_a_mistake_in_a_scene_is_refused_with_its_line_before_anything_is_sent(
    devnet: Devnet, tmp_path: Path
) -> None:
    scene = tmp_path / "scene.toml"
    scene.write_text(SCENE.read_text().replace("radius = 0.6", "radius = -0.6"))
    before = next_job(devnet)
    words = ("--max-price", "5AGPU", "--signer", "//Bob", "--rpc", devnet.url())
    ran = starminer("job", "submit", "render", scene, *words)
    assert ran.code == 2
    line = SCENE.read_text().splitlines().index("radius = 0.6") + 1
    assert f"line {line}: sphere 3, radius: wanted a number from" in ran.err
    assert next_job(devnet) == before


def next_job(devnet: Devnet) -> int:
    number: int = devnet.storage("Jobs.NextJobId", at="best")["value"]
    return number
