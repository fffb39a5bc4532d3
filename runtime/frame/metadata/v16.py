"""Metadata version 16: several versions of the extrinsic, versions of APIs, and what is deprecated.

Nothing of this runtime is deprecated so far, and it has neither associated types nor view
functions to show: their places are there, and empty.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Annotated

from runtime.frame.metadata.describe import ApiDescription, Description
from runtime.frame.metadata.shapes import (
    ApiInput,
    ApiMethod,
    Constant,
    CustomValue,
    Docs,
    OuterEnums,
    PalletMetadata,
    PortableType,
    SignedExtension,
    StorageEntry,
    TypeId,
)
from runtime.primitives.extrinsic import (
    EXTENSION_VERSION,
    VERIFYING_VERSION,
    VERSION,
    VERSION_5,
)
from runtime.primitives.scale import encode
from runtime.primitives.schema import Fixed
from runtime.primitives.types import U8


class Deprecation(Enum):
    """Whether an item is deprecated; notes come with the first that is."""

    NOT_DEPRECATED = 0
    DEPRECATED_WITHOUT_NOTE = 1


IN_USE = Deprecation.NOT_DEPRECATED


@dataclass(frozen=True, slots=True)
class EnumV16:
    """The calls, events or errors of a pallet, and which of them are deprecated."""

    type: TypeId
    deprecated: dict[U8, Deprecation]


@dataclass(frozen=True, slots=True)
class EntryV16:
    """A storage item."""

    entry: StorageEntry
    deprecation: Deprecation = IN_USE


@dataclass(frozen=True, slots=True)
class StorageV16:
    """The storage items of a pallet, and the name their keys begin with."""

    prefix: str
    entries: tuple[EntryV16, ...]


@dataclass(frozen=True, slots=True)
class ConstantV16:
    """A constant of a pallet."""

    constant: Constant
    deprecation: Deprecation = IN_USE


@dataclass(frozen=True, slots=True)
class AssociatedType:
    """A type that a pallet is configured with."""

    name: str
    type: TypeId
    docs: Docs


@dataclass(frozen=True, slots=True)
class ViewFunction:
    """A query of a pallet that clients may call by its id."""

    id: Annotated[bytes, Fixed(32)]
    name: str
    inputs: tuple[ApiInput, ...]
    output: TypeId
    docs: Docs
    deprecation: Deprecation = IN_USE


@dataclass(frozen=True, slots=True)
class PalletV16:
    """A pallet."""

    name: str
    storage: StorageV16 | None
    calls: EnumV16 | None
    event: EnumV16 | None
    constants: tuple[ConstantV16, ...]
    error: EnumV16 | None
    associated_types: tuple[AssociatedType, ...]
    view_functions: tuple[ViewFunction, ...]
    index: U8
    docs: Docs
    deprecation: Deprecation = IN_USE


@dataclass(frozen=True, slots=True)
class ExtrinsicV16:
    """The extrinsic: its versions, and the extensions of each version of general transactions."""

    versions: tuple[U8, ...]
    address: TypeId
    call: TypeId
    signature: TypeId
    extensions_by_version: dict[U8, tuple[TypeId, ...]]
    extensions: tuple[SignedExtension, ...]


@dataclass(frozen=True, slots=True)
class MethodV16:
    """A call of a runtime API."""

    method: ApiMethod
    deprecation: Deprecation = IN_USE


@dataclass(frozen=True, slots=True)
class ApiV16:
    """A runtime API."""

    name: str
    methods: tuple[MethodV16, ...]
    docs: Docs
    version: TypeId
    deprecation: Deprecation = IN_USE


@dataclass(frozen=True, slots=True)
class MetadataV16:
    """All that a client needs to know of a runtime."""

    types: tuple[PortableType, ...]
    pallets: tuple[PalletV16, ...]
    extrinsic: ExtrinsicV16
    apis: tuple[ApiV16, ...]
    outer: OuterEnums
    custom: dict[str, CustomValue]


def encode_v16(found: Description) -> bytes:
    """Lay a description out as version 16."""
    part = found.extrinsic
    signed = tuple(range(len(part.extensions)))
    metadata = MetadataV16(
        found.types + found.verifying_types,
        tuple(_pallet(pallet, docs) for pallet, docs in found.pallets),
        ExtrinsicV16(
            # clients take the first that they know, and most wallets sign version 4
            (VERSION, VERSION_5),
            part.address,
            part.call,
            part.signature,
            # those that know one list only read them all: what they do not know comes last
            {EXTENSION_VERSION: signed, VERIFYING_VERSION: (len(signed), *signed)},
            (*part.extensions, found.verifying),
        ),
        tuple(_api(api) for api in found.apis),
        found.outer,
        {},
    )
    return encode(metadata, MetadataV16)


def _pallet(pallet: PalletMetadata, docs: Docs) -> PalletV16:
    storage = pallet.storage
    entries = tuple(EntryV16(entry) for entry in storage.entries) if storage else ()
    return PalletV16(
        pallet.name,
        StorageV16(storage.prefix, entries) if storage else None,
        _enum(pallet.calls),
        _enum(pallet.event),
        tuple(ConstantV16(constant) for constant in pallet.constants),
        _enum(pallet.error),
        (),
        (),
        pallet.index,
        docs,
    )


def _enum(number: int | None) -> EnumV16 | None:
    return None if number is None else EnumV16(number, {})


def _api(api: ApiDescription) -> ApiV16:
    methods = tuple(MethodV16(method) for method in api.methods)
    return ApiV16(api.name, methods, api.docs, api.version)
