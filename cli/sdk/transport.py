"""JSON-RPC 2.0 to a node: over a WebSocket, with subscriptions, or over HTTP, without."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol, runtime_checkable
from urllib.parse import urlsplit

import msgspec
import trio
from trio_websocket import (
    ConnectionClosed,
    HandshakeError,
    WebSocketConnection,
    connect_websocket_url,
)

from cli.errors import CommandError, NodeUnreachable, TookTooLong, UsageError
from cli.sdk.causes import the_cause
from cli.sdk.http import FAILURES, MAX_ANSWER_BYTES, post

MAX_NOTIFICATIONS = 1024
"""Unread notifications of one subscription; a client this far behind has stopped reading."""

CONNECT_SECONDS = 5.0
CALL_SECONDS = 60.0
GOODBYE_SECONDS = 1.0


class RpcRefusal(CommandError):
    """The node answered with an error."""

    def __init__(self, method: str, code: int, message: str, data: object) -> None:
        detail = f": {data}" if data not in (None, "") else ""
        super().__init__(f"{method} was refused: {message}{detail} (code {code})")
        self.code, self.message, self.data = code, message, data


class Reply(msgspec.Struct, frozen=True):
    """What a node sends: the answer to a call, or a notification."""

    id: int | None = None
    result: Any = None
    error: dict[str, Any] | None = None
    method: str | None = None
    params: dict[str, Any] | None = None


class ConnectionLost(NodeUnreachable):
    """The connection ended while something was under way over it."""


class Rpc(Protocol):
    """A way to call a node."""

    async def call(self, method: str, *params: object) -> Any:
        """Call a method and return its result.

        Raises: RpcRefusal, NodeUnreachable, TookTooLong.
        """
        ...


@runtime_checkable
class SubscribingRpc(Rpc, Protocol):
    """A way to call a node and to hear from it."""

    def subscribe(
        self, method: str, *params: object, end: str, again: bool = True
    ) -> AbstractAsyncContextManager[trio.abc.ReceiveChannel[Any]]:
        """Subscribe; yield the channel of notifications, and unsubscribe with `end`.

        With `again`, a subscription whose connection was lost is made anew where that is possible.
        """
        ...


def subscribing(rpc: Rpc, what: str) -> SubscribingRpc:
    """Return the connection, if it has subscriptions.

    Raises: CommandError.
    """
    if not isinstance(rpc, SubscribingRpc):
        raise CommandError(f"{what} needs a URL of ws://, such as --rpc ws://127.0.0.1:9944")
    return rpc


def unreachable(
    url: str, reason: object, kind: type[NodeUnreachable] = NodeUnreachable
) -> NodeUnreachable:
    """Return the error that says how to reach a node."""
    advice = "start one with `starminer devnet up`, or name another with --rpc"
    return kind(f"no node answers at {url} ({reason}): {advice}")


@asynccontextmanager
async def connect(url: str) -> AsyncIterator[Rpc]:
    """Open a connection to a node; a URL of http:// has no subscriptions.

    Raises: NodeUnreachable; UsageError for another kind of URL.
    """
    scheme = urlsplit(url).scheme
    if scheme == "http":
        yield HttpRpc(url)
    elif scheme in ("ws", "wss"):
        async with connect_socket(url) as rpc:
            yield rpc
    else:
        wanted = "wanted a URL that begins with ws://, wss:// or http://"
        raise UsageError(f"{wanted}, such as ws://127.0.0.1:9944, got {url!r}")


@asynccontextmanager
async def connect_socket(url: str) -> AsyncIterator[WebSocketRpc]:
    """Open one WebSocket to a node.

    Raises: NodeUnreachable.
    """
    try:
        async with trio.open_nursery() as nursery:
            rpc = WebSocketRpc(url, await _open_socket(nursery, url))
            nursery.start_soon(rpc.run)
            yield rpc
            nursery.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        raise the_cause(group) from group


async def _open_socket(nursery: trio.Nursery, url: str) -> WebSocketConnection:
    try:
        with trio.fail_after(CONNECT_SECONDS):
            return await connect_websocket_url(nursery, url, max_message_size=MAX_ANSWER_BYTES)
    except trio.TooSlowError as error:
        raise unreachable(url, f"no answer in {CONNECT_SECONDS:.0f} s") from error
    except (OSError, HandshakeError, ValueError) as error:
        raise unreachable(url, error) from error


class WebSocketRpc:
    """Calls and subscriptions over one WebSocket.

    Invariant: each call under way has one slot in `_waiting`, each subscription one channel.
    """

    def __init__(self, url: str, socket: WebSocketConnection) -> None:
        self._url, self._socket = url, socket
        self.closed = trio.Event()
        """No more comes."""
        self._last_id = 0
        self._waiting: dict[int, trio.MemorySendChannel[Reply]] = {}
        self._topics: dict[object, trio.MemorySendChannel[Any]] = {}
        self._early: dict[object, list[Any]] = {}
        """Notifications that came before the reply that names their subscription."""

    async def run(self) -> None:
        """Read what the node sends, until the connection ends."""
        while True:
            try:
                raw = await self._socket.get_message()
            except ConnectionClosed:
                break
            self._take(msgspec.json.decode(raw, type=Reply))
        self.closed.set()
        for channel in (*self._waiting.values(), *self._topics.values()):
            channel.close()

    async def ping(self) -> None:
        """Wait until the node has shown that it is there.

        Raises: ConnectionLost.
        """
        try:
            await self._socket.ping()
        except ConnectionClosed as error:
            raise self._lost() from error

    async def call(self, method: str, *params: object) -> Any:
        """Call a method and return its result.

        Raises: RpcRefusal, NodeUnreachable, TookTooLong.
        """
        self._last_id += 1
        number = self._last_id
        send, receive = trio.open_memory_channel[Reply](1)
        self._waiting[number] = send
        try:
            with trio.fail_after(CALL_SECONDS):
                await self._socket.send_message(_request(number, method, params).decode())
                return result_of(method, await receive.receive())
        except trio.TooSlowError as error:
            raise TookTooLong(f"{method}: no answer in {CALL_SECONDS:.0f} s") from error
        except (ConnectionClosed, trio.EndOfChannel) as error:
            raise self._lost() from error
        finally:
            del self._waiting[number]

    def _lost(self) -> NodeUnreachable:
        return unreachable(self._url, "it closed the connection", ConnectionLost)

    @asynccontextmanager
    async def subscribe(
        self,
        method: str,
        *params: object,
        end: str,
        again: bool = True,  # noqa: ARG002
    ) -> AsyncIterator[trio.abc.ReceiveChannel[Any]]:
        """Subscribe; yield the channel of notifications, and unsubscribe with `end`.

        The channel ends with the connection, and when too many notifications were not read.
        """
        topic = await self.call(method, *params)
        send, receive = trio.open_memory_channel[Any](MAX_NOTIFICATIONS)
        self._topics[topic] = send
        if self.closed.is_set():
            send.close()
        for early in self._early.pop(topic, []):
            _pass_on(send, early)
        try:
            yield receive
        finally:
            del self._topics[topic]
            with trio.CancelScope(deadline=trio.current_time() + GOODBYE_SECONDS, shield=True):
                await self._give_up(end, topic)

    async def _give_up(self, end: str, topic: object) -> None:
        self._last_id += 1
        try:
            await self._socket.send_message(_request(self._last_id, end, (topic,)).decode())
        except ConnectionClosed:
            return

    def _take(self, reply: Reply) -> None:
        if reply.params is not None and "subscription" in reply.params:
            topic, value = reply.params["subscription"], reply.params.get("result")
            channel = self._topics.get(topic)
            if channel is not None:
                _pass_on(channel, value)
            elif len(self._early.setdefault(topic, [])) < MAX_NOTIFICATIONS:
                self._early[topic].append(value)
        elif reply.id in self._waiting:
            self._waiting[reply.id].send_nowait(reply)


def _pass_on(channel: trio.MemorySendChannel[Any], value: object) -> None:
    """Pass a notification on; who has not read so many hears no more."""
    try:
        channel.send_nowait(value)
    except trio.WouldBlock:
        channel.close()
    except (trio.ClosedResourceError, trio.BrokenResourceError):
        return


class HttpRpc:
    """Calls over HTTP, one connection each: for a question or two where no socket can stay open."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def call(self, method: str, *params: object) -> Any:
        """Call a method and return its result.

        Raises: RpcRefusal, NodeUnreachable, TookTooLong.
        """
        try:
            with trio.fail_after(CALL_SECONDS):
                raw = (await post(self._url, _request(1, method, params))).body
        except trio.TooSlowError as error:
            raise TookTooLong(f"{method}: no answer in {CALL_SECONDS:.0f} s") from error
        except FAILURES as error:
            raise unreachable(self._url, error) from error
        try:
            return result_of(method, msgspec.json.decode(raw, type=Reply))
        except msgspec.DecodeError as error:
            raise unreachable(self._url, f"it answered {raw[:60]!r}") from error


def result_of(method: str, reply: Reply) -> Any:
    """Return the result in a reply.

    Raises: RpcRefusal.
    """
    if reply.error is None:
        return reply.result
    code = reply.error.get("code", math.nan)
    raise RpcRefusal(method, code, reply.error.get("message", ""), reply.error.get("data"))


def _request(number: int, method: str, params: tuple[object, ...]) -> bytes:
    call = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
    return msgspec.json.encode(call)
