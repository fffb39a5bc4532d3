"""HTTP/1.1 from bytes to requests and from responses to bytes, over httptools; no sockets here."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus

import httptools

from node.rpc.limits import Limits
from runtime.primitives.record import record

BODILESS = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
"""Responses that have no body by definition, and so no length (RFC 9110, 8.6)."""

Headers = tuple[tuple[bytes, bytes], ...]


@record
class HttpRequest:
    """One whole request; header names are lower case, the last of a repeated header counts."""

    method: bytes
    target: bytes
    headers: Mapping[bytes, bytes]
    body: bytes
    keep_alive: bool
    wants_websocket: bool


@record
class HttpResponse:
    """One response; length and connection headers are added when it is written."""

    status: HTTPStatus
    body: bytes = b""
    content_type: bytes = b"text/plain; charset=utf-8"
    headers: Headers = ()

    def encode(self, *, keep_alive: bool, with_body: bool = True) -> bytes:
        """Write the response; a HEAD request gets no body."""
        lines = [_status_line(self.status)]
        if self.status not in BODILESS:
            lines.append(b"content-type: %s\r\n" % self.content_type)
            lines.append(b"content-length: %d\r\n" % len(self.body))
        lines += [b"%s: %s\r\n" % header for header in self.headers]
        if not keep_alive:
            lines.append(b"connection: close\r\n")
        lines.append(b"\r\n")
        if with_body:
            lines.append(self.body)
        return b"".join(lines)


@cache
def _status_line(status: HTTPStatus) -> bytes:
    return b"HTTP/1.1 %d %s\r\n" % (status.value, status.phrase.encode())


class BadRequest(Exception):
    """A request that cannot be answered but with a refusal and a closed connection."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason

    def response(self) -> HttpResponse:
        """Say what was wanted and what came."""
        return HttpResponse(self.status, f"{self.reason}\n".encode())


@dataclass(slots=True)
class _Partial:
    """The request being read."""

    target: bytes = b""
    headers: dict[bytes, bytes] = field(default_factory=dict)
    body: list[bytes] = field(default_factory=list)
    body_bytes: int = 0
    has_headers: bool = False


class RequestParser:
    """Reads pipelined requests out of a byte stream.

    Invariant: holds at most `header_bytes` of unfinished head, `request_bytes` of body and
    `pipelined_requests` whole requests.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._parser = httptools.HttpRequestParser(self)
        self._partial = _Partial()
        self._head_bytes = 0
        self._waited_bytes = 0
        self._began_in_this_read = False
        self._is_inside = False
        self._refusal: BadRequest | None = None
        self.ready: deque[HttpRequest] = deque()
        self.rest = b""
        """After a request to upgrade: bytes that already belong to the other protocol."""
        self.wants_continue = False
        """A client waits for `100 Continue` before it sends its body."""

    @property
    def is_inside_request(self) -> bool:
        """Whether a request has begun and is not complete."""
        return self._is_inside

    def feed(self, data: bytes) -> None:
        """Take bytes from the socket; whole requests appear in `ready`.

        Raises BadRequest.
        """
        self._began_in_this_read = False
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self.rest = data[upgrade.args[0] :]
        except httptools.HttpParserError as error:
            if self._refusal is not None:
                raise self._refusal from None
            reason = f"wanted an HTTP/1.1 request: {error}"
            raise BadRequest(HTTPStatus.BAD_REQUEST, reason) from None
        if self._is_inside and not self._partial.has_headers and not self._began_in_this_read:
            self._waited_bytes += len(data)
            if self._waited_bytes > self._limits.header_bytes:
                raise self._head_too_large()

    # The methods below are called by httptools, by these names.

    def on_message_begin(self) -> None:
        """Start a request."""
        self._partial = _Partial()
        self._head_bytes = self._waited_bytes = 0
        self._began_in_this_read = self._is_inside = True
        if len(self.ready) >= self._limits.pipelined_requests:
            self._refuse(
                HTTPStatus.TOO_MANY_REQUESTS,
                f"wanted at most {self._limits.pipelined_requests} requests ahead of their answers",
            )

    def on_url(self, part: bytes) -> None:
        """Take a part of the target."""
        self._count_head(len(part))
        self._partial.target += part

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take one header."""
        self._count_head(len(name) + len(value))
        self._partial.headers[name.lower()] = value

    def on_headers_complete(self) -> None:
        """Refuse early what announces itself too large."""
        self._partial.has_headers = True
        length = self._partial.headers.get(b"content-length", b"0")
        if length.isdigit() and int(length) > self._limits.request_bytes:
            self._refuse_body()
        if self._partial.headers.get(b"expect", b"").lower() == b"100-continue":
            self.wants_continue = True

    def on_body(self, part: bytes) -> None:
        """Take a part of the body."""
        self._partial.body_bytes += len(part)
        if self._partial.body_bytes > self._limits.request_bytes:
            self._refuse_body()
        self._partial.body.append(part)

    def on_message_complete(self) -> None:
        """Hand the request over."""
        partial = self._partial
        self._is_inside = False
        self.wants_continue = False
        self.ready.append(
            HttpRequest(
                method=self._parser.get_method(),
                target=partial.target,
                headers=partial.headers,
                body=b"".join(partial.body),
                keep_alive=self._parser.should_keep_alive(),
                wants_websocket=partial.headers.get(b"upgrade", b"").lower() == b"websocket",
            )
        )

    def _count_head(self, size_bytes: int) -> None:
        self._head_bytes += size_bytes
        if self._head_bytes > self._limits.header_bytes:
            self._refusal = self._head_too_large()
            raise self._refusal

    def _refuse(self, status: HTTPStatus, reason: str) -> None:
        self._refusal = BadRequest(status, reason)
        raise self._refusal

    def _refuse_body(self) -> None:
        limit = self._limits.request_bytes
        self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"wanted a body of at most {limit} bytes")

    def _head_too_large(self) -> BadRequest:
        limit = self._limits.header_bytes
        reason = f"wanted a request line and headers of at most {limit} bytes"
        return BadRequest(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, reason)
