"""Yamux that survives load, cancellation and peers that overrun or hang."""

import struct
from collections.abc import Awaitable, Callable
from typing import Any, Final

import trio
from libp2p.abc import ISecureConn
from libp2p.network.connection.exceptions import RawConnError
from libp2p.peer.id import ID
from libp2p.stream_muxer.exceptions import MuxedStreamError
from libp2p.stream_muxer.yamux.yamux import (
    FLAG_SYN,
    GO_AWAY_NORMAL,
    HEADER_SIZE,
    TYPE_DATA,
    TYPE_PING,
    Yamux,
    YamuxStream,
)

HEADER: Final = struct.Struct("!BBHII")
"""Version, type, flags, stream, length."""

MAX_FRAME_BYTES: Final = 65_535 - 16
"""Header and payload fit one noise packet, so that a frame costs one encryption."""

MAX_RECEIVE_WINDOW: Final = 4 * 1024 * 1024
"""What one stream may make us buffer; the library grows to 16 MiB."""

CONTROL_FRAMES: Final = 1024
"""Answers the read loop may owe before the peer is cut off for never reading them."""

WINDOW_TIMEOUT_SECONDS: Final = 60.0
"""A reader that gives no credit for this long is gone; the library says 5 s, too short for load."""

PING_INTERVAL_SECONDS: Final = 10.0
PING_TIMEOUT_SECONDS: Final = 10.0
MISSED_PINGS: Final = 2
"""A stopped process is dropped after some 40 seconds."""

CLOSING_WRITE_SECONDS: Final = 1.0
"""The farewell frame is a courtesy."""

_WAKES_WRITERS: Final = frozenset(("send_window", "closed", "send_closed"))


class RepairedStream(YamuxStream):
    """Waits for credit by event, fills noise packets, ends a connection that overruns its window.

    Repairs the poll that errors after 5 s on a zero window, and receive windows that are only
    logged. Goes when libp2p has both upstream.
    """

    _credit: trio.Event | None = None

    def __init__(self, stream_id: int, conn: Yamux, is_initiator: bool) -> None:
        """Add the lock that keeps the frames of one write together."""
        super().__init__(stream_id, conn, is_initiator)
        self._writing = trio.Lock()

    def __setattr__(self, name: str, value: object) -> None:
        """Wake the writer when what it waits for changes; refuse a negative window."""
        if name == "recv_window" and isinstance(value, int) and value < 0:
            # handle_incoming closes the connection on TooSlowError, and on nothing else.
            raise trio.TooSlowError(f"peer overran the receive window by {-value} bytes")
        if name == "target_recv_window" and isinstance(value, int):
            value = min(value, MAX_RECEIVE_WINDOW)
        object.__setattr__(self, name, value)
        if name in _WAKES_WRITERS and self._credit is not None:
            self._credit.set()

    async def write(self, data: bytes) -> None:
        """Write all of `data`, unmixed with another task's, in frames of one noise packet."""
        async with self._writing:
            await self._write_frames(memoryview(data))

    async def _write_frames(self, view: memoryview) -> None:
        sent = 0
        while sent < len(view):
            if self.send_closed or self.closed:
                raise MuxedStreamError("Stream is closed for sending")
            if self.send_window <= 0:
                await self._wait_for_credit()
                continue
            size = min(self.send_window, MAX_FRAME_BYTES - HEADER_SIZE, len(view) - sent)
            self.send_window -= size
            header = HEADER.pack(0, TYPE_DATA, 0, self.stream_id, size)
            await self.conn._write_frame(header + view[sent : sent + size])
            sent += size

    async def _wait_for_credit(self) -> None:
        self._credit = trio.Event()
        with trio.move_on_after(WINDOW_TIMEOUT_SECONDS) as scope:
            await self._credit.wait()
        if scope.cancelled_caught:
            raise MuxedStreamError(f"no window update in {WINDOW_TIMEOUT_SECONDS} s")

    async def _auto_tune_and_send_window_update(
        self,
        *,
        bytes_read: int = 0,  # noqa: ARG002
    ) -> None:
        """Give credit back in halves of the window instead of after each read."""
        buffered = len(self.conn.stream_buffers.get(self.stream_id, b""))
        missing = self.target_recv_window - (self.recv_window + buffered)
        if missing <= 0 or missing < self.target_recv_window // 2:
            return
        credit = self._grow_to_delta(buffered) + self._apply_autotune_epoch(buffered)
        self._pending_recv_release = 0
        if credit > 0:
            await self.send_window_update(credit)


