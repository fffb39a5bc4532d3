"""A disk for simulations: what was not synced may be gone after a power loss, newest first."""

from __future__ import annotations

import random

from node.store.db import Batch, MemoryDatabase

Undo = dict[bytes, bytes | None]
"""What was under each key of a batch before it."""


class FragileDatabase(MemoryDatabase):
    """A database with a log: a synced batch makes itself and all before it last.

    Like LevelDB after a power loss, it then holds whole batches, and no batch without those that
    were written before it.
    """

    def __init__(self) -> None:
        super().__init__()
        self._unsynced: list[Undo] = []

    @property
    def unsynced(self) -> int:
        """How many batches a power loss may take."""
        return len(self._unsynced)

    def write(self, batch: Batch, *, sync: bool = False) -> None:
        self._unsynced.append({key: self.get(key) for key in batch.changes})
        super().write(batch)
        if sync:
            self._unsynced.clear()

    def lose_power(self, rng: random.Random) -> None:
        """Undo some of what was not synced: a random number of the newest batches."""
        for _ in range(rng.randint(0, len(self._unsynced))):
            before = Batch()
            before.changes = dict(self._unsynced.pop())
            super().write(before)
        self._unsynced.clear()
