"""The bounded queue of one WebSocket's output."""

from collections import deque
from collections.abc import Callable

import trio


class Outbox:
    """Frames waiting for one socket.

    A reply is only made when there is `room`, so a client that asks faster than it reads is slowed
    down. A notification cannot wait: one too many sets `overflow` and empties the queue, since a
    client with a hole in its events must start again.

    Invariant: at most `max_frames` notifications of `max_bytes` bytes in all, and besides them
    replies of `max_bytes` and those that were being made.
    """

    def __init__(self, max_frames: int, max_bytes: int, on_overflow: Callable[[], None]) -> None:
        self._frames: deque[bytes] = deque()
        self._reply_bytes = 0
        self._notified = 0
        self._notified_bytes = 0
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
        if (
            self._notified >= self._max_frames
            or self._notified_bytes + len(frame) > self._max_bytes
        ):
            self.overflow = (
                f"too slow: {self._notified} notifications, {self._notified_bytes} bytes unread"
            )
            self._frames.clear()
            self._waiting_for_room.unpark_all()
            self._wake.set()
            self._on_overflow()
            return
        self._notified += 1
        self._notified_bytes += len(frame)
        self._append(frame)

    async def room(self) -> None:
        """Wait until another reply may be made."""
        while self._reply_bytes >= self._max_bytes and not self._is_closed and not self.overflow:
            await self._waiting_for_room.park()

    def put(self, frame: bytes) -> None:
        """Queue one reply; the caller has waited for room before making it."""
        if not self._is_closed and not self.overflow:
            self._reply_bytes += len(frame)
            self._append(frame)

    async def drained(self) -> None:
        """Wait until less than half of the room for notifications is taken."""
        while not self._is_closed and not self.overflow and not self._has_half_its_room:
            await self._waiting_for_room.park()

    async def take(self) -> bytes:
        """Wait for output and return all of it; empty bytes when there will be no more."""
        while not self._frames and not self._is_closed and not self.overflow:
            self._wake = trio.Event()
            await self._wake.wait()
        taken = b"".join(self._frames)
        self._frames.clear()
        self._reply_bytes = self._notified = self._notified_bytes = 0
        self._waiting_for_room.unpark_all()
        return taken

    def close(self) -> None:
        """Accept no more; what is queued may still be taken."""
        self._is_closed = True
        self._wake.set()
        self._waiting_for_room.unpark_all()

    @property
    def _has_half_its_room(self) -> bool:
        return 2 * self._notified < self._max_frames and 2 * self._notified_bytes < self._max_bytes

    def _append(self, frame: bytes) -> None:
        self._frames.append(frame)
        self._wake.set()
