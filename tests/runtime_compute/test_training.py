"""Training: it learns, it is one function of its input, and each checkpoint can be repeated."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from runtime.compute.classes import Result, leaf_count
from runtime.compute.gas import MAX_OPENING_GAS
from runtime.compute.job import BadSpec
from runtime.compute.reference import GOLDEN_64, mix
from runtime.compute.registry import check_limits, check_spec, units
from runtime.compute.sgd import (
    TrainedLayer,
    descend,
    excess_bits,
    forward,
    output_error,
    shortened,
    step_keys,
)
from runtime.compute.training import TrainingParams
from runtime.compute.verify import BadReceipt, WrongLeaf
from runtime.primitives.hashing import blake2_256
from runtime.primitives.scale import decode, encode
from tests.runtime_compute.any_class import every_leaf_agrees, ordered
from tests.runtime_compute.trainings import learnable, training


def accuracy(work: TrainingParams, content: bytes, weights: bytes) -> float:
    """The part of the examples whose largest output is that of their class."""
    right = [
        forward(work.layers, work.read_weights(weights), batch.rows)[-1].argmax(axis=1)
        == batch.labels
        for batch in work.batches(content)
    ]
    return float(np.concatenate(right).mean())


def test_it_learns() -> None:
    work, content = learnable(steps=160, segment=40)
    before = accuracy(work, content, content[: 2 * work.weights])
    after = accuracy(work, content, work.run(content).output)
    assert before < 0.5
    assert after > 0.95


@settings(max_examples=20, deadline=None)
@given(
    some.lists(some.integers(2, 20), min_size=2, max_size=4),
    some.integers(1, 9),
    some.integers(1, 4),
    some.integers(1, 4),
    some.integers(1, 6),
)
def test_each_checkpoint_follows_from_the_one_before(
    widths: list[int], batch: int, batches: int, segment: int, segments: int
) -> None:
    steps = segment * segments
    job = ordered(*training(tuple(widths), batch, batches, steps=steps, segment=segment))
    assert every_leaf_agrees(job)
    assert leaf_count(job.work) == segments
    assert len(job.proof) <= job.work.proof_bytes
    job.verify()


def test_a_run_in_parts_is_the_run() -> None:
    work, content = training(steps=12, segment=3)
    whole = work.run(content)
    checkpoints = [
        whole.auxiliary[start : start + 2 * work.weights]
        for start in range(0, len(whole.auxiliary), 2 * work.weights)
    ]
    assert len(checkpoints) == 3
    first = replace(work, steps=3).run(content)
    assert first == Result(checkpoints[0])


def test_the_result_is_what_it_always_was() -> None:
    work, content = training()
    wanted = "b0cde7ef4eebd9a1"
    assert blake2_256(work.run(content).output).hex()[:16] == wanted


def test_rounding_by_hash_is_what_the_formula_says() -> None:
    weight = np.array([[100, -100, 32767], [0, -32768, 5]], np.int16)
    gradient = np.array([[1000, -1000, -900], [3, 900, 0]], np.int32)
    shift = (1000).bit_length() - 4
    assert excess_bits(gradient, 4) == shift == 6
    after = descend(weight, gradient, 4, key=7)
    for place in range(6):
        start = (7 + (place + 1) * int(GOLDEN_64)) % 2**64
        word = int(mix(np.array([start], np.uint64))[0]) % 2**shift
        step = (int(gradient.flat[place]) + word) // 2**shift
        wanted = min(max(int(weight.flat[place]) - step, -32768), 32767)
        assert after.flat[place] == wanted


def test_rounding_by_hash_is_fair() -> None:
    gradient = np.full((1, 20000), 37, np.int32)
    gradient[0, 0] = 1023
    after = descend(np.zeros((1, 20000), np.int16), gradient, 4, key=3)
    assert abs(-float(after[0, 1:].mean()) - 37 / 64) < 0.02


def test_no_gradient_moves_no_weight() -> None:
    weight = np.array([[5, -5]], np.int16)
    assert (descend(weight, np.zeros((1, 2), np.int32), 4, key=1) == weight).all()


def test_errors_are_kept_to_seven_bits() -> None:
    assert shortened(np.array([[1 << 20, -(1 << 20), 0, 1 << 13]])).tolist() == [[64, -64, 0, 1]]
    assert shortened(np.array([[127, -127]])).tolist() == [[127, -127]]


def test_an_output_is_pulled_to_its_class_and_a_label_of_none_asks_for_none() -> None:
    outputs = np.array([[48, -48, 0], [127, -127, 0]], np.int8)
    labels = np.array([0, 7], np.uint8)
    assert output_error(outputs, labels).tolist() == [[0, 0, 48], [127, -79, 48]]


def test_keys_differ_by_seed_step_and_layer() -> None:
    keys = [key for seed in (1, 2) for step in (0, 1) for key in step_keys(seed, step, 3)]
    assert len(set(keys)) == 12


def test_a_segment_that_was_not_trained_is_caught() -> None:
    work, content = training(steps=6, segment=2)
    honest = work.run(content)
    lazy = Result(honest.output, honest.auxiliary[: 2 * work.weights] * 2)
    job = ordered(work, content, lazy)
    with pytest.raises(WrongLeaf, match=r"^wanted -?\d+ at \(\d+,\) of leaf \d+, got -?\d+$"):
        job.verify()


def test_every_flipped_bit_of_a_proof_is_a_bad_receipt() -> None:
    job = ordered(*training(steps=20, segment=2))
    proof = job.proof
    for bit in np.random.default_rng(1).integers(0, 8 * len(proof), 60).tolist():
        spoilt = bytearray(proof)
        spoilt[bit // 8] ^= 1 << bit % 8
        with pytest.raises(BadReceipt):
            job.verify(bytes(spoilt))


def test_parameters_survive_their_encoding_and_fit_an_order() -> None:
    work, content = training()
    assert decode(encode(work, TrainingParams), TrainingParams) == work
    assert check_spec(ordered(work, content).spec) == work
    full = replace(work, layers=(TrainedLayer(4, 1),) * 6)
    assert len(encode(full, TrainingParams)) <= 128


def test_work_is_metered_by_its_products() -> None:
    work, _ = training((64, 256, 128, 10), batch=256, batches=2, steps=100, segment=1)
    weights, cells = 64 * 256 + 256 * 128 + 128 * 10, 256 * (256 + 128 + 10)
    products = 256 * (3 * weights - 64 * 256)
    assert work.operations == 100 * (products + 16 * weights + 32 * cells)
    assert units(work) == 39


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rows": 25}, "wanted whole batches of 8, got 25 examples"),
        ({"steps": 11}, "wanted whole segments of 2, got 11 steps"),
        ({"steps": 0}, "wanted 1 to 1048576 steps, got 0"),
        ({"segment": 0}, "wanted 1 to 12 steps in a segment, got 0"),
        ({"batch": 5000}, "wanted 1 to 4096 examples in a batch, got 5000"),
        ({"rate": 0}, "wanted 1 to 15 bits of a gradient, got 0"),
        ({"layers": ()}, "wanted 1 to 6 layers, got 0"),
        ({"layers": (TrainedLayer(1, 8),)}, "wanted 2 to 256 classes, got 1"),
        ({"layers": (TrainedLayer(0, 8), TrainedLayer(4, 8))}, "wanted 1 to 4096 cells in layer 0"),
        ({"layers": (TrainedLayer(4, 19),)}, "wanted 0 to 18 shift in layer 0, got 19"),
        ({"layers": (TrainedLayer(4096, 8), TrainedLayer(64, 8))}, "wanted openings of at most"),
        (
            {
                "batch": 4096,
                "rows": 4096,
                "width": 64,
                "segment": 12,
                "layers": (TrainedLayer(512, 8), TrainedLayer(5, 8)),
            },
            f"wanted openings of at most {MAX_OPENING_GAS} ns to check, got",
        ),
        ({"steps": 2**20, "segment": 1}, "wanted at most 67108864 auxiliary bytes, got"),
    ],
)
def test_a_job_that_cannot_be_is_refused_with_its_reason(
    change: dict[str, Any], message: str
) -> None:
    work, _ = training()
    with pytest.raises(BadSpec) as caught:
        check_limits(replace(work, **change))
    assert str(caught.value).startswith(message)
