"""What the operations of chainHead_v1 do, and the events in which they say it."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import msgspec
import trio

from node.rpc.backend import StatePins, StateReader
from node.rpc.blocks import extrinsic_to_wire
from node.rpc.chain_head.events import (
    BodyDone,
    CallDone,
    Inaccessible,
    OperationError,
    StorageDone,
    StorageItems,
    WaitingForContinue,
    encoded,
)
from node.rpc.chain_head.follow import Follow
from node.rpc.chain_head.operations import Operation
from node.rpc.chain_head.tracker import HeadTracker
from node.rpc.runtime_api import RuntimeCallRefused, TypedRuntime
from node.rpc.storage_query import DESCENDANTS, FoundJson, StorageItem, found
from node.rpc.values import to_hex
from node.store.blocks import UnknownBlock
from runtime.state.trie import MissingNode

PAGE_BYTES = 64 << 10
"""Of one storage event: large enough to be cheap, small enough to let other events through."""

PAGES_BEFORE_CONTINUE = 16
"""A megabyte, after which the client must say that it wants more."""

CONTINUE_SECONDS = 60.0
"""A client that does not say so for this long has forgotten the operation."""

ENTRIES_PER_SLICE = 64
"""Entries read between two checkpoints of the event loop: about a millisecond."""

MAX_EVENT_BYTES = 4 << 20
"""Of one result: above the largest body and metadata in hex, and half of what may be unsent."""

BugReport = Callable[[str, Exception], None]


@dataclass(frozen=True, slots=True)
class States:
    """The states that operations read, and how they are kept from being pruned meanwhile."""

    reader: StateReader
    pins: StatePins

    @contextmanager
    def held(self, block_hash: bytes) -> Iterator[None]:
        """Keep the state of a block until the end of the `with` block."""
        self.pins.hold_state(block_hash)
        try:
            yield
        finally:
            self.pins.release_state(block_hash)


class BlockWork:
    """Reads bodies, calls and storage of blocks for the operations of any follow subscription."""

    def __init__(
        self,
        tracker: HeadTracker,
        states: States,
        runtime: TypedRuntime,
        report_bug: BugReport,
    ) -> None:
        self._tracker, self._states, self._runtime = tracker, states, runtime
        self._report_bug = report_bug

    async def body(self, follow: Follow, block_hash: bytes, operation: Operation) -> None:
        """Tell the extrinsics of a block."""

        async def fetch() -> None:
            body = self._tracker.body(block_hash)
            if body is None:
                follow.report(encoded(Inaccessible(operation.id)))
            else:
                wire = [to_hex(extrinsic_to_wire(extrinsic)) for extrinsic in body]
                _finish(follow, operation, BodyDone(operation.id, wire))

        await self._guarded(follow, operation, fetch)

    async def call(
        self,
        follow: Follow,
        block_hash: bytes,
        function: str,
        arguments: bytes,
        operation: Operation,
    ) -> None:
        """Tell what a runtime API answers at a block."""

        async def ask() -> None:
            output = self._runtime.call(function, arguments, block_hash)
            _finish(follow, operation, CallDone(operation.id, to_hex(output)))

        with self._states.held(block_hash):
            await self._guarded(follow, operation, ask)

    async def storage(
        self,
        follow: Follow,
        block_hash: bytes,
        items: Sequence[StorageItem],
        operation: Operation,
    ) -> None:
        """Tell what the state of a block holds, page by page."""
        read = partial(self._read, follow, block_hash, items, operation)
        with self._states.held(block_hash):
            await self._guarded(follow, operation, read)

    async def _read(
        self,
        follow: Follow,
        block_hash: bytes,
        items: Sequence[StorageItem],
        operation: Operation,
    ) -> None:
        state = self._states.reader.state_at(block_hash)
        pages = Pages(follow, operation)
        for item in items:
            for count, entry in enumerate(found(state, item), 1):
                await pages.add(entry, may_wait=item.type in DESCENDANTS)
                if count % ENTRIES_PER_SLICE == 0:
                    await trio.lowlevel.checkpoint()
        await pages.flush()
        follow.report(encoded(StorageDone(operation.id)))

    async def _guarded(
        self, follow: Follow, operation: Operation, work: Callable[[], Awaitable[None]]
    ) -> None:
        """Do the work when there is room for its result; a failure is a result too."""
        await follow.room()
        try:
            await work()
        except (UnknownBlock, MissingNode, ForgottenOperation):
            follow.report(encoded(Inaccessible(operation.id)))
        except RuntimeCallRefused as error:
            follow.report(encoded(OperationError(operation.id, str(error))))
        except Exception as error:
            # The top of every operation: a bug in one is reported and costs its caller an error.
            self._report_bug("chainHead_v1", error)
            reason = f"Internal error: {type(error).__name__}"
            follow.report(encoded(OperationError(operation.id, reason)))


class Pages:
    """Collects the entries that a storage operation finds, and sends them page by page."""

    def __init__(self, follow: Follow, operation: Operation) -> None:
        self._follow, self._operation = follow, operation
        self._entries: list[FoundJson] = []
        self._bytes = 0
        self._pages = 0

    async def add(self, entry: FoundJson, *, may_wait: bool) -> None:
        """Take an entry; a full page is sent, and after some pages the client is asked."""
        self._entries.append(entry)
        self._bytes += len(entry.key) + len(entry.value or entry.hash or "")
        if self._bytes < PAGE_BYTES:
            return
        await self.flush()
        self._pages += 1
        if may_wait and self._pages == PAGES_BEFORE_CONTINUE:
            self._pages = 0
            self._follow.report(encoded(WaitingForContinue(self._operation.id)))
            with trio.move_on_after(CONTINUE_SECONDS) as waiting:
                await self._operation.wait_for_continue()
            if waiting.cancelled_caught:
                raise ForgottenOperation

    async def flush(self) -> None:
        """Send what is there."""
        if self._entries:
            await self._follow.room()
            self._follow.report(encoded(StorageItems(self._operation.id, self._entries)))
            self._entries, self._bytes = [], 0


class ForgottenOperation(Exception):
    """The client did not let an operation continue."""


def _finish(follow: Follow, operation: Operation, event: msgspec.Struct) -> None:
    """Report the last event of an operation, or that it is too large to be sent."""
    raw = encoded(event)
    if len(bytes(raw)) > MAX_EVENT_BYTES:
        reason = f"wanted a result of at most {MAX_EVENT_BYTES} bytes"
        raw = encoded(OperationError(operation.id, reason))
    follow.report(raw)
