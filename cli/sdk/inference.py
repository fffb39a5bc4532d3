"""Running a model on rows or on text: the work, its input, and its result as files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cli.errors import UsageError
from cli.sdk.arrays import load_rows as read_rows
from cli.sdk.arrays import save_array
from cli.sdk.models import Model
from runtime.compute.inference import InferenceParams, pack_input


def load_rows(path: Path, model: Model) -> NDArray[np.int8]:
    """Read rows of numbers from .npy or .csv, as int8; floats become steps of the model's scale.

    Raises: UsageError.
    """
    rows = read_rows(path)
    if rows.shape[1] != model.width:
        raise UsageError(f"{path}: wanted {model.width} numbers in a row, got {rows.shape[1]}")
    if rows.dtype == np.int8:
        return rows.astype(np.int8, copy=False)
    return quantised_rows(rows, model, str(path))


def quantised_rows(rows: NDArray[Any], model: Model, name: str) -> NDArray[np.int8]:
    """Express numbers in steps of the model's input scale, or of one if it has none.

    Raises: UsageError.
    """
    if not np.isfinite(rows).all():
        raise UsageError(f"{name}: wanted finite numbers")
    steps = np.rint(rows / (model.input_scale or 1.0))
    if model.input_scale is None and (steps.min() < -128 or steps.max() > 127):
        raise UsageError(
            f"{name}: the model has no input scale, so wanted numbers of -128 to 127, "
            f"got {rows.min()} to {rows.max()}"
        )
    return np.clip(steps, -128, 127).astype(np.int8)


def rows_work(model: Model, rows: NDArray[np.int8]) -> tuple[InferenceParams, bytes]:
    """Write down running a model on rows: the work and its input.

    Raises: UsageError.
    """
    if model.takes_tokens:
        raise UsageError("this model takes text: give --text, and --generate if it shall go on")
    return model.work(len(rows)), pack_input(rows, model.weights)


def text_work(model: Model, text: bytes, generate: int) -> tuple[InferenceParams, bytes]:
    """Write down running a model on a text, or going on with it for `generate` bytes.

    Raises: UsageError.
    """
    if not model.takes_tokens:
        raise UsageError("this model takes rows of numbers: name their file")
    if generate < 0:
        raise UsageError(f"--generate: wanted 0 or more bytes, got {generate}")
    rows = len(text) + generate
    if not text or rows > model.places:
        raise UsageError(f"wanted 1 to {model.places} bytes in all, got {rows}")
    tokens = np.frombuffer(text, np.uint8)[:, None]
    prompt = len(text) if generate else 0
    return model.work(rows, prompt), pack_input(tokens, model.weights_for(rows))


def save_inference(work: InferenceParams, content: bytes, out: Path) -> str:
    """Save logits as .npy or .csv, generated text as it is; return what it is."""
    cells = work.read_output(content)
    if work.prompt:
        out.write_bytes(cells.tobytes())
        return f"{work.rows} bytes of text, {work.rows - work.prompt} of them generated"
    if out.suffix == ".csv":
        np.savetxt(out, cells, fmt="%d", delimiter=",")
    else:
        save_array(out, cells.astype(np.int32, copy=False))
    return f"int32 {cells.shape}"
