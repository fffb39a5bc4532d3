"""The archive_v1 namespace of the new JSON-RPC specification: any block, however old.

Source: https://paritytech.github.io/json-rpc-interface-spec/api/archive.html
"""

from collections.abc import Generator
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from node.rpc.backend import ChainView, Forks, StateReader
from node.rpc.blocks import extrinsic_to_wire
from node.rpc.caller import Caller
from node.rpc.errors import Code, RpcError
from node.rpc.registry import method, subscription
from node.rpc.runtime_api import RuntimeCallRefused, TypedRuntime
from node.rpc.slices import Slices
from node.rpc.storage_diff import Change, changes
from node.rpc.storage_query import FoundJson, StorageItem, check_items, entry, found
from node.rpc.subscriptions import SKIP, Stream
from node.rpc.values import Hash, Height, Hex, to_hex
from node.store.blocks import UnknownBlock
from runtime.primitives.block import Header
from runtime.primitives.scale import encode
from runtime.state.trie import MissingNode

MAX_READS = 16
"""Storage reads of one connection at once: each keeps a core busy for as long as it lasts."""


class CallResultJson(msgspec.Struct, frozen=True):
    """What a runtime call returned, or why it returned nothing."""

    success: bool
    value: str | UnsetType = UNSET
    error: str | UnsetType = UNSET


class DiffItem(msgspec.Struct, frozen=True, rename="camel"):
    """One question about changes: under which prefix, and in which form."""

    return_type: Literal["value", "hash"]
    key: Hex | None = None
    child_trie_key: Hex | None = None


EVERYTHING = DiffItem("value")
"""What a call without items asks."""

UNKNOWN = "wanted a block that is stored"


class ArchiveNamespace:
    """What clients ask about any block; offered only by a node that keeps all states."""

    def __init__(
        self, chain: ChainView, forks: Forks, states: StateReader, runtime: TypedRuntime
    ) -> None:
        self._chain, self._forks = chain, forks
        self._states, self._runtime = states, runtime

    @method("archive_v1_genesisHash")
    def genesis_hash(self) -> str:
        """Return the hash of block 0."""
        return to_hex(self._chain.genesis_hash)

    @method("archive_v1_finalizedHeight")
    def finalized_height(self) -> int:
        """Return the number of the last final block."""
        return self._chain.finalized.number

    @method("archive_v1_hashByHeight")
    def hash_by_height(self, height: Height) -> list[str]:
        """Return the hashes of all blocks of this number: one if it is final, forks above."""
        if height <= self._chain.finalized.number:
            final = self._chain.hash_at(height)
            return [] if final is None else [to_hex(final)]
        opened = self._forks.open_blocks()
        return [to_hex(block.hash) for block in opened if block.number == height]

    @method("archive_v1_header")
    def header(self, hash: Hash) -> str | None:
        """Return the SCALE header of a block, or null when it is unknown."""
        header = self._chain.header(hash)
        return None if header is None else to_hex(encode(header, Header))

    @method("archive_v1_body")
    def body(self, hash: Hash) -> list[str] | None:
        """Return the extrinsics of a block, or null when it is unknown."""
        body = self._chain.body(hash)
        return None if body is None else [to_hex(extrinsic_to_wire(raw)) for raw in body]

    @method("archive_v1_call")
    def call(self, hash: Hash, function: str, call_parameters: Hex) -> CallResultJson | None:
        """Call a runtime API at a block; null when the block is unknown."""
        try:
            value = self._runtime.call(function, call_parameters, hash)
        except (UnknownBlock, MissingNode):
            return None
        except RuntimeCallRefused as error:
            return CallResultJson(success=False, error=str(error))
        return CallResultJson(success=True, value=to_hex(value))

    @subscription(
        "archive_v1_storage",
        notification="archive_v1_storageEvent",
        unsubscribe=("archive_v1_stopStorage",),
        ends_silently=True,
    )
    def storage(
        self,
        caller: Caller,
        hash: Hash,
        items: list[StorageItem],
        child_trie: Hex | None = None,
    ) -> Stream[object]:
        """Send what storage holds at a block; the child tries of this chain are all empty."""
        check_items(items)
        _require_room(caller)
        wanted = items if child_trie is None else []
        return Stream(Slices(self._read(hash, wanted)), _as_it_is, is_paced=True)

    @subscription(
        "archive_v1_storageDiff",
        notification="archive_v1_storageDiffEvent",
        unsubscribe=("archive_v1_stopStorageDiff",),
        ends_silently=True,
    )
    def storage_diff(
        self,
        caller: Caller,
        hash: Hash,
        items: list[DiffItem] | None = None,
        previous_hash: Hash | None = None,
    ) -> Stream[object]:
        """Send what changed in storage from a block's parent, or an ancestor, to the block."""
        _require_room(caller)
        wanted = [EVERYTHING] if items is None else items
        source = Slices(self._compare(hash, previous_hash, wanted))
        return Stream(source, _as_it_is, is_paced=True)

    def _read(self, block_hash: bytes, items: list[StorageItem]) -> Generator[object, None, None]:
        try:
            state = self._states.state_at(block_hash)
            for item in items:
                for one in found(state, item):
                    yield replace(one, event="storage")
        except (UnknownBlock, MissingNode):
            yield {"event": "storageError", "error": UNKNOWN}
        else:
            yield {"event": "storageDone"}

    def _compare(
        self, block_hash: bytes, previous_hash: bytes | None, items: list[DiffItem]
    ) -> Generator[object, None, None]:
        try:
            header = self._chain.header(block_hash)
            if header is None:
                raise UnknownBlock
            if previous_hash is not None and not self._is_ancestor(previous_hash, header):
                reason = "wanted a previousHash that is an ancestor of the block"
                yield {"event": "storageDiffError", "error": reason}
                return
            old = self._states.state_at(previous_hash or header.parent_hash)
            new = self._states.state_at(block_hash)
            for item in items:
                if item.child_trie_key is None:
                    for change in changes(old, new, item.key or b""):
                        yield SKIP if change is None else _shown(change, item)
        except (UnknownBlock, MissingNode):
            yield {"event": "storageDiffError", "error": UNKNOWN}
        else:
            yield {"event": "storageDiffDone"}

    def _is_ancestor(self, block_hash: bytes, of: Header) -> bool:
        """Say whether a block is below another: walk down to the best chain, then compare."""
        header: Header | None = of
        while header is not None and self._chain.hash_at(header.number) != header.hash:
            header = self._chain.header(header.parent_hash)
            if header is not None and header.hash == block_hash:
                return True
        ancestor = self._chain.header(block_hash)
        return (
            header is not None
            and ancestor is not None
            and ancestor.number <= header.number
            and self._chain.hash_at(ancestor.number) == block_hash
        )


def _shown(change: Change, item: DiffItem) -> FoundJson:
    """Show a change with the value after it, or before it where the entry is deleted."""
    value = change.before if change.after is None else change.after
    assert value is not None, "a change has a value on one side"
    shown = entry(change.key, value, hashed=item.return_type == "hash")
    kind = "added" if change.before is None else "modified"
    return replace(shown, event="storageDiff", type="deleted" if change.after is None else kind)


def _require_room(caller: Caller) -> None:
    session = caller.connection("archive_v1")
    reading = sum(isinstance(source, Slices) for source in session.sources())
    if reading >= MAX_READS:
        raise RpcError(
            Code.TOO_MANY_SUBSCRIPTIONS,
            "Too many storage reads on the connection",
            f"Exceeded max limit of {MAX_READS}",
        )


def _as_it_is(event: object) -> object:
    return event
