"""The metadata digest: one hash of all that an offline signer must know to show a transaction.

The types that an extrinsic is made of become the leaves of a Merkle tree, a leaf for each type and
for each variant of an enum, so that a signer can be sent the few leaves that one call needs, with
a proof, and sign the digest along: a lie about the call then spoils the signature.
Source: RFC-78, "Merkleized metadata", of the Polkadot fellowship; version 1 of the digest.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from blake3 import blake3

from runtime.frame.metadata.describe import describe_extrinsic
from runtime.frame.metadata.registry import Registry
from runtime.frame.metadata.shapes import (
    ArrayDef,
    CompactDef,
    CompositeDef,
    Field,
    PrimitiveDef,
    PrimitiveKind,
    SequenceDef,
    TupleDef,
    TypeInfo,
    Variant,
    VariantDef,
)
from runtime.frame.metadata.wellknown import ExtrinsicTypes
from runtime.frame.pallet import Pallet
from runtime.primitives.compact import encode_compact
from runtime.primitives.extrinsic import VERSION
from runtime.primitives.scale import encode
from runtime.primitives.types import U8, U16, U32

DIGEST_VERSION = b"\x01"

VOID, PER_ID = 21, 22
"""Tags of a reference to nothing and to a type of the tree; 0 to 14 are the primitives."""

COMPACT_TAGS = {
    PrimitiveKind.U8: 15,
    PrimitiveKind.U16: 16,
    PrimitiveKind.U32: 17,
    PrimitiveKind.U64: 18,
    PrimitiveKind.U128: 19,
    PrimitiveKind.U256: 20,
}
"""Tags of references to compact integers, which are not in the tree themselves."""

COMPOSITE, ENUMERATION, SEQUENCE, ARRAY, TUPLE = b"\x00", b"\x01", b"\x02", b"\x03", b"\x04"
"""Tags of the kinds of leaves."""


@dataclass(frozen=True, slots=True)
class SignerNotes:
    """What a signer shows besides the call: which chain it is for, and how amounts read."""

    spec_version: U32
    spec_name: str
    ss58_prefix: U16
    decimals: U8
    token_symbol: str


def metadata_digest(pallets: tuple[Pallet, ...], notes: SignerNotes) -> bytes:
    """Return the digest of the metadata of a runtime, 32 bytes."""
    registry = Registry()
    _, extrinsic = describe_extrinsic(registry, pallets)
    tree = TypeTree([item.type for item in registry.types], extrinsic)
    body = merkle_root(tree.leaves()) + _hash(tree.extrinsic()) + encode(notes, SignerNotes)
    return _hash(DIGEST_VERSION + body)


def merkle_root(leaves: list[bytes]) -> bytes:
    """Return the root of the complete binary tree over `leaves`; the deepest are the first ones."""
    nodes = [_hash(leaf) for leaf in leaves]
    while len(nodes) > 1:
        # the last two of the row meet in a node that goes to its front
        right, left = nodes.pop(), nodes.pop()
        nodes.insert(0, _hash(left + right))
    return nodes[0] if nodes else bytes(32)


class TypeTree:
    """The types that an extrinsic is made of, numbered anew in the order they have in metadata."""

    def __init__(self, types: list[TypeInfo], extrinsic: ExtrinsicTypes) -> None:
        self._types, self._extrinsic = types, extrinsic
        found: dict[int, None] = {}
        for root in (extrinsic.call, extrinsic.address, extrinsic.signature):
            self._collect(root, found)
        for one in extrinsic.extensions:
            self._collect(one.type, found)
            self._collect(one.additional_signed, found)
        self._numbers = {number: place for place, number in enumerate(sorted(found))}

    def leaves(self) -> list[bytes]:
        """Return every leaf: a type, or a variant of an enum."""
        return [
            encode(self._types[number].path, tuple[str, ...]) + body + encode_compact(place)
            for number, place in self._numbers.items()
            for body in self._bodies(self._types[number])
        ]

    def extrinsic(self) -> bytes:
        """Return what the digest says of the extrinsic: the types of its parts."""
        parts = self._extrinsic
        extensions = [
            encode(one.identifier, str) + self._ref(one.type) + self._ref(one.additional_signed)
            for one in parts.extensions
        ]
        refs = (parts.address, parts.call, parts.signature)
        head = bytes((VERSION,)) + b"".join(map(self._ref, refs))
        return head + encode_compact(len(extensions)) + b"".join(extensions)

    def _collect(self, number: int, found: dict[int, None]) -> None:
        """Note a type and those it is made of; what takes no bytes is not in the tree."""
        if number in found:
            return
        inner = list(_parts_of(self._types[number]))
        if inner or isinstance(self._types[number].definition, VariantDef):
            found[number] = None
        for part in inner:
            self._collect(part, found)

    def _bodies(self, info: TypeInfo) -> Iterator[bytes]:
        match info.definition:
            case CompositeDef(fields):
                yield COMPOSITE + self._fields(fields)
            case VariantDef(variants):
                for variant in sorted(variants, key=_index_of):
                    name, index = encode(variant.name, str), encode_compact(variant.index)
                    yield ENUMERATION + name + self._fields(variant.fields) + index
            case SequenceDef(item):
                yield SEQUENCE + self._ref(item)
            case ArrayDef(size, item):
                yield ARRAY + encode(size, U32) + self._ref(item)
            case TupleDef(items):
                yield TUPLE + encode_compact(len(items)) + b"".join(map(self._ref, items))
            case _:
                raise AssertionError(f"{info.definition} is no leaf")

    def _fields(self, fields: tuple[Field, ...]) -> bytes:
        return encode_compact(len(fields)) + b"".join(
            encode(field.name, str | None)
            + self._ref(field.type)
            + encode(field.type_name, str | None)
            for field in fields
        )

    def _ref(self, number: int) -> bytes:
        match self._types[number].definition:
            case PrimitiveDef(kind):
                return bytes((kind.value,))
            case CompactDef(inner):
                return bytes((COMPACT_TAGS[self._primitive(inner)],))
            case _:
                place = self._numbers.get(number)
                return bytes((VOID,)) if place is None else bytes((PER_ID,)) + encode_compact(place)

    def _primitive(self, number: int) -> PrimitiveKind:
        definition = self._types[number].definition
        assert isinstance(definition, PrimitiveDef), "a compact integer is of a primitive"
        return definition.kind


def _parts_of(info: TypeInfo) -> Iterator[int]:
    """Yield the types that a value of a type holds."""
    match info.definition:
        case CompositeDef(fields):
            yield from (field.type for field in fields)
        case VariantDef(variants):
            yield from (field.type for variant in variants for field in variant.fields)
        case TupleDef(items):
            yield from items
        case SequenceDef(item) | ArrayDef(_, item):
            yield item
        case _:
            return


def _index_of(variant: Variant) -> int:
    return variant.index


def _hash(data: bytes) -> bytes:
    return blake3(data).digest()
