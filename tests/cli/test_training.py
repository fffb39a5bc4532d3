"""Training from ordinary files: what is ordered, and the model that comes of it."""

from pathlib import Path

import numpy as np
import pytest

from cli.errors import UsageError
from cli.sdk.inference import load_rows, rows_work
from cli.sdk.models import load_model
from cli.sdk.training import (
    Examples,
    Plan,
    accuracy,
    load_examples,
    load_masters,
    save_training,
    training_work,
)
from runtime.compute.registry import check_limits

PLAN = Plan(hidden=(24,), epochs=8, batch=32, rate=9, seed=3)


def table(count: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Points around nine centres of three classes."""
    rng = np.random.default_rng(4)
    centres, chosen = rng.normal(0, 4, (9, 5)), rng.integers(0, 9, count)
    return centres[chosen] + rng.normal(0, 0.8, (count, 5)), chosen % 3


def test_a_csv_with_or_without_a_header_is_what_npy_files_are(tmp_path: Path) -> None:
    rows, classes = table(10)
    np.save(tmp_path / "r.npy", rows)
    np.save(tmp_path / "c.npy", classes)
    whole = np.column_stack([rows, classes])
    for name, header in (("plain.csv", ""), ("head.csv", "a,b,c,d,e,class")):
        np.savetxt(tmp_path / name, whole, delimiter=",", header=header, comments="")
    wanted = load_examples(tmp_path / "r.npy", tmp_path / "c.npy")
    assert np.abs(wanted.rows).max() == 127
    assert np.abs(wanted.rows * wanted.scale - rows).max() <= wanted.scale / 2
    for name in ("plain.csv", "head.csv"):
        found = load_examples(tmp_path / name, None)
        assert (found.rows == wanted.rows).all()
        assert (found.labels == classes).all()
        assert found.scale == pytest.approx(wanted.scale)


def test_what_is_trained_is_a_model_of_plain_features(tmp_path: Path) -> None:
    rows, classes = table()
    np.save(tmp_path / "r.npy", rows)
    np.save(tmp_path / "c.npy", classes)
    examples = load_examples(tmp_path / "r.npy", tmp_path / "c.npy")
    work, content = training_work(examples, PLAN)
    check_limits(work)
    output = work.run(content).output
    assert accuracy(work, output, examples) > 0.95
    told = save_training(work, output, tmp_path / "m.npz", examples.scale)
    assert told == "a model of 2 layers, 216 weights"
    model = load_model(tmp_path / "m.npz")
    inference, its_input = rows_work(model, load_rows(tmp_path / "r.npy", model))
    logits = inference.read_output(inference.run(its_input).output)
    assert (logits.argmax(axis=1) == classes).mean() == accuracy(work, output, examples)


def test_a_training_goes_on_from_an_earlier_one(tmp_path: Path) -> None:
    rows, classes = table()
    examples = Examples(rows.astype(np.int8), classes.astype(np.uint8), 1.0)
    work, content = training_work(examples, PLAN)
    output = work.run(content).output
    save_training(work, output, tmp_path / "m.npz")
    masters = load_masters(tmp_path / "m.npz")
    _, again = training_work(examples, PLAN, masters)
    assert again[: 2 * work.weights] == output
    with pytest.raises(UsageError, match="to start from, got"):
        training_work(examples, Plan((8,), 1, 32, 9, 3), masters)


def test_segments_are_long_enough_for_few_checkpoints() -> None:
    rows, classes = table(3200)
    examples = Examples(rows.astype(np.int8), classes.astype(np.uint8), 1.0)
    work, _ = training_work(examples, Plan((24,), 10, 32, 9, 3))
    assert (work.steps, work.segment, work.checkpoints) == (1000, 4, 250)


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (Plan((24,), 8, 500, 9, 3), "wanted at least 500 examples, got 400"),
        (Plan((24,), 8, 0, 9, 3), "--batch: wanted at least 1, got 0"),
        (Plan((24,), 0, 8, 9, 3), "--epochs: wanted at least 1, got 0"),
        (Plan((24,), 1, 8, 9, -1), "--seed: wanted 0 to"),
        (Plan((0,), 1, 8, 9, 1), "no provider could be held to it: wanted 1 to 4096 cells"),
        (Plan((4096, 4096), 1, 8, 9, 1), "no provider could be held to it: wanted"),
        (Plan((24,), 1, 8, 99, 1), "wanted 1 to 15 bits of a gradient, got 99"),
    ],
)
def test_a_plan_that_nobody_could_follow_is_refused(plan: Plan, message: str) -> None:
    rows, classes = table()
    examples = Examples(rows.astype(np.int8), classes.astype(np.uint8), 1.0)
    with pytest.raises(UsageError, match=message):
        training_work(examples, plan)


@pytest.mark.parametrize(
    ("rows", "classes", "message"),
    [
        (np.zeros((2, 3)), np.array([0.5, 1.0]), "wanted a class of 0 to 255 for each row"),
        (np.zeros((2, 3)), np.array([0, 256]), "wanted a class of 0 to 255 for each row"),
        (np.zeros((2, 3)), np.array([0]), "wanted a class of 0 to 255 for each row"),
        (np.full((2, 3), np.inf), np.array([0, 1]), "wanted finite numbers"),
        (np.zeros(3), np.array([0, 1]), "wanted rows of numbers, got float64"),
    ],
)
def test_examples_that_are_none_are_refused(
    rows: np.ndarray, classes: np.ndarray, message: str, tmp_path: Path
) -> None:
    np.save(tmp_path / "r.npy", rows)
    np.save(tmp_path / "c.npy", classes)
    with pytest.raises(UsageError, match=message):
        load_examples(tmp_path / "r.npy", tmp_path / "c.npy")


def test_classes_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "r.npy", np.zeros((3, 2)))
    np.save(tmp_path / "c.npy", np.zeros(3, [("a", "<i4"), ("b", "<i4")]))
    with pytest.raises(UsageError, match="wanted a number as the class of each row"):
        load_examples(tmp_path / "r.npy", tmp_path / "c.npy")


def test_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("a,b\n1,x\n")
    with pytest.raises(UsageError, match="line 2: wanted numbers, got '1,x'"):
        load_examples(tmp_path / "bad.csv", None)
    with pytest.raises(UsageError, match="or --labels beside a"):
        load_examples(tmp_path / "r.npy", None)
    np.savez(tmp_path / "m.npz", a=np.zeros(3))
    with pytest.raises(UsageError, match="wanted the int16 weights of a training"):
        load_masters(tmp_path / "m.npz")
