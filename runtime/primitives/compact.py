"""Compact integers, and the two errors that every codec shares."""

from __future__ import annotations


class DecodeError(ValueError):
    """The bytes are not the canonical encoding of the type asked for."""


class EncodeError(ValueError):
    """The value does not fit the type it is encoded as."""


def encode_compact(value: int) -> bytes:
    """Encode a compact integer in its only form."""
    if value < 1 << 6:
        if value < 0:
            raise EncodeError(f"wanted a compact integer of at least 0, got {value}")
        return bytes((value << 2,))
    if value < 1 << 14:
        return (value << 2 | 1).to_bytes(2, "little")
    if value < 1 << 30:
        return (value << 2 | 2).to_bytes(4, "little")
    size = (value.bit_length() + 7) >> 3
    if size > 67:
        raise EncodeError("wanted a compact integer below 2**536")
    return bytes((((size - 4) << 2) | 3,)) + value.to_bytes(size, "little")


def decode_compact(raw: bytes, offset: int) -> tuple[int, int]:
    """Decode a compact integer at `offset`; refuse every form but the shortest."""
    first = raw[offset]
    mode = first & 3
    if mode == 0:
        return first >> 2, offset + 1
    if mode == 3:
        size = (first >> 2) + 4
        end = offset + 1 + size
        value = int.from_bytes(raw[offset + 1 : end], "little")
        least = max(1 << 30, 1 << (8 * (size - 1)))
    else:
        end = offset + 2 * mode
        value = int.from_bytes(raw[offset:end], "little") >> 2
        least = 1 << (6 if mode == 1 else 14)
    if end > len(raw):
        raise DecodeError(f"the input of {len(raw)} bytes ends inside a compact integer")
    if value < least:
        raise DecodeError(f"compact integer {value} is not in its shortest form")
    return value, end
