"""Transactions on long-lived streams, one per peer and direction: a tenth of the cost of gossip.

Each side opens the stream it writes to. What a slow peer does not take is dropped oldest first: its
pool hears of those transactions from somebody else.
"""

import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

import trio

from p2p.budgets import TRANSACTIONS_BUDGET, Budget, Meter
from p2p.framing import ByteStream, FrameReader, FrameTooLarge, StreamLost, framed
from p2p.messages import (
    MAX_BATCH_BYTES,
    MAX_BATCH_TRANSACTIONS,
    MAX_TRANSACTION_BYTES,
    decode_transactions,
    encode_transactions,
)
from p2p.peers import Offence
from p2p.requests import OpenStream
from p2p.schema import MessageError
from p2p.service import Started

QUEUED_TRANSACTIONS: Final = 8192
"""Two full blocks for one slow peer."""

QUEUED_BYTES: Final = 4 * 1024 * 1024
"""What those take at most: 50 peers that do not read cost less than a busy block's state."""

COALESCED_BYTES: Final = 60_000
"""One write fills one noise packet: hundreds of transfers for one encryption."""

RECEIVED_BATCHES: Final = 64
"""Batches waiting for the pool; beyond it we stop reading and the senders' windows fill."""

REOPEN_SECONDS: Final = 1.0
MAX_REOPEN_SECONDS: Final = 30.0

Consumer = Callable[[str, tuple[bytes, ...]], Awaitable[None]]
"""(peer, batch): takes a batch into the pool."""

logger = logging.getLogger(__name__)


class TransactionTooLarge(ValueError):
    """An extrinsic that no peer would accept."""


class Notifications:
    """Sends transactions to every peer and hands theirs to the pool.

    Invariant: one outbound queue and one sender task per connected peer.
    """

    def __init__(
        self,
        protocol: str,
        open_stream: OpenStream,
        consume: Consumer,
        report: Callable[[str, Offence], None],
        budget: Budget = TRANSACTIONS_BUDGET,
    ) -> None:
        self._meter = Meter(budget, report)
        self._protocol = protocol
        self._open_stream = open_stream
        self._consume = consume
        self._report = report
        self._outboxes: dict[str, Outbox] = {}
        self._scopes: dict[str, trio.CancelScope] = {}
        self._nursery: trio.Nursery | None = None
        self._received_in, self._received_out = trio.open_memory_channel[
            tuple[str, tuple[bytes, ...]]
        ](RECEIVED_BATCHES)

    async def run(self, task_status: Started[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Run the senders and feed the pool; what the pool raises ends the service."""
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            task_status.started(None)
            async for peer, batch in self._received_out:
                await self._consume(peer, batch)

    def broadcast(self, transactions: tuple[bytes, ...], *, except_peer: str = "") -> None:
        """Queue transactions for every peer but one; never waits.

        Raises TransactionTooLarge.
        """
        for raw in transactions:
            if not 0 < len(raw) <= MAX_TRANSACTION_BYTES:
                raise TransactionTooLarge(
                    f"wanted 1 to {MAX_TRANSACTION_BYTES} bytes, got {len(raw)}"
                )
        for peer, outbox in self._outboxes.items():
            if peer != except_peer:
                outbox.put(transactions)

    @property
    def dropped(self) -> int:
        """Transactions that connected peers were too slow to take, for the metrics."""
        return sum(outbox.dropped for outbox in self._outboxes.values())

    def join(self, peer: str) -> None:
        """Start sending to a peer that connected."""
        assert self._nursery is not None, "run() must be started before peers join"
        if peer not in self._outboxes:
            self._outboxes[peer] = Outbox()
            self._scopes[peer] = trio.CancelScope()
            self._nursery.start_soon(self._send_to, peer, self._outboxes[peer], self._scopes[peer])

    def leave(self, peer: str) -> None:
        """Stop sending to a peer that left."""
        self._meter.forget(peer)
        self._outboxes.pop(peer, None)
        scope = self._scopes.pop(peer, None)
        if scope is not None:
            scope.cancel()

    async def receive(self, stream: ByteStream) -> None:
        """Read one peer's batches until its stream ends or breaks a rule."""
        frames = FrameReader(stream, MAX_BATCH_BYTES)
        try:
            while True:
                frame = await frames.next()
                batch = decode_transactions(frame)
                await self._meter.spend(stream.peer, len(frame), max(1, len(batch)))
                if batch:
                    await self._received_in.send((stream.peer, batch))
        except StreamLost as lost:
            logger.debug("transaction stream ended: %s", lost)
        except (FrameTooLarge, MessageError) as error:
            logger.info("transactions of %s: %s", stream.peer, error)
            self._report(stream.peer, Offence.BAD_MESSAGE)
        await stream.reset()

    async def _send_to(self, peer: str, outbox: "Outbox", scope: trio.CancelScope) -> None:
        """Keep a stream to a peer open and write its outbox to it."""
        delay_seconds = REOPEN_SECONDS
        with scope:
            while True:
                try:
                    stream = await self._open_stream(peer, self._protocol)
                except StreamLost:
                    await trio.sleep(delay_seconds)
                    delay_seconds = min(2 * delay_seconds, MAX_REOPEN_SECONDS)
                    continue
                try:
                    await _write_batches(stream, outbox)
                except StreamLost:
                    await trio.sleep(REOPEN_SECONDS)
                finally:
                    with trio.CancelScope(shield=True):
                        await stream.reset()


class Outbox:
    """What one peer has not been sent yet; the oldest go when it is full."""

    def __init__(self, limit: int = QUEUED_TRANSACTIONS, limit_bytes: int = QUEUED_BYTES) -> None:
        self._limit = limit
        self._limit_bytes = limit_bytes
        self._queue: deque[bytes] = deque()
        self.size_bytes = 0
        self._filled = trio.Event()
        self.dropped = 0

    def put(self, transactions: tuple[bytes, ...]) -> None:
        """Queue transactions, dropping the oldest beyond the limits."""
        self._queue.extend(transactions)
        self.size_bytes += sum(map(len, transactions))
        while len(self._queue) > self._limit or self.size_bytes > self._limit_bytes:
            self.size_bytes -= len(self._queue.popleft())
            self.dropped += 1
        if self._queue:
            self._filled.set()

    async def take(self) -> tuple[bytes, ...]:
        """Wait for transactions and take a batch of about `COALESCED_BYTES`."""
        while not self._queue:
            self._filled = trio.Event()
            await self._filled.wait()
        batch = [self._queue.popleft()]
        size = len(batch[0])
        while self._queue and len(batch) < MAX_BATCH_TRANSACTIONS:
            size += len(self._queue[0])
            if size > COALESCED_BYTES:
                break
            batch.append(self._queue.popleft())
        self.size_bytes -= sum(map(len, batch))
        return tuple(batch)


async def _write_batches(stream: ByteStream, outbox: Outbox) -> None:
    while True:
        await stream.write(framed([encode_transactions(await outbox.take())]))
