"""Readers that turn what msgpack decoded into typed values, or say which field was wrong and how.

A reader takes the decoded value and the path of its field. Bounds are part of the reader, so that
no message has a field without one.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar

MAX_MESSAGE_TEXT: Final = 256
"""A reason shown to a person, never more."""

T = TypeVar("T")
Reader = Callable[[object, str], T]


class MessageError(ValueError):
    """Bytes from a peer that are not the message they should be."""


def fields_of(value: object, length: int, where: str) -> tuple[object, ...]:
    """Take exactly `length` fields."""
    if not isinstance(value, tuple) or len(value) != length:
        got = f"{len(value)} fields" if isinstance(value, tuple) else type(value).__name__
        raise MessageError(f"{where}: wanted {length} fields, got {got}")
    return value


def number(maximum: int) -> Reader[int]:
    """Read an integer from 0 to `maximum`; a bool is not one."""

    def read(value: object, where: str) -> int:
        if type(value) is not int or not 0 <= value <= maximum:
            got = value if type(value) is int else type(value).__name__
            raise MessageError(f"{where}: wanted an integer from 0 to {maximum}, got {got}")
        return value

    return read


def blob(minimum: int, maximum: int) -> Reader[bytes]:
    """Read bytes of a length within the bounds."""

    def read(value: object, where: str) -> bytes:
        if not isinstance(value, bytes):
            raise MessageError(f"{where}: wanted bytes, got {type(value).__name__}")
        if not minimum <= len(value) <= maximum:
            span = f"{minimum}" if minimum == maximum else f"{minimum} to {maximum}"
            raise MessageError(f"{where}: wanted {span} bytes, got {len(value)}")
        return value

    return read


def text(value: object, where: str) -> str:
    """Read a short text."""
    if not isinstance(value, str) or len(value) > MAX_MESSAGE_TEXT:
        raise MessageError(f"{where}: wanted text of at most {MAX_MESSAGE_TEXT} characters")
    return value


def list_of(item: Reader[T], maximum: int) -> Reader[tuple[T, ...]]:
    """Read a list of at most `maximum` items."""

    def read(value: object, where: str) -> tuple[T, ...]:
        if not isinstance(value, tuple):
            raise MessageError(f"{where}: wanted a list, got {type(value).__name__}")
        if len(value) > maximum:
            raise MessageError(f"{where}: wanted at most {maximum} items, got {len(value)}")
        return tuple(item(each, where) for each in value)

    return read


def optional(item: Reader[T]) -> Reader[T | None]:
    """Read nil or an item."""
    return lambda value, where: None if value is None else item(value, where)


def enumeration(kind: Callable[[int], T], maximum: int) -> Reader[T]:
    """Read a member of an enumeration with values from 0 to `maximum`."""
    index = number(maximum)
    return lambda value, where: kind(index(value, where))


def record(kind: Callable[..., T], *readers: Reader[Any]) -> Reader[T]:
    """Read a slotted dataclass from the list of its fields."""
    names: tuple[str, ...] = kind.__slots__  # type: ignore[attr-defined]  # slotted dataclasses

    def read(value: object, where: str) -> T:
        items = fields_of(value, len(readers), where)
        named = zip(readers, items, names, strict=True)
        return kind(*(reader(item, f"{where}.{name}") for reader, item, name in named))

    return read
