"""Metadata version 14: pallets, their storage, calls, events, errors and constants, and the types.

Docstrings become the documentation that wallets show.
"""

from __future__ import annotations

from typing import get_type_hints

from runtime.frame.calls import signature_of
from runtime.frame.metadata.registry import Registry, docs_of, type_name
from runtime.frame.metadata.shapes import (
    CompositeDef,
    Constant,
    ExtrinsicMetadata,
    Field,
    MapEntry,
    MetadataV14,
    Modifier,
    PalletMetadata,
    PalletStorage,
    PlainEntry,
    SignedExtension,
    StorageEntry,
    TypeInfo,
    Variant,
)
from runtime.frame.metadata.wellknown import EXTENSIONS, extension, unchecked_extrinsic
from runtime.frame.pallet import Pallet, calls_of, marked
from runtime.frame.storage import Item, camel_case
from runtime.primitives.extrinsic import VERSION
from runtime.primitives.scale import encode
from runtime.primitives.schema import Product, schema_of

MAGIC = b"meta"


def encode_metadata(pallets: tuple[Pallet, ...]) -> bytes:
    """Return the metadata of a runtime, version 14, with its magic and version byte."""
    return MAGIC + b"\x0e" + encode(describe(pallets), MetadataV14)


def describe(pallets: tuple[Pallet, ...]) -> MetadataV14:
    """Describe a runtime."""
    registry = Registry()
    ordered = sorted(pallets, key=lambda pallet: pallet.index)
    calls = {p.name: (p.index, _calls(registry, p)) for p in ordered if calls_of(type(p))}
    events = {p.name: (p.index, _events(registry, p)) for p in ordered if p.events}
    errors = {p.name: (p.index, _errors(registry, p)) for p in ordered if p.errors}
    outer_call = registry.outer("RuntimeCall", calls)
    registry.outer("RuntimeEvent", events)
    registry.outer("RuntimeError", errors)
    described = tuple(
        PalletMetadata(
            pallet.name,
            _storage(registry, pallet),
            calls[pallet.name][1] if pallet.name in calls else None,
            events[pallet.name][1] if pallet.name in events else None,
            _constants(registry, pallet),
            errors[pallet.name][1] if pallet.name in errors else None,
            pallet.index,
        )
        for pallet in ordered
    )
    extrinsic = _extrinsic(registry, outer_call)
    runtime = TypeInfo(("starminer_runtime", "Runtime"), (), CompositeDef(()), ())
    runtime_id = registry.reserve("Runtime", lambda: runtime)
    return MetadataV14(registry.types, described, extrinsic, runtime_id)


def _calls(registry: Registry, pallet: Pallet) -> int:
    variants = []
    for index, (name, _) in sorted(calls_of(type(pallet)).items()):
        method = getattr(type(pallet), name)
        fields = tuple(
            Field(one, registry.id_of(note), type_name(note, schema_of(note)), ())
            for one, note in signature_of(method)
        )
        variants.append(Variant(name, fields, index, docs_of(method)))
    return registry.variants_of(pallet, "Call", tuple(variants), docs_of(type(pallet)))


def _events(registry: Registry, pallet: Pallet) -> int:
    variants = []
    for place, kind in enumerate(pallet.events):
        index = getattr(kind, "index", None)
        number = index if isinstance(index, int) else place
        variants.append(Variant(kind.__name__, registry.fields(kind), number, docs_of(kind)))
    return registry.variants_of(pallet, "Event", tuple(variants), ())


def _errors(registry: Registry, pallet: Pallet) -> int:
    assert pallet.errors is not None
    variants = tuple(
        Variant(camel_case(error.name), (), error.value, docs_of(error)) for error in pallet.errors
    )
    return registry.variants_of(pallet, "Error", variants, docs_of(pallet.errors))


def _storage(registry: Registry, pallet: Pallet) -> PalletStorage | None:
    items = [item for item in vars(type(pallet)).values() if isinstance(item, Item)]
    if not items:
        return None
    return PalletStorage(pallet.name, tuple(_entry(registry, item) for item in items))


def _entry(registry: Registry, item: Item) -> StorageEntry:
    keys, schema = item.annotations[:-1], item.value_schema
    optional = item.default is None
    kind: PlainEntry | MapEntry
    if keys:
        key = registry.id_of(
            keys[0] if len(keys) == 1 else Product(tuple(schema_of(one) for one in keys))
        )
        hashers = bytes(hasher.code for hasher in item.hashers)
        kind = MapEntry(hashers, key, registry.id_of(schema))
    else:
        kind = PlainEntry(registry.id_of(schema))
    modifier = Modifier.OPTIONAL if optional else Modifier.DEFAULT
    default = b"\x00" if optional else encode(item.default, schema)
    return StorageEntry(item.name, modifier, kind, default, ())


def _constants(registry: Registry, pallet: Pallet) -> tuple[Constant, ...]:
    found = []
    for name, method in marked(type(pallet), "__constant__"):
        note = get_type_hints(method, include_extras=True)["return"]
        value = encode(method(pallet), note)
        upper = "SS58Prefix" if name == "ss58_prefix" else camel_case(name)
        found.append(Constant(upper, registry.id_of(note), value, docs_of(method)))
    return tuple(found)


def _extrinsic(registry: Registry, call: int) -> ExtrinsicMetadata:
    extensions = tuple(
        SignedExtension(
            name,
            extension(registry, name, module, body),
            registry.id_of(Product(()) if signed is None else signed),
        )
        for name, module, body, signed in EXTENSIONS
    )
    return ExtrinsicMetadata(unchecked_extrinsic(registry, call), VERSION, extensions)
