"""Models in files, their conversion from floats, and the inputs that they are run on."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cli.errors import UsageError
from cli.model import quantise_model, show_model
from cli.sdk.inference import load_rows, rows_work, save_inference, text_work
from cli.sdk.models import Model, load_model, model_tensors, save_model
from cli.sdk.quantise import FloatLayer, compare, float_perceptron, quantise, run_floats
from cli.sdk.tensors import load_tensors, save_tensors
from runtime.compute.registry import check_limits
from tests.runtime_compute.networks import block, perceptron


def model_of(made: tuple[Any, bytes]) -> Model:
    work, content = made
    network = work.read_input(content)[1]
    return Model(network.layers, network.weights)


def float_model(path: Path, seed: int = 1) -> Path:
    """Save random layers 6 -> 40 -> 5."""
    rng = np.random.default_rng(seed)
    save_tensors(
        path,
        {
            "0.weight": rng.normal(size=(40, 6)),
            "0.bias": rng.normal(size=40),
            "1.weight": rng.normal(size=(5, 40)),
            "1.bias": rng.normal(size=5),
        },
    )
    return path


def read_perceptron(path: Path) -> tuple[FloatLayer, ...]:
    return float_perceptron(path, load_tensors(path))


@pytest.mark.parametrize("made", [perceptron(4, (5, 6, 7)), block(9, 16, 2)], ids=["rows", "text"])
def test_a_saved_model_reads_back_as_it_was(made: tuple[Any, bytes], tmp_path: Path) -> None:
    model = model_of(made)
    save_model(tmp_path / "m.npz", model)
    held = load_model(tmp_path / "m.npz")
    assert held.layers == model.layers
    for ours, theirs in zip(held.weights, model.weights, strict=True):
        if ours is None or theirs is None:
            assert ours is theirs
            continue
        assert (ours.matrix == theirs.matrix).all()
        assert (ours.bias == theirs.bias).all()


@pytest.mark.parametrize("made", [perceptron(4, (5, 6, 7)), block(9, 16, 2)], ids=["rows", "text"])
def test_a_model_in_safetensors_is_the_same(made: tuple[Any, bytes], tmp_path: Path) -> None:
    model = replace(model_of(made), input_scale=0.5)
    header: dict[str, Any] = {}
    data = b""
    for name, tensor in model_tensors(model).items():
        kind = {"int8": "I8", "int32": "I32", "float64": "F64"}[tensor.dtype.name]
        end = len(data) + tensor.nbytes
        header[name] = {"dtype": kind, "shape": tensor.shape, "data_offsets": [len(data), end]}
        data += tensor.tobytes()
    (tmp_path / "m.safetensors").write_bytes(safetensors(header, data))
    found = model_tensors(load_model(tmp_path / "m.safetensors"))
    assert {name: held.tolist() for name, held in found.items()} == {
        name: held.tolist() for name, held in model_tensors(model).items()
    }


def test_the_work_of_a_model_is_what_the_runtime_computes() -> None:
    work, content = perceptron(4, (5, 6, 7))
    rows, _ = work.read_input(content)
    assert rows_work(model_of((work, content)), rows) == (work, content)


def test_the_work_of_a_text_takes_as_many_places_as_it_has_bytes(tmp_path: Path) -> None:
    model = model_of(block(30, 16, 2))
    work, content = text_work(model, b"hello", 7)
    check_limits(work)
    assert (work.rows, work.prompt) == (12, 5)
    said = work.run(content).output
    assert save_inference(work, said, tmp_path / "t") == "12 bytes of text, 7 of them generated"
    assert (tmp_path / "t").read_bytes() == said
    assert said.startswith(b"hello")
    with pytest.raises(UsageError, match="wanted 1 to 30 bytes in all, got 31"):
        text_work(model, b"x" * 30, 1)
    with pytest.raises(UsageError, match="takes text"):
        rows_work(model, np.zeros((1, 1), np.int8))
    with pytest.raises(UsageError, match="takes rows of numbers"):
        text_work(model_of(perceptron(4, (5, 6, 7))), b"hello", 0)


def test_logits_are_saved_as_npy_or_csv(tmp_path: Path) -> None:
    work, content = perceptron(4, (5, 6, 7))
    output = work.run(content).output
    assert save_inference(work, output, tmp_path / "a.npy") == "int32 (4, 7)"
    save_inference(work, output, tmp_path / "a.csv")
    written = np.loadtxt(tmp_path / "a.csv", delimiter=",", dtype=np.int64)
    assert (np.load(tmp_path / "a.npy") == written).all()


def test_rows_come_from_npy_or_csv_in_steps_of_the_models_scale(tmp_path: Path) -> None:
    model = model_of(perceptron(2, (3, 6, 7)))
    scaled = Model(model.layers, model.weights, input_scale=0.5)
    rows = np.array([[1.0, -2.26, 63.5], [0.0, 100.0, -100.0]])
    np.save(tmp_path / "r.npy", rows)
    np.savetxt(tmp_path / "r.csv", rows, delimiter=",")
    for name in ("r.npy", "r.csv"):
        loaded = load_rows(tmp_path / name, scaled)
        assert loaded.tolist() == [[2, -5, 127], [0, 127, -128]]
    np.save(tmp_path / "r.npy", np.array([[1, 2, -128]], np.int8))
    assert load_rows(tmp_path / "r.npy", scaled).tolist() == [[1, 2, -128]]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (np.zeros((2, 4)), "wanted 3 numbers in a row, got 4"),
        (np.zeros(3), "wanted rows of numbers, got float64 of shape"),
        (np.full((1, 3), np.nan), "wanted finite numbers"),
        (np.full((1, 3), 300.0), "no input scale, so wanted numbers of -128 to 127"),
        (np.array([["a", "b", "c"]]), "wanted integers or floats of 1 to 8 bytes, got '<U1'"),
    ],
)
def test_rows_that_do_not_fit_are_refused(rows: np.ndarray, message: str, tmp_path: Path) -> None:
    np.save(tmp_path / "r.npy", rows)
    with pytest.raises(UsageError, match=message):
        load_rows(tmp_path / "r.npy", model_of(perceptron(2, (3, 6, 7))))


def test_a_quantised_model_does_what_the_float_one_does(tmp_path: Path) -> None:
    layers = read_perceptron(float_model(tmp_path / "f.npz"))
    rows = np.random.default_rng(2).normal(size=(500, 6))
    labels = run_floats(layers, rows)[-1].argmax(axis=1)
    model = quantise(layers, rows)
    check_limits(model.work(500))
    found = compare(layers, model, rows, labels)
    assert found.float_accuracy == 1.0
    assert found.int8_accuracy == found.agreement > 0.95
    assert found.error < 0.1


def test_the_command_reports_what_int8_cost(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = np.random.default_rng(2).normal(size=(200, 6))
    np.save(tmp_path / "s.npy", rows)
    layers = read_perceptron(float_model(tmp_path / "f.npz"))
    np.save(tmp_path / "l.npy", run_floats(layers, rows)[-1].argmax(axis=1))
    names = (tmp_path / "f.npz", tmp_path / "s.npy", tmp_path / "m.npz")
    quantise_model(*names, labels=tmp_path / "l.npy")
    told = capsys.readouterr().out
    assert "float_accuracy" in told
    assert "accuracy_cost" in told
    show_model(tmp_path / "m.npz", rows=10)
    assert "relu 40" in capsys.readouterr().out


def safetensors(header: object, data: bytes) -> bytes:
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(raw).to_bytes(8, "little") + raw + data


def test_safetensors_are_read(tmp_path: Path) -> None:
    entry = {"dtype": "I8", "shape": [2, 3], "data_offsets": [0, 6]}
    path = tmp_path / "m.safetensors"
    path.write_bytes(safetensors({"a": entry, "__metadata__": {"x": "y"}}, bytes(range(6))))
    tensors = load_tensors(path)
    assert {name: cells.tolist() for name, cells in tensors.items()} == {
        "a": [[0, 1, 2], [3, 4, 5]]
    }


@pytest.mark.parametrize(
    ("header", "data", "message"),
    [
        (
            {"a": {"dtype": "I8", "shape": [2], "data_offsets": [0, 9]}},
            b"12",
            "of 2 bytes in all, got 9",
        ),
        ({"a": {"dtype": "I8", "shape": [3], "data_offsets": [0, 2]}}, b"12", "has 2 bytes for"),
        (
            {"a": {"dtype": "BF16", "shape": [1], "data_offsets": [0, 2]}},
            b"12",
            "wanted one of I8, U8",
        ),
        ({"a": {"dtype": "I8", "shape": [-1], "data_offsets": [0, 2]}}, b"12", "sides above 0"),
        ([], b"", "its header is none"),
        (b"{", b"", "wanted a .npz or .safetensors file"),
    ],
)
def test_a_broken_safetensors_file_is_refused(
    header: object, data: bytes, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "m.safetensors"
    path.write_bytes(safetensors(header, data))
    with pytest.raises(UsageError, match=message):
        load_tensors(path)
    path.write_bytes(b"\xff" * 20)
    with pytest.raises(UsageError, match="is too long"):
        load_tensors(path)


def test_a_bomb_of_zeros_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.savez_compressed(tmp_path / "m.npz", a=np.zeros(1 << 20, np.int8))
    assert (tmp_path / "m.npz").stat().st_size < 1 << 12
    monkeypatch.setattr("cli.sdk.tensors.MAX_FILE_BYTES", 1 << 16)
    with pytest.raises(UsageError, match="unpacks to 1048704 bytes, more than 65536"):
        load_tensors(tmp_path / "m.npz")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"layers": None}, "wanted a tensor layers, got"),
        ({"layers": np.zeros((0, 4), np.int32)}, "wanted sides above 0"),
        ({"layers": np.zeros((1, 3), np.int32)}, "layers: wanted int32 of anyx4, got int32"),
        ({"layers": np.array([[9, 1, 1, 0]], np.int32)}, "wanted a kind of 0 to 4, got 9"),
        ({"layers": np.array([[0, -1, 1, 0]], np.int32)}, "wanted small numbers"),
        ({"0.weight": np.zeros((6, 5), np.float32)}, "0.weight: wanted int8 of 6xany, got float32"),
        ({"1.weight": np.zeros((7, 5), np.int8)}, "1.weight: wanted int8 of 7x6, got int8"),
        ({"1.bias": None}, "wanted a tensor 1.bias, got"),
        ({"input_scale": np.array(-1.0)}, "input_scale: wanted one positive number"),
        ({"input_scale": np.zeros(1, [("a", "<f8")])}, "input_scale: wanted one positive number"),
    ],
)
def test_a_file_that_is_no_model_is_refused(
    change: dict[str, np.ndarray | None], message: str, tmp_path: Path
) -> None:
    save_model(tmp_path / "m.npz", model_of(perceptron(4, (5, 6, 7))))
    tensors = {**load_tensors(tmp_path / "m.npz"), **change}
    save_tensors(tmp_path / "m.npz", {name: t for name, t in tensors.items() if t is not None})
    with pytest.raises(UsageError, match=message):
        load_model(tmp_path / "m.npz")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"0.bias": np.zeros(3)}, "layer 0: wanted weights"),
        ({"1.weight": np.zeros((5, 41))}, "layer 1: wanted weights"),
        ({"0.weight": np.zeros((40, 6), np.int8)}, "wanted floats in 2 dimensions, got int8"),
        ({"1.bias": np.full(5, np.inf)}, "1.bias: wanted finite numbers"),
    ],
)
def test_a_float_model_that_is_none_is_refused(
    change: dict[str, np.ndarray], message: str, tmp_path: Path
) -> None:
    path = float_model(tmp_path / "f.npz")
    save_tensors(path, {**load_tensors(path), **change})
    with pytest.raises(UsageError, match=message):
        read_perceptron(path)
