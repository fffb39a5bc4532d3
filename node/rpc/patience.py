"""Ends connections whose client keeps us waiting, all of them from one task.

A cancel scope, or a deadline moved, for each request costs more than reading the request does.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import trio

from node.rpc.limits import Limits

MAX_TICK_SECONDS = 1.0
"""How late the end of patience may be noticed."""


class Patience:
    """How long one connection still waits for its client."""

    __slots__ = ("scope", "until")

    def __init__(self) -> None:
        self.scope = trio.CancelScope()
        """Around the connection; cancelled when its time is over."""
        self.until = math.inf
        """In trio's time; infinite while it is not the client who is waited for."""


class Watch:
    """The patience of every connection of a server."""

    def __init__(self, limits: Limits) -> None:
        self._tick_seconds = min(
            MAX_TICK_SECONDS, limits.request_seconds / 4, limits.idle_seconds / 4
        )
        self._open: dict[Patience, None] = {}

    async def run(self) -> None:
        """End connections until cancelled."""
        while True:
            await trio.sleep(self._tick_seconds)
            now = trio.current_time()
            for patience in self._open:
                if patience.until < now:
                    patience.scope.cancel()

    @contextmanager
    def over_connection(self) -> Iterator[Patience]:
        """Watch a connection while the `with` block lasts, which ends early out of patience."""
        patience = Patience()
        self._open[patience] = None
        try:
            with patience.scope:
                yield patience
        finally:
            del self._open[patience]
