"""The kernels read and write what is theirs, and do nothing that C++ leaves undefined."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from consensus.compute.cuda_gpu import kernel_source
from tests.gpu.shim.build import SANITIZED_FLAGS, build_image, sanitizers, why_no_sanitizers

ROOT = Path(__file__).parents[2]
ALL_CHECKS = """
import sys
from tests.gpu.backends import ShimBackend
from tests.gpu.checks import EVERYTHING
for order in (0, -1, 1):
    for check in EVERYTHING.values():
        check(ShimBackend(sys.argv[1], order))
"""
ONE_LAUNCH = """
import sys
import numpy as np
from tests.gpu.backends import ShimBackend
ShimBackend(sys.argv[1]).launch(sys.argv[2], (1, 1), 32, np.full(32, 2**31 - 1, np.int32))
"""
SPOILT = {
    "out[threadIdx.x] = cells[threadIdx.x + 1];": "index 32 out of bounds",
    "out[threadIdx.x] = *(&cells[threadIdx.x] + 1);": "global-buffer-overflow",
    "out[threadIdx.x + 1] = 0;": "heap-buffer-overflow",
    "out[threadIdx.x] += 1;": "signed integer overflow",
    "out[threadIdx.x] = 1 << (32 + cells[threadIdx.x]);": "shift exponent",
}
"""A statement of a kernel, and the complaint that stops it."""
KERNEL = """
extern "C" __global__ void spoilt_{number}(int *out) {{
    __shared__ int cells[32];
    __shared__ int others[32];
    cells[threadIdx.x] = others[threadIdx.x] = threadIdx.x;
    {statement}
}}
"""


def run(program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a program that loads a sanitized image; of Python itself nothing is asked."""
    preloaded = " ".join(map(str, sanitizers()))
    options = {"LD_PRELOAD": preloaded, "ASAN_OPTIONS": "detect_leaks=0"}
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.run(
        command, cwd=ROOT, env=os.environ | options, capture_output=True, text=True, check=False
    )


@pytest.fixture(autouse=True)
def compiler() -> None:
    if reason := why_no_sanitizers():
        pytest.skip(reason)


def test_no_kernel_does_what_it_may_not(tmp_path: Path) -> None:
    done = run(ALL_CHECKS, build_image(kernel_source(), tmp_path, SANITIZED_FLAGS))
    assert done.returncode == 0, done.stderr


def test_those_that_do_are_stopped(tmp_path: Path) -> None:
    kernels = [KERNEL.format(number=number, statement=one) for number, one in enumerate(SPOILT)]
    image = build_image("".join(kernels), tmp_path, SANITIZED_FLAGS)
    for number, complaint in enumerate(SPOILT.values()):
        done = run(ONE_LAUNCH, image, f"spoilt_{number}")
        assert done.returncode != 0
        assert complaint in done.stderr
