"""Writes docs/reference/rpc.md from the methods of the RPC server.

Run it: `python -m tests.tools.rpc_reference`.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import trio

from node.rpc.api import RpcConfig, RpcService
from node.rpc.openrpc import ContentDescriptor, MethodObject, OpenRpc, Schema, document
from tests.explorer.support import ExplorerNode
from tests.rpc.fake_development import DevelopmentNode
from tests.rpc.support import FakeKeystore, Notes

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "rpc.md"

INTRODUCTION = """\
# JSON-RPC reference

Generated from the code by `python -m tests.tools.rpc_reference`; a test compares. A running node
describes itself: `rpc_discover` returns an OpenRPC document, `rpc_methods` the names.

Methods answer HTTP POST and WebSocket on one port, alone or in batches; those that send
notifications, and those of `chainHead_v1`, need a WebSocket. Bytes are hex, with `0x` in answers.
Parameters go by position or by name; `?` marks those that may be left out. Methods marked *unsafe*
answer this machine only, unless the node runs with `--rpc-methods unsafe`. `archive_v1` is offered
by nodes that keep the states of all blocks; key methods by nodes with a keystore; `explorer` by nodes
with an explorer; `dev_isolate` by nodes of development chains, `dev_mine` and `dev_warp` by those
of them whose blocks are called (`--block-time instant` or `manual`).

Three names of the design's page on the economy are others here: `pricing_quote` is `starminer_quote`, `pricing_history` is
`starminer_priceHistory`, and `gov_track_curves` is the curve in `explorer_referendum` (tracks themselves: the constant `Tracks` of `Referenda`).

| code | meaning |
|---|---|
| -32700, -32600, -32601, -32602, -32603 | not JSON, no request, no such method, wrong parameters, our fault |
| -32006, -32007, -32008, -32010 | too many subscriptions; request, response, batch too large |
| -32999 | more calls than `--rpc-rate-limit` allows |
| -32800 … -32804 | `chainHead_v1`: too many follows, block not pinned, follow without runtime, nothing to continue, hash given twice |
| 1002, 1010 … 1018 | the pool refuses a transaction, in the words of polkadot-sdk |
| 4001, 4002, 4003 | wrong range of blocks, wrong count, block or state not here |
| 7001, 7002 | blobs; work |
"""  # noqa: E501


def page() -> str:
    """Return the whole page."""
    lines = [INTRODUCTION]
    described = trio.run(_described)
    for tag, methods in groupby(described.methods, lambda method: method.tags[0].name):
        lines.append(f"## {tag}\n")
        for method in methods:
            lines += _entry(method)
        lines.append("")
    lines.append("## Types\n")
    for name, schema in sorted(described.components.schemas.items()):
        lines += _type_entry(name, schema)
    return "\n".join(lines).rstrip() + "\n"


async def _described() -> OpenRpc:
    development = DevelopmentNode().dev
    backend = replace(
        ExplorerNode().backend(),
        keystore=FakeKeystore(),
        miner=development,
        isolation=development,
    )
    service = RpcService(backend, RpcConfig(), Notes(), lambda: b"")
    return document(service.registry.methods(), "")


def _entry(method: MethodObject) -> Iterator[str]:
    parameters = ", ".join(_parameter(parameter) for parameter in method.params)
    notes = ["*unsafe*"] if method.unsafe else []
    if method.notification:
        notes.append(f"sends `{method.notification}`, ends by `{'`, `'.join(method.unsubscribe)}`")
    if method.aliases:
        notes.append(f"also `{'`, `'.join(method.aliases)}`")
    yield f"- `{method.name}({parameters})` → `{type_name(method.result.schema)}`\\"
    yield "  " + method.summary + (f" ({'; '.join(notes)})" if notes else "")
    if method.description:
        yield "  " + method.description.replace("\n", " ")


def _type_entry(name: str, schema: Schema) -> Iterator[str]:
    required = schema.get("required", ())
    fields = [
        f"{field}{'' if field in required else '?'}: {type_name(of)}"
        for field, of in schema.get("properties", {}).items()
    ]
    yield f"- `{name.removesuffix('Json')}` = `{{{', '.join(fields)}}}`\\"
    yield "  " + schema.get("description", "").replace("\n", " ")


def _parameter(parameter: ContentDescriptor) -> str:
    mark = "" if parameter.required else "?"
    return f"{parameter.name}{mark}: {type_name(parameter.schema)}"


def type_name(schema: Schema) -> str:
    """Name a type in a word or two."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2].removesuffix("Json")
    if "enum" in schema:
        return " | ".join(f'"{value}"' for value in schema["enum"])
    if "anyOf" in schema:
        names = [type_name(each) for each in schema["anyOf"]]
        return " | ".join(dict.fromkeys(names))
    pattern = schema.get("pattern", "")
    if "{64}" in pattern:
        return "hash"
    if "{2}" in pattern:
        return "hex"
    if schema.get("type") == "array":
        items = schema.get("items", schema.get("prefixItems"))
        if isinstance(items, list):
            return f"({', '.join(map(type_name, items))})"
        return f"[{type_name(items or {})}]"
    return str(schema.get("type", "any"))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
