"""The bounded queue of one WebSocket's output, and the task that empties all of them.

Waking a task for every socket costs ten times the write itself. So one task writes, without ever
waiting, whatever a turn of the event loop has queued, for all sockets; only a socket whose peer
does not keep up gets its own task's attention until it does.
"""

from collections import deque
from collections.abc import Callable

import trio

WRITES_PER_SLICE = 128
"""Sockets written between two checkpoints of the event loop: about a millisecond."""


class Flusher:
    """Writes what is queued for any socket, in the order in which they asked."""

    def __init__(self) -> None:
        self._asking: list[Outbox] = []
        self._wake = trio.Event()

    def ask(self, outbox: "Outbox") -> None:
        """Have an outbox written in the next turn of the event loop."""
        if not self._asking:
            self._wake.set()
        self._asking.append(outbox)

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            await self._wake.wait()
            asking, self._asking, self._wake = self._asking, [], trio.Event()
            for count, outbox in enumerate(asking, 1):
                outbox.flush()
                if count % WRITES_PER_SLICE == 0:
                    await trio.lowlevel.checkpoint()


class Outbox:
    """Frames waiting for one socket.

    A reply is only made when there is `room`, so a client that asks faster than it reads is slowed
    down. A notification cannot wait: one too many sets `overflow` and empties the queue, since a
    client with a hole in its events must start again.

    Invariants: at most `max_frames` notifications of `max_bytes` bytes in all, and besides them
    replies of `max_bytes` and those that were being made. While `_is_stuck` only the socket's own
    task writes, by `take`; otherwise only `flush` does.
    """

    def __init__(
        self,
        max_frames: int,
        max_bytes: int,
        flusher: Flusher,
        send_now: Callable[[bytes], int],
        on_overflow: Callable[[], None],
    ) -> None:
        """Write by `send_now`, which takes as much as the socket has room for and never waits."""
        self._frames: deque[bytes] = deque()
        self._rest = b""
        """Of what the socket took only in part: it must go out whole, whatever happens."""
        self._reply_bytes = 0
        self._notified = 0
        self._notified_bytes = 0
        self._max_frames = max_frames
        self._max_bytes = max_bytes
        self._flusher = flusher
        self._send_now = send_now
        self._on_overflow = on_overflow
        self._wake = trio.Event()
        self._waiting_for_room = trio.lowlevel.ParkingLot()
        self._is_stuck = False
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

    def flush(self) -> None:
        """Write what is queued as far as the socket takes it; leave the rest to its own task."""
        if self._is_stuck or self._is_closed or self.overflow or not self._frames:
            return
        data = self._take_all()
        sent = self._send_now(data)
        if sent < len(data):
            self._is_stuck = True
            self._rest = data[sent:]
            self._wake.set()

    async def take(self) -> bytes:
        """Wait for output that is stuck and return it; empty bytes when there will be no more."""
        if not self._frames and not self._rest:
            self._is_stuck = False
        while not self._is_stuck and not self._is_closed and not self.overflow:
            self._wake = trio.Event()
            await self._wake.wait()
        return self._take_all()

    def close(self) -> None:
        """Accept no more; what is queued may still be taken."""
        self._is_closed = True
        self._wake.set()
        self._waiting_for_room.unpark_all()

    def _take_all(self) -> bytes:
        taken = b"".join((self._rest, *self._frames)) if self._rest else b"".join(self._frames)
        self._rest = b""
        self._frames.clear()
        self._reply_bytes = self._notified = self._notified_bytes = 0
        self._waiting_for_room.unpark_all()
        return taken

    @property
    def _has_half_its_room(self) -> bool:
        return 2 * self._notified < self._max_frames and 2 * self._notified_bytes < self._max_bytes

    def _append(self, frame: bytes) -> None:
        if not self._frames and not self._is_stuck:
            self._flusher.ask(self)
        self._frames.append(frame)
