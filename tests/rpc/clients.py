"""Clients for the tests: raw HTTP, and WebSocket by another implementation than ours."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import msgspec
import trio
from trio_websocket import WebSocketConnection, open_websocket_url

if TYPE_CHECKING:
    from tests.rpc.support import FakeNode, Notes


class Served:
    """A running server and how to talk to it."""

    def __init__(
        self, node: "FakeNode", notes: "Notes", port: int, stop: Callable[[], None]
    ) -> None:
        self.node = node
        self.notes = notes
        self.port = port
        self.stop = stop

    async def connect(self) -> trio.SocketStream:
        return await trio.open_tcp_stream("127.0.0.1", self.port)

    async def exchange(self, raw: bytes) -> list["Reply"]:
        """Send raw bytes, say there will be no more, and return all replies until the close."""
        stream = await self.connect()
        await stream.send_all(raw)
        await stream.send_eof()
        received = b""
        async for data in stream:
            received += data
        await stream.aclose()
        return list(split_replies(received))

    async def post(self, body: object, headers: str = "") -> Any:
        raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
        (reply,) = await self.exchange(http_post(raw, headers))
        return msgspec.json.decode(reply.body) if reply.body else None

    async def call(self, method: str, *params: object) -> Any:
        """Call a method over HTTP; return its result, or its error as (code, message, data)."""
        reply = await self.post(request(method, *params))
        return result_of(reply)

    async def get(self, path: str, headers: str = "") -> "Reply":
        raw = f"GET {path} HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n".encode()
        (reply,) = await self.exchange(raw)
        return reply

    @asynccontextmanager
    async def websocket(self, **options: Any) -> AsyncIterator["Client"]:
        async with open_websocket_url(f"ws://127.0.0.1:{self.port}/", **options) as connection:
            yield Client(connection)


class Client:
    """A WebSocket client."""

    def __init__(self, connection: WebSocketConnection) -> None:
        self.connection = connection
        self._next_id = 0

    async def send(self, message: object) -> None:
        raw = message if isinstance(message, str | bytes) else msgspec.json.encode(message).decode()
        await self.connection.send_message(raw)

    async def receive(self) -> Any:
        return msgspec.json.decode(await self.connection.get_message())

    async def call(self, method: str, *params: object) -> Any:
        await self.send(request(method, *params))
        return result_of(await self.receive())


class Reply(msgspec.Struct):
    status: int
    headers: dict[str, str]
    body: bytes


def split_replies(received: bytes) -> Iterator[Reply]:
    while received:
        head, _, received = received.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        size = int(headers.get("content-length", "0"))
        status = int(first.split()[1])
        yield Reply(status, headers, received[:size])
        received = received[size:]


def http_post(body: bytes, headers: str = "", host: str = "localhost") -> bytes:
    head = (
        f"POST / HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\n{headers}\r\n"
    )
    return head.encode() + body


def request(method: str, *params: object, call_id: object = 1) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": call_id, "method": method, "params": list(params)}


def result_of(reply: Any) -> Any:
    if "error" in reply:
        error = reply["error"]
        return error["code"], error["message"], error.get("data")
    return reply["result"]
