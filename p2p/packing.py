"""msgpack with bounds: frozen dataclasses as arrays, and errors that name what was wrong."""

from typing import Final

import msgpack

from p2p.schema import MessageError, fields_of, number

U32_MAX: Final = 2**32 - 1
_U32: Final = number(U32_MAX)


def fields(value: object) -> object:
    """Turn dataclasses into tuples, all the way down."""
    if isinstance(value, tuple):
        return tuple(fields(item) for item in value)
    slots = getattr(type(value), "__slots__", None)
    if slots is None or isinstance(value, int):
        return value
    return tuple(fields(getattr(value, name)) for name in slots)


def packed(value: object) -> bytes:
    """Encode a value without a bound."""
    raw: bytes = msgpack.packb(value, use_bin_type=True)
    return raw


def pack(value: object, limit: int, what: str) -> bytes:
    """Encode a value of at most `limit` bytes; raises MessageError."""
    raw = packed(value)
    if len(raw) > limit:
        raise MessageError(f"{what} holds at most {limit} bytes, this one {len(raw)}")
    return raw


def unpack(raw: bytes, limit: int, where: str) -> object:
    """Decode at most `limit` bytes; raises MessageError."""
    if len(raw) > limit:
        raise MessageError(f"{where}: wanted at most {limit} bytes, got {len(raw)}")
    try:
        value: object = msgpack.unpackb(
            raw, use_list=False, raw=False, strict_map_key=True, max_map_len=0, max_ext_len=0
        )
    except (ValueError, TypeError, RecursionError, msgpack.UnpackException) as error:
        raise MessageError(
            f"{where}: wanted msgpack, got {type(error).__name__}: {error}"
        ) from None
    return value


def envelope(raw: bytes, limit: int, where: str) -> tuple[int, int, object]:
    """Decode `[id, kind, fields]`; raises MessageError."""
    value = fields_of(unpack(raw, limit, where), 3, where)
    return _U32(value[0], f"{where}.id"), _U32(value[1], f"{where}.kind"), value[2]
