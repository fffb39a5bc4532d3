"""A dictionary that forgets what was not used for longest once it is full."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Lru(Generic[K, V]):
    """Holds at most `capacity` in total size; an entry's size is what the caller says."""

    def __init__(self, capacity: int) -> None:
        """Start empty."""
        self._capacity = capacity
        self._size = 0
        self._entries: OrderedDict[K, tuple[V, int]] = OrderedDict()

    def get(self, key: K) -> V | None:
        """Return the value and count this as a use, or None."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        self._entries.move_to_end(key)
        return entry[0]

    def put(self, key: K, value: V, size: int = 1) -> None:
        """Remember the value, forgetting the least used; too large a value is not kept."""
        self.forget(key)
        if size > self._capacity:
            return
        self._entries[key] = (value, size)
        self._size += size
        while self._size > self._capacity:
            _, (_, freed) = self._entries.popitem(last=False)
            self._size -= freed

    def forget(self, key: K) -> None:
        """Drop the value, if there is one."""
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._size -= entry[1]

    def clear(self) -> None:
        """Drop everything."""
        self._entries.clear()
        self._size = 0

    @property
    def size(self) -> int:
        """The total size of what is remembered."""
        return self._size

    def __len__(self) -> int:
        """Count the entries."""
        return len(self._entries)
