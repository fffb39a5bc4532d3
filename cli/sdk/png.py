"""PNG files: an image of 8-bit red, green and blue (ISO/IEC 15948), and nothing else."""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

SIGNATURE = b"\x89PNG\r\n\x1a\n"
TRUECOLOUR = 2
"""The colour type of red, green and blue without a palette."""
_DEPTH_BITS = 8


def encode_png(image: NDArray[np.uint8]) -> bytes:
    """Encode (height, width, 3) as a PNG file; the pixels can be had back exactly."""
    height, width, channels = image.shape
    assert channels == 3, f"an image of {channels} channels"
    head = struct.pack(">IIBBBBB", width, height, _DEPTH_BITS, TRUECOLOUR, 0, 0, 0)
    # Each row begins with its filter: 2 stores the difference to the row above, which packs well.
    above = np.zeros_like(image)
    above[1:] = image[:-1]
    rows = np.full((height, 1 + 3 * width), 2, np.uint8)
    rows[:, 1:] = (image - above).reshape(height, -1)
    data = zlib.compress(rows.tobytes(), 9)
    return SIGNATURE + _chunk(b"IHDR", head) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
