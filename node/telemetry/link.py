"""A connection to a telemetry server, which may be slow, away or hostile: the node never waits.

What is to be told waits in a short queue that loses its oldest; a connection that ends is made
anew, after longer and longer pauses. What the server sends is thrown away.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Sequence

import trio
from trio_websocket import ConnectionClosed, WebSocketConnection, connect_websocket_url

from node.log import Logger
from node.telemetry.endpoint import Endpoint
from node.telemetry.messages import Message

QUEUE_MESSAGES = 256
"""What waits at most: twenty minutes of a quiet chain, some 100 KB."""

CONNECT_SECONDS = 10.0
SEND_SECONDS = 10.0
GOODBYE_SECONDS = 1.0

FIRST_PAUSE, LONGEST_PAUSE = 2.0, 300.0
"""Seconds before a connection is tried again; doubled each time, with a tenth of chance."""

STEADY_SECONDS = 60.0
"""Who was connected for so long is tried soon again."""

MAX_HEARD_BYTES = 1 << 16
"""Of one message of the server, which has nothing to say."""


class TelemetryLink:
    """Tells one endpoint what it is offered, while there is a connection."""

    def __init__(
        self, endpoint: Endpoint, greeting: Callable[[], Sequence[Message]], log: Logger
    ) -> None:
        """Begin each connection with `greeting`."""
        self._endpoint, self._greeting, self._log = endpoint, greeting, log
        self._queue: deque[Message] = deque(maxlen=QUEUE_MESSAGES)
        self._wake = trio.Event()

    def offer(self, message: Message) -> None:
        """Queue a message if the endpoint wants its kind; never blocks."""
        if message.verbosity <= self._endpoint.verbosity:
            self._queue.append(message)
            self._wake.set()

    async def run(self) -> None:
        """Connect and tell, again and again, until cancelled."""
        pause = FIRST_PAUSE
        while True:
            began = trio.current_time()
            try:
                await self._tell()
            except Exception as error:  # a server must not end the node, whatever it does
                cause = _cause(error)
                why = str(cause) or type(cause).__name__
                self._log.info("telemetry_lost", url=self._endpoint.url, why=why)
            if trio.current_time() - began >= STEADY_SECONDS:
                pause = FIRST_PAUSE
            await trio.sleep(pause * random.uniform(1.0, 1.1))
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _tell(self) -> None:
        """Connect and tell until the connection ends, which raises."""
        async with trio.open_nursery() as nursery:
            with trio.fail_after(CONNECT_SECONDS):
                socket = await connect_websocket_url(
                    nursery, self._endpoint.url, max_message_size=MAX_HEARD_BYTES
                )
            try:
                nursery.start_soon(_ignore, socket)
                self._log.info("telemetry", url=self._endpoint.url)
                await self._tell_all(socket)
            finally:
                deadline = trio.current_time() + GOODBYE_SECONDS
                with trio.CancelScope(deadline=deadline, shield=True):
                    await socket.aclose()

    async def _tell_all(self, socket: WebSocketConnection) -> None:
        for message in self._greeting():
            if message.verbosity <= self._endpoint.verbosity:
                await _send(socket, message)
        while True:
            while self._queue:
                await _send(socket, self._queue.popleft())
            self._wake = trio.Event()
            await self._wake.wait()


async def _send(socket: WebSocketConnection, message: Message) -> None:
    with trio.fail_after(SEND_SECONDS):
        await socket.send_message(message.encoded())


async def _ignore(socket: WebSocketConnection) -> None:
    """Read what the server says, so that its pings are answered; raises when it closes."""
    while True:
        await socket.get_message()


def _cause(error: Exception) -> Exception:
    """Take the first error out of nested groups; that the server closed says the least."""
    while isinstance(error, ExceptionGroup):
        within = [one for one in error.exceptions if not isinstance(one, ConnectionClosed)]
        error = (within or error.exceptions)[0]
    return error
