"""A runtime, described once from its pallets and its APIs, for every version of the metadata.

Types are numbered in the order in which they are met. What a signer must understand comes first
(calls, address, signature, extensions), so that its numbers, and with them the metadata digest, do
not depend on anything that follows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_type_hints

from runtime.frame.calls import RUNTIME_CALL, signature_of
from runtime.frame.metadata.apis import Method, methods_of
from runtime.frame.metadata.literals import attribute_docs
from runtime.frame.metadata.paths import type_name
from runtime.frame.metadata.registry import Registry, docs_of, variant_name
from runtime.frame.metadata.shapes import (
    ApiInput,
    ApiMethod,
    CompositeDef,
    Constant,
    Docs,
    Field,
    MapEntry,
    Modifier,
    OuterEnums,
    PalletMetadata,
    PalletStorage,
    PlainEntry,
    PortableType,
    SignedExtension,
    StorageEntry,
    TypeInfo,
    Variant,
)
from runtime.frame.metadata.wellknown import (
    ExtrinsicTypes,
    extrinsic_types,
    verifying_extension,
)
from runtime.frame.pallet import Pallet, calls_of, marked
from runtime.frame.storage import Item, camel_case
from runtime.primitives.scale import encode
from runtime.primitives.schema import Product, schema_of

CONSTANT_NAMES = {
    "ss58_prefix": "SS58Prefix",
    "batched_calls_limit": "batched_calls_limit",
    "pot_account": "pot_account",
}
"""Constants that FRAME does not write in camel case."""

Outer = dict[str, tuple[int, int]]
"""Index and type of the calls, events or errors of each pallet, by its name."""


@dataclass(frozen=True, slots=True)
class ConstantNote:
    """A constant that a pallet has only in the metadata: a layer above it knows the value."""

    name: str
    annotation: Any
    value: Any
    docs: Docs


Constants = Mapping[str, tuple[ConstantNote, ...]]
"""By the name of the pallet."""


@dataclass(frozen=True, slots=True)
class ApiDescription:
    """A runtime API."""

    name: str
    version: int
    methods: tuple[ApiMethod, ...]
    docs: Docs


@dataclass(frozen=True, slots=True)
class Description:
    """All that a client needs to know of a runtime."""

    types: tuple[PortableType, ...]
    pallets: tuple[tuple[PalletMetadata, Docs], ...]
    extrinsic: ExtrinsicTypes
    verifying: SignedExtension
    """What the second list of extensions begins with; metadata before version 16 has one list."""
    verifying_types: tuple[PortableType, ...]
    """The types that only this extension refers to, numbered after all others."""
    apis: tuple[ApiDescription, ...]
    outer: OuterEnums
    runtime: int


def describe(
    pallets: tuple[Pallet, ...], apis: tuple[type, ...], constants: Constants
) -> Description:
    """Describe a runtime: its pallets, its APIs, and constants that layers above pallets know."""
    registry = Registry()
    ordered = sorted(pallets, key=lambda pallet: pallet.index)
    calls, extrinsic = describe_extrinsic(registry, pallets)
    events = {p.name: (p.index, _events(registry, p)) for p in ordered if p.events}
    errors = {p.name: (p.index, _errors(registry, p)) for p in ordered if p.errors}
    outer = OuterEnums(
        extrinsic.call,
        registry.outer("RuntimeEvent", lambda: events),
        registry.outer("RuntimeError", lambda: errors),
    )
    described = tuple(
        PalletMetadata(
            pallet.name,
            _storage(registry, pallet),
            _type_in(calls, pallet),
            _type_in(events, pallet),
            _constants(registry, pallet, constants.get(pallet.name, ())),
            _type_in(errors, pallet),
            pallet.index,
        )
        for pallet in ordered
    )
    answered = tuple(_api(registry, api) for api in apis)
    runtime = TypeInfo(("starminer_runtime", "Runtime"), (), CompositeDef(()), ())
    runtime_id = registry.reserve("Runtime", lambda: runtime)
    docs = [docs_of(type(pallet)) for pallet in ordered]
    types = registry.types
    verifying = verifying_extension(registry)
    return Description(
        types,
        tuple(zip(described, docs, strict=True)),
        extrinsic,
        verifying,
        registry.types[len(types) :],
        answered,
        outer,
        runtime_id,
    )


def describe_extrinsic(
    registry: Registry, pallets: tuple[Pallet, ...]
) -> tuple[Outer, ExtrinsicTypes]:
    """Describe what signers must understand; return the calls of the pallets and the extrinsic."""
    ordered = sorted(pallets, key=lambda pallet: pallet.index)
    calls: Outer = {}

    def describe_calls() -> Outer:
        for one in ordered:
            if calls_of(type(one)):
                calls[one.name] = one.index, _calls(registry, one)
        return calls

    number = registry.outer(RUNTIME_CALL, describe_calls)
    return calls, extrinsic_types(registry, number)


def _type_in(found: Outer, pallet: Pallet) -> int | None:
    return found[pallet.name][1] if pallet.name in found else None


def _calls(registry: Registry, pallet: Pallet) -> int:
    variants = []
    for index, (name, _) in sorted(calls_of(type(pallet)).items()):
        method = getattr(type(pallet), name)
        fields = tuple(
            Field(one, registry.id_of(note), type_name(schema_of(note)), ())
            for one, note in signature_of(method)
        )
        variants.append(Variant(name, fields, index, docs_of(method)))
    return registry.variants_of(pallet, "Call", tuple(variants), docs_of(type(pallet)))


def _events(registry: Registry, pallet: Pallet) -> int:
    variants = []
    for place, kind in enumerate(pallet.events):
        index = getattr(kind, "index", None)
        number = index if isinstance(index, int) else place
        variants.append(
            Variant(variant_name(kind), registry.event_fields(kind), number, docs_of(kind))
        )
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
    docs = attribute_docs(item.owner, item.attribute)
    return StorageEntry(item.name, modifier, kind, default, docs)


def _constants(
    registry: Registry, pallet: Pallet, more: tuple[ConstantNote, ...]
) -> tuple[Constant, ...]:
    notes = []
    for name, method in marked(type(pallet), "__constant__"):
        annotation = get_type_hints(method, include_extras=True)["return"]
        shown = CONSTANT_NAMES.get(name) or camel_case(name)
        notes.append(ConstantNote(shown, annotation, method(pallet), docs_of(method)))
    return tuple(
        Constant(
            note.name,
            registry.id_of(note.annotation),
            encode(note.value, note.annotation),
            note.docs,
        )
        for note in (*notes, *more)
    )


def _api(registry: Registry, api: Any) -> ApiDescription:
    methods = tuple(_method(registry, method) for method in methods_of(api))
    return ApiDescription(api.__name__, api.api_version, methods, docs_of(api))


def _method(registry: Registry, method: Method) -> ApiMethod:
    inputs = tuple(ApiInput(name.rstrip("_"), registry.id_of(note)) for name, note in method.inputs)
    return ApiMethod(method.name, inputs, registry.id_of(method.output), docs_of(method.function))
