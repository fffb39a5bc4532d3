"""The childstate namespace: this chain has no child tries, and says so as Substrate would.

A child trie that was never made is empty, and a proof of that is a proof that its root is nowhere.
"""

from itertools import islice

from node.rpc.backend import HeaderReader, NodeReader
from node.rpc.blocks import known_header
from node.rpc.errors import Code, RpcError
from node.rpc.registry import method
from node.rpc.state import ReadProofJson, check_key_count, check_page, read_proof_json
from node.rpc.values import Hash, Hex, maybe_hex, to_hex
from runtime.primitives.block import Header
from runtime.primitives.hashing import blake2_256
from runtime.state.trie import Trie, fetch_nothing

DEFAULT_CHILD_PREFIX = b":child_storage:default:"
"""Where the root of a child trie would be; the only kind there is."""


class ChildStateNamespace:
    """What clients ask about child tries."""

    def __init__(self, chain: HeaderReader, nodes: NodeReader) -> None:
        self._chain = chain
        self._nodes = nodes

    @method("childstate_getKeys")
    def get_keys(self, child_storage_key: Hex, prefix: Hex, hash: Hash | None = None) -> list[str]:
        """Return the keys of a child trie: none."""
        child = self._child(child_storage_key, hash)
        return [to_hex(key) for key in child.keys(prefix)]

    @method("childstate_getKeysPaged", "childstate_getKeysPagedAt")
    def get_keys_paged(
        self,
        child_storage_key: Hex,
        prefix: Hex | None,
        count: int,
        start_key: Hex | None = None,
        hash: Hash | None = None,
    ) -> list[str]:
        """Return a page of the keys of a child trie: none."""
        check_page(count)
        keys = self._child(child_storage_key, hash).keys(prefix or b"", start_key or None)
        return [to_hex(key) for key in islice(keys, count)]

    @method("childstate_getStorage")
    def get_storage(self, child_storage_key: Hex, key: Hex, hash: Hash | None = None) -> str | None:
        """Return a value of a child trie: none."""
        return maybe_hex(self._child(child_storage_key, hash).get(key))

    @method("childstate_getStorageEntries")
    def get_storage_entries(
        self, child_storage_key: Hex, keys: list[Hex], hash: Hash | None = None
    ) -> list[str | None]:
        """Return several values of a child trie: none."""
        check_key_count(keys)
        child = self._child(child_storage_key, hash)
        return [maybe_hex(child.get(key)) for key in keys]

    @method("childstate_getStorageHash")
    def get_storage_hash(
        self, child_storage_key: Hex, key: Hex, hash: Hash | None = None
    ) -> str | None:
        """Return the hash of a value of a child trie: none."""
        value = self._child(child_storage_key, hash).get(key)
        return None if value is None else to_hex(blake2_256(value))

    @method("childstate_getStorageSize")
    def get_storage_size(
        self, child_storage_key: Hex, key: Hex, hash: Hash | None = None
    ) -> int | None:
        """Return the size of a value of a child trie: none."""
        value = self._child(child_storage_key, hash).get(key)
        return None if value is None else len(value)

    @method("state_getChildReadProof")
    def get_child_read_proof(
        self, child_storage_key: Hex, keys: list[Hex], hash: Hash | None = None
    ) -> ReadProofJson:
        """Return the trie nodes that prove that there is no such child trie."""
        check_key_count(keys)
        header = self._check(child_storage_key, hash)
        return read_proof_json(header, self._nodes, [child_storage_key])

    def _child(self, child_storage_key: bytes, at: Hash | None) -> Trie:
        self._check(child_storage_key, at)
        return Trie(None, fetch_nothing)

    def _check(self, child_storage_key: bytes, at: Hash | None) -> Header:
        """Refuse a key that cannot be a child trie's, and a block that is not there."""
        if not child_storage_key.startswith(DEFAULT_CHILD_PREFIX):
            raise RpcError(Code.CLIENT, "Client error: Invalid child storage key")
        return known_header(self._chain, at)
