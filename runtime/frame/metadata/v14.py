"""Metadata version 14: types, pallets and the extrinsic, as `state_getMetadata` serves them."""

from __future__ import annotations

from dataclasses import dataclass

from runtime.frame.metadata.describe import Description
from runtime.frame.metadata.shapes import PalletMetadata, PortableType, SignedExtension, TypeId
from runtime.primitives.extrinsic import VERSION
from runtime.primitives.scale import encode
from runtime.primitives.types import U8


@dataclass(frozen=True, slots=True)
class ExtrinsicV14:
    """The extrinsic."""

    type: TypeId
    version: U8
    signed_extensions: tuple[SignedExtension, ...]


@dataclass(frozen=True, slots=True)
class MetadataV14:
    """All that a client needs to know of a runtime."""

    types: tuple[PortableType, ...]
    pallets: tuple[PalletMetadata, ...]
    extrinsic: ExtrinsicV14
    runtime: TypeId


def encode_v14(found: Description) -> bytes:
    """Lay a description out as version 14."""
    extrinsic = found.extrinsic
    metadata = MetadataV14(
        found.types,
        tuple(pallet for pallet, _ in found.pallets),
        ExtrinsicV14(extrinsic.type, VERSION, extrinsic.extensions),
        found.runtime,
    )
    return encode(metadata, MetadataV14)
