"""The type registry: every type of the runtime, described once, by number.

It walks the same schemas that the codec is compiled from, so that metadata cannot drift from the
bytes. Clients recognise well-known types by their paths: those of FRAME are kept.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any

from runtime.frame.metadata.literals import attribute_docs, lines_of
from runtime.frame.metadata.paths import (
    CLASS_PARAMETERS,
    FIELD_NAMES,
    TUPLE_VARIANTS,
    choice_path,
    class_path,
    crate,
    type_name,
)
from runtime.frame.metadata.shapes import (
    ArrayDef,
    CompactDef,
    CompositeDef,
    Docs,
    Field,
    Parameter,
    PortableType,
    PrimitiveDef,
    PrimitiveKind,
    SequenceDef,
    TupleDef,
    TypeDef,
    TypeInfo,
    Variant,
    VariantDef,
)
from runtime.frame.metadata.wellknown import phase
from runtime.frame.pallet import Pallet
from runtime.frame.storage import camel_case
from runtime.primitives.schema import (
    Bool,
    Bytes,
    Choice,
    Compact,
    Composite,
    Custom,
    Fixed,
    Int,
    Mapping,
    Members,
    Named,
    Option,
    Product,
    Schema,
    Sequence,
    Text,
    Uint,
    schema_of,
)

BOUNDED = ("bounded_collections", "bounded_vec", "BoundedVec")


class Registry:
    """Numbers types in the order in which they are first asked for."""

    def __init__(self) -> None:
        self._ids: dict[Any, int] = {}
        self._types: list[TypeInfo | None] = []

    @property
    def types(self) -> tuple[PortableType, ...]:
        """Every type, complete."""
        found = [item for item in self._types if item is not None]
        assert len(found) == len(self._types), "a type was numbered and never described"
        return tuple(PortableType(n, item) for n, item in enumerate(found))

    def id_of(self, annotation: Any) -> int:
        """Return the number of the type of an annotation."""
        schema = schema_of(annotation)
        if isinstance(schema, Custom):
            return self._custom(schema)
        # BoundedVec<u8, 4> and BoundedVec<u8, 8> have one description
        key = (BOUNDED, _bounded_item(schema)) if _bounded_item(schema) else schema
        return self.reserve(key, lambda: self._describe(schema))

    def reserve(self, key: Any, describe: Callable[[], TypeInfo]) -> int:
        """Give a type a number under `key`, then describe it: it may refer to itself."""
        if key in self._ids:
            return self._ids[key]
        number = self._ids[key] = len(self._types)
        self._types.append(None)
        self._types[number] = describe()
        return number

    def outer(self, name: str, describe: Callable[[], dict[str, tuple[int, int]]]) -> int:
        """Describe an enum over pallets; `describe` gives the index and the type of each.

        The enum has its number before they have theirs: calls may hold calls.
        """

        def info() -> TypeInfo:
            ordered = sorted(describe().items(), key=lambda item: item[1][0])
            variants = tuple(
                Variant(pallet, (Field(None, inner, None, ()),), index, ())
                for pallet, (index, inner) in ordered
            )
            return TypeInfo(("starminer_runtime", name), (), VariantDef(variants), ())

        return self.reserve(name, info)

    def known(self, key: Any) -> int:
        """Return the number of a type that was reserved under `key` before."""
        return self._ids[key]

    def event_records(self) -> TypeInfo:
        """Describe the record of a block's events; the outer event must be known by now."""
        record = self._event_record(self.known("RuntimeEvent"))
        return TypeInfo((), (), SequenceDef(record), ())

    def _event_record(self, event: int) -> int:
        def describe() -> TypeInfo:
            topics = self.id_of(Sequence(Fixed(32, "primitive_types::H256")))
            hash_id = self.id_of(Fixed(32, "primitive_types::H256"))
            fields = (
                Field("phase", self.reserve("Phase", lambda: phase(self)), "Phase", ()),
                Field("event", event, "E", ()),
                Field("topics", topics, "Vec<T>", ()),
            )
            params = (Parameter("E", event), Parameter("T", hash_id))
            return TypeInfo(("frame_system", "EventRecord"), params, CompositeDef(fields), ())

        return self.reserve("EventRecord", describe)

    def variants_of(self, pallet: Pallet, kind: str, items: tuple[Variant, ...], docs: Docs) -> int:
        """Describe the calls, events or errors of a pallet."""
        info = TypeInfo((crate(pallet), "pallet", kind), (), VariantDef(items), docs)
        return self.reserve((pallet.name, kind), lambda: info)

    def fields(self, kind: type) -> tuple[Field, ...]:
        """Describe the fields of a dataclass."""
        path = class_path(kind)
        return tuple(
            Field(
                FIELD_NAMES.get((path, name), name.rstrip("_")),
                self.id_of(schema),
                type_name(schema),
                attribute_docs(kind, name),
            )
            for name, schema in Composite(kind).fields
        )

    def _custom(self, schema: Custom) -> int:
        """Return the number of a type written by hand; it describes itself or names a known one."""
        if schema.describe in self._ids:
            return self._ids[schema.describe]
        found: TypeInfo | int = schema.describe(self)
        if isinstance(found, int):
            self._ids[schema.describe] = found
            return found
        return self.reserve(schema.describe, lambda: found)

    def _describe(self, schema: Schema) -> TypeInfo:
        match schema:
            case Fixed(size, path) if path:
                inner = self.id_of(Fixed(size))
                field = Field(None, inner, f"[u8; {size}]", ())
                return TypeInfo(tuple(path.split("::")), (), CompositeDef((field,)), ())
            case Bytes() | Sequence() if item := _bounded_item(schema):
                return self._bounded(item)
            case Option(some):
                return self._option(some)
            case Mapping(key, value):
                pairs = self.id_of(Sequence(Product((key, value))))
                params = (Parameter("K", self.id_of(key)), Parameter("V", self.id_of(value)))
                field = Field(None, pairs, None, ())
                return TypeInfo(("BTreeMap",), params, CompositeDef((field,)), ())
            case Named(inner_schema, path):
                field = Field(None, self.id_of(inner_schema), None, ())
                return TypeInfo(tuple(path.split("::")), (), CompositeDef((field,)), ())
            case Composite(kind):
                return self._composite(kind)
            case Members(members):
                path = class_path(members)
                return TypeInfo(_split(path), (), _members(members), docs_of(members))
            case Choice(variants):
                return self._choice(variants)
            case _:
                return TypeInfo((), (), self._anonymous(schema), ())

    def _composite(self, kind: type) -> TypeInfo:
        path = class_path(kind)
        notes = getattr(kind, "type_params", ())
        params = [Parameter(name, self.id_of(note)) for name, note in notes]
        schemas = dict(Composite(kind).fields)
        for name, field in CLASS_PARAMETERS.get(path, ()):
            params.append(Parameter(name, self.id_of(schemas[field])))
        return TypeInfo(_split(path), tuple(params), CompositeDef(self.fields(kind)), docs_of(kind))

    def _anonymous(self, schema: Schema) -> TypeDef:
        match schema:
            case Bool():
                return PrimitiveDef(PrimitiveKind.BOOL)
            case Text():
                return PrimitiveDef(PrimitiveKind.STR)
            case Uint(width):
                return PrimitiveDef(PrimitiveKind[f"U{8 * width}"])
            case Int(width):
                return PrimitiveDef(PrimitiveKind[f"I{8 * width}"])
            case Compact(width):
                return CompactDef(self.id_of(Uint(width)))
            case Fixed(size):
                return ArrayDef(size, self.id_of(Uint(1)))
            case Bytes():
                return SequenceDef(self.id_of(Uint(1)))
            case Sequence(item):
                return SequenceDef(self.id_of(item))
            case Product(items):
                return TupleDef(tuple(self.id_of(item) for item in items))
            case _:
                raise TypeError(f"{schema} has no description")

    def _bounded(self, item: Schema) -> TypeInfo:
        inner = self.id_of(Bytes() if item == Uint(1) else Sequence(item))
        params = (Parameter("T", self.id_of(item)), Parameter("S", None))
        return TypeInfo(BOUNDED, params, CompositeDef((Field(None, inner, "Vec<T>", ()),)), ())

    def _option(self, some: Schema) -> TypeInfo:
        inner = self.id_of(some)
        variants = (
            Variant("None", (), 0, ()),
            Variant("Some", (Field(None, inner, None, ()),), 1, ()),
        )
        return TypeInfo(("Option",), (Parameter("T", inner),), VariantDef(variants), ())

    def _choice(self, kinds: tuple[tuple[int, type], ...]) -> TypeInfo:
        path, params = choice_path(tuple(kind for _, kind in kinds))
        variants = tuple(
            Variant(variant_name(kind), self._variant_fields(kind), index, docs_of(kind))
            for index, kind in kinds
        )
        parameters = tuple(Parameter(name, self.id_of(note)) for name, note in params)
        return TypeInfo(_split(path), parameters, VariantDef(variants), ())

    def _variant_fields(self, kind: type) -> tuple[Field, ...]:
        """Describe the fields of a variant; a single field mostly stands without its name in Rust.

        Where it is the other way round, the class says so with `has_named_fields`.
        """
        found = self.fields(kind)
        default = len(found) > 1 and kind not in TUPLE_VARIANTS
        return found if getattr(kind, "has_named_fields", default) else unnamed(found)

    def event_fields(self, kind: type) -> tuple[Field, ...]:
        """Describe the fields of an event, which have names unless its class denies it."""
        found = self.fields(kind)
        return found if getattr(kind, "has_named_fields", True) else unnamed(found)


def unnamed(fields: tuple[Field, ...]) -> tuple[Field, ...]:
    """Return fields as those of a tuple."""
    return tuple(Field(None, field.type, field.type_name, field.docs) for field in fields)


def variant_name(kind: type) -> str:
    """Return the name of a variant: its own `name`, or that of its class."""
    own = getattr(kind, "name", None)
    return own if isinstance(own, str) else kind.__name__


def docs_of(item: Any) -> Docs:
    """Return a docstring as the lines that wallets show."""
    return lines_of(item.__doc__)


def _members(members: type[Enum]) -> VariantDef:
    return VariantDef(
        tuple(
            Variant(camel_case(one.name), (), one.value, _own_docs(one, members)) for one in members
        )
    )


def _own_docs(member: Enum, members: type[Enum]) -> Docs:
    """Return the documentation of a member; it shows its class's where it has none of its own."""
    return () if member.__doc__ == members.__doc__ else docs_of(member)


def _bounded_item(schema: Schema) -> Schema | None:
    match schema:
        case Bytes(limit) if limit is not None:
            return Uint(1)
        case Sequence(item, limit) if limit is not None:
            return item
        case _:
            return None


def _split(path: str) -> tuple[str, ...]:
    return tuple(path.split("::"))
