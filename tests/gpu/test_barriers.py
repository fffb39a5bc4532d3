"""Whoever deletes a barrier from a kernel finds a red test: each is deleted in turn."""

import faulthandler
import re
import sys
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

from consensus.compute.cuda_gpu import kernel_source
from tests.gpu import checks
from tests.gpu.backends import KernelFault, ShimBackend
from tests.gpu.shim.build import build_image, why_no_compiler

SOURCE = kernel_source()
BARRIERS = list(
    re.finditer(r"\b(__syncthreads\(\)|__syncwarp\(\w*\)|wait_copies<[^>]*>\(\));", SOURCE)
)
"""Of blocks and warps, and waits for asynchronous copies."""


def is_caught(image: Path, order: int) -> bool:
    """Whether a check fails, in a process of its own: a spoilt kernel may divide by zero."""
    child = get_context("fork").Process(target=run_checks, args=(image, order))
    child.start()
    child.join()
    return child.exitcode != 0


def run_checks(image: Path, order: int) -> None:
    faulthandler.disable()
    shim = ShimBackend(image, order)
    with np.errstate(all="ignore"):
        for check in checks.EVERYTHING.values():
            try:
                check(shim)
            except (AssertionError, KernelFault):
                sys.exit(1)


@pytest.mark.slow
def test_no_kernel_is_noticed_as_it_is(shim_image: Path) -> None:
    assert not any(is_caught(shim_image, order) for order in (0, -1, 1))


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(BARRIERS)))
def test_a_deleted_barrier_is_noticed(number: int, tmp_path: Path) -> None:
    if why_no_compiler():
        pytest.skip(why_no_compiler())
    start, end = BARRIERS[number].span()
    image = build_image(f"{SOURCE[:start]};{SOURCE[end:]}", tmp_path)
    assert any(is_caught(image, order) for order in (0, -1, 1, 2, 3))
