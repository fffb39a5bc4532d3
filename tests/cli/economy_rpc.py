"""A node without a node, over a chain on which everything happened that moves money."""

from __future__ import annotations

from typing import Any

from cli.sdk.client import Client, enhex, unhex
from cli.sdk.transport import RpcRefusal
from runtime.config import CODE_KEY
from runtime.state.trie import Trie
from runtime.versions import chosen_by
from tests.support.economy import EconomyNode


class EconomyRpc:
    """Answers what a replay asks; `changed` values stand in the way of the true ones."""

    def __init__(self, node: EconomyNode) -> None:
        self._node = node
        self.changed: dict[tuple[int, bytes], bytes | None] = {}
        """By block and key."""
        self.lost: int | None = None
        """A block whose state the node says that it has not."""

    async def call(self, method: str, *params: Any) -> Any:
        """Answer a call."""
        return getattr(self, method)(*params)

    def chain_getBlockHash(self, number: int | None = None) -> str | None:  # noqa: N802
        best = self._node.chain.best.number
        found = self._node.chain.hash_at(best if number is None else number)
        return None if found is None else enhex(found)

    def chain_getHeader(self, block_hash: str) -> dict[str, Any]:  # noqa: N802
        header = self._node.chain.header(unhex(block_hash))
        assert header is not None
        return {"number": hex(header.number)}

    def state_getStorage(self, key: str, at: str) -> str | None:  # noqa: N802
        return self._value(unhex(key), unhex(at))

    def state_queryStorageAt(self, keys: list[str], at: str) -> list[Any]:  # noqa: N802
        changes = [[key, self._value(unhex(key), unhex(at))] for key in keys]
        return [{"block": at, "changes": changes}]

    def state_getKeysPaged(self, prefix: str, count: int, *rest: str) -> list[str]:  # noqa: N802
        start, at = (rest[0], rest[1]) if len(rest) == 2 else (None, rest[0])
        after = None if start is None else unhex(start)
        keys = list(self._state(unhex(at)).keys(unhex(prefix), after))
        return [enhex(key) for key in keys[:count]]

    def _value(self, key: bytes, at: bytes) -> str | None:
        header = self._node.chain.header(at)
        assert header is not None
        if (header.number, key) in self.changed:
            value = self.changed[header.number, key]
        else:
            value = self._state(at).get(key)
        return None if value is None else enhex(value)

    def _state(self, at: bytes) -> Trie:
        header = self._node.chain.header(at)
        if header is None or header.number == self.lost:
            raise RpcRefusal("state_queryStorageAt", 4003, "Client error", "the state is gone")
        return self._node.chain.state_at(at)


def client_of(rpc: EconomyRpc, node: EconomyNode) -> Client:
    """Return a client of the chain."""
    config, version = chosen_by(node.maker.state.get(CODE_KEY))
    return Client(rpc, node.maker.genesis.hash, config, version)
