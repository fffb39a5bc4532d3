"""One HTTP connection: its requests in order, until it closes or becomes a WebSocket."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

import trio

from node.rpc.access import PREFLIGHT_HEADERS, AccessPolicy, cross_origin_headers
from node.rpc.caller import Peer
from node.rpc.dispatch import Dispatcher
from node.rpc.http import BadRequest, HttpRequest, HttpResponse, RequestParser
from node.rpc.limits import Limits
from node.rpc.observer import Observer
from node.rpc.outbox import Flusher
from node.rpc.patience import Patience, Watch
from node.rpc.rate import RateLimit
from node.rpc.sockets import receive, send_now
from node.rpc.websocket import READ_BYTES, NotAWebSocket, WebSocketSession

FLUSH_BYTES = 256 * 1024
"""Answers to pipelined requests are sent together up to this size."""

JSON = b"application/json; charset=utf-8"

Addressed = tuple[bytes | None, bytes | None]
"""The host that a request is for, and the origin of the page that makes it."""

Page = Callable[[HttpRequest], HttpResponse]


@dataclass(frozen=True, slots=True)
class Service:
    """What every connection of a server shares."""

    dispatcher: Dispatcher
    pages: Mapping[bytes, Page]
    observer: Observer
    limits: Limits
    access: AccessPolicy


class HttpConnection:
    """A socket from its first byte to its last."""

    def __init__(
        self, stream: trio.SocketStream, service: Service, flusher: Flusher, watch: Watch
    ) -> None:
        self._stream = stream
        self._flusher = flusher
        self._service = service
        self._limits = service.limits
        self._parser = RequestParser(service.limits)
        self._rate = RateLimit(service.limits.calls_per_minute)
        self._peer = Peer("http", self._rate)
        self._watch = watch
        self._admitted: Addressed | None = None
        """What the last request that might pass was addressed to: the next one's too, mostly."""

    async def run(self) -> None:
        """Serve the connection to its end."""
        observer = self._service.observer
        observer.session_opened("http")
        reason, began = "closed", trio.current_time()
        try:
            with self._watch.over_connection() as patience:
                while await self._read(patience):
                    if not await self._answer_ready():
                        break
            if patience.scope.cancelled_caught and self._parser.is_inside_request:
                late = f"wanted a whole request within {self._limits.request_seconds:g} s"
                raise BadRequest(HTTPStatus.REQUEST_TIMEOUT, late)
        except BadRequest as refusal:
            reason = refusal.reason
            await self._send(refusal.response().encode(keep_alive=False))
        finally:
            observer.session_closed("http", reason, trio.current_time() - began)

    async def _read(self, patience: Patience) -> bool:
        """Read until a whole request is there; False when none will come."""
        parser = self._parser
        if parser.ready:
            return True
        patience.until = trio.current_time() + self._limits.idle_seconds
        while not parser.ready:
            data = await receive(self._stream, READ_BYTES)
            if not data:
                return False
            was_inside = parser.is_inside_request
            parser.feed(data)
            if parser.ready:
                break
            if parser.is_inside_request and not was_inside:
                patience.until = trio.current_time() + self._limits.request_seconds
            if parser.wants_continue:
                parser.wants_continue = False
                await self._send(b"HTTP/1.1 100 Continue\r\n\r\n")
        patience.until = math.inf
        return True

    async def _answer_ready(self) -> bool:
        """Answer all whole requests in order; False when the connection is to end."""
        ready = self._parser.ready
        answers: list[bytes] = []
        size = 0
        keep_alive = True
        while ready and keep_alive:
            request = ready.popleft()
            refusal = self._refusal(request.headers)
            if request.wants_websocket and refusal is None:
                await self._send(b"".join(answers))
                return await self._become_websocket(request)
            keep_alive = request.keep_alive
            response = await self._answer(request, refusal)
            with_body = request.method != b"HEAD"
            answers.append(response.encode(keep_alive=keep_alive, with_body=with_body))
            size += len(answers[-1])
            if size >= FLUSH_BYTES:
                await self._send(b"".join(answers))
                answers, size = [], 0
        await self._send(b"".join(answers))
        return keep_alive

    def _refusal(self, headers: Mapping[bytes, bytes]) -> str | None:
        """Say why a request is refused, or None when it may pass."""
        addressed = headers.get(b"host"), headers.get(b"origin")
        if addressed == self._admitted:
            return None
        refusal = self._service.access.refusal(headers)
        if refusal is None:
            self._admitted = addressed
        return refusal

    async def _answer(self, request: HttpRequest, refusal: str | None) -> HttpResponse:
        if refusal is not None:
            return HttpResponse(HTTPStatus.FORBIDDEN, f"{refusal}\n".encode())
        if request.method == b"POST":
            return await self._answer_post(request)
        if request.method in (b"GET", b"HEAD"):
            path = request.target.partition(b"?")[0]
            page = self._service.pages.get(path)
            if page is not None:
                return page(request)
            return HttpResponse(HTTPStatus.NOT_FOUND, b"no such page; the node's page is /\n")
        if request.method == b"OPTIONS":
            headers = (*PREFLIGHT_HEADERS, *cross_origin_headers(request.headers))
            return HttpResponse(HTTPStatus.NO_CONTENT, headers=headers)
        return HttpResponse(
            HTTPStatus.METHOD_NOT_ALLOWED,
            b"wanted POST for JSON-RPC or GET for pages\n",
            headers=((b"allow", b"GET, HEAD, OPTIONS, POST"),),
        )

    async def _answer_post(self, request: HttpRequest) -> HttpResponse:
        content_type = request.headers.get(b"content-type", b"application/json")
        if not content_type.lower().startswith(b"application/json"):
            # A page of any site may post other types without asking first.
            return HttpResponse(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE, b"wanted content-type: application/json\n"
            )
        answer = await self._service.dispatcher.answer(request.body, self._peer)
        headers = cross_origin_headers(request.headers)
        return HttpResponse(HTTPStatus.OK, answer.reply or b"", JSON, headers)

    async def _become_websocket(self, request: HttpRequest) -> bool:
        service = self._service
        session = WebSocketSession(
            self._stream, service.dispatcher, service.limits, self._rate, self._flusher
        )
        reason, began = "not a WebSocket", trio.current_time()
        service.observer.session_opened("ws")
        try:
            reason = await session.run(request, self._parser.rest)
        except NotAWebSocket as error:
            raise BadRequest(HTTPStatus.BAD_REQUEST, str(error)) from None
        finally:
            service.observer.session_closed("ws", reason, trio.current_time() - began)
        return False

    async def _send(self, data: bytes) -> None:
        sent = send_now(self._stream, data) if data else 0
        if sent == len(data):
            return
        with trio.move_on_after(self._limits.write_seconds) as writing:
            await self._stream.send_all(data[sent:])
        if writing.cancelled_caught:
            raise trio.BrokenResourceError("the client does not read its answers")
