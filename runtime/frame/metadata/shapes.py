"""The shapes that every version of the metadata is made of, in the codec that they describe.

Source: `frame-metadata` and `scale-info`, as @polkadot/types and scalecodec decode them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from runtime.primitives.types import U8, U32, CompactU32

TypeId = CompactU32
Docs = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a composite or of a variant."""

    name: str | None
    type: TypeId
    type_name: str | None
    docs: Docs


@dataclass(frozen=True, slots=True)
class Variant:
    """One alternative of a variant type."""

    name: str
    fields: tuple[Field, ...]
    index: U8
    docs: Docs


@dataclass(frozen=True, slots=True)
class CompositeDef:
    """A struct."""

    index: ClassVar[int] = 0
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class VariantDef:
    """An enum."""

    index: ClassVar[int] = 1
    variants: tuple[Variant, ...]


@dataclass(frozen=True, slots=True)
class SequenceDef:
    """A vector."""

    index: ClassVar[int] = 2
    type: TypeId


@dataclass(frozen=True, slots=True)
class ArrayDef:
    """An array of fixed length."""

    index: ClassVar[int] = 3
    size: U32
    type: TypeId


@dataclass(frozen=True, slots=True)
class TupleDef:
    """A tuple."""

    index: ClassVar[int] = 4
    types: tuple[TypeId, ...]


class PrimitiveKind(Enum):
    """The primitive types by index."""

    BOOL = 0
    CHAR = 1
    STR = 2
    U8 = 3
    U16 = 4
    U32 = 5
    U64 = 6
    U128 = 7
    U256 = 8
    I8 = 9
    I16 = 10
    I32 = 11
    I64 = 12
    I128 = 13
    I256 = 14


@dataclass(frozen=True, slots=True)
class PrimitiveDef:
    """A primitive."""

    index: ClassVar[int] = 5
    kind: PrimitiveKind


@dataclass(frozen=True, slots=True)
class CompactDef:
    """A compact integer."""

    index: ClassVar[int] = 6
    type: TypeId


TypeDef = CompositeDef | VariantDef | SequenceDef | ArrayDef | TupleDef | PrimitiveDef | CompactDef


@dataclass(frozen=True, slots=True)
class Parameter:
    """A type parameter, as clients look for it by name."""

    name: str
    type: TypeId | None


@dataclass(frozen=True, slots=True)
class TypeInfo:
    """A type of the registry."""

    path: tuple[str, ...]
    params: tuple[Parameter, ...]
    definition: TypeDef
    docs: Docs


@dataclass(frozen=True, slots=True)
class PortableType:
    """A type and its id, which is its place in the registry."""

    id: CompactU32
    type: TypeInfo


@dataclass(frozen=True, slots=True)
class PlainEntry:
    """A single stored value."""

    index: ClassVar[int] = 0
    value: TypeId


@dataclass(frozen=True, slots=True)
class MapEntry:
    """Stored values under one or more hashed keys."""

    index: ClassVar[int] = 1
    hashers: bytes
    """One hasher code for each key."""
    key: TypeId
    value: TypeId


class Modifier(Enum):
    """What a read of an absent value gives."""

    OPTIONAL = 0
    DEFAULT = 1


@dataclass(frozen=True, slots=True)
class StorageEntry:
    """A storage item."""

    name: str
    modifier: Modifier
    type: PlainEntry | MapEntry
    default: bytes
    docs: Docs


@dataclass(frozen=True, slots=True)
class PalletStorage:
    """The storage items of a pallet, and the name their keys begin with."""

    prefix: str
    entries: tuple[StorageEntry, ...]


@dataclass(frozen=True, slots=True)
class Constant:
    """A constant of a pallet, encoded."""

    name: str
    type: TypeId
    value: bytes
    docs: Docs


@dataclass(frozen=True, slots=True)
class PalletMetadata:
    """A pallet."""

    name: str
    storage: PalletStorage | None
    calls: TypeId | None
    event: TypeId | None
    constants: tuple[Constant, ...]
    error: TypeId | None
    index: U8


@dataclass(frozen=True, slots=True)
class SignedExtension:
    """A signed extension: what travels, and what is only signed."""

    identifier: str
    type: TypeId
    additional_signed: TypeId


@dataclass(frozen=True, slots=True)
class OuterEnums:
    """The enums over the calls, events and errors of all pallets."""

    call: TypeId
    event: TypeId
    error: TypeId


@dataclass(frozen=True, slots=True)
class ApiInput:
    """An argument of a runtime API."""

    name: str
    type: TypeId


@dataclass(frozen=True, slots=True)
class ApiMethod:
    """A call of a runtime API."""

    name: str
    inputs: tuple[ApiInput, ...]
    output: TypeId
    docs: Docs


@dataclass(frozen=True, slots=True)
class CustomValue:
    """A value that a chain adds to its metadata."""

    type: TypeId
    value: bytes
