"""Backends for the kernel tests, each skipped with a reason where it cannot be."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from consensus.compute.cuda_gpu import kernel_source
from tests.gpu.backends import Backend, CudaBackend, ShimBackend
from tests.gpu.shim.build import build_image, why_no_compiler


def why_no_gpu() -> str:
    """Say why pycuda cannot launch kernels here; empty if it can."""
    try:
        import pycuda.driver as driver
    except ImportError as error:
        return f"pycuda is not usable: {error}"
    try:
        driver.init()
    except driver.Error as error:
        return f"no GPU: {error}"
    return "" if driver.Device.count() else "no GPU"


@pytest.fixture(scope="session")
def shim_image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The product's kernels, compiled for the CPU."""
    if why_no_compiler():
        pytest.skip(why_no_compiler())
    return build_image(kernel_source(), tmp_path_factory.mktemp("shim"))


@pytest.fixture(scope="session", params=["shim", pytest.param("gpu", marks=pytest.mark.gpu)])
def kernels(request: pytest.FixtureRequest) -> Iterator[Backend]:
    """The kernels on the CPU, then on a GPU."""
    if request.param == "shim":
        yield ShimBackend(request.getfixturevalue("shim_image"))
        return
    if reason := why_no_gpu():
        pytest.skip(reason)
    backend = CudaBackend()
    yield backend
    backend.close()
