"""The state namespace: storage, metadata and runtime calls at a block."""

from collections.abc import Sequence
from hashlib import blake2b
from itertools import islice

import msgspec

from node.rpc.backend import HeaderReader, NodeReader, StateReader, StateView
from node.rpc.blocks import block_hash_or_best, known_header
from node.rpc.errors import Code, RpcError, invalid_params
from node.rpc.heads import Heads
from node.rpc.registry import method, subscription
from node.rpc.runtime_api import TypedRuntime
from node.rpc.subscriptions import SKIP, Skip, Stream, Topic
from node.rpc.values import Hash, Hex, maybe_hex, to_hex
from node.rpc.versions import VersionJson, version_json
from node.store.blocks import UnknownBlock
from runtime.primitives.block import Header
from runtime.state.proof import read_proof

MAX_KEYS_PER_PAGE = 1_000
"""As polkadot-sdk has it: clients page by it."""

MAX_KEYS_AT_ONCE = 10_000
"""Keys or pairs of a call that has no pages: about 1 MB of JSON, some 50 ms of reading."""

MAX_KEYS_QUERIED = 1_024
"""Keys named in one query or subscription; wallets name some tens."""

MAX_BLOCKS_QUERIED = 256
"""Blocks walked by one queryStorage; times the keys, this is the work of the call."""


class ChangesJson(msgspec.Struct, frozen=True):
    """Storage entries at a block, as pairs; a null value means there is none."""

    block: str
    changes: list[tuple[str, str | None]]


class ReadProofJson(msgspec.Struct, frozen=True):
    """Trie nodes that prove values against a block's state root."""

    at: str
    proof: list[str]


class StateNamespace:
    """What clients ask about storage."""

    def __init__(
        self, chain: HeaderReader, states: StateReader, nodes: NodeReader, runtime: TypedRuntime
    ) -> None:
        self._chain = chain
        self._states = states
        self._nodes = nodes
        self._runtime = runtime

    @method("state_getMetadata")
    def get_metadata(self, at: Hash | None = None) -> str:
        """Return the runtime's metadata, version 14."""
        return to_hex(self._runtime.metadata(block_hash_or_best(self._chain, at)))

    @method("state_getRuntimeVersion", "chain_getRuntimeVersion")
    def get_runtime_version(self, at: Hash | None = None) -> VersionJson:
        """Return the runtime's version."""
        return version_json(self._runtime.version(block_hash_or_best(self._chain, at)))

    @method("state_call", "state_callAt")
    def call(self, name: str, bytes: Hex, at: Hash | None = None) -> str:
        """Call a runtime API by name with SCALE arguments."""
        return to_hex(self._runtime.call(name, bytes, block_hash_or_best(self._chain, at)))

    @method("state_getStorage", "state_getStorageAt")
    def get_storage(self, key: Hex, at: Hash | None = None) -> str | None:
        """Return a value."""
        return maybe_hex(self._at(at).get(key))

    @method("state_getStorageHash", "state_getStorageHashAt")
    def get_storage_hash(self, key: Hex, at: Hash | None = None) -> str | None:
        """Return the blake2-256 of a value."""
        value = self._at(at).get(key)
        return None if value is None else to_hex(blake2b(value, digest_size=32).digest())

    @method("state_getStorageSize", "state_getStorageSizeAt")
    def get_storage_size(self, key: Hex, at: Hash | None = None) -> int | None:
        """Return the length of a value, or the total length of the values under a prefix."""
        state = self._at(at)
        value = state.get(key)
        if value is not None:
            return len(value)
        sizes = [len(state.get(found) or b"") for found in _bounded_keys(state, key)]
        return sum(sizes) if sizes else None

    @method("state_getKeys")
    def get_keys(self, prefix: Hex, at: Hash | None = None) -> list[str]:
        """Return the keys under a prefix, if they are not too many."""
        return [to_hex(key) for key in _bounded_keys(self._at(at), prefix)]

    @method("state_getKeysPaged", "state_getKeysPagedAt")
    def get_keys_paged(
        self,
        prefix: Hex | None,
        count: int,
        start_key: Hex | None = None,
        at: Hash | None = None,
    ) -> list[str]:
        """Return a page of the keys under a prefix, after `start_key`."""
        check_page(count)
        keys = self._at(at).keys(prefix or b"", start_key or None)
        return [to_hex(key) for key in islice(keys, count)]

    @method("state_getPairs", unsafe=True)
    def get_pairs(self, prefix: Hex, at: Hash | None = None) -> list[tuple[str, str]]:
        """Return keys and values under a prefix, if they are not too many."""
        state = self._at(at)
        return [
            (to_hex(key), to_hex(state.get(key) or b"")) for key in _bounded_keys(state, prefix)
        ]

    @method("state_queryStorageAt")
    def query_storage_at(self, keys: list[Hex], at: Hash | None = None) -> list[ChangesJson]:
        """Return the values of several keys at one block."""
        check_key_count(keys)
        state = self._at(at)
        values = [(to_hex(key), maybe_hex(state.get(key))) for key in keys]
        return [ChangesJson(to_hex(block_hash_or_best(self._chain, at)), values)]

    @method("state_queryStorage", unsafe=True)
    def query_storage(
        self, keys: list[Hex], from_block: Hash, to_block: Hash | None = None
    ) -> list[ChangesJson]:
        """Return the values of several keys at a block, and their changes up to a later one."""
        check_key_count(keys)
        differences = StorageChanges(self._states, tuple(keys))
        changes = [differences.at(header.hash) for header in self._walk(from_block, to_block)]
        return [change for change in changes if not isinstance(change, Skip)]

    @method("state_getReadProof")
    def get_read_proof(self, keys: list[Hex], at: Hash | None = None) -> ReadProofJson:
        """Return the trie nodes that prove the values of several keys."""
        check_key_count(keys)
        header = known_header(self._chain, at)
        self._states.state_at(header.hash)
        return read_proof_json(header, self._nodes, keys)

    def _at(self, at: Hash | None) -> StateView:
        return self._states.state_at(block_hash_or_best(self._chain, at))

    def _walk(self, from_block: Hash, to_block: Hash | None) -> list[Header]:
        """List the headers from one block to a later one, oldest first."""
        oldest, header = known_header(self._chain, from_block), known_header(self._chain, to_block)
        span = header.number - oldest.number
        if not 0 <= span < MAX_BLOCKS_QUERIED:
            raise RpcError(
                Code.INVALID_BLOCK_RANGE,
                f"Cannot resolve a block range: wanted at most {MAX_BLOCKS_QUERIED} blocks "
                f"from the older to the newer, got {span + 1}",
            )
        headers = [header]
        while header.number > oldest.number:
            header = known_header(self._chain, Hash(header.parent_hash))
            headers.append(header)
        if header.hash != oldest.hash:
            raise RpcError(
                Code.INVALID_BLOCK_RANGE,
                "Cannot resolve a block range: the older block is not an ancestor of the newer",
            )
        return headers[::-1]


