"""Inference: what a network computes, and that every leaf of it can be checked by itself."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from runtime.compute.classes import Result, Tree, chunk_count
from runtime.compute.contents import check_input, check_output, is_degenerate
from runtime.compute.inference import InferenceParams
from runtime.compute.integers import HALVINGS, attend, dense, requantise
from runtime.compute.job import BadSpec, JobClass
from runtime.compute.network import Layer
from runtime.compute.registry import check_limits, check_spec, units
from runtime.compute.verify import (
    BadAuxiliaryPath,
    BadCommitment,
    BadOpeningEncoding,
    BadReceipt,
    DegenerateWork,
    WrongLeaf,
    verify_opening,
)
from runtime.primitives.scale import decode, encode
from tests.runtime_compute.any_class import every_leaf_agrees, ordered
from tests.runtime_compute.networks import (
    ADD,
    ATTENTION,
    DENSE,
    EMBEDDING,
    RELU,
    block,
    perceptron,
)
from tests.runtime_compute.orders import RANDOMNESS


@settings(max_examples=25, deadline=None)
@given(
    some.integers(1, 40),
    some.lists(some.integers(1, 40), min_size=2, max_size=5),
    some.integers(0, 99),
)
def test_each_tile_of_a_perceptron_is_a_function_of_two_bands(
    rows: int, widths: list[int], seed: int
) -> None:
    job = ordered(*perceptron(rows, tuple(widths), seed))
    assert every_leaf_agrees(job)
    assert len(job.proof) <= job.work.proof_bytes
    try:
        job.verify()
    except DegenerateWork:
        # narrow layers may turn every row into the same answer: such work is refused
        assert is_degenerate(job.work, job.result)


@settings(max_examples=15, deadline=None)
@given(some.integers(2, 30), some.sampled_from([(8, 1), (16, 1), (16, 2), (24, 3)]), some.data())
def test_each_leaf_of_a_transformer_block_can_be_checked_by_itself(
    rows: int, shape: tuple[int, int], data: some.DataObject
) -> None:
    prompt = data.draw(some.integers(0, rows - 1))
    job = ordered(*block(rows, *shape, prompt, seed=rows))
    assert every_leaf_agrees(job)
    assert len(job.proof) <= job.work.proof_bytes
    job.verify()


def test_a_perceptron_is_what_the_formula_says() -> None:
    work, content = perceptron(5, (4, 6, 3))
    x, network = work.read_input(content)
    first, last = network.weights
    assert first is not None
    assert last is not None
    for row in range(5):
        hidden = []
        for j in range(6):
            total = sum(int(x[row, k]) * int(first.matrix[j, k]) for k in range(4))
            rounded = (total + int(first.bias[j]) + 512) // 1024
            hidden.append(min(max(rounded, 0), 127))
        for j in range(3):
            total = sum(hidden[k] * int(last.matrix[j, k]) for k in range(6)) + int(last.bias[j])
            assert work.read_output(work.run(content).output)[row, j] == total


@settings(max_examples=50, deadline=None)
@given(some.integers(1, 12), some.integers(0, 12), some.integers(0, 8), some.integers(0, 2**32))
def test_attention_is_what_the_formula_says(rows: int, above: int, shift: int, seed: int) -> None:
    chance = np.random.default_rng(seed)
    q, k, v = (
        chance.integers(-128, 128, (n, 8)).astype(np.int8)
        for n in (rows, rows + above, rows + above)
    )
    averages = attend(q, k, v, above, shift)
    for row in range(rows):
        scores = [int(np.dot(q[row].astype(int), k[j].astype(int))) for j in range(above + row + 1)]
        steps = [(max(scores) - score) >> shift for score in scores]
        weights = [int(HALVINGS[u % 16]) >> u // 16 if u < 256 else 0 for u in steps]
        for column in range(8):
            total = sum(w * int(v[j, column]) for j, w in enumerate(weights))
            exact = Fraction(total, sum(weights)) + Fraction(1, 2)
            assert averages[row, column] == exact.__floor__()


def test_rounding_is_half_up_for_both_signs() -> None:
    cells = np.array([-3, -2, -1, 0, 1, 2, 3, 1000, -1000])
    assert requantise(cells, 1).tolist() == [-1, -1, 0, 0, 1, 1, 2, 127, -128]
    assert requantise(cells, 0, 0).tolist() == [0, 0, 0, 0, 1, 2, 3, 127, 0]
    extremes = np.array([2**31 - 1, -(2**31)])
    assert requantise(extremes, 24).tolist() == [127, -128]
    assert requantise(extremes, 26).tolist() == [32, -32]


def test_a_sum_beyond_int32_is_clamped() -> None:
    x, weights = np.full((1, 4), 127, np.int8), np.full((2, 4), 127, np.int8)
    bias = np.array([2**31 - 1, -(2**31)], np.int32)
    assert dense(x, weights, bias).tolist() == [[2**31 - 1, -(2**31) + 4 * 127**2]]


def test_generated_tokens_are_those_of_one_run_over_them() -> None:
    work, content = block(20, 16, 2, prompt=6)
    tokens = work.read_output(work.run(content).output)
    assert tokens[:6, 0].tolist() == list(content[:6])
    known = replace(work, prompt=0)
    logits = known.read_output(known.run(tokens.tobytes() + content[6:]).output)
    assert tokens[6:, 0].tolist() == logits[5:-1].argmax(axis=1).tolist()
    assert len(set(tokens[6:, 0].tolist())) > 1


def test_a_token_that_is_not_the_likeliest_is_caught() -> None:
    work, content = block(20, 8, 1, prompt=3)
    honest = work.run(content)
    tokens = bytearray(honest.output)
    tokens[12] ^= 1
    known = replace(work, prompt=0)
    rest = known.run(bytes(tokens) + content[3:])
    consistent = Result(bytes(tokens), rest.auxiliary + rest.output)
    job = ordered(work, content, consistent)
    assert not every_leaf_agrees(job)
    assert work.is_result(content, honest, seed=3)


def test_a_wrong_cell_in_between_is_caught_when_its_tile_is_drawn() -> None:
    work, content = perceptron(40, (16, 24, 24, 8))
    result = work.run(content)
    wrong = bytes(byte ^ 1 for byte in result.auxiliary)
    job = ordered(work, content, Result(result.output, wrong))
    with pytest.raises(WrongLeaf, match=r"^wanted -?\d+ at \(0, 0\) of leaf \d+, got -?\d+$"):
        job.verify()


def test_every_flipped_bit_of_a_proof_is_a_bad_receipt() -> None:
    job = ordered(*block(12, 8, 1, prompt=5))
    proof = job.proof
    chance = np.random.default_rng(1)
    for bit in chance.integers(0, 8 * len(proof), 200).tolist():
        spoilt = bytearray(proof)
        spoilt[bit // 8] ^= 1 << bit % 8
        with pytest.raises(BadReceipt):
            job.verify(bytes(spoilt))


def test_a_commitment_of_sheets_states_their_root() -> None:
    job = ordered(*perceptron(16, (8, 8, 8)))
    with pytest.raises(BadCommitment, match="wanted an auxiliary root, got 0000"):
        verify_opening(job.spec, replace(job.commitment, aux_root=bytes(32)), RANDOMNESS, job.proof)
    other = ordered(job.work, job.content, replace(job.result, auxiliary=bytes(128)))
    mixed = replace(job.commitment, aux_root=other.commitment.aux_root)
    with pytest.raises(BadAuxiliaryPath):
        verify_opening(job.spec, mixed, RANDOMNESS, job.proof)
    with pytest.raises(BadOpeningEncoding):
        job.verify(job.proof[:-1])


def test_one_dense_layer_needs_no_auxiliary_content() -> None:
    job = ordered(*perceptron(16, (8, 8)))
    assert chunk_count(job.work, Tree.AUXILIARY) == 0
    job.verify()


def test_a_network_that_ignores_its_input_is_degenerate() -> None:
    work, content = perceptron(80, (16, 32, 32))
    x, network = work.read_input(content)
    dead = content[: x.nbytes] + bytes(32 * 16) + content[x.nbytes + 32 * 16 :]
    job = ordered(work, dead)
    assert is_degenerate(work, job.result)
    assert not is_degenerate(work, work.run(content))
    with pytest.raises(DegenerateWork):
        job.verify()
    assert len(network.layers) == 2


def test_contents_hold_against_their_roots() -> None:
    job = ordered(*block(9, 8, 1, prompt=2))
    check_input(job.work, job.spec.input_root, job.content)
    check_output(job.work, job.commitment, job.result.output)


def test_parameters_survive_their_encoding_and_fit_an_order() -> None:
    work, content = block(9, 8, 1, prompt=2)
    raw = encode(work, InferenceParams)
    assert decode(raw, InferenceParams) == work
    full = replace(work, layers=(work.layers[0],) * 12)
    assert len(encode(full, InferenceParams)) == 97
    assert check_spec(ordered(work, content).spec) == work
    assert work.job_class is JobClass.INFERENCE


def test_work_is_metered_by_its_products_and_scores() -> None:
    work, _ = perceptron(1000, (1000, 1000, 10))
    assert work.operations == 1000 * (1000 * 1000 + 1000 * 10) + 16 * 1000 * 1010
    assert units(work) == 11
    attention = Layer(ATTENTION, 64, 4, 2)
    small = InferenceParams(10, 8, 0, (Layer(DENSE, 192, 8, 0), attention, Layer(DENSE, 8, 0, 0)))
    pairs = 55 * (2 * 64 + 32 * 2)
    assert small.operations == 10 * 8 * 192 + 10 * 64 * 8 + pairs + 16 * 10 * (192 + 64 + 8)


def network(*layers: Layer, rows: int = 16, width: int = 16, prompt: int = 0) -> InferenceParams:
    return InferenceParams(rows, width, prompt, layers)


LAST = Layer(DENSE, 16, 0, 0)


@pytest.mark.parametrize(
    ("work", "message"),
    [
        (network(LAST, rows=0), "wanted 1 to 65536 rows, got 0"),
        (network(LAST, width=5000), "wanted 1 to 4096 cells in a row, got 5000"),
        (network(), "wanted a dense layer at the end of the network"),
        (network(Layer(RELU, 16, 8, 0)), "wanted a dense layer at the end of the network"),
        (network(Layer(DENSE, 16, 3, 0)), "wanted no shift in the last layer, got 3"),
        (network(Layer(RELU, 0, 8, 0), LAST), "layer 0, relu: wanted 1 to 4096 cells in a row"),
        (network(Layer(RELU, 16, 20, 0), LAST), "layer 0, relu: wanted 0 to 19 shift, got 20"),
        (network(Layer(RELU, 16, 8, 1), LAST), "layer 0, relu: wanted 0 argument, got 1"),
        (network(Layer(ATTENTION, 16, 4, 1), LAST), "layer 0, attention: wanted a layer before it"),
        (
            network(Layer(DENSE, 48, 8, 0), Layer(ATTENTION, 16, 4, 4), LAST),
            "layer 1, attention: wanted heads of a multiple of 8 cells, got 4 heads in 16 cells",
        ),
        (
            network(Layer(DENSE, 40, 8, 0), Layer(ATTENTION, 16, 4, 1), LAST),
            "layer 1, attention: wanted 48 cells in the row before, got 40",
        ),
        (
            network(Layer(DENSE, 48, 8, 0), Layer(ATTENTION, 16, 4, 1), LAST, rows=4000),
            "layer 1, attention: wanted 1 to 2048 rows, got 4000",
        ),
        (network(Layer(ADD, 16, 0, 1), LAST), "layer 0, add: wanted a layer before it"),
        (
            network(Layer(DENSE, 8, 8, 0), Layer(ADD, 8, 0, 2), LAST),
            "layer 1, add: wanted 8 cells in the earlier row, got 16",
        ),
        (network(Layer(EMBEDDING, 8, 0, 0), LAST), "layer 0, embedding: wanted 1 tokens in a row"),
        (
            network(LAST, prompt=1),
            "wanted an embedding first and 256 logits to generate tokens",
        ),
        (
            network(Layer(EMBEDDING, 8, 0, 0), Layer(DENSE, 256, 0, 0), rows=9, width=1, prompt=9),
            "wanted 1 to 8 tokens in the prompt, got 9",
        ),
        (
            network(*[Layer(DENSE, 3000, 10, 0)] * 8, LAST, width=3000),
            "wanted at most 67108864 input bytes, got 72192064",
        ),
        (
            network(Layer(DENSE, 4096, 10, 0), LAST, width=4096),
            "wanted openings of at most 2097152 bytes, got 2187584: choose smaller sides",
        ),
    ],
)
def test_a_network_that_cannot_be_is_refused_with_its_reason(
    work: InferenceParams, message: str
) -> None:
    with pytest.raises(BadSpec) as caught:
        check_limits(work)
    assert str(caught.value).startswith(message)
