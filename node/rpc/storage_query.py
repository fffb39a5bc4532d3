"""Storage queries of the new JSON-RPC specification, shared by chainHead_v1 and archive_v1."""

from collections.abc import Iterator
from hashlib import blake2b
from typing import Literal

import msgspec

from node.rpc.backend import StateView
from node.rpc.errors import invalid_params
from node.rpc.values import Hex, maybe_hex, to_hex

DESCENDANTS = ("descendantsValues", "descendantsHashes")


class StorageItem(msgspec.Struct, frozen=True, rename="camel"):
    """One question: what is under a key, or under all keys that begin with it."""

    key: Hex
    type: Literal[
        "value", "hash", "closestDescendantMerkleValue", "descendantsValues", "descendantsHashes"
    ]
    pagination_start_key: Hex | None = None
    """Descendants come from above this key on."""


class FoundJson(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """One entry of the answer; archive_v1 sends each as an event."""

    key: str
    value: str | None = None
    hash: str | None = None
    closest_descendant_merkle_value: str | None = None
    event: Literal["storage", "storageDiff"] | None = None
    type: Literal["added", "modified", "deleted"] | None = None
    """How the entry changed, in a `storageDiff`."""


def check_items(items: list[StorageItem]) -> None:
    """Refuse items whose parts do not go together; raises RpcError."""
    for item in items:
        if item.pagination_start_key is not None and item.type not in DESCENDANTS:
            raise invalid_params(
                "paginationStartKey goes with descendantsValues and descendantsHashes only"
            )


def found(state: StateView, item: StorageItem) -> Iterator[FoundJson]:
    """Yield what a state holds for an item; nothing where it holds nothing."""
    match item.type:
        case "value" | "hash":
            value = state.get(item.key)
            if value is not None:
                yield entry(item.key, value, hashed=item.type == "hash")
        case "closestDescendantMerkleValue":
            merkle_value = maybe_hex(state.closest_merkle_value(item.key))
            if merkle_value is not None:
                yield FoundJson(to_hex(item.key), closest_descendant_merkle_value=merkle_value)
        case "descendantsValues" | "descendantsHashes":
            hashed = item.type == "descendantsHashes"
            for key in state.keys(item.key, item.pagination_start_key):
                yield entry(key, state.get(key) or b"", hashed=hashed)


def entry(key: bytes, value: bytes, *, hashed: bool) -> FoundJson:
    """Return a key with its value, or with the hash of its value."""
    if hashed:
        return FoundJson(to_hex(key), hash=to_hex(blake2b(value, digest_size=32).digest()))
    return FoundJson(to_hex(key), value=to_hex(value))
