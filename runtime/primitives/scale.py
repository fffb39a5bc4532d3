"""SCALE: the one encoding for everything that is hashed, signed or kept in state.

`codec_of` compiles one encode and one decode function per type, once: a field costs no dispatch
at run time. Only canonical bytes decode: one value has one encoding, so a hash names a value.
Source: SCALE codec, Polkadot specification, appendix A.
"""

from __future__ import annotations

import struct
from functools import cache
from typing import Any

from runtime.primitives.codec_parts import Decode
from runtime.primitives.compact import DecodeError, EncodeError, decode_compact, encode_compact
from runtime.primitives.compiler import Codec, compile_codec
from runtime.primitives.schema import schema_of

__all__ = [
    "Codec",
    "DecodeError",
    "EncodeError",
    "codec_of",
    "decode",
    "decode_at",
    "decode_compact",
    "decoder",
    "encode",
    "encode_compact",
]


def encode(value: object, annotation: Any) -> bytes:
    """Encode `value` as the type `annotation`.

    Raises:
        EncodeError: the value is not of that type, or out of its range.
    """
    try:
        return codec_of(annotation).encode(value)
    except (struct.error, OverflowError, TypeError, AttributeError, KeyError) as error:
        raise EncodeError(f"wanted a value of {annotation}, got {value!r}: {error}") from error


def decode(raw: bytes, annotation: Any) -> Any:
    """Decode all of `raw` as the type `annotation`.

    Raises:
        DecodeError: `raw` is short, has bytes left over, or is not canonical.
    """
    value, end = decoder(annotation)(raw, 0)
    if end != len(raw):
        raise DecodeError(f"wanted {end} bytes, got {len(raw)}")
    return value


def decode_at(raw: bytes, offset: int, annotation: Any) -> tuple[Any, int]:
    """Decode one value from `offset`; return it and the offset behind it.

    Raises:
        DecodeError: `raw` is short, or is not canonical.
    """
    return decoder(annotation)(raw, offset)


@cache
def decoder(annotation: Any) -> Decode:
    """Return `decode_at` for one type: whoever decodes it often spares the search for its codec."""
    read = codec_of(annotation).decode

    def decode_one(raw: bytes, offset: int) -> tuple[Any, int]:
        try:
            return read(raw, offset)
        except (struct.error, IndexError) as error:
            raise DecodeError(f"the input of {len(raw)} bytes ends inside a value") from error
        except (KeyError, UnicodeDecodeError) as error:
            raise DecodeError(f"not a value of {annotation}: {error!r}") from error
        except RecursionError as error:
            raise DecodeError("values are nested too deeply") from error

    return decode_one


@cache
def codec_of(annotation: Any) -> Codec:
    """Return the compiled codec of a type annotation."""
    return compile_codec(schema_of(annotation))
