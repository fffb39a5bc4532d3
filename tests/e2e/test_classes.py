"""A job of every class is ordered with ordinary files, done, verified, and checked at home."""

from pathlib import Path

import numpy as np
import pytest

from cli.sdk.inference import text_work
from cli.sdk.models import Model, load_model, save_model
from cli.sdk.training import Plan, load_examples, load_masters, training_work
from tests.e2e.devnet import Devnet
from tests.runtime_compute.networks import block, perceptron

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

TERMS = ("--max-price", "5AGPU", "--signer", "//Alice")


def checked_at_home(devnet: Devnet, job: int) -> None:
    """Recompute leaves on another node's word, with what lies between input and output."""
    found = devnet.cli("job", "verify", job, "--leaves", 64, node="bob").json()
    assert (found["verdict"], found["recomputed"]) == ("right", min(64, found["leaves"]))


def test_a_perceptron_runs_on_rows(devnet: Devnet, tmp_path: Path) -> None:
    work, content = perceptron(100, (20, 64, 48, 10))
    rows, network = work.read_input(content)
    model, given, out = (tmp_path / name for name in ("model.npz", "rows.npy", "logits.npy"))
    save_model(model, Model(network.layers, network.weights))
    np.save(given, rows)
    ran = devnet.cli("job", "submit", "inference", model, given, *TERMS, "--out", out)
    assert ran.json()["state"] == "completed"
    assert "every leaf checked against the final root" in ran.err
    assert np.load(out).tobytes() == work.run(content).output


def test_a_transformer_block_goes_on_with_a_text(devnet: Devnet, tmp_path: Path) -> None:
    work, content = block(40, 16, 2)
    _, network = work.read_input(content)
    model, out = tmp_path / "model.npz", tmp_path / "said.txt"
    save_model(model, Model(network.layers, network.weights))
    words = ("--text", "proof of", "--generate", 32, *TERMS, "--out", out)
    ran = devnet.cli("job", "submit", "inference", model, *words)
    assert ran.json()["state"] == "completed"
    exact, its_input = text_work(load_model(model), b"proof of", 32)
    assert out.read_bytes() == exact.run(its_input).output
    checked_at_home(devnet, ran.json()["job"])


def test_a_model_is_trained_on_examples(devnet: Devnet, tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    centres, chosen = rng.normal(0, 4, (6, 5)), rng.integers(0, 6, 640)
    rows = centres[chosen] + rng.normal(0, 0.5, (640, 5))
    table, out = tmp_path / "train.csv", tmp_path / "model.npz"
    np.savetxt(table, np.column_stack([rows, chosen % 3]), delimiter=",")
    ran = devnet.cli("job", "submit", "training", table, *TERMS, "--hidden", 32, "--out", out)
    assert ran.json()["state"] == "completed"
    assert "every leaf checked against the final root" in ran.err
    work, content = training_work(load_examples(table, None), Plan((32,), 10, 64, 9, 1))
    exact = work.read_weights(work.run(content).output)
    assert all((a == b).all() for a, b in zip(load_masters(out), exact, strict=True))
    checked_at_home(devnet, ran.json()["job"])
