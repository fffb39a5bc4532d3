"""Whoever deletes a barrier from a kernel finds a red test: each is deleted in turn."""

import faulthandler
import sys
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

from consensus.compute.cuda_gpu import kernel_source
from tests.gpu import checks
from tests.gpu.backends import KernelFault, ShimBackend
from tests.gpu.shim.build import build_image, why_no_compiler

BARRIER = "__syncthreads();"
SOURCE = kernel_source()


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
@pytest.mark.parametrize("number", range(SOURCE.count(BARRIER)))
def test_a_deleted_barrier_is_noticed(number: int, tmp_path: Path) -> None:
    if why_no_compiler():
        pytest.skip(why_no_compiler())
    parts = SOURCE.split(BARRIER)
    parts[number : number + 2] = [f"{parts[number]};{parts[number + 1]}"]
    image = build_image(BARRIER.join(parts), tmp_path)
    assert any(is_caught(image, order) for order in (0, -1, 1, 2, 3))
