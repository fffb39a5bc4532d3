"""Images and queries on a GPU equal what the classes are defined to be, byte for byte."""

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from runtime.compute.tables import Operation
from tests.gpu.backends import ShimBackend
from tests.gpu.shim_gpu import ShimGpu
from tests.gpu.test_programs import agrees
from tests.runtime_compute.queries import any_table, any_work
from tests.runtime_compute.scenes import anything
from tests.runtime_compute.test_rendering import SCENE, WORK


@pytest.fixture
def gpu(shim_image: Path) -> ShimGpu:
    return ShimGpu(ShimBackend(shim_image))


@pytest.mark.parametrize(("width", "height"), [(1, 1), (8, 8), (100, 61)])
def test_images(gpu: ShimGpu, width: int, height: int) -> None:
    work = replace(WORK, width=width, height=height, samples_per_side=2)
    assert agrees(gpu, work, SCENE)


def test_images_of_any_scene(gpu: ShimGpu) -> None:
    work = replace(WORK, lights=0, spheres=7, planes=3, triangles=0)
    assert agrees(gpu, work, anything(work.counts, 5, 0.2))


@pytest.mark.parametrize("operation", Operation)
def test_queries(gpu: ShimGpu, operation: Operation) -> None:
    work = any_work(Random(4), operation)
    assert agrees(gpu, work, any_table(Random(5), work))
