"""Metadata version 15: version 14 and the runtime APIs, the outer enums, and room for more."""

from __future__ import annotations

from dataclasses import dataclass

from runtime.frame.metadata.describe import Description
from runtime.frame.metadata.shapes import (
    ApiMethod,
    CustomValue,
    Docs,
    OuterEnums,
    PalletMetadata,
    PortableType,
    SignedExtension,
    TypeId,
)
from runtime.primitives.extrinsic import VERSION
from runtime.primitives.scale import encode
from runtime.primitives.types import U8


@dataclass(frozen=True, slots=True)
class PalletV15:
    """A pallet as in version 14, and its documentation."""

    pallet: PalletMetadata
    docs: Docs


@dataclass(frozen=True, slots=True)
class ExtrinsicV15:
    """The extrinsic, by the types of its parts."""

    version: U8
    address: TypeId
    call: TypeId
    signature: TypeId
    extra: TypeId
    signed_extensions: tuple[SignedExtension, ...]


@dataclass(frozen=True, slots=True)
class ApiV15:
    """A runtime API."""

    name: str
    methods: tuple[ApiMethod, ...]
    docs: Docs


@dataclass(frozen=True, slots=True)
class MetadataV15:
    """All that a client needs to know of a runtime."""

    types: tuple[PortableType, ...]
    pallets: tuple[PalletV15, ...]
    extrinsic: ExtrinsicV15
    runtime: TypeId
    apis: tuple[ApiV15, ...]
    outer: OuterEnums
    custom: dict[str, CustomValue]


def encode_v15(found: Description) -> bytes:
    """Lay a description out as version 15."""
    part = found.extrinsic
    metadata = MetadataV15(
        found.types,
        tuple(PalletV15(pallet, docs) for pallet, docs in found.pallets),
        ExtrinsicV15(VERSION, part.address, part.call, part.signature, part.extra, part.extensions),
        found.runtime,
        tuple(ApiV15(api.name, api.methods, api.docs) for api in found.apis),
        found.outer,
        {},
    )
    return encode(metadata, MetadataV15)
