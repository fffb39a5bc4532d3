"""What was learned a moment ago: a small memory that forgets by age and by number."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

MAX_REMEMBERED = 1024
"""Entries of one memory: more than a busy node asks for within the minutes that they last."""

T = TypeVar("T")


class Recent(Generic[T]):
    """Values that were learned a moment ago; at most `MAX_REMEMBERED`, the oldest go first."""

    def __init__(self, seconds: float, now: Callable[[], float]) -> None:
        self._seconds, self._now = seconds, now
        self._entries: OrderedDict[bytes, tuple[T, float]] = OrderedDict()

    def get(self, key: bytes) -> T | None:
        """Return what was learned, unless that is too long ago."""
        found = self._entries.get(key)
        return found[0] if found is not None and found[1] > self._now() else None

    def put(self, key: bytes, value: T) -> None:
        """Remember what was just learned."""
        self.drop(key)
        self._entries[key] = (value, self._now() + self._seconds)
        if len(self._entries) > MAX_REMEMBERED:
            self._entries.popitem(last=False)

    def drop(self, key: bytes) -> None:
        """Forget, if there is anything to forget."""
        self._entries.pop(key, None)
