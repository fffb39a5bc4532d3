"""A database that writes the batches of a while as one.

An empty block is fifty records, and to write them alone costs two signature checks, the half of
which sixteen blocks share when they are written together. What has not been written yet is kept
here and read from here, so nobody sees a difference but whoever kills the process: he finds what
was written before, all of it, and of the rest nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from heapq import merge
from itertools import chain
from operator import itemgetter
from threading import Lock

from node.store.db import Batch, Database

Changes = dict[bytes, bytes | None]


class GatheredDatabase:
    """Stands before a database; outside of `gathered` it passes everything on.

    Invariant: batches reach the database in their order, and one that is to be synced takes with it
    all that wait. It may be used in several threads: the explorer's index has one.
    """

    def __init__(self, database: Database) -> None:
        """Gather nothing yet."""
        self._database = database
        self._waiting: defaultdict[bytes, Changes] = defaultdict(dict)
        """By column, the first letter of the key."""
        self._scopes = 0
        self._lock = Lock()

    @contextmanager
    def gathered(self) -> Iterator[None]:
        """Keep what is written in the `with` block, whoever writes it, until its end."""
        with self._lock:
            self._scopes += 1
        try:
            yield
        finally:
            with self._lock:
                self._scopes -= 1
                if not self._scopes:
                    self._flush(sync=False)

    def get(self, key: bytes) -> bytes | None:
        """Return the value of `key`, or None."""
        waiting = self._waiting.get(key[:1])
        if waiting is not None and key in waiting:
            return waiting[key]
        return self._database.get(key)

    def iterate(self, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Yield the entries under `prefix` in order, as they were when the iteration began."""
        with self._lock:
            waiting = self._under(prefix, start)
            written = iter(self._database.iterate(prefix, start))
            first = next(written, None)  # from now on it does not see what is written later
        rest = written if first is None else chain((first,), written)
        return _merged(rest, waiting) if waiting else rest

    def write(self, batch: Batch, *, sync: bool = False) -> None:
        """Apply the batch, all of it or nothing; `sync` waits for the disk."""
        with self._lock:
            if self._scopes:
                self._gather(batch)
                if sync:
                    self._flush(sync=True)
                return
        self._database.write(batch, sync=sync)

    def close(self) -> None:
        """Write what waits and release the files."""
        with self._lock:
            self._flush(sync=False)
        self._database.close()

    def _gather(self, batch: Batch) -> None:
        for key, value in batch.changes.items():
            self._waiting[key[:1]][key] = value

    def _flush(self, *, sync: bool) -> None:
        """Write all that waits; readers find it here until it is there."""
        batch = Batch()
        for column in self._waiting.values():
            batch.changes.update(column)
        if batch.changes:
            self._database.write(batch, sync=sync)
        self._waiting = defaultdict(dict)

    def _under(self, prefix: bytes, start: bytes) -> Changes:
        """Return what waits under a prefix, from a key on; all of it where the prefix is empty."""
        one = self._waiting.get(prefix[:1], {})
        columns = [one] if prefix else self._waiting.values()
        return {
            key: value
            for column in columns
            for key, value in column.items()
            if key.startswith(prefix) and key >= start
        }


def _merged(
    written: Iterable[tuple[bytes, bytes]], waiting: Changes
) -> Iterator[tuple[bytes, bytes]]:
    """Yield both in the order of their keys; what waits replaces what is written."""
    older = (item for item in written if item[0] not in waiting)
    for key, value in merge(older, sorted(waiting.items()), key=itemgetter(0)):
        if value is not None:
            yield key, value
