"""Int8 networks in files: a table of layers, and the weights of each by its number.

`layers` is (n, 4) int32: kind, width, shift and argument of each (`runtime.compute.network`). A
dense or relu layer i has `i.weight` (width, inner) int8 and `i.bias` (width,) int32, an embedding
`i.table` (256, width) int8 and `i.places` (longest text, width) int8. `input_scale` and
`output_scale`, if they are there, are what one step of the input and of the output stand for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cli.errors import UsageError
from cli.sdk.tensors import Tensors, load_tensors, save_tensors
from runtime.compute.inference import InferenceParams
from runtime.compute.network import VOCABULARY, Layer, LayerKind, Weights


@dataclass(frozen=True, slots=True)
class Model:
    """A network with its weights."""

    layers: tuple[Layer, ...]
    weights: tuple[Weights | None, ...]
    input_scale: float | None = None
    output_scale: float | None = None

    @property
    def takes_tokens(self) -> bool:
        """Whether its input is text."""
        return self.layers[0].kind is LayerKind.EMBEDDING

    @property
    def width(self) -> int:
        """Cells in a row of its input."""
        first = self.weights[0]
        return 1 if self.takes_tokens or first is None else first.matrix.shape[1]

    @property
    def places(self) -> int:
        """The longest text that it takes; 0 if it takes none."""
        first = self.weights[0]
        return first.bias.shape[0] if self.takes_tokens and first is not None else 0

    def work(self, rows: int, prompt: int = 0) -> InferenceParams:
        """Return the work of running it on so many rows."""
        return InferenceParams(rows, self.width, prompt, self.layers)

    def weights_for(self, rows: int) -> tuple[Weights | None, ...]:
        """Return its weights, places cut to the length of a text."""
        if not self.takes_tokens or self.weights[0] is None:
            return self.weights
        first = self.weights[0]
        return (Weights(first.matrix, first.bias[:rows]), *self.weights[1:])


def load_model(path: Path) -> Model:
    """Read a model.

    Raises: UsageError.
    """
    tensors = load_tensors(path)
    try:
        return _model(tensors)
    except ValueError as error:
        raise UsageError(f"{path}: {error}") from error


def save_model(path: Path, model: Model) -> None:
    """Write a model as .npz."""
    save_tensors(path, model_tensors(model))


def model_tensors(model: Model) -> dict[str, NDArray[Any]]:
    """Name the tensors of a model."""
    rows = [(one.kind.value, one.width, one.shift, one.argument) for one in model.layers]
    tensors: dict[str, NDArray[Any]] = {"layers": np.array(rows, np.int32)}
    for number, (layer, held) in enumerate(zip(model.layers, model.weights, strict=True)):
        if held is not None:
            names = _names(layer.kind)
            tensors |= {f"{number}.{names[0]}": held.matrix, f"{number}.{names[1]}": held.bias}
    for name in ("input_scale", "output_scale"):
        if (scale := getattr(model, name)) is not None:
            tensors[name] = np.array(scale)
    return tensors


def _model(tensors: Tensors) -> Model:
    rows = _tensor(tensors, "layers", np.dtype(np.int32), (None, 4))
    layers = tuple(_layer(number, row) for number, row in enumerate(rows.tolist()))
    weights: list[Weights | None] = []
    inner: int | None = None
    for number, layer in enumerate(layers):
        weights.append(_weights(tensors, number, layer, inner))
        inner = layer.width
    scales = (_scale(tensors, name) for name in ("input_scale", "output_scale"))
    return Model(layers, tuple(weights), *scales)


def _layer(number: int, row: Sequence[int]) -> Layer:
    kind, width, shift, argument = row
    if kind not in [one.value for one in LayerKind]:
        raise ValueError(f"layer {number}: wanted a kind of 0 to {len(LayerKind) - 1}, got {kind}")
    if min(row) < 0 or max(shift, argument) > 255:
        raise ValueError(f"layer {number}: wanted small numbers, got {row}")
    return Layer(LayerKind(kind), width, shift, argument)


def _weights(tensors: Tensors, number: int, layer: Layer, inner: int | None) -> Weights | None:
    if layer.kind not in (LayerKind.DENSE, LayerKind.RELU, LayerKind.EMBEDDING):
        return None
    matrix, bias = (f"{number}.{name}" for name in _names(layer.kind))
    int8 = np.dtype(np.int8)
    if layer.kind is LayerKind.EMBEDDING:
        table = _tensor(tensors, matrix, int8, (VOCABULARY, layer.width))
        return Weights(table, _tensor(tensors, bias, int8, (None, layer.width)))
    weight = _tensor(tensors, matrix, int8, (layer.width, inner))
    return Weights(weight, _tensor(tensors, bias, np.dtype(np.int32), (layer.width,)))


def _names(kind: LayerKind) -> tuple[str, str]:
    return ("table", "places") if kind is LayerKind.EMBEDDING else ("weight", "bias")


def _tensor(
    tensors: Tensors, name: str, dtype: np.dtype[Any], shape: tuple[int | None, ...]
) -> NDArray[Any]:
    """Return a tensor of a type and shape; None stands for any length."""
    if name not in tensors:
        raise ValueError(f"wanted a tensor {name}, got {', '.join(sorted(tensors)) or 'none'}")
    found = tensors[name]
    fits = len(found.shape) == len(shape) and all(
        want in (None, got) for want, got in zip(shape, found.shape, strict=True)
    )
    if found.dtype != dtype or not fits:
        wanted = "x".join("any" if side is None else str(side) for side in shape)
        raise ValueError(
            f"{name}: wanted {dtype.name} of {wanted}, got {found.dtype} of {found.shape}"
        )
    return found


def _scale(tensors: Tensors, name: str) -> float | None:
    if name not in tensors:
        return None
    held = tensors[name]
    is_number = held.size == 1 and held.dtype.kind in "iuf"
    scale = float(held.reshape(-1)[0]) if is_number else 0.0
    if not 0.0 < scale < float("inf"):
        raise ValueError(f"{name}: wanted one positive number, got {tensors[name]}")
    return scale
