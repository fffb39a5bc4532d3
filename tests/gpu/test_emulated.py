"""The same tests through the real pycuda, on a driver whose GPU is this CPU."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from consensus.compute.cuda_gpu import kernel_source
from tests.gpu import checks
from tests.gpu.backends import IMAGE_VARIABLE
from tests.gpu.conftest import why_no_gpu
from tests.gpu.shim.build import (
    build_fake_cublaslt,
    build_fake_driver,
    build_image,
    why_no_fake_driver,
)

ROOT = Path(__file__).parents[2]


@pytest.fixture
def environment(shim_image: Path, tmp_path: Path) -> dict[str, str]:
    """Variables with which pycuda finds the fake driver and runs the kernels on the CPU."""
    if find_spec("pycuda") is None:
        pytest.skip("pycuda is not installed")
    if reason := why_no_fake_driver():
        pytest.skip(reason)
    build_fake_driver(tmp_path)
    return os.environ | {"LD_LIBRARY_PATH": str(tmp_path), IMAGE_VARIABLE: str(shim_image)}


def ran(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a module of Python's to its end."""
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_req_c3_the_cuda_device_works_on_an_emulated_driver(environment: dict[str, str]) -> None:
    paths = ["tests/gpu/test_cuda_device.py", "tests/gpu/test_kernels.py"]
    run = ran(environment, "pytest", "-q", "-p", "no:cacheprovider", "-k", "not shim", *paths)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "skipped" not in run.stdout, run.stdout


@pytest.mark.slow
def test_the_benchmark_measures_everything_and_leaves_its_table(
    environment: dict[str, str], tmp_path: Path
) -> None:
    build_fake_cublaslt(tmp_path)
    out = {"OUT": str(tmp_path)}
    run = ran(environment | out, "tests.benchmarks.gpu", "--small")
    assert run.returncode == 0, run.stdout + run.stderr
    assert (tmp_path / "gpu.md").read_text() == run.stdout
    measured = [*checks.EVERYTHING, "TENSOR_WIDE fused", "cuBLASLt", "tickets per second"]
    measured += ["ticket overhead", "Freivalds", "GPU, GB/s", "product to the host"]
    assert [name for name in measured if name not in run.stdout] == []
    assert "<!--" not in run.stdout, "cuBLASLt was not measured"


@pytest.mark.slow
def test_a_benchmark_with_a_kernel_that_is_wrong_fails(
    environment: dict[str, str], tmp_path: Path
) -> None:
    source, right = kernel_source(), "sums[i][j] = __dp4a(left[i], right[j], sums[i][j])"
    assert right in source
    image = build_image(source.replace(right, f"{right} + 1"), tmp_path)
    run = ran(environment | {IMAGE_VARIABLE: str(image)}, "tests.benchmarks.gpu", "--small")
    assert run.returncode == 1
    assert "| multiply_dp4a | NO |" in run.stdout
    assert "FAILED: multiply_dp4a differs" in run.stdout


def test_without_a_gpu_the_benchmark_says_so_in_one_sentence() -> None:
    if not why_no_gpu():
        pytest.skip("there is a GPU")
    run = ran(dict(os.environ), "tests.benchmarks.gpu")
    assert run.returncode == 2
    assert run.stdout == ""
    assert run.stderr.startswith("There is no GPU to measure: ")
    assert run.stderr.count("\n") == 1
