"""The same tests through the real pycuda, on a driver whose GPU is this CPU."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.gpu.backends import IMAGE_VARIABLE
from tests.gpu.shim.build import build_fake_driver, why_no_fake_driver

ROOT = Path(__file__).parents[2]


def test_the_cuda_device_works_on_an_emulated_driver(shim_image: Path, tmp_path: Path) -> None:
    if find_spec("pycuda") is None:
        pytest.skip("pycuda is not installed")
    if reason := why_no_fake_driver():
        pytest.skip(reason)
    driver = build_fake_driver(tmp_path)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "not shim"]
    paths = ["tests/gpu/test_cuda_device.py", "tests/gpu/test_kernels.py"]
    run = subprocess.run(
        [*command, *paths],
        cwd=ROOT,
        env=os.environ | {"LD_LIBRARY_PATH": str(driver), IMAGE_VARIABLE: str(shim_image)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "skipped" not in run.stdout, run.stdout
