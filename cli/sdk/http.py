"""One HTTP request: a POST with a body, over TCP or TLS, and its answer."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

import h11
import trio

READ_BYTES = 65536
MAX_ANSWER_BYTES = 64 << 20
"""Metadata, proofs and pages of storage stay far below this."""
DEFAULT_PORTS = {"http": 80, "https": 443}

FAILURES = (OSError, trio.BrokenResourceError, h11.RemoteProtocolError, ssl.SSLError)
"""What a request can end with when the other side is not there, or is no HTTP server."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered."""

    status: int
    body: bytes


async def post(url: str, body: bytes, content_type: str = "application/json") -> Answer:
    """Send a body to a URL of http:// or https://, on a connection of its own.

    Raises: one of FAILURES.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "127.0.0.1", parts.port or DEFAULT_PORTS[parts.scheme]
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = [
        ("Host", f"{host}:{port}"),
        ("Content-Type", content_type),
        ("Content-Length", str(len(body))),
        ("Connection", "close"),
    ]
    http = h11.Connection(h11.CLIENT)
    request = h11.Request(method="POST", target=target, headers=headers)
    sent = http.send(request) + http.send(h11.Data(body)) + http.send(h11.EndOfMessage())
    async with await _connected(parts.scheme, host, port) as stream:
        await stream.send_all(sent)
        return await _answer(http, stream)


async def _connected(scheme: str, host: str, port: int) -> trio.abc.Stream:
    if scheme == "https":
        return await trio.open_ssl_over_tcp_stream(host, port, https_compatible=True)
    return await trio.open_tcp_stream(host, port)


async def _answer(http: h11.Connection, stream: trio.abc.Stream) -> Answer:
    status, parts = 0, list[bytes]()
    while True:
        event = http.next_event()
        if event is h11.NEED_DATA:
            http.receive_data(await stream.receive_some(READ_BYTES))
        elif isinstance(event, h11.Response):
            status = event.status_code
        elif isinstance(event, h11.Data):
            parts.append(bytes(event.data))
            if sum(map(len, parts)) > MAX_ANSWER_BYTES:
                raise OSError(f"wanted at most {MAX_ANSWER_BYTES} bytes")
        elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
            return Answer(status, b"".join(parts))
