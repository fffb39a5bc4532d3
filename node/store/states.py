"""The state of every block: trie nodes by their hash, with the recently read ones in memory.

Nodes are content-addressed, so blocks share what did not change and a node is never rewritten.
Which of them stay in the database is decided in `pruning.py`.
"""

from __future__ import annotations

from node.store.columns import NODE
from node.store.db import Database
from node.store.lru import Lru
from runtime.state.trie import EMPTY_ROOT, Trie

NODE_CACHE_BYTES = 24 << 20
"""About 60,000 nodes, the upper levels of a trie; a tenth of a node's memory."""

ENTRY_OVERHEAD_BYTES = 200
"""What Python adds to a node: two bytes objects, a tuple and a dictionary entry."""


class StateStore:
    """Reads trie nodes; they are written with their block, by `BlockStore`."""

    def __init__(self, db: Database, cache_bytes: int = NODE_CACHE_BYTES) -> None:
        """Read from `db`, remembering up to `cache_bytes`."""
        self._db = db
        self._nodes: Lru[bytes, bytes] = Lru(cache_bytes)

    def state_at(self, state_root: bytes) -> Trie:
        """Return the state with that root; nodes are read when they are needed."""
        return Trie(state_root, self.fetch)

    def has(self, state_root: bytes) -> bool:
        """Say whether the state with that root is stored."""
        return state_root == EMPTY_ROOT or self.fetch(state_root) is not None

    def fetch(self, node_hash: bytes) -> bytes | None:
        """Return the node with that hash, or None."""
        node = self._nodes.get(node_hash)
        if node is not None:
            return node
        node = self.read(node_hash)
        if node is not None:
            self._nodes.put(node_hash, node, len(node) + ENTRY_OVERHEAD_BYTES)
        return node

    def read(self, node_hash: bytes) -> bytes | None:
        """Return the node with that hash from the database, without remembering it, or None."""
        return self._db.get(NODE + node_hash)

    @property
    def cached_bytes(self) -> int:
        """The memory that remembered nodes take."""
        return self._nodes.size
