"""The RPC server: one port for JSON-RPC over HTTP and WebSocket and for the node's own pages.

A thin trio server over sans-IO parsers, because a general web server on trio measured 20 times
slower. It knows sockets, limits and access; what methods do is the dispatcher's affair.
"""

import errno
from http import HTTPStatus
from typing import Protocol

import trio

from node.rpc.connection import HttpConnection, Service
from node.rpc.http import HttpResponse
from node.rpc.outbox import Flusher
from node.rpc.patience import Watch
from node.rpc.websocket import READ_BYTES

DEFAULT_HOST = "127.0.0.1"
"""Only this machine, until the operator says otherwise."""

DEFAULT_PORT = 9944
"""Where Substrate clients look for a node."""


class Started(Protocol):
    """What `nursery.start` passes in: it learns the port and lets the starter go on."""

    def started(self, value: int, /) -> None:
        """Report the port."""
        ...


class PortBusy(Exception):
    """The port is taken; the message says what to do."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(
            f"wanted to listen on {host}:{port}, but another process does: "
            "stop it, or start this node with another --rpc-port or --prometheus-port"
        )
        self.host = host
        self.port = port


class RpcServer:
    """Serves one address until cancelled.

    Invariant: at most `limits.connections` connections are being served.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._limits = service.limits
        self._flusher = Flusher()
        self._watch = Watch(service.limits)
        self._open_connections = 0

    async def run(
        self,
        host: str = DEFAULT_HOST,
        port: int = DEFAULT_PORT,
        task_status: Started = trio.TASK_STATUS_IGNORED,
    ) -> None:
        """Listen and serve; reports the port number when ready.

        Raises PortBusy.
        """
        try:
            listeners = await trio.open_tcp_listeners(port, host=host)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortBusy(host, port) from None
            raise
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._flusher.run)
            nursery.start_soon(self._watch.run)
            task_status.started(listeners[0].socket.getsockname()[1])
            await trio.serve_listeners(self._serve, listeners)

    async def _serve(self, stream: trio.SocketStream) -> None:
        self._open_connections += 1
        try:
            if self._open_connections > self._limits.connections:
                await self._turn_away(stream)
            else:
                service, flusher, watch = self._service, self._flusher, self._watch
                await HttpConnection(stream, service, flusher, watch).run()
            await self._linger(stream)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            return
        except Exception as error:
            # The top of one connection: a bug in serving it is reported and ends it alone.
            self._service.observer.bug("connection", error)
        finally:
            self._open_connections -= 1
            await trio.aclose_forcefully(stream)

    async def _turn_away(self, stream: trio.SocketStream) -> None:
        reason = f"busy: all {self._limits.connections} connections are taken\n"
        response = HttpResponse(HTTPStatus.SERVICE_UNAVAILABLE, reason.encode())
        with trio.move_on_after(self._limits.close_seconds):
            await stream.send_all(response.encode(keep_alive=False))

    async def _linger(self, stream: trio.SocketStream) -> None:
        """Let the client read our last words: closing with unread input would reset them away."""
        with trio.move_on_after(self._limits.close_seconds):
            await stream.send_eof()
            while await stream.receive_some(READ_BYTES):
                pass
