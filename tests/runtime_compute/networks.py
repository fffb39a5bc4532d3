"""Random networks of every kind of layer."""

import numpy as np

from runtime.compute.inference import InferenceParams, pack_input
from runtime.compute.network import VOCABULARY, Layer, LayerKind, Weights

DENSE, RELU, ATTENTION, ADD, EMBEDDING = LayerKind


def perceptron(rows: int, widths: tuple[int, ...], seed: int = 1) -> tuple[InferenceParams, bytes]:
    """A network of dense layers, all but the last rectified."""
    hidden = tuple(Layer(RELU, width, 10, 0) for width in widths[1:-1])
    layers = (*hidden, Layer(DENSE, widths[-1], 0, 0))
    return with_input(InferenceParams(rows, widths[0], 0, layers), seed)


def block(
    rows: int, width: int, heads: int, prompt: int = 0, seed: int = 1
) -> tuple[InferenceParams, bytes]:
    """A transformer block on bytes: embedding, attention and perceptron with bypasses, logits."""
    layers = (
        Layer(EMBEDDING, width, 0, 0),
        Layer(DENSE, 3 * width, 8, 0),
        Layer(ATTENTION, width, 6, heads),
        Layer(DENSE, width, 8, 0),
        Layer(ADD, width, 1, 4),
        Layer(RELU, 2 * width, 8, 0),
        Layer(DENSE, width, 8, 0),
        Layer(ADD, width, 0, 3),
        Layer(DENSE, VOCABULARY, 0, 0),
    )
    return with_input(InferenceParams(rows, 1, prompt, layers), seed)


def with_input(work: InferenceParams, seed: int) -> tuple[InferenceParams, bytes]:
    """Make up rows or tokens, and weights, for a network."""
    chance = np.random.default_rng(seed)

    def cells(*shape: int) -> np.ndarray:
        return chance.integers(-128, 128, shape).astype(np.int8)

    given = cells(work.prompt or work.rows, work.width)
    weights, inner = [], work.width
    for layer in work.layers:
        held = None
        if layer.has_weights:
            bias = chance.integers(-(2**15), 2**15, layer.width).astype(np.int32)
            held = Weights(cells(layer.width, inner), bias)
        if layer.kind is EMBEDDING:
            held = Weights(cells(VOCABULARY, layer.width), cells(work.rows, layer.width))
        weights.append(held)
        inner = layer.width
    return work, pack_input(given, weights)