class StateNews:
    """The subscriptions of the state namespace."""

    def __init__(self, states: StateReader, heads: Heads) -> None:
        self._states = states
        self._heads = heads

    @subscription(
        "state_subscribeStorage",
        notification="state_storage",
        unsubscribe=("state_unsubscribeStorage",),
    )
    def subscribe_storage(self, keys: list[Hex]) -> Stream[Header]:
        """Send the values of these keys, then their changes in every best block."""
        check_key_count(keys)
        differences = StorageChanges(self._states, tuple(keys))

        def render(header: Header) -> ChangesJson | Skip:
            try:
                return differences.at(header.hash)
            except UnknownBlock:
                return SKIP  # a fork that was abandoned meanwhile; the next best block is coming

        return Stream(self._heads.best_headers(), render)

    @subscription(
        "state_subscribeRuntimeVersion",
        "chain_subscribeRuntimeVersion",
        notification="state_runtimeVersion",
        unsubscribe=("state_unsubscribeRuntimeVersion", "chain_unsubscribeRuntimeVersion"),
    )
    def subscribe_runtime_version(self) -> Topic:
        """Send the runtime's version, then every other that follows."""
        return self._heads.version


class StorageChanges:
    """Compares the same keys from block to block: all of them first, then those that changed."""

    def __init__(self, states: StateReader, keys: tuple[bytes, ...]) -> None:
        self._states = states
        self._keys = keys
        self._seen: dict[bytes, bytes | None] = {}

    def at(self, block_hash: bytes) -> ChangesJson | Skip:
        """Return what differs from the block asked before, or SKIP when nothing does."""
        state = self._states.state_at(block_hash)
        is_first = not self._seen
        now = {key: state.get(key) for key in self._keys}
        changed = [
            (to_hex(key), maybe_hex(value))
            for key, value in now.items()
            if is_first or self._seen[key] != value
        ]
        self._seen = now
        return ChangesJson(to_hex(block_hash), changed) if changed or is_first else SKIP


def _bounded_keys(state: StateView, prefix: bytes) -> list[bytes]:
    keys = list(islice(state.keys(prefix), MAX_KEYS_AT_ONCE + 1))
    if len(keys) > MAX_KEYS_AT_ONCE:
        raise RpcError(
            Code.INVALID_COUNT,
            f"more than {MAX_KEYS_AT_ONCE} keys begin with this prefix: use state_getKeysPaged",
        )
    return keys


def read_proof_json(header: Header, nodes: NodeReader, keys: Sequence[bytes]) -> ReadProofJson:
    """Return the trie nodes that prove what a block's state has under some keys."""
    proof = read_proof(header.state_root, nodes.fetch, keys)
    return ReadProofJson(to_hex(header.hash), [to_hex(node) for node in proof])


def check_page(count: int) -> None:
    """Refuse a page that is too large; raises RpcError."""
    if not 0 <= count <= MAX_KEYS_PER_PAGE:
        raise RpcError(
            Code.INVALID_COUNT,
            f"count exceeds maximum value. value: {count}, max: {MAX_KEYS_PER_PAGE}",
        )


def check_key_count(keys: list[Hex]) -> None:
    """Refuse no keys and too many; raises RpcError."""
    if not 0 < len(keys) <= MAX_KEYS_QUERIED:
        raise invalid_params(f"wanted 1 to {MAX_KEYS_QUERIED} keys, got {len(keys)}")
