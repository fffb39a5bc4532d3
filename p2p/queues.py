"""A queue of messages from many peers, bounded in number and in bytes, in all and for each peer."""

from collections import Counter, deque
from dataclasses import dataclass
from typing import Final

import trio

SHARE: Final = 4
"""A peer may fill a quarter of the queue: it takes several to keep the others' messages out."""


@dataclass(frozen=True, slots=True)
class QueueLimits:
    """What a queue may hold."""

    messages: int
    size_bytes: int


class SharedQueue:
    """Messages waiting for one consumer, oldest first.

    Invariant: within its limits, and each peer within its share of them.
    """

    def __init__(self, limits: QueueLimits) -> None:
        self._limits = limits
        self._messages: deque[tuple[str, bytes]] = deque()
        self._size_bytes = 0
        self._counts: Counter[str] = Counter()
        self._sizes: Counter[str] = Counter()
        self._filled = trio.Event()

    @property
    def size_bytes(self) -> int:
        """Bytes of all messages that wait."""
        return self._size_bytes

    def __len__(self) -> int:
        return len(self._messages)

    def put(self, peer: str, message: bytes) -> bool:
        """Queue a message; False when there is no room for it."""
        size = len(message)
        if (
            len(self._messages) >= self._limits.messages
            or self._size_bytes + size > self._limits.size_bytes
            or self._counts[peer] >= self._limits.messages // SHARE
            or self._sizes[peer] + size > self._limits.size_bytes // SHARE
        ):
            return False
        self._messages.append((peer, message))
        self._size_bytes += size
        self._counts[peer] += 1
        self._sizes[peer] += size
        self._filled.set()
        return True

    async def take(self) -> tuple[str, bytes]:
        """Wait for the oldest message; one task at a time."""
        while not self._messages:
            self._filled = trio.Event()
            await self._filled.wait()
        peer, message = self._messages.popleft()
        self._size_bytes -= len(message)
        self._counts[peer] -= 1
        self._sizes[peer] -= len(message)
        if not self._counts[peer]:
            del self._counts[peer], self._sizes[peer]
        return peer, message
