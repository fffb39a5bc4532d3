"""Every SCALE type that stands in a call, an event, the storage or a message, by reflection."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from consensus.finality.record import VoterRecord
from consensus.finality.vote import Envelope, Justification
from consensus.fork_choice import Record
from genesis.build import build_block
from genesis.spec import load_spec
from node.receipts.messages import ReceiptMessage
from runtime.compute.receipt import Opening
from runtime.config import CODE_KEY, ChainConfig
from runtime.construct import Runtime
from runtime.frame import Context
from runtime.frame.calls import CallTable
from runtime.frame.storage import Item
from runtime.primitives.block import ComputeDigest, DigestItem, Header
from runtime.primitives.schema import (
    Choice,
    Composite,
    Custom,
    Mapping,
    Named,
    Option,
    Product,
    Schema,
    Sequence,
    schema_of,
)
from runtime.primitives.slot_claim import PreDigest
from runtime.state.overlay import Overlay
from tests.fuzz.values import BY_HAND

MESSAGES: dict[str, Any] = {
    "header": Header,
    "digest item": DigestItem,
    "slot claim": PreDigest,
    "compute digest": ComputeDigest,
    "justification": Justification,
    "vote gossip": Envelope,
    "receipt gossip": ReceiptMessage,
    "opening": Opening,
    "voter's record": VoterRecord,
    "fork choice record": Record,
    "code": ChainConfig,
}
"""Types that travel or lie on disk outside the state."""


@cache
def runtime() -> Runtime:
    """Return the runtime of the dev chain over its genesis."""
    block = build_block(load_spec("dev"))
    config = ChainConfig.decode(block.storage[CODE_KEY])
    return Runtime(Context(Overlay(block.state), number=0), config)


@cache
def all_schemas() -> dict[str, Schema]:
    """Return every type by a name that says where it stands."""
    found = {name: schema_of(annotation) for name, annotation in MESSAGES.items()}
    found.update(_of_runtime())
    return {name: schema for name, schema in found.items() if not holds_custom(schema)}


def _of_runtime() -> Iterator[tuple[str, Schema]]:
    pallets = runtime().pallets
    for entry in CallTable.of(pallets)._entries.values():
        yield f"call {entry.pallet}.{entry.name}", entry.schema
    for pallet in pallets:
        for kind in pallet.events:
            yield f"event {pallet.name}.{kind.__name__}", schema_of(kind)
        for base in reversed(type(pallet).__mro__):
            for item in vars(base).values():
                if isinstance(item, Item):
                    where = f"{pallet.name}.{item.name}"
                    yield f"storage {where}", item.value_schema
                    for i, key in enumerate(item.annotations[:-1]):
                        yield f"key {i} of {where}", schema_of(key)


def holds_custom(schema: Schema, seen: frozenset[type] = frozenset()) -> bool:
    """Say whether a part of a type has a codec written by hand that `values` does not know."""
    match schema:
        case Custom(name=name):
            return name not in BY_HAND
        case Sequence(inner) | Option(inner) | Named(inner):
            parts = [inner]
        case Mapping(key, value):
            parts = [key, value]
        case Product(items):
            parts = list(items)
        case Composite(kind) if kind not in seen:
            seen, parts = seen | {kind}, [inner for _, inner in schema.fields]
        case Choice(variants):
            parts = [Composite(kind) for _, kind in variants if kind not in seen]
        case _:
            parts = []
    return any(holds_custom(part, seen) for part in parts)
