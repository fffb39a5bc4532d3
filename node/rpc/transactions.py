"""The transaction_v1 and transactionWatch_v1 namespaces of the new JSON-RPC specification.

Source: https://paritytech.github.io/json-rpc-interface-spec/api/transaction.html
"""

from collections.abc import AsyncIterator
from contextlib import closing

import msgspec
import trio

from node.rpc.backend import ExtrinsicStatus, Pool, RefusalKind, SubmissionRefused
from node.rpc.blocks import extrinsic_from_wire
from node.rpc.caller import Caller
from node.rpc.errors import RpcError, invalid_params
from node.rpc.heads import Heads
from node.rpc.registry import method, subscription
from node.rpc.subscriptions import SKIP, Skip, Stream, Subscriptions, new_id
from node.rpc.values import Hex, to_hex

MAX_BROADCASTS = 16
"""Of one connection, as polkadot-sdk has it; the specification promises 4."""

WORTH_ANOTHER_TRY: tuple[RefusalKind, ...] = (
    "temporarily_banned",
    "already_imported",
    "immediately_dropped",
    "cycle_detected",
    "unknown_validity",
)
"""Refusals that another block may lift."""

OVERLOADED: tuple[RefusalKind, ...] = ("immediately_dropped", "temporarily_banned")
"""Refusals that say nothing about the transaction."""


class WatchEvent(msgspec.Struct, frozen=True):
    """A step in the life of a transaction."""

    event: str


class PlaceJson(msgspec.Struct, frozen=True):
    """Where a transaction is."""

    hash: str
    index: int | None


class BlockEvent(msgspec.Struct, frozen=True):
    """A transaction is in a block, or in none any more."""

    event: str
    block: PlaceJson | None


class FailureEvent(msgspec.Struct, frozen=True):
    """A transaction is watched no longer, and why."""

    event: str
    error: str


class BroadcastNamespace:
    """Keeps transactions in the pool, and so among the peers, for as long as clients want."""

    def __init__(self, pool: Pool, heads: Heads) -> None:
        self._pool = pool
        self._heads = heads
        self._running: dict[Subscriptions, dict[str, trio.CancelScope]] = {}

    @method("transaction_v1_broadcast")
    def broadcast(self, caller: Caller, transaction: Hex) -> str | None:
        """Spread a transaction until told to stop; null when there are too many already."""
        session = caller.connection("transaction_v1_broadcast")
        running = self._running.setdefault(session, {})
        if len(running) >= MAX_BROADCASTS:
            return None
        operation_id = new_id()

        async def spread() -> None:
            try:
                await self._spread(transaction)
                await trio.sleep_forever()  # it counts as broadcast until it is stopped
            finally:
                running.pop(operation_id)
                if not running:
                    self._running.pop(session, None)

        running[operation_id] = session.run(spread)
        return operation_id

    @method("transaction_v1_stop")
    def stop(self, caller: Caller, operation_id: str) -> None:
        """Spread a transaction no longer."""
        session = caller.connection("transaction_v1_stop")
        scope = self._running.get(session, {}).get(operation_id)
        if scope is None:
            raise invalid_params("Invalid operation id")
        scope.cancel()

    async def _spread(self, wire: bytes) -> None:
        """Submit until the transaction is final or can never be, again when a block has come."""
        try:
            raw = extrinsic_from_wire(wire)
        except RpcError:
            return  # what cannot be a transaction is silently not spread, by the specification
        while not await self._is_settled(raw):
            with closing(self._heads.best_headers()) as heads:
                await heads.receive()  # the best block that there is
                await heads.receive()

    async def _is_settled(self, raw: bytes) -> bool:
        try:
            statuses = await self._pool.submit_and_watch(raw)
        except SubmissionRefused as refusal:
            return refusal.kind not in WORTH_ANOTHER_TRY
        with closing(statuses):
            return await _is_last_word(statuses)


class TransactionWatchNamespace:
    """Submits transactions and tells their life."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @subscription(
        "transactionWatch_v1_submitAndWatch",
        notification="transactionWatch_v1_watchEvent",
        unsubscribe=("transactionWatch_v1_unwatch",),
        ends_silently=True,
    )
    async def submit_and_watch(self, transaction: Hex) -> Stream[ExtrinsicStatus]:
        """Submit a transaction and send its life until it is final or gone."""
        try:
            raw = extrinsic_from_wire(transaction)
            statuses = await self._pool.submit_and_watch(raw)
        except RpcError as error:
            return _refused(FailureEvent("invalid", error.message))
        except SubmissionRefused as refusal:
            event = "dropped" if refusal.kind in OVERLOADED else "invalid"
            return _refused(FailureEvent(event, refusal.detail or refusal.kind))
        return Stream(statuses, watch_event)


def watch_event(status: ExtrinsicStatus) -> object | Skip:
    """Show a status as the new specification has it; some are no news there."""
    match status.kind:
        case "ready":
            return WatchEvent("validated")
        case "inBlock" | "finalized":
            assert status.block_or_hash is not None, "a block has a hash"
            block = PlaceJson(to_hex(status.block_or_hash), status.index)
            event = "finalized" if status.kind == "finalized" else "bestChainBlockIncluded"
            return BlockEvent(event, block)
        case "retracted":
            return BlockEvent("bestChainBlockIncluded", None)
        case "usurped":
            return FailureEvent("invalid", "Extrinsic was rendered invalid by another extrinsic")
        case "invalid":
            return FailureEvent("invalid", "Extrinsic marked as invalid")
        case "dropped":
            return FailureEvent(
                "dropped", "Extrinsic dropped from the pool due to exceeding limits"
            )
        case "finalityTimeout":
            return FailureEvent("dropped", "The block was not final for too long")
        case "future" | "broadcast":
            return SKIP


async def _is_last_word(statuses: AsyncIterator[ExtrinsicStatus]) -> bool:
    """Listen to the end; say whether nothing more can become of the transaction."""
    async for status in statuses:
        if status.kind in ("finalized", "invalid", "usurped"):
            return True
    return False


def _refused(event: FailureEvent) -> Stream[ExtrinsicStatus]:
    """Return a stream of one event: over this interface a refusal is an event, not an error."""
    send, receive = trio.open_memory_channel[ExtrinsicStatus](1)
    send.send_nowait(ExtrinsicStatus("invalid"))
    send.close()
    return Stream(receive, lambda _: event)