class RepairedYamux(Yamux):
    """Writes from the read loop go through a bounded queue; a started frame is always finished.

    Repairs: pings and acknowledgements written inline by the read loop (two loaded peers
    deadlock); a cancelled half-written frame that corrupts the connection for every stream; a peer
    that never answers pings and stays connected. Goes when libp2p has all three upstream.
    """

    def __init__(
        self,
        secured_conn: ISecureConn,
        peer_id: ID,
        is_initiator: bool | None = None,
        on_close: Callable[[], Awaitable[Any]] | None = None,
    ) -> None:
        """Prepare the control queue; the connection starts with `start`."""
        super().__init__(secured_conn, peer_id, is_initiator, on_close)
        self._control_in, self._control_out = trio.open_memory_channel[bytes](CONTROL_FRAMES)
        self._reader: trio.lowlevel.Task | None = None
        self._is_closing = False

    async def close(self, error_code: int = GO_AWAY_NORMAL) -> None:
        """Close without waiting for a writer that may be stuck."""
        self._is_closing = True
        await super().close(error_code)

    async def _write_frame(self, data: bytes) -> None:
        if self._is_closing:
            await self._write_farewell(data)
        elif trio.lowlevel.current_task() is self._reader:
            self._queue(data)
        else:
            async with self._write_lock:
                # A half-written frame would corrupt the noise stream for everyone. A peer that
                # never reads is cut off by the ping timeout, which unblocks this.
                with trio.CancelScope(shield=True):
                    await self.secured_conn.write(data)

    def _queue(self, data: bytes) -> None:
        try:
            self._control_in.send_nowait(bytes(data))
        except trio.WouldBlock:
            raise RawConnError("peer does not read our control frames") from None

    async def _write_farewell(self, data: bytes) -> None:
        if self._write_lock.locked():
            raise RawConnError("closing while a write is stuck")
        with trio.move_on_after(CLOSING_WRITE_SECONDS):
            await self.secured_conn.write(data)

    async def _handle_incoming_with_ready_signal(
        self, task_status: Any = trio.TASK_STATUS_IGNORED
    ) -> None:
        self._reader = trio.lowlevel.current_task()
        assert self._nursery is not None, "start() opens the nursery before the read loop"
        self._nursery.start_soon(self._write_control_frames)
        await super()._handle_incoming_with_ready_signal(task_status)

    async def _write_control_frames(self) -> None:
        async for first in self._control_out:
            frames = [first]
            while self._control_out.statistics().current_buffer_used:
                frames.append(self._control_out.receive_nowait())
            try:
                async with self._write_lock:
                    with trio.CancelScope(shield=True):
                        await self.secured_conn.write(b"".join(frames))
            except Exception:  # top of a task of the library: the connection is over
                await self._drop()
                return

    async def _measure_rtt_loop(self) -> None:
        try:
            is_hung = await self._ping_until_closed()
        except RawConnError:
            is_hung = True
        if is_hung:
            await self._drop()

    async def _ping_until_closed(self) -> bool:
        """Ping until the connection closes (False) or the peer stops answering (True)."""
        missed = 0
        while not self.event_shutting_down.is_set() and missed < MISSED_PINGS:
            self._ping_id += 1
            self._ping_event = trio.Event()
            self._queue(HEADER.pack(0, TYPE_PING, FLAG_SYN, 0, self._ping_id & 0xFFFF_FFFF))
            self._ping_sent_time = trio.current_time()
            with trio.move_on_after(PING_TIMEOUT_SECONDS) as scope:
                await self._ping_event.wait()
            missed = missed + 1 if scope.cancelled_caught else 0
            with trio.move_on_after(PING_INTERVAL_SECONDS):
                await self.event_shutting_down.wait()
        return missed >= MISSED_PINGS

    async def _drop(self) -> None:
        with trio.CancelScope(shield=True):
            await self._cleanup_on_error()
