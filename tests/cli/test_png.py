"""PNG files hold the pixels that they were made of, as any reader of the format finds them."""

import struct
import zlib

import numpy as np
import pytest

from cli.sdk.png import SIGNATURE, encode_png


def decoded(file: bytes) -> np.ndarray:
    """Read a PNG file as the standard says, as far as ours go."""
    assert file[:8] == SIGNATURE
    chunks, at = {}, 8
    while at < len(file):
        (size,) = struct.unpack_from(">I", file, at)
        kind, data = file[at + 4 : at + 8], file[at + 8 : at + 8 + size]
        (check,) = struct.unpack_from(">I", file, at + 8 + size)
        assert check == zlib.crc32(kind + data)
        chunks[kind], at = data, at + 12 + size
    assert list(chunks) == [b"IHDR", b"IDAT", b"IEND"]
    width, height, *form = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    assert form == [8, 2, 0, 0, 0]
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, -1)
    assert (rows[:, 0] == 2).all()
    return np.cumsum(rows[:, 1:], axis=0, dtype=np.uint8).reshape(height, width, 3)


@pytest.mark.parametrize("shape", [(1, 1, 3), (7, 13, 3), (64, 1, 3)])
def test_the_pixels_come_back(shape: tuple[int, int, int]) -> None:
    image = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    assert (decoded(encode_png(image)) == image).all()
