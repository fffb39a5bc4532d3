"""A transformer block in int8 says what the float one says, nearly always."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cli.errors import UsageError
from cli.model import quantise_model
from cli.sdk.inference import text_work
from cli.sdk.models import load_model
from cli.sdk.tensors import load_tensors, save_tensors
from cli.sdk.transformers import (
    FloatBlock,
    compare_block,
    float_block,
    load_text,
    quantise_block,
    run_block,
    run_int8,
)
from runtime.compute.network import LayerKind

TEXT = b"what the provider claims the network checks, and what the checks confirm is paid. " * 6
WIDTH, HEADS, PLACES, HIDDEN = 32, 2, 48, 64


def tensors_of(seed: int = 1, spread: float = 1.0) -> dict[str, Any]:
    """Make a block that reads: random features, and a head that was fitted to `TEXT`."""
    rng = np.random.default_rng(seed)

    def layer(name: str, to: int, of: int, size: float) -> dict[str, Any]:
        weight = rng.normal(0, size / np.sqrt(of), (to, of))
        return {f"{name}.weight": weight, f"{name}.bias": rng.normal(0, 0.1, to)}

    made = {
        "heads": np.array(HEADS),
        "embedding.table": rng.normal(0, spread, (256, WIDTH)),
        "embedding.places": rng.normal(0, spread / 4, (PLACES, WIDTH)),
        **layer("qkv", 3 * WIDTH, WIDTH, 1.5),
        **layer("out", WIDTH, WIDTH, 1.0),
        **layer("up", HIDDEN, WIDTH, 1.0),
        **layer("down", WIDTH, HIDDEN, 1.0),
        **layer("head", 256, WIDTH, 1.0),
    }
    return fitted(made)


def fitted(made: dict[str, Any]) -> dict[str, Any]:
    """Choose the head by least squares: which byte follows."""
    block = block_of(made)
    starts = range(0, len(TEXT) - PLACES, 7)
    tokens = [np.frombuffer(TEXT[at : at + PLACES], np.uint8) for at in starts]
    z = np.concatenate([run_block(block, one[:-1]).z for one in tokens])
    targets = np.eye(256)[np.concatenate([one[1:] for one in tokens])]
    with_one = np.hstack([z, np.ones((len(z), 1))])
    held = np.linalg.lstsq(with_one.T @ with_one + np.eye(WIDTH + 1), with_one.T @ targets)[0]
    return {**made, "head.weight": held[:-1].T, "head.bias": held[-1]}


def block_of(made: dict[str, Any]) -> FloatBlock:
    return float_block(Path("block.npz"), made)


def plain_attention(block: FloatBlock, tokens: np.ndarray) -> np.ndarray:
    """Attend row by row, as the formula reads."""
    found = run_block(block, tokens)
    width = WIDTH // HEADS
    made = np.zeros((len(tokens), WIDTH))
    for head in range(HEADS):
        here = slice(head * width, (head + 1) * width)
        q, k, v = (found.qkv[:, part * WIDTH :][:, here] for part in range(3))
        for row in range(len(tokens)):
            weights = np.exp(k[: row + 1] @ q[row] / np.sqrt(width))
            made[row, here] = (weights / weights.sum()) @ v[: row + 1]
    return made


def test_the_float_block_attends_as_the_formula_says() -> None:
    block = block_of(tensors_of())
    tokens = np.frombuffer(TEXT[:20], np.uint8)
    np.testing.assert_allclose(run_block(block, tokens).attended, plain_attention(block, tokens))


@pytest.mark.parametrize("spread", [0.02, 1.0, 30.0])
def test_a_block_in_int8_says_what_the_float_one_says(spread: float) -> None:
    block = block_of(tensors_of(spread=spread))
    model = quantise_block(block, TEXT)
    found = compare_block(block, model, TEXT)
    assert found.rows == len(TEXT)
    assert found.agreement > 0.9
    assert found.error < 0.25
    assert found.float_accuracy is not None
    assert found.int8_accuracy is not None
    assert found.float_accuracy > 0.3
    assert abs(found.float_accuracy - found.int8_accuracy) < 0.05


def test_attention_keeps_its_temperature() -> None:
    block = block_of(tensors_of())
    model = quantise_block(block, TEXT)
    tokens = np.frombuffer(TEXT[:PLACES], np.uint8)
    exact = run_block(block, tokens)
    work = model.work(PLACES)
    sheets = work.blank_sheets(tokens[:, None])
    work.network(model.weights_for(PLACES)).extend(sheets, 0, PLACES)
    (place,) = [n for n, one in enumerate(model.layers) if one.kind is LayerKind.ATTENTION]
    ours, theirs = sheets[place + 1].astype(float), exact.attended
    scale = (ours * theirs).sum() / (ours * ours).sum()
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.99
    assert np.abs(scale * ours - theirs).mean() < 0.05 * np.abs(theirs).max()


def test_the_command_reports_what_int8_cost(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, sample, out = (tmp_path / name for name in ("f.npz", "text.txt", "m.npz"))
    save_tensors(source, tensors_of())
    sample.write_bytes(TEXT)
    quantise_model(source, sample, out)
    shown = capsys.readouterr().out
    for word in ("same_class", "float_accuracy", "int8_accuracy", "accuracy_cost"):
        assert word in shown
    model = load_model(out)
    work, content = text_work(model, b"what the provider", 24)
    said = work.read_output(work.run(content).output).tobytes()
    logits = run_int8(model, np.frombuffer(said[:-1], np.uint8))
    assert said[17:] == bytes(logits.argmax(axis=1)[16:].astype(np.uint8))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"embedding.table": np.zeros((255, WIDTH))}, "wanted shape (256, 32), got (255, 32)"),
        ({"embedding.places": np.zeros((4, 8))}, "embedding.places: wanted shape (32,), got (8,)"),
        ({"down.weight": np.zeros((WIDTH, 63))}, "down.weight: wanted shape (32, 64)"),
        ({"heads": np.array(3)}, "wanted heads of a multiple of 8 cells, got 3 heads"),
        ({"heads": np.array(0)}, "heads: wanted one integer above 0"),
        ({"heads": None}, "heads: wanted one integer above 0, got None"),
        ({"out.bias": np.zeros(WIDTH, np.int8)}, "out.bias: wanted floats in 1 dimensions"),
        ({"up.weight": None}, "wanted a tensor up.weight"),
    ],
)
def test_a_block_that_is_none_is_refused(
    change: dict[str, Any], message: str, tmp_path: Path
) -> None:
    made = {name: held for name, held in {**tensors_of(), **change}.items() if held is not None}
    save_tensors(tmp_path / "f.npz", made)
    with pytest.raises(UsageError) as caught:
        float_block(tmp_path / "f.npz", load_tensors(tmp_path / "f.npz"))
    assert message in str(caught.value)


def test_a_sample_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_bytes(b"a")
    with pytest.raises(UsageError, match="wanted a text of 2 to"):
        load_text(tmp_path / "t.txt")
    with pytest.raises(UsageError, match="No such file"):
        load_text(tmp_path / "none.txt")
    save_tensors(tmp_path / "f.npz", tensors_of())
    with pytest.raises(UsageError, match="--labels"):
        quantise_model(
            tmp_path / "f.npz", tmp_path / "t.txt", tmp_path / "m.npz", labels=tmp_path / "l.npy"
        )
