"""One follow subscription: the blocks it pins, the events it has yet to send."""

from collections import deque
from collections.abc import Iterable
from typing import Protocol

import msgspec
import trio

from node.rpc.backend import StatePins
from node.rpc.chain_head.events import STOP, HeadEvent
from node.rpc.chain_head.operations import Operations
from node.rpc.errors import Code, RpcError

MAX_PINNED_BLOCKS = 2048
"""An hour and a half without finality at a block every 3 s; a pin costs a hundred bytes."""

MAX_PINNED_BEHIND = 2048
"""Blocks that become final while one stays pinned: as long, for a pin keeps the states above it."""

MAX_EVENTS_WAITING = 2 * MAX_PINNED_BLOCKS
"""Unsent events: those of every block that can be pinned; more and the subscription stops."""

OPERATION_BYTES_WAITING = 1 << 20
"""Unsent results of operations before another one is made: a few round trips of a fast client."""


class Tracker(Protocol):
    """Where events about heads come from."""

    def join(self, follower: "Follow") -> None:
        """Begin to tell."""
        ...

    def leave(self, follower: "Follow") -> None:
        """Tell no more."""
        ...


class Follow:
    """A source of events for one subscription (`ClosableSource`).

    Invariants: after `stop` the last event is `stop`, nothing is pinned and no operation runs; the
    state of every pinned block is held, and of no other.
    """

    def __init__(self, tracker: Tracker, pins: StatePins, *, with_runtime: bool) -> None:
        self._tracker, self._pins = tracker, pins
        self._events: deque[msgspec.Raw] = deque()
        self._wake = trio.Event()
        self._room = trio.lowlevel.ParkingLot()
        self._operation_bytes = 0
        self._pinned: dict[bytes, int] = {}
        """By block, how many had become final when it was pinned; so the oldest pin comes first."""
        self._final = 0
        self.with_runtime = with_runtime
        self.operations = Operations()
        self.is_alive = True
        tracker.join(self)

    # what the tracker says

    def hear(self, event: HeadEvent) -> None:
        """Queue an event, or stop a client that is too far behind, or pins too much or too long."""
        if not self.is_alive:
            return
        self._final += event.final
        oldest = next(iter(self._pinned.values()), self._final)
        if (
            len(self._events) >= MAX_EVENTS_WAITING
            or len(self._pinned) + len(event.pins) > MAX_PINNED_BLOCKS
            or self._final - oldest > MAX_PINNED_BEHIND
        ):
            self.stop()
            return
        for block_hash in event.pins:
            self._pin(block_hash)
        self._append(event.with_runtime if self.with_runtime else event.plain)

    def stop(self) -> None:
        """End the subscription with a `stop` event in place of all that waits."""
        if self.is_alive:
            self._end()
            self._append(STOP)

    # what the client asks

    def require_pinned(self, block_hash: bytes) -> None:
        """Refuse a block that was not reported or is unpinned; raises RpcError."""
        if block_hash not in self._pinned:
            raise RpcError(Code.UNKNOWN_BLOCK_HASH, "Invalid block hash")

    def unpin(self, hashes: Iterable[bytes]) -> None:
        """Unpin blocks: all of them, or none where one is not pinned; raises RpcError."""
        given = tuple(hashes)
        if len(set(given)) != len(given):
            raise RpcError(
                Code.DUPLICATE_HASHES,
                "Received duplicate hashes for the `chainHead_unpin` method",
            )
        for block_hash in given:
            self.require_pinned(block_hash)
        for block_hash in given:
            self._unpin(block_hash)

    # what operations say

    async def room(self) -> None:
        """Wait until the result of another operation may be made."""
        while self.is_alive and self._operation_bytes >= OPERATION_BYTES_WAITING:
            await self._room.park()

    def report(self, event: msgspec.Raw) -> None:
        """Queue the event of an operation, which has waited for room."""
        if self.is_alive:
            self._operation_bytes += len(event)
            self._append(event)

    # the events, for the connection

    def __aiter__(self) -> "Follow":
        return self

    async def __anext__(self) -> msgspec.Raw:
        """Wait for the next event."""
        while not self._events:
            if not self.is_alive:
                raise StopAsyncIteration
            self._wake = trio.Event()
            await self._wake.wait()
        event = self._events.popleft()
        if not self._events:
            self._operation_bytes = 0
            self._room.unpark_all()
        return event

    def close(self) -> None:
        """End without a word: the client has unfollowed or is gone."""
        self._end()
        self._wake.set()

    def _append(self, event: msgspec.Raw) -> None:
        self._events.append(event)
        self._wake.set()

    def _pin(self, block_hash: bytes) -> None:
        if block_hash not in self._pinned:
            self._pinned[block_hash] = self._final
            self._pins.hold_state(block_hash)

    def _unpin(self, block_hash: bytes) -> None:
        del self._pinned[block_hash]
        self._pins.release_state(block_hash)

    def _end(self) -> None:
        self.is_alive = False
        self._events.clear()
        for block_hash in tuple(self._pinned):
            self._unpin(block_hash)
        self._tracker.leave(self)
        self.operations.stop_all()
        self._room.unpark_all()
