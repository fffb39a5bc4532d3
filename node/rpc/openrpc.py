"""The OpenRPC document of a server: every method it answers, with the types of its parameters.

It is read from the code: names and types from the marked methods, sentences from their docstrings.
Source: https://spec.open-rpc.org, version 1.3.
"""

import inspect
from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from node.rpc.registry import Method
from node.rpc.values import Hash, Hashes, Height, Heights, Hex

OPENRPC_VERSION = "1.3.2"

Schema = dict[str, Any]

HEX: Schema = {"type": "string", "pattern": "^(0[xX])?([0-9a-fA-F]{2})*$"}
HASH: Schema = {"type": "string", "pattern": "^(0[xX])?[0-9a-fA-F]{64}$"}
HEIGHT: Schema = {
    "anyOf": [
        {"type": "integer", "minimum": 0, "maximum": 4294967295},
        {"type": "string", "pattern": "^(0[xX][0-9a-fA-F]+|[0-9]+)$"},
    ]
}

CUSTOM: dict[type, Schema] = {
    object: {"description": "Any value."},
    Hex: HEX,
    Hash: HASH,
    Height: HEIGHT,
    Heights: {"anyOf": [HEIGHT, {"type": "array", "items": HEIGHT, "maxItems": Heights.MAX}]},
    Hashes: {"anyOf": [HASH, {"type": "array", "items": HASH, "maxItems": Hashes.MAX}]},
}
"""What the values look like that are no plain JSON types."""

SUBSCRIPTION: Schema = {"type": "string", "description": "The id of the subscription."}


class Info(msgspec.Struct, frozen=True):
    """About the document."""

    title: str
    version: str
    description: str


class ContentDescriptor(msgspec.Struct, frozen=True, omit_defaults=True):
    """A parameter or a result."""

    name: str
    schema: Schema
    required: bool = False


class Tag(msgspec.Struct, frozen=True):
    """The namespace of a method."""

    name: str


class MethodObject(msgspec.Struct, frozen=True, omit_defaults=True, rename={
    "aliases": "x-aliases", "unsafe": "x-unsafe", "notification": "x-notification",
    "unsubscribe": "x-unsubscribe", "param_structure": "paramStructure",
}):  # fmt: skip
    """A method; what OpenRPC has no word for begins with `x-`."""

    name: str
    tags: list[Tag]
    summary: str
    params: list[ContentDescriptor]
    result: ContentDescriptor
    description: str = ""
    param_structure: Literal["either", "by-name", "by-position"] = "by-name"
    aliases: tuple[str, ...] = ()
    unsafe: bool = False
    notification: str = ""
    unsubscribe: tuple[str, ...] = ()


class Components(msgspec.Struct, frozen=True):
    """The types that methods refer to by name."""

    schemas: dict[str, Schema]


class OpenRpc(msgspec.Struct, frozen=True):
    """The document."""

    openrpc: str
    info: Info
    methods: list[MethodObject]
    components: Components


def document(methods: Sequence[Method], version: str) -> OpenRpc:
    """Describe methods."""
    types = [wanted for method in methods for wanted in _types_of(method)]
    schemas, components = msgspec.json.schema_components(
        types, schema_hook=_schema_of_value, ref_template="#/components/schemas/{name}"
    )
    shown = iter(schemas)
    objects = []
    for method in methods:
        count = len(_types_of(method))
        objects.append(_method_object(method, [next(shown) for _ in range(count)]))
        objects += [_closer_object(method, name) for name in method.mark.unsubscribe]
    return OpenRpc(
        OPENRPC_VERSION,
        Info("StarMiner JSON-RPC", version, "What a StarMiner node answers over HTTP and WS."),
        sorted(objects, key=lambda one: one.name),
        Components(dict(components)),
    )


def _types_of(method: Method) -> list[Any]:
    """List the types of the parameters and of the result, which is an id where there are more."""
    result = str if method.notification else method.result
    return [*(parameter.type for parameter in method.parameters), result]


def _method_object(method: Method, schemas: list[Schema]) -> MethodObject:
    mark = method.mark
    params = [
        ContentDescriptor(parameter.name, schema, parameter.is_required)
        for parameter, schema in zip(method.parameters, schemas[:-1], strict=True)
    ]
    result = SUBSCRIPTION if method.notification else schemas[-1]
    summary, _, description = (inspect.getdoc(method.function) or "").partition("\n\n")
    return MethodObject(
        name=method.name,
        tags=[Tag(namespace_of(method.name))],
        summary=summary.replace("\n", " "),
        params=params,
        result=ContentDescriptor("subscription" if method.notification else "result", result),
        description=description,
        param_structure="either",
        aliases=mark.aliases,
        unsafe=mark.unsafe,
        notification=mark.notification,
        unsubscribe=mark.unsubscribe,
    )


def _closer_object(method: Method, name: str) -> MethodObject:
    """Describe the method that ends subscriptions of another one."""
    result: Schema = {"type": "null"} if method.mark.ends_silently else {"type": "boolean"}
    return MethodObject(
        name=name,
        tags=[Tag(namespace_of(name))],
        summary=f"End a subscription of {method.name}.",
        params=[ContentDescriptor("subscription", SUBSCRIPTION, required=True)],
        result=ContentDescriptor("result", result),
        param_structure="either",
    )


def namespace_of(name: str) -> str:
    """Return the namespace of a method: `chainHead_v1` of chainHead_v1_follow."""
    first, *rest = name.split("_")
    return f"{first}_{rest[0]}" if rest and rest[0] == "v1" else first


def _schema_of_value(wanted: type) -> Schema:
    found = CUSTOM.get(wanted)
    if found is None:
        raise NotImplementedError(f"no JSON form for {wanted}")
    return found
