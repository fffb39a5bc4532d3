"""What a follow subscription says, as JSON; encoded once for all who hear it.

Source: the specification of chainHead_v1_follow.
"""

from dataclasses import dataclass
from typing import Literal

import msgspec

from node.rpc.storage_query import FoundJson
from node.rpc.values import to_hex
from runtime.api import RuntimeVersion


class SpecJson(msgspec.Struct, frozen=True, rename="camel"):
    """A runtime version; here `apis` is an object."""

    spec_name: str
    impl_name: str
    spec_version: int
    impl_version: int
    transaction_version: int
    apis: dict[str, int]


class RuntimeJson(msgspec.Struct, frozen=True):
    """A runtime that this node can call."""

    spec: SpecJson
    type: Literal["valid"] = "valid"


class Initialized(
    msgspec.Struct, frozen=True, rename="camel", tag_field="event", tag="initialized"
):
    """The first event: the last final blocks, oldest first."""

    finalized_block_hashes: list[str]


class InitializedWithRuntime(
    msgspec.Struct, frozen=True, rename="camel", tag_field="event", tag="initialized"
):
    """The first event, and the runtime of the last final block."""

    finalized_block_hashes: list[str]
    finalized_block_runtime: RuntimeJson


class NewBlock(msgspec.Struct, frozen=True, rename="camel", tag_field="event", tag="newBlock"):
    """A block above the final ones."""

    block_hash: str
    parent_block_hash: str


class NewBlockWithRuntime(
    msgspec.Struct, frozen=True, rename="camel", tag_field="event", tag="newBlock"
):
    """A block above the final ones; null while the runtime is the parent's."""

    block_hash: str
    parent_block_hash: str
    new_runtime: RuntimeJson | None


class BestBlockChanged(
    msgspec.Struct, frozen=True, rename="camel", tag_field="event", tag="bestBlockChanged"
):
    """Another block is best now."""

    best_block_hash: str


class Finalized(msgspec.Struct, frozen=True, rename="camel", tag_field="event", tag="finalized"):
    """Blocks became final, oldest first, and others can never be."""

    finalized_block_hashes: list[str]
    pruned_block_hashes: list[str]


class Stop(msgspec.Struct, frozen=True, tag_field="event", tag="stop"):
    """The last event: the client is to follow anew."""


class BodyDone(
    msgspec.Struct, frozen=True, rename="camel", tag_field="event", tag="operationBodyDone"
):
    """The extrinsics of a block."""

    operation_id: str
    value: list[str]


class CallDone(
    msgspec.Struct, frozen=True, rename="camel", tag_field="event", tag="operationCallDone"
):
    """What a runtime call returned."""

    operation_id: str
    output: str


class StorageItems(
    msgspec.Struct, frozen=True, rename="camel", tag_field="event", tag="operationStorageItems"
):
    """Some of what a storage operation found."""

    operation_id: str
    items: list[FoundJson]


class WaitingForContinue(
    msgspec.Struct,
    frozen=True,
    rename="camel",
    tag_field="event",
    tag="operationWaitingForContinue",
):
    """A storage operation goes on when the client says so."""

    operation_id: str


class StorageDone(
    msgspec.Struct, frozen=True, rename="camel", tag_field="event", tag="operationStorageDone"
):
    """A storage operation found all there is."""

    operation_id: str


class Inaccessible(
    msgspec.Struct, frozen=True, rename="camel", tag_field="event", tag="operationInaccessible"
):
    """The data is not here any more; a later try may succeed."""

    operation_id: str


class OperationError(
    msgspec.Struct, frozen=True, rename="camel", tag_field="event", tag="operationError"
):
    """The operation cannot succeed."""

    operation_id: str
    error: str


@dataclass(frozen=True, slots=True)
class HeadEvent:
    """An event about heads, encoded for those who follow without the runtime and with it."""

    plain: msgspec.Raw
    with_runtime: msgspec.Raw
    pins: tuple[bytes, ...] = ()
    """Blocks that are pinned by being reported."""
    final: int = 0
    """How many blocks became final with this event."""


def runtime_json(version: RuntimeVersion) -> RuntimeJson:
    """Show a runtime version as the new specification has it."""
    return RuntimeJson(
        SpecJson(
            spec_name=version.spec_name,
            impl_name=version.impl_name,
            spec_version=version.spec_version,
            impl_version=version.impl_version,
            transaction_version=version.transaction_version,
            apis={to_hex(api): number for api, number in version.apis},
        )
    )


def encoded(event: msgspec.Struct) -> msgspec.Raw:
    """Encode an event."""
    return msgspec.Raw(msgspec.json.encode(event))


def head_event(
    plain: msgspec.Struct, with_runtime: msgspec.Struct | None = None, *pins: bytes
) -> HeadEvent:
    """Encode an event about heads, which is the same for all unless there are two forms."""
    raw = encoded(plain)
    return HeadEvent(raw, raw if with_runtime is None else encoded(with_runtime), pins)


STOP = encoded(Stop())
"""The last event of a subscription that the node ends."""
