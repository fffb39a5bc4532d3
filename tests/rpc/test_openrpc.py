"""The OpenRPC document: whole, by the specification's own shapes, and the reference made of it."""

import re
from typing import Any, Literal

import msgspec
import pytest

from node.rpc.registry import MethodPolicy
from tests.rpc.support import FakeKeystore, FakeNode, serving
from tests.tools import rpc_reference

KEYWORDS = {
    "$ref", "title", "description", "type", "properties", "required", "items", "prefixItems",
    "minItems", "maxItems", "anyOf", "enum", "default", "pattern", "minimum", "maximum",
    "additionalProperties", "discriminator",
}  # fmt: skip
"""What of JSON Schema the document uses; `discriminator` is OpenAPI's and only a hint."""


class Info(msgspec.Struct, forbid_unknown_fields=True):
    """The Info object of the specification, as far as we fill it."""

    title: str
    version: str
    description: str = ""


class Content(msgspec.Struct, forbid_unknown_fields=True):
    """The Content Descriptor object."""

    name: str
    schema: dict[str, Any]
    summary: str = ""
    description: str = ""
    required: bool = False
    deprecated: bool = False


class Tag(msgspec.Struct, forbid_unknown_fields=True):
    """The Tag object."""

    name: str


class Described(msgspec.Struct, forbid_unknown_fields=True, rename={
    "aliases": "x-aliases", "unsafe": "x-unsafe", "notification": "x-notification",
    "unsubscribe": "x-unsubscribe",
}):  # fmt: skip
    """The Method object, with extensions that begin with `x-`."""

    name: str
    params: list[Content]
    result: Content
    tags: list[Tag]
    summary: str
    paramStructure: Literal["either"]  # noqa: N815
    description: str = ""
    aliases: list[str] = []
    unsafe: bool = False
    notification: str = ""
    unsubscribe: list[str] = []


class Components(msgspec.Struct, forbid_unknown_fields=True):
    """The Components object."""

    schemas: dict[str, dict[str, Any]]


class Document(msgspec.Struct, forbid_unknown_fields=True):
    """The OpenRPC object, version 1.3."""

    openrpc: Literal["1.3.2"]
    info: Info
    methods: list[Described]
    components: Components


async def discovered(**options: Any) -> tuple[Document, list[str]]:
    """Return the document of a server and the names it lists."""
    async with serving(FakeNode(FakeKeystore()), **options) as server:
        found = await server.call("rpc_discover")
        names = (await server.call("rpc_methods"))["methods"]
    return msgspec.convert(found, Document), names


def references(value: object) -> list[str]:
    """List the references in a schema."""
    if isinstance(value, dict):
        here = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return here + [found for part in value.values() for found in references(part)]
    if isinstance(value, list):
        return [found for part in value for found in references(part)]
    return []


def schemas_in(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """List a schema and those inside it."""
    inside = [
        *schema.get("properties", {}).values(),
        *schema.get("anyOf", ()),
        *schema.get("prefixItems", ()),
        *(schema.get(name) for name in ("items", "additionalProperties")),
    ]
    inside = [part for part in inside if isinstance(part, dict)]
    return [schema, *(found for part in inside for found in schemas_in(part))]


@pytest.mark.parametrize("policy", [MethodPolicy.SAFE, MethodPolicy.UNSAFE])
async def test_the_document_has_the_shape_of_the_specification_and_every_method(policy):
    document, names = await discovered(methods=policy)
    described = [method.name for method in document.methods]
    assert described == sorted(set(described))
    everything = {*described, *(name for method in document.methods for name in method.aliases)}
    assert everything == set(names)
    assert any(method.unsafe for method in document.methods) == (policy is MethodPolicy.UNSAFE)


async def test_parameters_are_named_once_and_those_that_may_be_left_out_come_last():
    document, _ = await discovered()
    for method in document.methods:
        names = [parameter.name for parameter in method.params]
        assert len(set(names)) == len(names), method.name
        required = [parameter.required for parameter in method.params]
        assert required == sorted(required, reverse=True), method.name
        assert all(re.fullmatch("[a-z][a-zA-Z]*", name) for name in names), method.name
        assert method.summary.endswith("."), method.name


async def test_schemas_are_json_schema_and_lead_somewhere():
    document, _ = await discovered()
    contents = [one for method in document.methods for one in (*method.params, method.result)]
    tops = [*(one.schema for one in contents), *document.components.schemas.values()]
    schemas = [found for top in tops for found in schemas_in(top)]
    assert {keyword for schema in schemas for keyword in schema} <= KEYWORDS
    known = {f"#/components/schemas/{name}" for name in document.components.schemas}
    assert set(references(schemas)) <= known
    for schema in schemas:
        assert schema.get("type", "string") in (
            "string", "integer", "number", "boolean", "null", "object", "array"
        )  # fmt: skip
        re.compile(schema.get("pattern", ""))


async def test_unsubscribing_is_described_with_what_it_answers():
    document, _ = await discovered()
    methods = {method.name: method for method in document.methods}
    assert methods["chain_unsubscribeNewHeads"].result.schema == {"type": "boolean"}
    assert methods["chainHead_v1_unfollow"].result.schema == {"type": "null"}
    follow = methods["chainHead_v1_follow"]
    assert (follow.notification, follow.unsubscribe) == (
        "chainHead_v1_followEvent",
        ["chainHead_v1_unfollow"],
    )


async def test_parameters_go_by_the_names_of_the_document():
    async with serving() as server:
        by_name = {"jsonrpc": "2.0", "id": 1, "method": "state_getKeysPaged"}
        params = {"prefix": "0x", "count": 1, "startKey": "0x67"}
        reply = await server.post({**by_name, "params": params})
        assert len(reply["result"]) == 1
        wrong = await server.post({**by_name, "params": {**params, "start": "0x"}})
        assert wrong["error"]["code"] == -32602


def test_the_reference_is_what_the_code_says():
    assert rpc_reference.PAGE.read_text(encoding="utf-8") == rpc_reference.page(), (
        "run `python -m tests.tools.rpc_reference`"
    )
