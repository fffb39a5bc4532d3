"""`starminer job submit`: order work of some class, with ordinary files."""

from __future__ import annotations

from pathlib import Path

from cli.options import Remote, Signing
from cli.ordering import Buying, buy
from cli.sdk.matmul import load_matrix, matmul_work

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
