"""One WebSocket connection: reads messages, answers them, sends notifications."""

from functools import partial

import trio
from wsproto import ConnectionType, WSConnection
from wsproto.connection import ConnectionState
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Event,
    Ping,
    Request,
    TextMessage,
)
from wsproto.frame_protocol import CloseReason
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

from node.rpc.caller import Peer
from node.rpc.dispatch import Dispatcher
from node.rpc.frames import text_frame
from node.rpc.http import HttpRequest
from node.rpc.limits import Limits
from node.rpc.outbox import Flusher, Outbox
from node.rpc.rate import RateLimit
from node.rpc.sockets import send_now
from node.rpc.subscriptions import Subscriptions

READ_BYTES = 64 * 1024
"""One read from a socket: the usual size of a receive buffer."""

MAX_REASON_BYTES = 123
"""What a close frame has room for (RFC 6455, 5.5)."""


class NotAWebSocket(Exception):
    """An upgrade request that the protocol does not allow."""


class WebSocketSession:
    """A socket after its upgrade request.

    Invariant: all that is sent goes through the outbox, so frames are never mixed.
    """

    def __init__(
        self,
        stream: trio.SocketStream,
        dispatcher: Dispatcher,
        limits: Limits,
        rate: RateLimit,
        flusher: Flusher,
    ) -> None:
        self._stream = stream
        self._dispatcher = dispatcher
        self._limits = limits
        self._rate = rate
        self._protocol = WSConnection(ConnectionType.SERVER)
        self._outbox = Outbox(
            limits.output_frames,
            limits.output_bytes,
            flusher,
            partial(send_now, stream),
            self._hurry,
        )
        self._writing = trio.CancelScope()
        self._in_flight = trio.Semaphore(limits.calls_in_flight)
        self._message: list[str | bytes | bytearray] = []
        self._message_bytes = 0
        self._end = ""

    async def run(self, request: HttpRequest, rest: bytes) -> str:
        """Serve the connection to its end and say why it ended.

        Raises NotAWebSocket before anything is sent.
        """
        self._outbox.push(self._accept(request))
        async with trio.open_nursery() as nursery:
            subscriptions = Subscriptions(self._outbox, nursery, self._limits.subscriptions)
            nursery.start_soon(self._write, nursery.cancel_scope)
            try:
                await self._read(rest, Peer("ws", self._rate, subscriptions), nursery)
            finally:
                subscriptions.remove_all()
                self._say_goodbye()
                nursery.cancel_scope.cancel()  # all but the writer, which is shielded
        return self._end

    def _accept(self, request: HttpRequest) -> bytes:
        try:
            self._protocol.initiate_upgrade_connection(
                list(request.headers.items()), request.target
            )
            for event in self._protocol.events():
                if isinstance(event, Request):
                    return self._protocol.send(AcceptConnection())
        except (RemoteProtocolError, LocalProtocolError) as error:
            raise NotAWebSocket(f"wanted a WebSocket upgrade: {error}") from None
        raise NotAWebSocket("wanted a whole WebSocket upgrade request")

    async def _read(self, rest: bytes, peer: Peer, nursery: trio.Nursery) -> None:
        data = rest
        while True:
            self._protocol.receive_data(data)
            for event in self._protocol.events():
                await self._handle(event, peer, nursery)
            if self._end:
                return
            data = await self._receive_or_ping()
            if not data:
                return

    async def _receive_or_ping(self) -> bytes:
        """Wait for bytes; after a silence send a ping; after another give up."""
        for _ in range(2):
            with trio.move_on_after(self._limits.ping_seconds) as waiting:
                data = await self._receive()
            if not waiting.cancelled_caught:
                return data
            self._outbox.push(self._frame(Ping()))
        self._end = "silent: no answer to a ping"
        return b""

    async def _receive(self) -> bytes:
        try:
            data = bytes(await self._stream.receive_some(READ_BYTES))
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            data = b""
        if not data:
            self._end = self._end or self._outbox.overflow or "gone"
        return data

    async def _handle(self, event: Event, peer: Peer, nursery: trio.Nursery) -> None:
        if isinstance(event, TextMessage | BytesMessage):
            self._collect(event)
            if event.message_finished and not self._end:
                message = self._take_message()
                await self._in_flight.acquire()
                nursery.start_soon(self._answer, message, peer)
        elif isinstance(event, Ping):
            self._outbox.push(self._frame(event.response()))
        elif isinstance(event, CloseConnection):
            self._end = self._end or f"closed by the client: {event.code}"
            self._outbox.push(self._frame(event.response()))

    def _collect(self, event: TextMessage | BytesMessage) -> None:
        self._message_bytes += len(event.data)
        if self._message_bytes > self._limits.request_bytes:
            self._end = f"wanted a message of at most {self._limits.request_bytes} bytes"
            self._outbox.push(self._close_frame(CloseReason.MESSAGE_TOO_BIG))
        else:
            self._message.append(event.data)

    def _take_message(self) -> str | bytes:
        parts, self._message, self._message_bytes = self._message, [], 0
        if parts and isinstance(parts[0], str):
            return "".join(part for part in parts if isinstance(part, str))
        return b"".join(part for part in parts if not isinstance(part, str))

    async def _answer(self, message: str | bytes, peer: Peer) -> None:
        try:
            await self._outbox.room()
            answer = await self._dispatcher.answer(message, peer)
            if answer.reply is not None:
                self._outbox.put(text_frame(answer.reply))
            answer.start_what_follows()
        finally:
            self._in_flight.release()

    async def _write(self, connection: trio.CancelScope) -> None:
        """Send until the outbox is closed and empty, or the client cannot keep up."""
        with trio.CancelScope(shield=True):
            while data := await self._outbox.take():
                if not await self._send(data):
                    break
            if self._outbox.overflow:
                self._end = self._end or self._outbox.overflow
                await self._send(self._close_frame(CloseReason.POLICY_VIOLATION))
        connection.cancel()

    async def _send(self, data: bytes) -> bool:
        seconds = self._limits.write_seconds
        if self._end or self._outbox.overflow:
            seconds = self._limits.close_seconds
        self._writing = trio.CancelScope(deadline=trio.current_time() + seconds)
        try:
            with self._writing:
                await self._stream.send_all(data)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            self._end = self._end or "gone"
            return False
        if self._writing.cancelled_caught:
            self._end = self._end or self._outbox.overflow or "too slow: a write got stuck"
        return not self._writing.cancelled_caught

    def _hurry(self) -> None:
        """Give a write that is under way little time: what follows it is the end."""
        soon = trio.current_time() + self._limits.close_seconds
        self._writing.deadline = min(self._writing.deadline, soon)

    def _say_goodbye(self) -> None:
        if not self._end:
            self._end = "the node is stopping"
            self._outbox.push(self._close_frame(CloseReason.GOING_AWAY))
        elif self._protocol.state is ConnectionState.OPEN and self._end != "gone":
            self._outbox.push(self._close_frame(CloseReason.POLICY_VIOLATION))
        self._outbox.close()
        self._hurry()

    def _close_frame(self, code: CloseReason) -> bytes:
        return self._frame(CloseConnection(code, self._end[:MAX_REASON_BYTES]))

    def _frame(self, event: Event) -> bytes:
        try:
            return self._protocol.send(event)
        except LocalProtocolError:
            return b""  # the closing handshake has begun: nothing more may be said
