"""Every kernel equals the definition bit for bit, on the CPU by the shim and on a GPU."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from consensus.compute.cuda_gpu import Units, kernel_source
from tests.gpu import checks
from tests.gpu.backends import Backend, KernelFault, ShimBackend
from tests.gpu.shim.build import build_image, kernel_names, why_no_compiler

SHAPES = [(128, 256, 192), (256, 256, 64), (384, 512, 320)]
"""Rows, columns, inner: one and several blocks, one and several steps."""
ARCHITECTURES = ("sm_75", "sm_80", "sm_90", "sm_120")


@pytest.mark.parametrize(("rows", "columns"), [(1, 8), (37, 1024), (64, 4096)])
def test_expansion_equals_its_definition(kernels: Backend, rows: int, columns: int) -> None:
    checks.expands(kernels, rows, columns)


@pytest.mark.parametrize("units", Units)
@pytest.mark.parametrize("shape", SHAPES)
def test_products_are_exact(kernels: Backend, units: Units, shape: tuple[int, int, int]) -> None:
    rows, columns, inner = shape
    a, b = checks.matrix(rows, inner, rows), checks.matrix(columns, inner, columns)
    checks.multiplies(kernels, units, a, b)


@pytest.mark.parametrize("units", Units)
@pytest.mark.parametrize(("left", "right"), [(-128, -128), (-128, 127), (127, 127)])
def test_the_largest_sums_are_exact(kernels: Backend, units: Units, left: int, right: int) -> None:
    a, b = np.full((128, 512), left, np.int8), np.full((256, 512), right, np.int8)
    checks.multiplies(kernels, units, a, b)


@pytest.mark.parametrize("units", Units)
@pytest.mark.parametrize("shape", SHAPES)
def test_digests_of_a_product_need_no_product(
    kernels: Backend, units: Units, shape: tuple[int, int, int]
) -> None:
    rows, columns, inner = shape
    a, b = checks.matrix(rows, inner, 1), checks.matrix(columns, inner, 2)
    checks.digests_product(kernels, units, a, b)


@pytest.mark.parametrize("leaf_bytes", [1, 64, 65, 256, 1024, 1025, 2048, 5 * 1024, 65536])
def test_leaves_are_hashed_as_on_the_cpu(kernels: Backend, leaf_bytes: int) -> None:
    checks.hashes(kernels, leaf_bytes, 3)


@pytest.mark.parametrize("sides", [(1,), (4096, 3), (31, 32, 33, 127, 128, 129)])
def test_tiles_of_many_jobs_are_recomputed_at_once(
    kernels: Backend, sides: tuple[int, ...]
) -> None:
    checks.multiplies_bands(kernels, sides)


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
    checked = [*checks.EVERYTHING, Path(checks.__file__).read_text()]
    known = kernel_names(kernel_source())
    assert [name for name in known if not any(name in text for text in checked)] == []


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
