"""Extrinsics whose signature was already checked, remembered between the pool and import.

A block mostly holds what the pool has seen: finding the decoded extrinsic here instead of decoding
and verifying it again halves the time of import, the largest single gain there is.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

T = TypeVar("T")

VERIFIED_COUNT = 20_000
"""Twice what the pool holds: blocks contain what has just left it."""

VERIFIED_BYTES = 32 << 20
"""Of raw extrinsics; decoded they take about as much again."""


class VerifiedCache(Generic[T]):
    """A bounded dictionary from extrinsic hash to what was learned; the oldest goes first.

    A signature also covers bytes that are not in the extrinsic (versions, genesis, the hash of the
    block at which a mortal era began), so a value must carry them and its reader compare: another
    fork may imply others.
    """

    def __init__(self, max_count: int = VERIFIED_COUNT, max_bytes: int = VERIFIED_BYTES) -> None:
        """Start empty."""
        self._max_count = max_count
        self._max_bytes = max_bytes
        self._bytes = 0
        self._entries: OrderedDict[bytes, tuple[T, int]] = OrderedDict()

    def get(self, extrinsic_hash: bytes) -> T | None:
        """Return what was learned, or None."""
        entry = self._entries.get(extrinsic_hash)
        return None if entry is None else entry[0]

    def put(self, extrinsic_hash: bytes, value: T, size_bytes: int) -> None:
        """Remember what was learned of an extrinsic of that size, instead of anything older."""
        previous = self._entries.pop(extrinsic_hash, None)
        if previous is not None:
            self._bytes -= previous[1]
        self._entries[extrinsic_hash] = (value, size_bytes)
        self._bytes += size_bytes
        while len(self._entries) > self._max_count or self._bytes > self._max_bytes:
            _, (_, freed) = self._entries.popitem(last=False)
            self._bytes -= freed

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def size_bytes(self) -> int:
        """The raw bytes of all that is remembered."""
        return self._bytes
