"""A connection that comes back: calls wait for it, and subscriptions are made again.

Between two connections notifications are missed. What follows the chain by them asks for what is
missing; `cli.sdk.following` does.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import trio

from cli.errors import CommandError, NodeUnreachable
from cli.sdk.causes import the_cause
from cli.sdk.transport import (
    ConnectionLost,
    HttpRpc,
    Rpc,
    WebSocketRpc,
    connect,
    connect_socket,
    unreachable,
)

PATIENCE_SECONDS = 60.0
"""How long a call waits for a node that is away: most restart within it."""

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.1, 5.0
"""Before the first attempt to connect again, and between any two: each pause is twice the last."""

PING_EVERY_SECONDS, PONG_SECONDS = 20.0, 10.0
"""A machine that vanished closes no connection: only its silence tells."""

ASKED_ONCE = (
    *("author_submit", "author_insertKey", "author_rotateKeys", "transaction_v1"),
    *("blobs_put", "provider_setMode", "receipts_submit"),
)
"""How methods begin that do something: nobody knows whether a call that was lost was served."""


class AnotherChain(CommandError):
    """Where the node was now answers one of another chain."""


class ReconnectingRpc:
    """Calls and subscriptions that outlive their connections.

    Invariant: `_current` is a connection to the chain of `genesis`, or None.
    """

    def __init__(self, url: str, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._url, self._patience_seconds = url, patience_seconds
        self._genesis: str | None = None
        self._current: WebSocketRpc | None = None
        self._changed = trio.Event()
        self._why: NodeUnreachable = unreachable(url, "not connected yet")
        self.opened = trio.Event()
        """There has been a connection."""

    async def run(self) -> None:
        """Stay connected until cancelled.

        Raises: NodeUnreachable if the first connection fails; AnotherChain.
        """
        await self._connection()
        pause = FIRST_PAUSE_SECONDS
        while True:
            await trio.sleep(pause)
            try:
                await self._connection()
                pause = FIRST_PAUSE_SECONDS
            except NodeUnreachable as error:
                self._why = error
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    async def call(self, method: str, *params: object) -> Any:
        """Call a method and return its result; ask again if the connection is lost meanwhile.

        Raises: RpcRefusal, TookTooLong; NodeUnreachable if the node stays away; ConnectionLost if
        the call does something, and may have done it.
        """
        while True:
            rpc = await self._connected()
            try:
                return await rpc.call(method, *params)
            except ConnectionLost:
                self._forget(rpc)
                if method.startswith(ASKED_ONCE):
                    raise

    @asynccontextmanager
    async def subscribe(
        self, method: str, *params: object, end: str, again: bool = True
    ) -> AsyncIterator[trio.abc.ReceiveChannel[Any]]:
        """Subscribe; yield the channel of notifications, and unsubscribe with `end`.

        With `again` it goes on over the next connection; without, it ends with this one.
        """
        if not again:
            rpc = await self._connected()
            async with rpc.subscribe(method, *params, end=end) as channel:
                yield channel
            return
        feed = Resubscribing(self, method, params, end)
        async with feed:
            await feed.open()
            yield feed

    async def subscribed(
        self, stack: AsyncExitStack, method: str, params: tuple[object, ...], end: str
    ) -> trio.abc.ReceiveChannel[Any]:
        """Enter a subscription on the present connection, or on the next."""
        while True:
            rpc = await self._connected()
            try:
                return await stack.enter_async_context(rpc.subscribe(method, *params, end=end))
            except ConnectionLost:
                self._forget(rpc)

    async def _connection(self) -> None:
        """Hold one connection to its end."""
        async with connect_socket(self._url) as rpc:
            genesis = await rpc.call("chain_getBlockHash", 0)
            if self._genesis not in (None, genesis):
                raise AnotherChain(
                    f"{self._url}: wanted the chain that begins with {self._genesis}, "
                    f"got one that begins with {genesis}"
                )
            self._genesis, self._current = genesis, rpc
            self.opened.set()
            self._tell()
            try:
                await _until_silent(rpc)
            finally:
                self._why = unreachable(self._url, "it closed the connection")
                self._forget(rpc)

    async def _connected(self) -> WebSocketRpc:
        with trio.move_on_after(self._patience_seconds):
            while self._current is None:
                await self._changed.wait()
            return self._current
        raise self._why

    def _forget(self, rpc: WebSocketRpc) -> None:
        if self._current is rpc:
            self._current = None
            self._tell()

    def _tell(self) -> None:
        self._changed.set()
        self._changed = trio.Event()


class Resubscribing(trio.abc.ReceiveChannel[Any]):
    """Notifications over one connection after the other. Invariant: at most one holds it."""

    def __init__(
        self, owner: ReconnectingRpc, method: str, params: tuple[object, ...], end: str
    ) -> None:
        self._owner, self._method, self._params, self._end = owner, method, params, end
        self._stack = AsyncExitStack()
        self._inner: trio.abc.ReceiveChannel[Any] | None = None

    async def open(self) -> trio.abc.ReceiveChannel[Any]:
        """Subscribe; return the channel of the present connection."""
        self._inner = await self._owner.subscribed(
            self._stack, self._method, self._params, self._end
        )
        return self._inner

    async def receive(self) -> Any:
        """Return the next notification, over whichever connection it comes.

        Raises: NodeUnreachable if the node stays away.
        """
        while True:
            inner = self._inner or await self.open()
            try:
                return await inner.receive()
            except trio.EndOfChannel:
                await self.aclose()

    async def aclose(self) -> None:
        """Unsubscribe."""
        self._inner = None
        await self._stack.aclose()


@asynccontextmanager
async def reconnecting(url: str, patience_seconds: float = PATIENCE_SECONDS) -> AsyncIterator[Rpc]:
    """Stay connected to a node; a URL of http:// connects for each call anyway.

    Raises: NodeUnreachable if there is none; AnotherChain if it changes its chain.
    """
    if url.startswith(("ws://", "wss://")):
        try:
            async with trio.open_nursery() as nursery:
                rpc = ReconnectingRpc(url, patience_seconds)
                nursery.start_soon(rpc.run)
                await rpc.opened.wait()
                yield rpc
                nursery.cancel_scope.cancel()
        except BaseExceptionGroup as group:
            raise the_cause(group) from group
    else:
        async with connect(url) as plain:
            assert isinstance(plain, HttpRpc), "every other URL was refused"
            yield plain


async def _until_silent(rpc: WebSocketRpc) -> None:
    """Return when a connection has ended, or the node no longer answers."""
    while await _is_open_after(rpc, PING_EVERY_SECONDS):
        with trio.move_on_after(PONG_SECONDS) as patience:
            try:
                await rpc.ping()
            except ConnectionLost:
                return
        if patience.cancelled_caught:
            return


async def _is_open_after(rpc: WebSocketRpc, seconds: float) -> bool:
    with trio.move_on_after(seconds) as waiting:
        await rpc.closed.wait()
    return waiting.cancelled_caught
