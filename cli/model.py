"""`starminer model`: int8 models from float ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cli.errors import UsageError
from cli.options import Output
from cli.printing import show
from cli.sdk.arrays import load_rows, map_array
from cli.sdk.models import Model, load_model, save_model
from cli.sdk.quantise import Comparison, compare, float_perceptron, quantise
from cli.sdk.tensors import Tensors, load_tensors
from cli.sdk.transformers import (
    MARK,
    FloatBlock,
    compare_block,
    float_block,
    load_text,
    quantise_block,
)
from runtime.compute.job import BadSpec
from runtime.compute.registry import check_limits, units

PLAIN = Output()


def quantise_model(
    model: Path,
    samples: Path,
    out: Path,
    /,
    *,
    labels: Path | None = None,
    output: Output = PLAIN,
) -> None:
    """Turn a small float model into our int8 form, and say what that cost.

    Parameters
    ----------
    model
        A .npz or .safetensors file of floats. A perceptron: 0.weight (out, in), 0.bias (out),
        1.weight, ...; rectified between the layers. Or a transformer block on bytes:
        embedding.table, embedding.places, heads, and qkv, out, up, down, head as weight and bias.
    samples
        For a perceptron a .npy or .csv file with rows of floats that are like those to come; for a
        transformer block a text.
    out
        The .npz file to write.
    labels
        A .npy file with the right class of each sample of a perceptron, to report accuracies.
    """
    tensors = load_tensors(model)
    if MARK in tensors:
        made, found = _quantised_block(float_block(model, tensors), samples, labels)
        rows = len(made.weights[0].bias) if made.weights[0] is not None else 1
    else:
        made, found = _quantised_perceptron(model, tensors, samples, labels)
        rows = found.rows
    try:
        check_limits(made.work(rows))
    except BadSpec as error:
        raise UsageError(f"{model}: no provider could run it: {error}") from error
    save_model(out, made)
    show({"saved": str(out), "layers": len(made.layers), **cost(found)}, output.output)


def cost(found: Comparison) -> dict[str, object]:
    """Return what int8 cost, as it is printed."""
    report: dict[str, object] = {
        "rows": found.rows,
        "same_class": f"{found.agreement:.2%}",
        "relative_error": f"{found.error:.4f}",
    }
    if found.float_accuracy is not None and found.int8_accuracy is not None:
        report["float_accuracy"] = f"{found.float_accuracy:.2%}"
        report["int8_accuracy"] = f"{found.int8_accuracy:.2%}"
        report["accuracy_cost"] = f"{found.float_accuracy - found.int8_accuracy:.2%}"
    return report


def show_model(model: Path, /, *, rows: int = 1, output: Output = PLAIN) -> None:
    """Show the layers of an int8 model, and the units of work that rows of it take.

    Parameters
    ----------
    model
        A .npz or .safetensors file.
    rows
        How many rows, or bytes of text.
    """
    held = load_model(model)
    try:
        check_limits(held.work(rows))
    except BadSpec as error:
        raise UsageError(f"{model}: {error}") from error
    layers = [f"{layer.kind.name.lower()} {layer.width}" for layer in held.layers]
    record = {"input": held.width, "layers": layers, "micro_cu": units(held.work(rows))}
    show(record, output.output)


def _quantised_perceptron(
    model: Path, tensors: Tensors, samples: Path, labels: Path | None
) -> tuple[Model, Comparison]:
    layers, rows = float_perceptron(model, tensors), _floats(samples)
    if rows.shape[1] != layers[0].weight.shape[1]:
        wanted = layers[0].weight.shape[1]
        raise UsageError(f"{samples}: wanted {wanted} numbers in a row, got {rows.shape[1]}")
    made = quantise(layers, rows)
    return made, compare(layers, made, rows, None if labels is None else _labels(labels, len(rows)))


def _quantised_block(
    block: FloatBlock, samples: Path, labels: Path | None
) -> tuple[Model, Comparison]:
    if labels is not None:
        raise UsageError("--labels: a transformer block is compared by the bytes of its sample")
    text = load_text(samples)
    made = quantise_block(block, text)
    return made, compare_block(block, made, text)


def _floats(path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    rows = load_rows(path)
    if rows.dtype.kind != "f" or not np.isfinite(rows).all():
        raise UsageError(f"{path}: wanted rows of finite floats, got {rows.dtype} {rows.shape}")
    return rows.astype(np.float64)


def _labels(path: Path, count: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    labels = map_array(path)
    if labels.dtype.kind not in "iu" or labels.shape != (count,):
        raise UsageError(f"{path}: wanted {count} integers, got {labels.dtype} {labels.shape}")
    return labels.astype(np.int64)
