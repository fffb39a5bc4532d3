"""atheris runs over every door, where it installs; a short run here, a long one by hand."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

RUNS = 2000
"""Per door; the import and the instrumentation take longer."""

DOORS = ("extrinsic", "events", "trie node", "response", "raw chain spec", "account file")

pytestmark = [
    pytest.mark.skipif(find_spec("atheris") is None, reason="atheris is not installed here"),
    pytest.mark.slow,
]


@pytest.mark.parametrize("door", DOORS)
def test_atheris_finds_nothing_in_a_short_run(tmp_path: Path, door: str) -> None:
    command = [sys.executable, "-m", "tests.fuzz.atheris_decoders", door, f"-runs={RUNS}"]
    options = ["-max_len=400", "-seed=1", f"-artifact_prefix={tmp_path}/", str(tmp_path)]
    asked = subprocess.run(
        [*command, *options], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert asked.returncode == 0, asked.stderr[-4000:]
    assert f"Done {RUNS} runs" in asked.stderr


def test_a_door_that_is_not_there_is_answered_with_the_list() -> None:
    command = [sys.executable, "-m", "tests.fuzz.atheris_decoders", "window"]
    asked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert asked.returncode == 2
    assert set(DOORS) <= set(asked.stdout.splitlines())
