"""Pieces that compiled codecs call: lengths, limits, text and maps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from runtime.primitives.compact import DecodeError, EncodeError, decode_compact, encode_compact

Encode = Callable[[Any], bytes]
Decode = Callable[[bytes, int], tuple[Any, int]]


def ranged(width: int) -> Encode:
    """Return the encoder of compact integers of at most `width` bytes."""
    limit = 1 << (8 * width)

    def write(value: int) -> bytes:
        if 0 <= value < 64:
            return bytes((value << 2,))
        if value >= limit:
            raise EncodeError(f"wanted an integer of {width} bytes, got {value}")
        return encode_compact(value)

    return write


def sized(limit: int | None) -> Encode:
    """Return the encoder of the length of a value, at most `limit`."""

    def write(value: Any) -> bytes:
        size = len(value)
        if limit is not None and size > limit:
            raise EncodeError(f"wanted at most {limit} items, got {size}")
        return encode_compact(size)

    return write


def wrong_size(size: int) -> Callable[[bytes], bytes]:
    """Return the refusal of a value that has not `size` bytes."""

    def refuse(value: bytes) -> bytes:
        raise EncodeError(f"wanted {size} bytes, got {len(value)}")

    return refuse


def encode_text(value: str) -> bytes:
    """Encode a string with its length."""
    raw = value.encode()
    return encode_compact(len(raw)) + raw


def mapping_encoder(key: Encode, item: Encode) -> Encode:
    """Return the encoder of a dict: pairs in order of their encoded keys."""

    def write(value: dict[Any, Any]) -> bytes:
        pairs = sorted((key(k), item(v)) for k, v in value.items())
        return encode_compact(len(pairs)) + b"".join(k + v for k, v in pairs)

    return write


def mapping_decoder(key: Decode, item: Decode) -> Decode:
    """Return the decoder of a dict; keys must come in order, each once."""

    def read(raw: bytes, offset: int) -> tuple[dict[Any, Any], int]:
        size, offset = decode_compact(raw, offset)
        if size > len(raw):
            raise DecodeError("more pairs than bytes")
        found: dict[Any, Any] = {}
        last = b""
        for n in range(size):
            start = offset
            name, offset = key(raw, start)
            if n and raw[start:offset] <= last:
                raise DecodeError("the keys of a map are not in order")
            last = raw[start:offset]
            found[name], offset = item(raw, offset)
        return found, offset

    return read
