"""Every kernel equals the definition bit for bit, on the CPU by the shim and on a GPU."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from consensus.compute.cuda_gpu import kernel_source
from tests.gpu import checks
from tests.gpu.backends import Backend, KernelFault, ShimBackend
from tests.gpu.shim.build import build_image, kernel_names, why_no_compiler

SHAPES = [(128, 256, 192), (256, 128, 64), (384, 128, 320)]
"""Rows, columns, inner: one and several blocks, one and several steps."""
ARCHITECTURES = ("sm_75", "sm_80", "sm_90", "sm_120")


@pytest.mark.parametrize(("rows", "columns"), [(1, 8), (37, 1024), (64, 4096)])
def test_expansion_equals_its_definition(kernels: Backend, rows: int, columns: int) -> None:
    checks.expands(kernels, rows, columns)


@pytest.mark.parametrize("name", ["multiply_dp4a", "multiply_mma"])
@pytest.mark.parametrize("shape", SHAPES)
def test_products_are_exact(kernels: Backend, name: str, shape: tuple[int, int, int]) -> None:
    rows, columns, inner = shape
    a, b = checks.matrix(rows, inner, rows), checks.matrix(columns, inner, columns)
    checks.multiplies(kernels, name, a, b)


@pytest.mark.parametrize("name", ["multiply_dp4a", "multiply_mma"])
@pytest.mark.parametrize(("left", "right"), [(-128, -128), (-128, 127), (127, 127)])
def test_the_largest_sums_are_exact(kernels: Backend, name: str, left: int, right: int) -> None:
    a, b = np.full((128, 512), left, np.int8), np.full((128, 512), right, np.int8)
    checks.multiplies(kernels, name, a, b)


@pytest.mark.parametrize("shape", SHAPES)
def test_digests_of_a_product_need_no_product(
    kernels: Backend, shape: tuple[int, int, int]
) -> None:
    rows, columns, inner = shape
    checks.digests_product(kernels, checks.matrix(rows, inner, 1), checks.matrix(columns, inner, 2))


@pytest.mark.parametrize(("down", "across"), [(1, 1), (2, 3)])
def test_digests_of_a_product_in_memory(kernels: Backend, down: int, across: int) -> None:
    checks.digests(kernels, down, across)


@pytest.mark.parametrize("size", [256, 512])
def test_single_tiles_are_recomputed_from_their_seeds(kernels: Backend, size: int) -> None:
    checks.recomputes(kernels, size)


@pytest.mark.parametrize("columns", [1, 127, 300, 4096])
def test_products_modulo_the_prime(kernels: Backend, columns: int) -> None:
    checks.multiplies_modulo_the_prime(kernels, columns)


@pytest.mark.parametrize("scene", range(8))
def test_tiles_of_any_scene_are_drawn_exactly(kernels: Backend, scene: int) -> None:
    checks.renders(kernels, scene)


@pytest.mark.parametrize("number", range(20))
def test_any_query_is_answered_exactly(kernels: Backend, number: int) -> None:
    checks.answers_queries(kernels, number)


@pytest.mark.parametrize("order", [-1, 1, 2, 3])
@pytest.mark.parametrize("name", checks.EVERYTHING)
def test_no_order_of_threads_changes_a_result(shim_image: Path, order: int, name: str) -> None:
    checks.EVERYTHING[name](ShimBackend(shim_image, order))


def test_every_kernel_is_tested() -> None:
    checked = Path(checks.__file__).read_text()
    assert [name for name in kernel_names(kernel_source()) if name not in checked] == []


def test_the_kernels_compile_for_every_supported_gpu(tmp_path: Path) -> None:
    if shutil.which("nvcc") is None:
        pytest.skip("no nvcc to compile the kernels for GPUs with")
    targets = [f"-gencode=arch=compute_{name[3:]},code={name}" for name in ARCHITECTURES]
    source = tmp_path / "kernels.cu"
    source.write_text(kernel_source())
    command = ["nvcc", "-std=c++17", "-O3", "-Werror=all-warnings", "-fatbin", *targets]
    subprocess.run([*command, "-o", tmp_path / "work.fatbin", source], check=True)
    assert (tmp_path / "work.fatbin").stat().st_size > 0


HANGING = """
extern "C" __global__ void diverges(int *out) {
    if (threadIdx.x & 1) { __syncthreads(); out[0] = 1; }
    else { out[1] = 2; __syncthreads(); }
}
extern "C" __global__ void waits(int *out) {
    if (threadIdx.x != 3) out[threadIdx.x] = __shfl_down_sync(~0u, 1, 1);
}
extern "C" __global__ void forgets(int *out) {
    __shared__ int cell;
    if (threadIdx.x == 99) cell = 1;
    out[threadIdx.x] = cell;
}
"""


def test_the_shim_faults_where_a_gpu_would_hang(tmp_path: Path) -> None:
    if why_no_compiler():
        pytest.skip(why_no_compiler())
    shim, out = ShimBackend(build_image(HANGING, tmp_path)), np.zeros(32, np.int32)
    with pytest.raises(KernelFault, match="threads wait at the barriers of lines"):
        shim.launch("diverges", (1, 1), 32, out)
    with pytest.raises(KernelFault, match="threads wait for ever"):
        shim.launch("waits", (1, 1), 32, out)
    shim.launch("forgets", (1, 1), 32, out)
    assert (out == np.int32(-0x32323233)).all()
