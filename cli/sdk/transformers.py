"""A transformer block from floats to int8: the scales of its layers, and what they cost.

The float form is tensors by name: `embedding.table` (256, width) and `embedding.places` (longest
text, width); `qkv` with queries, keys and values one below the other, `out`, `up`, `down` and
`head`, each a `.weight` (to, from) and a `.bias`; and `heads`, a number. Causal softmax attention
and a rectified perceptron, each with a bypass, without normalisation:

    x = table[token] + places;  y = x + out(attend(qkv(x)));  z = y + down(relu(up(y)));  head(z)

An addition takes two sheets of one scale, so the layers before it have no choice of theirs: `out`
and `down` make sheets of the scale S of the bypass. Softmax in our integers falls by half every
16 * 2**shift points of q . k. With q and k of scale s that is the softmax of q . k / sqrt(d) if
16 * 2**shift * s**2 = ln 2 * sqrt(d); the shift comes as near as a power of two can, and what is
left, a factor of at most sqrt(2), is put into the weights of queries and keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import floor, log, log2, sqrt
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cli.errors import UsageError
from cli.sdk.models import Model
from cli.sdk.quantise import (
    BIAS_STEPS,
    INT8_STEPS,
    Comparison,
    FloatLayer,
    Floats,
    best_shift,
    float_tensor,
    step_of,
)
from cli.sdk.tensors import Tensors
from runtime.compute.inference_limits import MAX_PLACES, MAX_SCORE_SHIFT
from runtime.compute.integers import OCTAVE, dense
from runtime.compute.network import VOCABULARY, Layer, LayerKind, Weights
from runtime.compute.tiles import BAND_ROWS

LAYERS = ("qkv", "out", "up", "down", "head")
MARK = "qkv.weight"
"""A file with this tensor holds a transformer block."""
SPREAD = 2**0.25
"""The most by which weights of queries, and of keys, are stretched."""
MOST_WINDOWS = 32
"""Pieces of the sample text that scales are chosen by: more change them by little."""
MAX_TEXT_BYTES = 1 << 22


@dataclass(frozen=True, slots=True)
class FloatBlock:
    """A transformer block of floats."""

    table: Floats
    places: Floats
    heads: int
    layers: Mapping[str, FloatLayer]

    @property
    def width(self) -> int:
        """Cells of the bypass."""
        return len(self.layers["out"].bias)


@dataclass(frozen=True, slots=True)
class Activations:
    """What the layers of a float block make of a text."""

    x: Floats
    qkv: Floats
    attended: Floats
    out: Floats
    y: Floats
    up: Floats
    down: Floats
    z: Floats
    logits: Floats


def float_block(path: Path, tensors: Tensors) -> FloatBlock:
    """Read a transformer block from its tensors.

    Raises: UsageError.
    """
    table = float_tensor(path, tensors, "embedding.table", 2)
    places = float_tensor(path, tensors, "embedding.places", 2)
    width, heads = table.shape[1], _heads(path, tensors)
    layers = {
        name: FloatLayer(
            float_tensor(path, tensors, f"{name}.weight", 2),
            float_tensor(path, tensors, f"{name}.bias", 1),
        )
        for name in LAYERS
    }
    hidden = len(layers["up"].bias)
    shapes = {
        "embedding.table": (table.shape, (VOCABULARY, width)),
        "embedding.places": (places.shape[1:], (width,)),
        **{
            f"{name}.weight": (layers[name].weight.shape, wanted)
            for name, wanted in {
                "qkv": (3 * width, width),
                "out": (width, width),
                "up": (hidden, width),
                "down": (width, hidden),
                "head": (VOCABULARY, width),
            }.items()
        },
        **{
            f"{name}.bias": (layer.bias.shape, layer.weight.shape[:1])
            for name, layer in layers.items()
        },
    }
    for name, (came, wanted) in shapes.items():
        if came != wanted:
            raise UsageError(f"{path}: {name}: wanted shape {wanted}, got {came}")
    if width % (BAND_ROWS * heads):
        raise UsageError(
            f"{path}: wanted heads of a multiple of {BAND_ROWS} cells, "
            f"got {heads} heads in {width} cells"
        )
    return FloatBlock(table, places[:MAX_PLACES], heads, layers)


def load_text(path: Path) -> bytes:
    """Read the sample text.

    Raises: UsageError.
    """
    try:
        with path.open("rb") as file:
            text = file.read(MAX_TEXT_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
    if not 2 <= len(text) <= MAX_TEXT_BYTES:
        raise UsageError(f"{path}: wanted a text of 2 to {MAX_TEXT_BYTES} bytes, got {len(text)}")
    return text


def run_block(block: FloatBlock, tokens: NDArray[np.uint8]) -> Activations:
    """Run a float block on a text of at most as many bytes as it has places."""
    x = block.table[tokens] + block.places[: len(tokens)]
    qkv = _product(block, "qkv", x)
    attended = _attend(qkv, block.heads)
    out = _product(block, "out", attended)
    up = np.maximum(_product(block, "up", x + out), 0.0)
    down = _product(block, "down", up)
    z = x + out + down
    return Activations(x, qkv, attended, out, x + out, up, down, z, _product(block, "head", z))


def quantise_block(block: FloatBlock, text: bytes) -> Model:
    """Turn a block into int8, by what it makes of a sample text.

    The bypass may halve its steps at either addition; of the four ways the nearest is taken.
    """
    windows = list(_windows(text, len(block.places)))
    found = [run_block(block, window) for window in windows]
    made = [_quantised(block, windows, found, shifts) for shifts in product((0, 1), (0, 1))]
    errors = [_squares(model, windows, found) for model in made]
    return made[int(np.argmin(errors))]


def compare_block(block: FloatBlock, model: Model, text: bytes) -> Comparison:
    """Let both say which byte follows each of a text, the int8 one as every provider would."""
    windows = list(_windows(text, len(block.places)))
    exact = np.concatenate([run_block(block, window).logits for window in windows])
    ours = np.concatenate([run_int8(model, window) for window in windows])
    following = np.frombuffer(text, np.uint8)[1 : len(exact) + 1]
    known = len(following)
    chosen, wanted = ours.argmax(axis=1), exact.argmax(axis=1)
    size = float(np.sqrt(np.mean(exact**2))) or 1.0
    return Comparison(
        rows=len(exact),
        agreement=float((chosen == wanted).mean()),
        error=float(np.sqrt(np.mean((ours - exact) ** 2))) / size,
        float_accuracy=float((wanted[:known] == following).mean()),
        int8_accuracy=float((chosen[:known] == following).mean()),
    )


def run_int8(model: Model, tokens: NDArray[np.uint8]) -> Floats:
    """Return the logits of the int8 block, in the units of the float one."""
    work = model.work(len(tokens))
    sheets = work.blank_sheets(tokens[:, None])
    work.network(model.weights_for(len(tokens))).extend(sheets, 0, len(tokens))
    logits: Floats = sheets[-1] * (model.output_scale or 1.0)
    return logits


# -- Scales ----------------------------------------------------------------------------------------


def _quantised(
    block: FloatBlock,
    windows: Sequence[NDArray[np.uint8]],
    found: Sequence[Activations],
    shifts: tuple[int, int],
) -> Model:
    """Turn a block into int8 whose additions divide by 2**shifts."""
    first, second = shifts
    least = max(
        *(_largest(found, name) for name in ("x", "out")),
        _largest(found, "y") / 2**first,
        _largest(found, "down") / 2**first,
        _largest(found, "z") / 2 ** (first + second),
    )
    scale = least / INT8_STEPS or 1.0
    table = _int8(block.table, scale)
    places = _int8(block.places, scale)
    x = _clipped(table[np.concatenate(windows)] + _stacked(places, windows))
    qkv, qkv_shift, qkv_scale, score_shift = _attention(block, x, scale, found)
    out, out_shift = _bound(block.layers["out"], qkv_scale, scale)
    y_scale = scale * 2**first
    up_step = step_of(block.layers["up"].weight)
    up = _weights(block.layers["up"], up_step, y_scale)
    y = _int8(np.concatenate([one.y for one in found]), y_scale)
    exact_up = np.concatenate([one.up for one in found])
    up_shift = best_shift(dense(y, up.matrix, up.bias), exact_up, y_scale * up_step, _most(up))
    down, down_shift = _bound(block.layers["down"], y_scale * up_step * 2**up_shift, y_scale)
    head_step = step_of(block.layers["head"].weight)
    head = _weights(block.layers["head"], head_step, y_scale * 2**second)
    width = block.width
    layers = (
        Layer(LayerKind.EMBEDDING, width, 0, 0),
        Layer(LayerKind.DENSE, 3 * width, qkv_shift, 0),
        Layer(LayerKind.ATTENTION, width, score_shift, block.heads),
        Layer(LayerKind.DENSE, width, out_shift, 0),
        Layer(LayerKind.ADD, width, first, 4),
        Layer(LayerKind.RELU, len(up.bias), up_shift, 0),
        Layer(LayerKind.DENSE, width, down_shift, 0),
        Layer(LayerKind.ADD, width, second, 3),
        Layer(LayerKind.DENSE, VOCABULARY, 0, 0),
    )
    weights = (Weights(table, places), qkv, None, out, None, up, down, None, head)
    return Model(layers, weights, None, y_scale * 2**second * head_step)


def _attention(
    block: FloatBlock, x: NDArray[np.int8], scale: float, found: Sequence[Activations]
) -> tuple[Weights, int, float, int]:
    """Quantise queries, keys and values; return also their shift and scale, and that of scores."""
    layer, width = block.layers["qkv"], block.width
    parts = [layer.weight[place * width : (place + 1) * width] for place in range(3)]
    stretched = max(SPREAD * step_of(parts[0]), SPREAD * step_of(parts[1]), step_of(parts[2]))
    plain = _weights(layer, stretched, scale)
    exact = np.concatenate([one.qkv for one in found])
    sums = dense(x, plain.matrix, plain.bias)
    shift = best_shift(sums, exact, scale * stretched, _most(plain))
    made_scale = scale * stretched * 2**shift
    half_life = log(2) * sqrt(width // block.heads) / (OCTAVE * made_scale**2)
    score_shift = min(max(round(log2(half_life)), 0), MAX_SCORE_SHIFT)
    factor = min(max(sqrt(2**score_shift / half_life), 1 / SPREAD), SPREAD)
    stretch = np.repeat([factor, factor, 1.0], width)
    fitted = FloatLayer(layer.weight * stretch[:, None], layer.bias * stretch)
    return _weights(fitted, stretched, scale), shift, made_scale, score_shift


def _bound(layer: FloatLayer, scale: float, wanted: float) -> tuple[Weights, int]:
    """Quantise a layer whose output has to have a scale: its weights take what the shift leaves."""
    largest = float(np.abs(layer.weight).max(initial=0.0)) or 1.0
    shift = max(floor(log2(wanted * INT8_STEPS / (scale * largest))), 0)
    return _weights(layer, wanted / (scale * 2**shift), scale), shift


def _weights(layer: FloatLayer, step: float, scale: float) -> Weights:
    """Write weights in steps, and biases in those of their products with cells of a scale."""
    bias = np.clip(np.rint(layer.bias / (scale * step)), -BIAS_STEPS, BIAS_STEPS)
    return Weights(_int8(layer.weight, step), bias.astype(np.int32))


def _most(weights: Weights) -> int:
    """Return the largest shift that a layer may have."""
    inner: int = weights.matrix.shape[1]
    return 14 + inner.bit_length()


def _int8(values: Floats, step: float) -> NDArray[np.int8]:
    return _clipped(np.rint(values / step))


def _clipped(values: NDArray[Any]) -> NDArray[np.int8]:
    cells: NDArray[np.int8] = np.clip(values, -INT8_STEPS - 1, INT8_STEPS).astype(np.int8)
    return cells


def _largest(found: Sequence[Activations], name: str) -> float:
    return max(float(np.abs(getattr(one, name)).max()) for one in found)


def _squares(
    model: Model, windows: Sequence[NDArray[np.uint8]], found: Sequence[Activations]
) -> float:
    pairs = zip(windows, found, strict=True)
    return sum(float(np.sum((run_int8(model, window) - one.logits) ** 2)) for window, one in pairs)


# -- Floats ----------------------------------------------------------------------------------------


def _product(block: FloatBlock, name: str, x: Floats) -> Floats:
    layer = block.layers[name]
    made: Floats = x @ layer.weight.T + layer.bias
    return made


def _attend(qkv: Floats, heads: int) -> Floats:
    """Let every row attend to itself and those before it, with each head."""
    rows, width = qkv.shape[0], qkv.shape[1] // 3
    q, k, v = qkv.reshape(rows, 3, heads, width // heads).transpose(1, 2, 0, 3)
    scores = q @ k.swapaxes(1, 2) / sqrt(width // heads)
    scores = np.where(np.tri(rows, dtype=bool), scores, -np.inf)
    weights = np.exp(scores - scores.max(axis=2, keepdims=True))
    weights /= weights.sum(axis=2, keepdims=True)
    made: Floats = (weights @ v).swapaxes(0, 1).reshape(rows, width)
    return made


def _windows(text: bytes, places: int) -> Iterator[NDArray[np.uint8]]:
    """Cut the beginning of a text in pieces that the model takes."""
    tokens = np.frombuffer(text, np.uint8)[: places * MOST_WINDOWS]
    for start in range(0, len(tokens), places):
        yield tokens[start : start + places]


def _stacked(places: NDArray[np.int8], windows: Sequence[NDArray[np.uint8]]) -> NDArray[np.int64]:
    return np.concatenate([places[: len(window)] for window in windows]).astype(np.int64)


def _heads(path: Path, tensors: Tensors) -> int:
    found = tensors.get("heads")
    if found is None or found.size != 1 or found.dtype.kind not in "iu" or int(found.min()) < 1:
        raise UsageError(f"{path}: heads: wanted one integer above 0, got {found}")
    return int(found.reshape(-1)[0])
