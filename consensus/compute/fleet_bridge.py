"""The door of a bridge process: one request per connection on a Unix socket, one reply.

A connection that closes takes its request back. What the devices are is not known here.
"""

from __future__ import annotations

import select
import socket
import socketserver
import sys
import threading
from collections.abc import Callable
from typing import IO, Protocol

from consensus.compute.device_main import receive, send
from consensus.compute.device_wire import Message
from consensus.compute.fleet_device import FleetDeviceOptions

USAGE = (
    "usage: python -m consensus.compute.ray_fleet "
    "SOCKET ADDRESS KIND MEMORY_BYTES NICENESS THREADS DEADLINE_SECONDS"
)
_WORDS = 7

IsGone = Callable[[], bool]
"""Says whether nobody waits for a request any more."""


class Devices(Protocol):
    """What a bridge leads to."""

    def probe(self) -> Message:
        """Let each free device show that it works; return what there is."""

    def ban(self, name: str) -> Message:
        """Use a device no more."""

    def do(self, request: Message, is_gone: IsGone) -> Message:
        """Do a request on a free device; the reply names it as `member`."""


class Desk(socketserver.StreamRequestHandler):
    """One connection: one request, one reply."""

    server: Desks

    def handle(self) -> None:
        """Answer."""
        request = receive(self.rfile)  # type: ignore[arg-type]
        if request is None:
            return
        devices = self.server.devices
        match request.kind:
            case "probe":
                reply = devices.probe()
            case "ban":
                reply = devices.ban(request.values["member"])
            case _:
                reply = devices.do(request, self._is_gone)
        if not self._is_gone():
            send(self.wfile, reply)  # type: ignore[arg-type]

    def _is_gone(self) -> bool:
        """Say whether the node has closed the connection."""
        readable, _, _ = select.select([self.connection], [], [], 0)
        return bool(readable) and not self.connection.recv(1, socket.MSG_PEEK)


class Desks(socketserver.ThreadingUnixStreamServer):
    """Where the node's requests arrive, each in a thread of its own."""

    daemon_threads = True

    def __init__(self, path: str, devices: Devices) -> None:
        super().__init__(path, Desk)
        self.devices = devices


def read_arguments(words: list[str]) -> tuple[str, str, FleetDeviceOptions] | None:
    """Return socket, address and options of a command line; None if it is another."""
    if len(words) != _WORDS:
        return None
    path, address, kind, memory, niceness, threads, deadline = words
    options = FleetDeviceOptions(kind, int(memory), int(niceness), int(threads), float(deadline))
    return path, address, options


def serve_fleet(path: str, devices: Devices, replies: IO[bytes]) -> None:
    """Greet with what a first probe finds, then serve until the node closes our standard input."""
    greeting = devices.probe()
    with Desks(path, devices) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        send(replies, greeting)
        sys.stdin.buffer.read()
        server.shutdown()
