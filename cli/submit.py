"""`starminer job submit`: order work of some class, with ordinary files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cyclopts import Parameter

from cli.errors import UsageError
from cli.options import Remote, Signing
from cli.ordering import Buying, Wanted, buy
from cli.printing import progress
from cli.sdk.data import ask_table
from cli.sdk.inference import load_rows, rows_work, text_work
from cli.sdk.matmul import load_matrix, matmul_work
from cli.sdk.models import load_model
from cli.sdk.queries import parse_query
from cli.sdk.rendering import rendering_work
from cli.sdk.scenes import load_scene
from cli.sdk.tables import open_table
from cli.sdk.training import (
    Plan,
    accuracy,
    load_examples,
    load_masters,
    save_training,
    training_work,
)
from runtime.compute.training import TrainingParams

DECIMALS = {".csv": 6, ".npy": 0}
"""Of the numbers in a table, by what its name ends in, unless something else is asked for."""
MAX_DECIMALS = 9

LOCAL = Remote()
NOBODY = Signing()


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Course:
    """How to train."""

    hidden: tuple[int, ...] = (64,)
    """Widths of the layers between features and classes; repeat it for several."""

    epochs: int = 10
    """How often all examples are seen."""

    batch: int = 64
    """Examples in one step."""

    rate: int = 9
    """Bits of a gradient that are kept: one more is twice the speed."""

    seed: int = 1
    """What first weights, order and rounding follow from."""

    start: Path | None = None
    """The result of an earlier training to go on from."""


USUAL = Course()


def submit_matmul(
    a: Path, b: Path, /, *, buying: Buying, signing: Signing = NOBODY, remote: Remote = LOCAL
) -> None:
    """Order the product of two int8 matrices; the result is a .npy file of int32.

    Parameters
    ----------
    a
        A .npy file with an int8 matrix.
    b
        A .npy file with an int8 matrix of as many rows as A has columns.
    """
    buy(wanted_matmul(a, b), buying, signing, remote)


def submit_inference(
    model: Path,
    rows: Path | None = None,
    /,
    *,
    buying: Buying,
    text: str | None = None,
    generate: int = 0,
    signing: Signing = NOBODY,
    remote: Remote = LOCAL,
) -> None:
    """Order the output of an int8 model, for rows of numbers or for a text.

    The result is a .npy or .csv file of int32, one row per row; or the text, if it goes on.

    Parameters
    ----------
    model
        A .npz or .safetensors file, as `starminer model quantise` writes.
    rows
        A .npy or .csv file with rows of numbers.
    text
        A text instead of rows, for a model that begins with an embedding of bytes.
    generate
        Bytes to go on with after the text, each the likeliest.
    """
    buy(wanted_inference(model, rows, text, generate), buying, signing, remote)


def submit_training(
    examples: Path,
    /,
    *,
    buying: Buying,
    course: Course = USUAL,
    labels: Path | None = None,
    signing: Signing = NOBODY,
    remote: Remote = LOCAL,
) -> None:
    """Order the training of an int8 perceptron; the result is a model for `submit inference`.

    Parameters
    ----------
    examples
        A .csv file whose last column is the class, or a .npy file with rows of numbers.
    labels
        A .npy file with the class of each row.
    """
    buy(wanted_training(examples, course, labels), buying, signing, remote)


def submit_render(
    scene: Path, /, *, buying: Buying, signing: Signing = NOBODY, remote: Remote = LOCAL
) -> None:
    """Order the image of a scene; the result is a .png file.

    Parameters
    ----------
    scene
        A .toml file with a camera, lights, spheres, planes and triangles.
    """
    buy(wanted_render(scene), buying, signing, remote)


def submit_data(
    table: Path,
    /,
    *,
    query: str,
    buying: Buying,
    decimals: int | None = None,
    signing: Signing = NOBODY,
    remote: Remote = LOCAL,
) -> None:
    """Order the answer to a query over a table; the result is a .csv file.

    Parameters
    ----------
    table
        A .csv file in UTF-8 with a header, or a .npy file of integers.
    query
        Such as: summary of price by city where age >= 18.
    decimals
        Decimals of the numbers in the table: 6 for .csv, 0 for .npy unless said otherwise.
    """
    buy(wanted_data(table, query, decimals), buying, signing, remote)


# -- What is wanted --------------------------------------------------------------------------------


def wanted_matmul(a: Path, b: Path) -> Wanted:
    """Read two matrices; raises UsageError."""
    return Wanted(*matmul_work(load_matrix(a), load_matrix(b)))


def wanted_inference(model: Path, rows: Path | None, text: str | None, generate: int) -> Wanted:
    """Read a model and what it is to run on; raises UsageError."""
    held = load_model(model)
    if (rows is None) == (text is None):
        raise UsageError("wanted a file with rows, or --text, and not both")
    if rows is not None:
        return Wanted(*rows_work(held, load_rows(rows, held)))
    return Wanted(*text_work(held, (text or "").encode(), generate))


def wanted_training(examples: Path, course: Course, labels: Path | None) -> Wanted:
    """Read examples; raises UsageError."""
    held = load_examples(examples, labels)
    plan = Plan(course.hidden, course.epochs, course.batch, course.rate, course.seed)
    start = None if course.start is None else load_masters(course.start)
    work, content = training_work(held, plan, start)

    def save(done: TrainingParams, output: bytes, out: Path) -> str:
        kind = save_training(done, output, out, held.scale)
        return f"{kind}, right for {accuracy(done, output, held):.2%} of the examples"

    return Wanted(work, content, save)


def wanted_render(scene: Path) -> Wanted:
    """Read a scene; raises UsageError."""
    return Wanted(*rendering_work(load_scene(scene)))


def wanted_data(table: Path, query: str, decimals: int | None) -> Wanted:
    """Read the columns of a table that a query is about; raises UsageError."""
    question = parse_query(query)
    digits = DECIMALS.get(table.suffix.lower(), 0) if decimals is None else decimals
    if not 0 <= digits <= MAX_DECIMALS:
        raise UsageError(f"--decimals: wanted 0 to {MAX_DECIMALS}, got {digits}")
    asked = ask_table(question, open_table(table, digits), digits)
    progress(f"read {asked.work.rows:,} rows of {asked.work.columns} columns from {table}")
    return Wanted(asked.work, asked.content, asked.save)
