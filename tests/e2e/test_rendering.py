"""A scene becomes the image that its author could have drawn."""

from pathlib import Path

import pytest

from cli.sdk.png import encode_png
from cli.sdk.rendering import rendering_work
from cli.sdk.scenes import load_scene
from tests.e2e.commands import ROOT
from tests.e2e.devnet import Devnet

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

SCENE = ROOT / "docs/tutorials/marbles.toml"
TERMS = ("--max-price", "5AGPU", "--signer", "//Alice")


def test_a_scene_is_drawn_and_can_be_fetched_again(devnet: Devnet, tmp_path: Path) -> None:
    out, again = tmp_path / "marbles.png", tmp_path / "again.png"
    ran = devnet.cli("job", "submit", "render", SCENE, *TERMS, "--out", out)
    job = ran.json()
    assert job["state"] == "completed"
    assert "an image of 640 x 360, every leaf checked against the final root" in ran.err
    fetched = devnet.cli("job", "result", job["job"], "--out", again, node="bob").json()
    assert fetched["checked"] == "every leaf"
    work, content = rendering_work(load_scene(SCENE))
    drawn = encode_png(work.image(work.run(content).output))
    assert out.read_bytes() == again.read_bytes() == drawn


def test_a_mistake_in_a_scene_is_refused_with_its_line_before_anything_is_sent(
    devnet: Devnet, tmp_path: Path
) -> None:
    scene = tmp_path / "scene.toml"
    scene.write_text(SCENE.read_text().replace("radius = 0.6", "radius = -0.6"))
    before = devnet.storage("Jobs.NextJobId", at="best")
    ran = devnet.cli("job", "submit", "render", scene, *TERMS)
    assert ran.code == 2
    line = SCENE.read_text().splitlines().index("radius = 0.6") + 1
    assert f"line {line}: sphere 3, radius: wanted a number from" in ran.err
    assert devnet.storage("Jobs.NextJobId", at="best") == before
