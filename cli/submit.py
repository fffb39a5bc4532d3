"""`starminer job submit`: order work of some class, with ordinary files."""

from __future__ import annotations

from pathlib import Path

from cli.errors import UsageError
from cli.options import Remote, Signing
from cli.ordering import Buying, buy
from cli.sdk.inference import load_rows, rows_work, text_work
from cli.sdk.matmul import load_matrix, matmul_work
from cli.sdk.models import load_model

LOCAL = Remote()
NOBODY = Signing()


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
    work, content = matmul_work(load_matrix(a), load_matrix(b))
    buy(work, content, buying, signing, remote)


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
    held = load_model(model)
    if (rows is None) == (text is None):
        raise UsageError("wanted a file with rows, or --text, and not both")
    if rows is not None:
        work, content = rows_work(held, load_rows(rows, held))
    else:
        work, content = text_work(held, (text or "").encode(), generate)
    buy(work, content, buying, signing, remote)
