"""Which extrinsics can be applied now (ready), and which wait for another one (future).

An extrinsic requires tags and provides tags, such as (account, nonce). It is ready when every tag
it requires is provided by a ready extrinsic or, once that one is in a block, by the state. The
graph knows no limits and no clock. Source: Substrate, client/transaction-pool (base_pool, ready,
future).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from node.pool.validity import Pooled


@dataclass(frozen=True, slots=True)
class Conflict:
    """Extrinsics in the pool that provide the same tags as a new one."""

    entries: tuple[Pooled, ...]

    def yields_to(self, entry: Pooled) -> bool:
        """Say whether the new one is worth more than all that it would replace."""
        return entry.validity.priority > sum(old.validity.priority for old in self.entries)


@dataclass(slots=True)
class Queue:
    """Extrinsics by hash, with their size and an order of worth."""

    entries: dict[bytes, Pooled] = field(default_factory=dict)
    size_bytes: int = 0
    _worst: list[tuple[int, int, bytes]] = field(default_factory=list)
    """A heap that may hold entries that have left or were revalued since."""

    def put(self, entry: Pooled) -> None:
        """Add an extrinsic that is not there."""
        self.entries[entry.hash] = entry
        self.size_bytes += len(entry.raw)
        if len(self._worst) > 2 * len(self.entries) + 64:
            self._worst = [_worth(kept) for kept in self.entries.values()]
            heapq.heapify(self._worst)
        else:
            heapq.heappush(self._worst, _worth(entry))

    def take(self, entry_hash: bytes) -> Pooled:
        """Remove an extrinsic that is there."""
        entry = self.entries.pop(entry_hash)
        self.size_bytes -= len(entry.raw)
        return entry

    def worst(self) -> Pooled:
        """Return the extrinsic of least priority, of equals the latest; the queue is not empty."""
        while True:
            entry = self.entries.get(self._worst[0][2])
            if entry is not None and _worth(entry) == self._worst[0]:
                return entry
            heapq.heappop(self._worst)


class Graph:
    """The ready and the future extrinsics.

    Invariants: no tag is provided twice; every tag that a ready extrinsic needs is provided by a
    ready one; every future extrinsic misses at least one tag.
    """

    def __init__(self) -> None:
        """Start empty."""
        self.ready = Queue()
        self.future = Queue()
        self._providers: dict[bytes, bytes] = {}
        self._needs: dict[bytes, set[bytes]] = {}
        """By hash: required tags that the state does not satisfy yet."""
        self._needed_by: dict[bytes, dict[bytes, None]] = {}
        """The inverse of `_needs`, by tag, in order of arrival."""

    def __contains__(self, entry_hash: bytes) -> bool:
        return entry_hash in self.ready.entries or entry_hash in self.future.entries

    def __len__(self) -> int:
        return len(self.ready.entries) + len(self.future.entries)

    def get(self, entry_hash: bytes) -> Pooled | None:
        """Return an extrinsic, or None."""
        return self.ready.entries.get(entry_hash) or self.future.entries.get(entry_hash)

    def conflict(self, entry: Pooled) -> Conflict | None:
        """Return what provides a tag that the new extrinsic provides too, or None."""
        hashes = {
            self._providers[tag]: None for tag in entry.validity.provides if tag in self._providers
        }
        hashes.pop(entry.hash, None)
        entries = tuple(entry for entry in map(self.get, hashes) if entry is not None)
        return Conflict(entries) if entries else None

    def add(self, entry: Pooled) -> tuple[Pooled, ...]:
        """Add an extrinsic without conflict; return those that became ready, in order."""
        needs = set(entry.validity.requires)
        self._needs[entry.hash] = needs
        for tag in entry.validity.provides:
            self._providers[tag] = entry.hash
        for tag in entry.validity.requires:
            self._needed_by.setdefault(tag, {})[entry.hash] = None
        if not self._is_satisfied(entry.hash):
            self.future.put(entry)
            return ()
        self.ready.put(entry)
        return (entry, *self._promoted(entry.validity.provides))

    def remove(self, entry_hash: bytes) -> tuple[Pooled, ...]:
        """Remove an extrinsic; return those that were ready by it and must wait again."""
        entry = self._detach(entry_hash)
        return tuple(self._demoted(entry.validity.provides))

    def include(self, entry_hash: bytes) -> tuple[Pooled, ...]:
        """Remove an extrinsic that is in a block now; return those that became ready by it."""
        entry = self._detach(entry_hash)
        return self.satisfy(entry.validity.provides)

    def satisfy(self, tags: Iterable[bytes]) -> tuple[Pooled, ...]:
        """Note that the state provides the tags now; return those that became ready by it."""
        waiting: dict[bytes, None] = {}
        for tag in tags:
            for dependent in self._needed_by.pop(tag, {}):
                self._needs[dependent].discard(tag)
                waiting[dependent] = None
        return tuple(self._promote_all(list(waiting)))

    def in_order(self) -> ReadyIterator:
        """Iterate over what is ready now, best first, each after what it requires."""
        needs = {entry_hash: set(self._needs[entry_hash]) for entry_hash in self.ready.entries}
        return ReadyIterator(dict(self.ready.entries), needs)

    def _detach(self, entry_hash: bytes) -> Pooled:
        queue = self.ready if entry_hash in self.ready.entries else self.future
        entry = queue.take(entry_hash)
        for tag in self._needs.pop(entry_hash):
            waiting = self._needed_by[tag]
            del waiting[entry_hash]
            if not waiting:
                del self._needed_by[tag]
        for tag in entry.validity.provides:
            del self._providers[tag]
        return entry

    def _is_satisfied(self, entry_hash: bytes) -> bool:
        return all(
            self._providers.get(tag) in self.ready.entries for tag in self._needs[entry_hash]
        )

    def _promoted(self, tags: Iterable[bytes]) -> Iterator[Pooled]:
        yield from self._promote_all([d for tag in tags for d in self._needed_by.get(tag, {})])

    def _promote_all(self, todo: list[bytes]) -> Iterator[Pooled]:
        """Move what is satisfied from future to ready, and what that satisfies."""
        while todo:
            entry_hash = todo.pop(0)
            if entry_hash in self.future.entries and self._is_satisfied(entry_hash):
                entry = self.future.take(entry_hash)
                self.ready.put(entry)
                yield entry
                for tag in entry.validity.provides:
                    todo.extend(self._needed_by.get(tag, {}))

    def _demoted(self, tags: Iterable[bytes]) -> Iterator[Pooled]:
        """Move what needs the tags from ready to future, and what needs those."""
        todo = list(tags)
        while todo:
            for dependent in self._needed_by.get(todo.pop(0), {}):
                if dependent in self.ready.entries:
                    entry = self.ready.take(dependent)
                    self.future.put(entry)
                    yield entry
                    todo.extend(entry.validity.provides)


class ReadyIterator:
    """Walks over what was ready when it was made; authors use it while they build a block."""

    def __init__(self, entries: dict[bytes, Pooled], needs: dict[bytes, set[bytes]]) -> None:
        """Take over the arguments."""
        self._entries = entries
        self._needs = needs
        self._needed_by: dict[bytes, list[bytes]] = {}
        for entry_hash, tags in needs.items():
            for tag in tags:
                self._needed_by.setdefault(tag, []).append(entry_hash)
        self._best = [_rank(entry) for entry in entries.values() if not needs[entry.hash]]
        heapq.heapify(self._best)
        self._last: Pooled | None = None

    def __iter__(self) -> ReadyIterator:
        return self

    def __next__(self) -> Pooled:
        if self._last is not None:
            self._unlock(self._last)
            self._last = None
        if not self._best:
            raise StopIteration
        self._last = self._entries[heapq.heappop(self._best)[2]]
        return self._last

    def skip_dependents(self) -> None:
        """Leave out what requires the last extrinsic, because it did not get into the block."""
        self._last = None

    def _unlock(self, entry: Pooled) -> None:
        for tag in entry.validity.provides:
            for dependent in self._needed_by.get(tag, ()):
                needs = self._needs[dependent]
                needs.discard(tag)
                if not needs:
                    heapq.heappush(self._best, _rank(self._entries[dependent]))


def _worth(entry: Pooled) -> tuple[int, int, bytes]:
    """Order for dropping: least priority first, of equals the latest."""
    return (entry.validity.priority, -entry.sequence, entry.hash)


def _rank(entry: Pooled) -> tuple[int, int, bytes]:
    """Order for blocks: highest priority first, of equals the earliest."""
    return (-entry.validity.priority, entry.sequence, entry.hash)
