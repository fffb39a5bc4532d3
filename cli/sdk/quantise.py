"""From floats to int8: a perceptron's weights, and the scales that its layers need.

A tensor of scale s holds round(x / s). The scale of a product is that of its factors multiplied,
so a bias takes that one; a right shift by k makes it 2**k as large. For each layer the shift is
taken whose outputs are nearest to the float ones on sample rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cli.errors import UsageError
from cli.sdk.inference import quantised_rows
from cli.sdk.models import Model
from cli.sdk.tensors import Tensors
from runtime.compute.integers import dense, requantise
from runtime.compute.network import Layer, LayerKind, Weights

Floats = NDArray[np.float64]
INT8_STEPS = 127
BIAS_STEPS = 2**30
"""Largest bias: a sum of products beside it still fits int32."""


@dataclass(frozen=True, slots=True)
class FloatLayer:
    """A dense layer of floats; all but the last are rectified."""

    weight: Floats
    bias: Floats


@dataclass(frozen=True, slots=True)
class Comparison:
    """What int8 cost, on some rows."""

    rows: int
    agreement: float
    """The part of the rows whose largest output is the same."""
    error: float
    """Root of the mean squared error, relative to that of the float outputs."""
    float_accuracy: float | None
    int8_accuracy: float | None


def float_perceptron(path: Path, tensors: Tensors) -> tuple[FloatLayer, ...]:
    """Read `0.weight`, `0.bias`, `1.weight`, … of a perceptron.

    Raises: UsageError.
    """
    layers = list[FloatLayer]()
    while f"{len(layers)}.weight" in tensors:
        number = len(layers)
        weight = float_tensor(path, tensors, f"{number}.weight", 2)
        bias = float_tensor(path, tensors, f"{number}.bias", 1)
        inner = layers[-1].weight.shape[0] if layers else weight.shape[1]
        if weight.shape[1] != inner or bias.shape[0] != weight.shape[0]:
            raise UsageError(
                f"{path}: layer {number}: wanted weights ({bias.shape[0]}, {inner}), "
                f"got {weight.shape}"
            )
        layers.append(FloatLayer(weight, bias))
    if not layers:
        raise UsageError(f"{path}: wanted 0.weight and 0.bias, got {', '.join(sorted(tensors))}")
    return tuple(layers)


def run_floats(layers: Sequence[FloatLayer], rows: Floats) -> list[Floats]:
    """Return the outputs of all layers."""
    outputs = [rows]
    for number, layer in enumerate(layers):
        sums = outputs[-1] @ layer.weight.T + layer.bias
        outputs.append(sums if number == len(layers) - 1 else np.maximum(sums, 0.0))
    return outputs[1:]


def quantise(layers: Sequence[FloatLayer], rows: Floats) -> Model:
    """Turn a perceptron into int8, by what it makes of sample rows.

    Raises: UsageError.
    """
    scale = step_of(rows)
    given = Model((), (), input_scale=scale)
    cells, made, weights = quantised_rows(rows, given, "samples"), [], []
    for number, (layer, exact) in enumerate(zip(layers, run_floats(layers, rows), strict=True)):
        step = step_of(layer.weight)
        scale *= step
        matrix = np.rint(layer.weight / step).astype(np.int8)
        bias = np.clip(np.rint(layer.bias / scale), -BIAS_STEPS, BIAS_STEPS).astype(np.int32)
        weights.append(Weights(matrix, bias))
        sums = dense(cells, matrix, bias)
        if number == len(layers) - 1:
            made.append(Layer(LayerKind.DENSE, len(bias), 0, 0))
            break
        shift = best_shift(sums, exact, scale, 14 + matrix.shape[1].bit_length())
        made.append(Layer(LayerKind.RELU, len(bias), shift, 0))
        cells, scale = requantise(sums, shift, 0), scale * 2**shift
    return Model(tuple(made), tuple(weights), given.input_scale, scale)


def compare(
    layers: Sequence[FloatLayer], model: Model, rows: Floats, labels: NDArray[Any] | None
) -> Comparison:
    """Run both on the same rows, the int8 one as every provider would."""
    exact = run_floats(layers, rows)[-1]
    steps = quantised_rows(rows, model, "samples")
    work = model.work(len(rows))
    outputs = work.blank_sheets(steps)
    work.network(model.weights).extend(outputs, 0, len(rows))
    ours = outputs[-1] * (model.output_scale or 1.0)
    chosen, wanted = ours.argmax(axis=1), exact.argmax(axis=1)
    size = float(np.sqrt(np.mean(exact**2))) or 1.0
    return Comparison(
        rows=len(rows),
        agreement=float((chosen == wanted).mean()),
        error=float(np.sqrt(np.mean((ours - exact) ** 2))) / size,
        float_accuracy=None if labels is None else float((wanted == labels).mean()),
        int8_accuracy=None if labels is None else float((chosen == labels).mean()),
    )


def best_shift(sums: NDArray[np.int32], exact: Floats, scale: float, most: int) -> int:
    """Choose the shift whose outputs are nearest to the float ones."""
    errors = []
    for shift in range(most + 1):
        made = requantise(sums, shift, 0) * (scale * 2**shift)
        errors.append(float(np.mean((made - exact) ** 2)))
    return int(np.argmin(errors))


def step_of(values: Floats) -> float:
    """Return the scale by which the largest value becomes 127 steps."""
    return float(np.abs(values).max(initial=0.0)) / INT8_STEPS or 1.0


def float_tensor(path: Path, tensors: Tensors, name: str, dimensions: int) -> Floats:
    """Return a tensor of finite floats, by name.

    Raises: UsageError.
    """
    if name not in tensors:
        raise UsageError(f"{path}: wanted a tensor {name}, got {', '.join(sorted(tensors))}")
    found = tensors[name]
    if found.dtype.kind != "f" or found.ndim != dimensions or not found.size:
        raise UsageError(
            f"{path}: {name}: wanted floats in {dimensions} dimensions, "
            f"got {found.dtype} of shape {found.shape}"
        )
    if not np.isfinite(found).all():
        raise UsageError(f"{path}: {name}: wanted finite numbers")
    return found.astype(np.float64)
