"""The GPU as a device, on a GPU, or on the fake driver (`test_emulated`)."""

import os
from collections.abc import Iterator
from pathlib import Path
from random import Random

import numpy as np
import pytest

from consensus.compute.cuda_device import CudaDevice
from consensus.compute.cuda_gpu import Units
from consensus.compute.cuda_programs import PROGRAMS
from consensus.compute.device import DeviceRefused, DeviceUnavailable, Search
from consensus.compute.numpy_device import NumpyDevice
from runtime.compute.classes import Result, Work
from runtime.compute.matmul import MatmulParams, matmul_of, pack_input
from runtime.compute.registry import CLASSES
from runtime.compute.shares import ShareParameters
from runtime.compute.tables import Operation
from tests.gpu.backends import IMAGE_VARIABLE
from tests.gpu.conftest import why_no_gpu
from tests.runtime_compute.networks import block, perceptron
from tests.runtime_compute.queries import any_table, any_work
from tests.runtime_compute.test_rendering import SCENE, WORK
from tests.runtime_compute.trainings import training

pytestmark = pytest.mark.gpu


def queried(operation: Operation) -> tuple[Work, bytes]:
    """A query of one operation, and a table for it."""
    work = any_work(Random(7), operation)
    return work, any_table(Random(8), work)


def opened(memory_bytes: int = 1 << 30, units: Units | None = None) -> CudaDevice:
    path = os.environ.get(IMAGE_VARIABLE)
    return CudaDevice(memory_bytes, Path(path).read_bytes() if path else None, units)


@pytest.fixture(params=Units, ids=lambda units: units.name)
def device(request: pytest.FixtureRequest) -> Iterator[CudaDevice]:
    if reason := why_no_gpu():
        pytest.skip(reason)
    device = opened(units=request.param)
    yield device
    device.close()


@pytest.mark.parametrize("shape", [(1, 1, 1), (129, 64, 65), (100, 200, 130), (256, 128, 64)])
def test_products_of_any_shape_are_exact(device: CudaDevice, shape: tuple[int, int, int]) -> None:
    rows, columns, inner = shape
    chance = np.random.default_rng(rows)
    a = chance.integers(-128, 128, (rows, inner)).astype(np.int8)
    b = chance.integers(-128, 128, (inner, columns)).astype(np.int8)
    exact = (a.astype(np.int64) @ b.astype(np.int64)).astype("<i4")
    assert device.run(matmul_of(a, b), pack_input(a, b)) == Result(exact.tobytes())


@pytest.mark.parametrize(
    ("work", "content"),
    [
        perceptron(40, (30, 70, 9)),
        block(20, 16, 2),
        block(9, 16, 2, prompt=5),
        training(steps=4, segment=2),
        (WORK, SCENE),
        *map(queried, Operation),
    ],
    ids=[
        "perceptron",
        "transformer",
        "text",
        "training",
        "image",
        *(one.name for one in Operation),
    ],
)
def test_other_classes_give_what_they_are_defined_to(
    device: CudaDevice, work: Work, content: bytes
) -> None:
    assert device.run(work, content) == work.run(content)


@pytest.mark.parametrize("size", [128, 256])
def test_it_finds_the_shares_that_numpy_finds(device: CudaDevice, size: int) -> None:
    search = Search(b"b" * 32, b"p" * 32, 2**63, 5, ShareParameters(size, 2**62))
    shares = device.search_shares(search)
    assert shares
    assert shares == NumpyDevice().search_shares(search)


def test_many_nonces_are_searched_in_turns(device: CudaDevice) -> None:
    search = Search(b"b" * 32, b"p" * 32, 0, 70, ShareParameters(128, 2**60))
    assert device.search_shares(search) == NumpyDevice().search_shares(search)


def test_what_does_not_fit_is_refused(device: CudaDevice) -> None:
    device.memory_bytes = 1 << 20
    matrix = np.zeros((1024, 1024), np.int8)
    with pytest.raises(DeviceRefused, match="wanted at most 1048576 bytes, needs 6291456"):
        device.run(matmul_of(matrix, matrix), pack_input(matrix, matrix))
    small = MatmulParams(8, 8, 8)
    assert device.run(small, bytes(128)) == Result(bytes(256))


def test_there_is_a_program_for_every_class() -> None:
    assert set(PROGRAMS) == set(CLASSES)


def test_a_gpu_that_cannot_run_the_kernels_is_said_in_one_line() -> None:
    if reason := why_no_gpu():
        pytest.skip(reason)
    with pytest.raises(DeviceUnavailable, match=r"^.* cannot run the kernels: [^\n]*$"):
        CudaDevice(1 << 30, image=b"no image at all".ljust(256, b"\0"))


def test_a_missing_compiler_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    if reason := why_no_gpu():
        pytest.skip(reason)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(DeviceUnavailable, match=r"^.*: there is no nvcc on the PATH [^\n]*$"):
        CudaDevice(1 << 30)
