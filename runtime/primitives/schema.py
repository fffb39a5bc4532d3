"""Schemas: what a type annotation means on the wire.

The annotation is the only description of a type. `schema_of` reads it once; the codec
(`scale.py`), the metadata (`runtime.frame.metadata`) and the type checker all read the same one.
Source: SCALE codec, Polkadot specification, appendix A.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints


@dataclass(frozen=True, slots=True)
class Uint:
    """An unsigned integer of `width` bytes, little-endian."""

    width: int


@dataclass(frozen=True, slots=True)
class Int:
    """A signed integer of `width` bytes, little-endian two's complement."""

    width: int


@dataclass(frozen=True, slots=True)
class Compact:
    """An unsigned integer of at most `width` bytes, in as few bytes as it needs."""

    width: int


@dataclass(frozen=True, slots=True)
class Bool:
    """One byte, 0 or 1."""


@dataclass(frozen=True, slots=True)
class Text:
    """UTF-8 with a compact length."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """Exactly `size` bytes; `path` is the name wallets know the type by."""

    size: int
    path: str = ""


@dataclass(frozen=True, slots=True)
class Bounded:
    """The most items (or bytes) that a sequence may hold, as an annotation."""

    limit: int


@dataclass(frozen=True, slots=True)
class Bytes:
    """A compact length, then that many bytes."""

    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Sequence:
    """A compact count, then the items; a tuple in Python."""

    item: Schema
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Product:
    """The items one after the other; a tuple in Python."""

    items: tuple[Schema, ...]


@dataclass(frozen=True, slots=True)
class Option:
    """0, or 1 and the value."""

    some: Schema


@dataclass(frozen=True, slots=True)
class Mapping:
    """A sequence of pairs in order of encoded key; a dict in Python."""

    key: Schema
    value: Schema


@dataclass(frozen=True, slots=True)
class Named:
    """The bytes of `inner` under a path of its own in the metadata (an Era, a signed extension)."""

    inner: Schema
    path: str


@dataclass(frozen=True, eq=False, slots=True)
class Composite:
    """The fields of a dataclass in order. Compared by identity: one per class."""

    kind: type

    @property
    def fields(self) -> tuple[tuple[str, Schema], ...]:
        """Names and schemas of the fields; resolved late, since classes may be recursive."""
        return _fields_of(self.kind)


@dataclass(frozen=True, slots=True)
class Choice:
    """An index byte, then the fields of the dataclass of that index."""

    variants: tuple[tuple[int, type], ...]


@dataclass(frozen=True, eq=False, slots=True)
class Members:
    """An `Enum` of integers: the index byte alone."""

    kind: type[Enum]


@dataclass(frozen=True, eq=False, slots=True)
class Custom:
    """A codec written by hand, for types that are not known from an annotation.

    `describe` receives the metadata registry and returns the type's description there.
    """

    encode: Callable[[Any], bytes]
    decode: Callable[[bytes, int], tuple[Any, int]]
    describe: Callable[[Any], Any]
    name: str | None = None
    """The short name that clients show for the type of a field."""


Schema = (
    Uint
    | Int
    | Compact
    | Bool
    | Text
    | Fixed
    | Bytes
    | Sequence
    | Product
    | Option
    | Mapping
    | Named
    | Composite
    | Choice
    | Members
    | Custom
)

LEAVES = (Uint, Int, Compact, Fixed, Custom, Named, Choice)
"""Schemas that an annotation may carry directly: `Annotated[int, Uint(4)]`."""


@cache
def schema_of(annotation: Any) -> Schema:
    """Return the schema that an annotation stands for.

    Raises:
        TypeError: the annotation has no SCALE encoding (a float, a bare int, a set).
    """
    if isinstance(annotation, Schema):
        return annotation
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _annotated(arguments[0], arguments[1])
    if origin in (Union, UnionType):
        return _union(arguments)
    if origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        return Sequence(schema_of(arguments[0]))
    if annotation in (None, NoneType):
        return Product(())
    if origin is tuple or annotation is tuple:
        return Product(tuple(schema_of(item) for item in arguments))
    if origin is dict:
        return Mapping(schema_of(arguments[0]), schema_of(arguments[1]))
    if isinstance(annotation, type):
        return _of_class(annotation)
    raise TypeError(f"{annotation!r} has no SCALE encoding")


def variant_index(kind: type) -> int:
    """Return the index of a dataclass that is a variant of a union: its `index`."""
    index: int = kind.index  # type: ignore[attr-defined]
    return index


def _annotated(base: Any, note: Any) -> Schema:
    if isinstance(note, LEAVES):
        return note
    if isinstance(note, Bounded):
        inner = schema_of(base)
        if isinstance(inner, Bytes):
            return Bytes(note.limit)
        if isinstance(inner, Sequence):
            return Sequence(inner.item, note.limit)
    raise TypeError(f"{base!r} cannot be annotated with {note!r}")


def _union(arguments: tuple[Any, ...]) -> Schema:
    present = tuple(argument for argument in arguments if argument is not NoneType)
    if len(present) == 1:
        inner = schema_of(present[0])
    else:
        inner = Choice(tuple(sorted((variant_index(kind), kind) for kind in present)))
    return inner if len(present) == len(arguments) else Option(inner)


@cache
def _of_class(kind: type) -> Schema:
    if kind is bool:
        return Bool()
    if kind is str:
        return Text()
    if kind is bytes:
        return Bytes()
    if issubclass(kind, Enum):
        return Members(kind)
    if is_dataclass(kind):
        return Composite(kind)
    raise TypeError(f"{kind!r} has no SCALE encoding")


@cache
def _fields_of(kind: type) -> tuple[tuple[str, Schema], ...]:
    hints = get_type_hints(kind, include_extras=True)
    return tuple((item.name, schema_of(hints[item.name])) for item in fields(kind))
