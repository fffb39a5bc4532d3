"""How often each node counts, in databases that prune: see `pruning.py`."""

from __future__ import annotations

from node.store.columns import COUNT, NODE
from node.store.db import Batch, Database

COUNT_BYTES = 8


class NodeCounts:
    """The counts as they will be after a batch."""

    def __init__(self, db: Database, batch: Batch) -> None:
        self._db = db
        self._batch = batch

    def add(self, digest: bytes, count: int, node: bytes | None) -> None:
        """Count a node, and write it if it is not there."""
        if self._get(NODE + digest) is None:
            assert node is not None, f"the block brought no node {digest.hex()}"
            self._batch.put(NODE + digest, node)
        else:
            count += self._count(digest)
        self._put(digest, count)

    def take(self, digest: bytes) -> None:
        """Count a node once less, and delete it if nothing is left."""
        count = self._count(digest) - 1
        if count:
            self._put(digest, count)
        else:
            self._batch.delete(NODE + digest)

    def _count(self, digest: bytes) -> int:
        raw = self._get(COUNT + digest)
        return 1 if raw is None else int.from_bytes(raw, "big")

    def _put(self, digest: bytes, count: int) -> None:
        if count > 1:
            self._batch.put(COUNT + digest, count.to_bytes(COUNT_BYTES, "big"))
        elif self._get(COUNT + digest) is not None:
            self._batch.delete(COUNT + digest)

    def _get(self, key: bytes) -> bytes | None:
        changes = self._batch.changes
        return changes[key] if key in changes else self._db.get(key)
