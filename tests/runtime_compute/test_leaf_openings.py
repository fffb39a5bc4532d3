"""One leaf of any class is opened by itself: an exact one always can be, a wrong one never."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest

from cli.sdk.disputes import wrong_leaf
from runtime.compute.classes import Result, Tree, has_auxiliary, leaf_count
from runtime.compute.opening import leaf_proof_bytes, prove_leaf
from runtime.compute.rendering import Rendering
from runtime.compute.tables import Operation
from runtime.compute.verify import BadReceipt, WrongLeaf, WrongLeaves, verify_leaf
from tests.runtime_compute.any_class import Ordered, ordered
from tests.runtime_compute.networks import block, perceptron
from tests.runtime_compute.orders import order
from tests.runtime_compute.queries import any_table, any_work
from tests.runtime_compute.scenes import COUNTS, marbles
from tests.runtime_compute.trainings import training

SCENE = Rendering(
    width=22,
    height=13,
    samples_per_side=1,
    bounces=1,
    lights=COUNTS.lights,
    spheres=COUNTS.spheres,
    planes=COUNTS.planes,
    triangles=COUNTS.triangles,
)


def query() -> Ordered:
    work = replace(any_work(Random(5), Operation.SUMMARY), rows=700)
    return ordered(work, any_table(Random(6), work))


def product() -> Ordered:
    made = order(60, 41, 30)
    return ordered(made.sizes, made.content)


MAKERS = {
    "matmul": product,
    "perceptron": lambda: ordered(*perceptron(20, (16, 24, 8))),
    "text": lambda: ordered(*block(10, 8, 1, prompt=3)),
    "training": lambda: ordered(*training(steps=8, segment=2)),
    "rendering": lambda: ordered(SCENE, marbles()),
    "data": query,
}


@pytest.fixture(scope="module", params=MAKERS)
def job(request: pytest.FixtureRequest) -> Ordered:
    return MAKERS[request.param]()


def opened(job: Ordered, leaf: int) -> bytes:
    return prove_leaf(job.spec, job.commitment, leaf, job.content, job.result)


def flipped(content: bytes, at: int) -> bytes:
    cells = np.frombuffer(content, np.uint8).copy()
    cells[at] ^= 1
    return cells.tobytes()


def cheating(job: Ordered, tree: Tree, at: int) -> Ordered:
    """Flip a bit of a committed content."""
    if tree is Tree.OUTPUT:
        return replace(job, result=Result(flipped(job.result.output, at), job.result.auxiliary))
    return replace(job, result=Result(job.result.output, flipped(job.result.auxiliary, at)))


def test_every_leaf_of_an_exact_result_can_be_opened(job: Ordered) -> None:
    for leaf in range(leaf_count(job.work)):
        proof = opened(job, leaf)
        verify_leaf(job.spec, job.commitment, leaf, proof)
        assert len(proof) <= leaf_proof_bytes(job.work, leaf)


@pytest.mark.parametrize("tree", [Tree.OUTPUT, Tree.AUXILIARY])
@pytest.mark.parametrize("place", [0.0, 0.5])
def test_a_wrong_leaf_is_found_among_those_served_and_has_no_proof(
    job: Ordered, tree: Tree, place: float
) -> None:
    if tree is Tree.AUXILIARY and not has_auxiliary(job.work):
        assert job.result.auxiliary == b""
        return
    wrong = cheating(job, tree, int(len(job.result.of(tree)) * place))
    leaf = wrong_leaf(job.work, job.content, wrong.result, job.result)
    with pytest.raises(WrongLeaf, match=f"of leaf {leaf}, got"):
        verify_leaf(wrong.spec, wrong.commitment, leaf, opened(wrong, leaf))


def test_a_proof_opens_no_other_leaf_and_no_other_commitment(job: Ordered) -> None:
    proof = opened(job, 0)
    with pytest.raises(BadReceipt):
        verify_leaf(job.spec, job.commitment, leaf_count(job.work) - 1, proof)
    another = replace(job.commitment, provider=bytes(32))
    with pytest.raises(BadReceipt):
        verify_leaf(job.spec, another, 0, proof)


def test_a_leaf_that_shows_nothing_of_the_input_is_opened_all_the_same() -> None:
    made = order(16, 16, 8)
    job = ordered(made.sizes, bytes(len(made.content)))
    assert job.result.output == bytes(len(job.result.output))
    verify_leaf(job.spec, job.commitment, 3, opened(job, 3))


def test_a_proof_of_more_leaves_than_one_is_refused() -> None:
    job = product()
    with pytest.raises(WrongLeaves, match="wanted 1 output chunks"):
        verify_leaf(job.spec, job.commitment, 0, job.proof)
