"""The bounded queue of one WebSocket's output."""

from collections import deque
from collections.abc import Callable

import trio


class Outbox:
    """Frames waiting for one socket.

    Replies wait for room (`put`), so that a client that asks faster than it reads is slowed down.
    Notifications cannot wait (`push`).

    Invariant: never more than `max_frames` frames or `max_bytes` bytes. One notification
    too many sets `overflow` and empties the queue: a client with a hole in its events starts again.
    """

    def __init__(self, max_frames: int, max_bytes: int, on_overflow: Callable[[], None]) -> None:
        self._frames: deque[bytes] = deque()
        self._size = 0
        self._max_frames = max_frames
        self._max_bytes = max_bytes
        self._on_overflow = on_overflow
        self._wake = trio.Event()
        self._waiting_for_room = trio.lowlevel.ParkingLot()
        self._is_closed = False
        self.overflow = ""
        """Why the client was too slow; empty while it keeps up."""

    def push(self, frame: bytes) -> None:
        """Queue one notification; never blocks."""
        if self._is_closed or self.overflow or not frame:
            return
        if self._has_room(frame):
            self._append(frame)
            return
        self.overflow = f"too slow: {len(self._frames)} frames, {self._size} bytes unread"
        self._frames.clear()
        self._wake.set()
        self._on_overflow()

    async def put(self, frame: bytes) -> None:
        """Queue one reply as soon as there is room."""
        while not self._has_room(frame) and not self._is_closed and not self.overflow:
            await self._waiting_for_room.park()
        if not self._is_closed and not self.overflow:
            self._append(frame)

    async def take(self) -> bytes:
        """Wait for output and return all of it; empty bytes when there will be no more."""
        while not self._frames and not self._is_closed and not self.overflow:
            self._wake = trio.Event()
            await self._wake.wait()
        taken = b"".join(self._frames)
        self._frames.clear()
        self._size = 0
        self._waiting_for_room.unpark_all()
        return taken

    def close(self) -> None:
        """Accept no more; what is queued may still be taken."""
        self._is_closed = True
        self._wake.set()
        self._waiting_for_room.unpark_all()

    def _has_room(self, frame: bytes) -> bool:
        if not self._frames:
            return True
        return len(self._frames) < self._max_frames and self._size + len(frame) <= self._max_bytes

    def _append(self, frame: bytes) -> None:
        self._frames.append(frame)
        self._size += len(frame)
        self._wake.set()
