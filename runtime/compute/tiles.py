"""Bands and tiles: how matrices are cut so that a tile is a function of two bands.

A matrix is cut in bands of eight rows, and a product in 8 x 8 tiles; what is missing at the edges
is zeros. Tile (i, j) of A B is the product of band i of A and band j of the transpose of B, and
of nothing else.
"""

from __future__ import annotations

import numpy as np

from runtime.compute.classes import Cells

BAND_ROWS = 8
"""Rows of a band, and the side of a tile: a band of a side of 4,096 is 32 KiB, so an opening of
32 tiles and their 64 bands fits its message."""


def bands_in(rows: int) -> int:
    """Count the bands of so many rows."""
    return -(-rows // BAND_ROWS)


def bands_of(matrix: Cells) -> Cells:
    """Cut (rows, inner) in (bands, 8, inner), the last filled up with zeros."""
    rows, inner = matrix.shape
    filled = np.zeros((bands_in(rows) * BAND_ROWS, inner), matrix.dtype)
    filled[:rows] = matrix
    return filled.reshape(-1, BAND_ROWS, inner)


def tiles_of(matrix: Cells) -> Cells:
    """Cut (rows, columns) in (tiles, 8, 8), row by row, the last ones filled up with zeros."""
    side, dtype = BAND_ROWS, matrix.dtype.newbyteorder("<")
    down, across = bands_in(matrix.shape[0]), bands_in(matrix.shape[1])
    filled = np.zeros((down * side, across * side), dtype)
    filled[: matrix.shape[0], : matrix.shape[1]] = matrix
    tiles = filled.reshape(down, side, across, side).swapaxes(1, 2)
    return np.ascontiguousarray(tiles).reshape(-1, side, side)
