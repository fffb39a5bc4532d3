"""A node as it is released, whose sockets have the weather of a file.

`STARMINER_MEMBER` is which member of the cluster it is, `STARMINER_WEATHER` the file; SIGUSR1 makes
it read the file again. The node knows nothing of it: it is `socket.socket` that is replaced.
"""

from __future__ import annotations

import os
import signal
import socket
import weakref
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import msgspec
import trio
from cyclopts import App, Parameter

from node.config import NodeConfig
from node.service import run_node
from tests.cluster.weather import Instruction, Weather, address_of, attach, program_of

MEMBER, WEATHER = "STARMINER_MEMBER", "STARMINER_WEATHER"
"""The names of the two variables."""

DEFAULTS = NodeConfig()

app = App()


class Outside:
    """The weather, and every socket that it reaches."""

    def __init__(self, member: int, file: Path) -> None:
        self.address, self._file = address_of(member), file
        self._sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self._program: list[Instruction] = []
        signal.signal(signal.SIGUSR1, self.change)
        self.change()

    def cover(self, sock: socket.socket) -> None:
        """Let the weather reach a new socket."""
        attach(sock, self._program)
        self._sockets.add(sock)

    def change(self, *_: object) -> None:
        """Read the weather again."""
        weather = msgspec.json.decode(self._file.read_bytes(), type=Weather)
        self._program = program_of(weather)
        for sock in tuple(self._sockets):
            with suppress(OSError):  # closed meanwhile
                attach(sock, self._program)


def go_outside(outside: Outside) -> None:
    """Make every TCP socket from now on one of this member."""

    class WeatheredSocket(socket.socket):
        """Comes from the member's address, and is reached by the weather."""

        def __init__(self, *arguments: Any, **named: Any) -> None:
            super().__init__(*arguments, **named)
            self.is_tcp = (self.family, self.type) == (socket.AF_INET, socket.SOCK_STREAM)
            if self.is_tcp:
                outside.cover(self)

        def connect(self, address: Any) -> None:
            """Connect from the member's address."""
            if self.is_tcp and self.getsockname()[1] == 0:
                self.bind((outside.address, 0))
            super().connect(address)

    vars(socket)["socket"] = WeatheredSocket


@app.default
def run(*, config: Annotated[NodeConfig, Parameter(name="*")] = DEFAULTS) -> None:
    """Run the node. Its configuration is not checked: a released node knows fewer names."""
    trio.run(partial(run_node, config))


if __name__ == "__main__":
    go_outside(Outside(int(os.environ[MEMBER]), Path(os.environ[WEATHER])))
    app()
