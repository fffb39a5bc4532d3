"""Training on examples in ordinary files: the work, its input, and a model as the result.

Features become steps of one scale, and a column of 127 is put beside them, so that the first layer
has a bias. The model that comes back takes plain features: that column is folded into its bias.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cli.errors import UsageError
from cli.sdk.arrays import load_rows, map_array
from cli.sdk.models import Model, model_tensors
from cli.sdk.tensors import load_tensors, save_tensors
from runtime.compute.job import BadSpec
from runtime.compute.network import Layer, LayerKind, Weights
from runtime.compute.registry import check_limits
from runtime.compute.sgd import TrainedLayer, forward, visible
from runtime.compute.training import MAX_CLASSES, TrainingParams, pack_input

BIAS_INPUT = 127
"""What every example has in the column that stands for a bias."""
FIRST_SPREAD = 6000.0
"""Standard deviation of the first weights: a fifth of their range."""
MOST_CHECKPOINTS = 256
"""Enough to see a quarter of a per cent of a run go wrong; each takes the room of all weights."""


@dataclass(frozen=True, slots=True)
class Examples:
    """Features (n, width) int8 in steps of a scale, and classes (n,)."""

    rows: NDArray[np.int8]
    labels: NDArray[np.uint8]
    scale: float


@dataclass(frozen=True, slots=True)
class Plan:
    """How to train."""

    hidden: Sequence[int]
    epochs: int
    batch: int
    rate: int
    seed: int


def load_examples(path: Path, labels: Path | None) -> Examples:
    """Read examples: a .csv whose last column is the class, or .npy files of both.

    Raises: UsageError.
    """
    if path.suffix.lower() == ".csv":
        table = load_rows(path)
        rows, classes = table[:, :-1], table[:, -1]
    elif labels is None:
        raise UsageError(f"{path}: wanted a .csv file, or --labels beside a .npy file")
    else:
        rows, classes = load_rows(path), np.array(map_array(labels))
    return examples_of(str(path), rows, classes)


def examples_of(name: str, rows: NDArray[np.generic], classes: NDArray[np.generic]) -> Examples:
    """Express features in steps of the scale that their largest needs.

    Raises: UsageError.
    """
    if rows.ndim != 2 or rows.dtype.kind not in "iuf" or not rows.size:
        raise UsageError(f"{name}: wanted rows of numbers, got {rows.dtype} of {rows.shape}")
    if classes.dtype.kind not in "iuf":
        raise UsageError(f"{name}: wanted a number as the class of each row, got {classes.dtype}")
    features, known = rows.astype(np.float64), classes.astype(np.float64)
    if not np.isfinite(features).all():
        raise UsageError(f"{name}: wanted finite numbers")
    is_class = (known >= 0) & (known < MAX_CLASSES) & (known == np.floor(known))
    if known.shape != (len(features),) or not is_class.all():
        raise UsageError(f"{name}: wanted a class of 0 to {MAX_CLASSES - 1} for each row")
    if rows.dtype == np.int8:
        return Examples(rows.astype(np.int8), known.astype(np.uint8), 1.0)
    scale = float(np.abs(features).max()) / BIAS_INPUT or 1.0
    return Examples(np.rint(features / scale).astype(np.int8), known.astype(np.uint8), scale)


def training_work(
    examples: Examples, plan: Plan, start: Sequence[NDArray[np.int16]] | None = None
) -> tuple[TrainingParams, bytes]:
    """Write down training on examples: the work and its input.

    Raises: UsageError.
    """
    for name, value in (("--batch", plan.batch), ("--epochs", plan.epochs)):
        if value < 1:
            raise UsageError(f"{name}: wanted at least 1, got {value}")
    if not 0 <= plan.seed < 2**64:
        raise UsageError(f"--seed: wanted 0 to {2**64 - 1}, got {plan.seed}")
    batches, classes = len(examples.rows) // plan.batch, int(examples.labels.max()) + 1
    if not batches:
        raise UsageError(f"wanted at least {plan.batch} examples, got {len(examples.rows)}")
    width = examples.rows.shape[1] + 1
    widths = (width, *plan.hidden, max(classes, 2))
    work = TrainingParams(
        rows=batches * plan.batch,
        width=width,
        batch=plan.batch,
        steps=batches * plan.epochs,
        segment=1,
        rate=plan.rate,
        seed=plan.seed,
        layers=tuple(
            TrainedLayer(after, _shift(before, is_last=number == len(plan.hidden)))
            for number, (before, after) in enumerate(pairwise(widths))
        ),
    )
    work = with_segments(work)
    chance = np.random.default_rng(plan.seed)
    order = chance.permutation(len(examples.rows))[: work.rows]
    weights = list(start) if start else [_first(chance, shape) for shape in work.shapes]
    if [weight.shape for weight in weights] != list(work.shapes):
        got = [weight.shape for weight in weights]
        raise UsageError(f"wanted weights of {list(work.shapes)} to start from, got {got}")
    rows = with_bias_input(examples.rows[order])
    return work, pack_input(weights, rows, examples.labels[order])


def with_segments(work: TrainingParams) -> TrainingParams:
    """Choose the shortest segments that make no more checkpoints than are useful.

    Raises: UsageError if the job is too large whatever its segments.
    """
    refusal: BadSpec | None = None
    for segment in range(1, work.steps + 1):
        if work.steps % segment or work.steps // segment > MOST_CHECKPOINTS:
            continue
        try:
            check_limits(replace(work, segment=segment))
        except BadSpec as error:
            refusal = refusal or error
        else:
            return replace(work, segment=segment)
    raise UsageError(f"no provider could be held to it: {refusal or 'wanted a step'}")


def with_bias_input(rows: NDArray[np.int8]) -> NDArray[np.int8]:
    """Put the column that stands for a bias beside features."""
    return np.hstack([rows, np.full((len(rows), 1), BIAS_INPUT, np.int8)])


def trained_model(work: TrainingParams, content: bytes, scale: float | None = None) -> Model:
    """Return what was trained as a model: of plain features, if their scale is known."""
    layers, weights = [], []
    for number, (layer, master) in enumerate(
        zip(work.layers, work.read_weights(content), strict=True)
    ):
        is_last = number == len(work.layers) - 1
        kind = LayerKind.DENSE if is_last else LayerKind.RELU
        layers.append(Layer(kind, layer.width, 0 if is_last else layer.shift, 0))
        matrix, bias = visible(master), np.zeros(layer.width, np.int32)
        if number == 0 and scale is not None:
            bias = BIAS_INPUT * matrix[:, -1].astype(np.int32)
            matrix = np.ascontiguousarray(matrix[:, :-1])
        weights.append(Weights(matrix, bias))
    return Model(tuple(layers), tuple(weights), scale)


def accuracy(work: TrainingParams, content: bytes, examples: Examples) -> float:
    """Return the part of examples whose largest output is that of their class."""
    rows = with_bias_input(examples.rows)
    outputs = forward(work.layers, work.read_weights(content), rows)[-1]
    return float((outputs.argmax(axis=1) == examples.labels).mean())


def save_training(
    work: TrainingParams, content: bytes, out: Path, scale: float | None = None
) -> str:
    """Save what was trained as a model, with the int16 weights to go on from."""
    model = trained_model(work, content, scale)
    masters = {f"{n}.master": held for n, held in enumerate(work.read_weights(content))}
    save_tensors(out, {**model_tensors(model), **masters})
    return f"a model of {len(work.layers)} layers, {work.weights:,} weights"


def load_masters(path: Path) -> list[NDArray[np.int16]]:
    """Read the int16 weights of an earlier training.

    Raises: UsageError.
    """
    tensors, masters = load_tensors(path), list[NDArray[np.int16]]()
    while (name := f"{len(masters)}.master") in tensors:
        masters.append(tensors[name])
    if not masters or any(held.dtype != np.int16 or held.ndim != 2 for held in masters):
        raise UsageError(f"{path}: wanted the int16 weights of a training, 0.master and on")
    return masters


def _shift(inner: int, *, is_last: bool) -> int:
    """Choose the shift that brings sums of first weights into the range of int8."""
    return 5 + inner.bit_length() // 2 + is_last


def _first(chance: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.int16]:
    return np.clip(chance.normal(size=shape) * FIRST_SPREAD, -(2**15), 2**15 - 1).astype(np.int16)
