"""What a GPU launches for a job equals what the class is defined to be, bit for bit."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from consensus.compute import cuda_inference
from consensus.compute.cuda_gpu import Units
from consensus.compute.cuda_matmul import STAGES
from consensus.compute.cuda_programs import PROGRAMS
from runtime.compute.classes import Work
from runtime.compute.inference import InferenceParams
from runtime.compute.matmul import MatmulParams
from runtime.compute.network import Layer
from runtime.compute.registry import CLASSES
from tests.gpu.backends import ShimBackend
from tests.gpu.shim_gpu import ShimGpu
from tests.runtime_compute.networks import DENSE, RELU, block, perceptron, with_input
from tests.runtime_compute.trainings import training


@pytest.fixture(params=Units, ids=lambda units: units.name)
def gpu(shim_image: Path, request: pytest.FixtureRequest) -> ShimGpu:
    return ShimGpu(ShimBackend(shim_image), request.param)


def agrees(gpu: ShimGpu, work: Work, content: bytes) -> bool:
    """Whether the GPU's result is the defined one, and all its memory is given back."""
    result = PROGRAMS[work.job_class](gpu, work, content)
    return result == work.run(content) and gpu.taken == 0


def test_there_is_a_program_for_every_class() -> None:
    assert set(PROGRAMS) == set(CLASSES)


@pytest.mark.parametrize("sides", [(1, 1, 1), (129, 64, 65), (100, 200, 130), (9, 300, 257)])
def test_products(gpu: ShimGpu, sides: tuple[int, int, int]) -> None:
    work = MatmulParams(*sides)
    chance = np.random.default_rng(sides[0])
    content = chance.integers(0, 256, (sides[0] + sides[1]) * sides[2]).astype(np.uint8)
    assert agrees(gpu, work, content.tobytes())


@pytest.mark.parametrize(
    ("rows", "widths"),
    [(1, (1, 1)), (7, (3, 5, 9)), (130, (70, 129, 11))],
)
def test_perceptrons(gpu: ShimGpu, rows: int, widths: tuple[int, ...]) -> None:
    assert agrees(gpu, *perceptron(rows, widths, seed=rows))


def test_sums_that_are_clamped_to_int32(gpu: ShimGpu) -> None:
    work = InferenceParams(9, 8, 0, (Layer(RELU, 8, 0, 0), Layer(DENSE, 8, 0, 0)))
    _, content = with_input(work, 1)
    given = 9 * 8 + 8 * 12 + 64
    high = np.array([2**31 - 1, -(2**31)] * 4, "<i4").tobytes()
    assert agrees(gpu, work, content[:given] + high)


@pytest.mark.parametrize(("rows", "width", "heads"), [(1, 8, 1), (33, 24, 3)])
def test_transformer_blocks(gpu: ShimGpu, rows: int, width: int, heads: int) -> None:
    assert agrees(gpu, *block(rows, width, heads, seed=rows))


@pytest.mark.parametrize("shift", [0, 24])
def test_attentions_from_sharp_to_flat(gpu: ShimGpu, shift: int) -> None:
    work, content = block(12, 16, 2)
    layers = list(work.layers)
    layers[2] = replace(layers[2], shift=shift)
    assert agrees(gpu, replace(work, layers=tuple(layers)), content)


@pytest.mark.parametrize(("rows", "prompt"), [(2, 1), (9, 5)])
def test_generated_tokens(gpu: ShimGpu, rows: int, prompt: int) -> None:
    assert agrees(gpu, *block(rows, 16, 2, prompt, seed=rows))


@pytest.mark.parametrize(
    ("widths", "batch", "segment"),
    [((3, 2), 1, 1), ((12, 16, 5), 8, 2), ((7, 20, 9, 3), 130, 3), ((130, 4), 5, 1)],
)
def test_trainings(gpu: ShimGpu, widths: tuple[int, ...], batch: int, segment: int) -> None:
    assert agrees(gpu, *training(widths, batch, 2, steps=2 * segment, segment=segment))


def test_longest_attentions_fit_the_kernel() -> None:
    from runtime.compute.inference_limits import MAX_PLACES

    assert f"MAX_PLACES = {MAX_PLACES};" in kernel_file("inference.cu")


def test_shared_memory_is_taken_for_as_many_stages_as_the_kernel_has() -> None:
    assert f"STAGES = {STAGES};" in kernel_file("tensor.cu")


def kernel_file(name: str) -> str:
    return (Path(cuda_inference.__file__).parent / "kernels" / name).read_text()
