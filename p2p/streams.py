"""One inbound stream for each peer and protocol: a newer one replaces the older.

Each stream may hold a frame and answers in memory, so a peer that opens many would hold many times
what the protocol allows it.
"""

from collections.abc import Awaitable, Callable

import trio

from p2p.framing import ByteStream


class OneStream:
    """Serves the newest stream of each peer.

    Invariant: at most one stream of a peer is being served, but for those that are ending.
    """

    def __init__(self, serve: Callable[[ByteStream], Awaitable[None]]) -> None:
        self._serve = serve
        self._scopes: dict[str, trio.CancelScope] = {}

    async def __call__(self, stream: ByteStream) -> None:
        """Serve a stream until it ends or the peer opens another."""
        older = self._scopes.get(stream.peer)
        if older is not None:
            older.cancel()
        with trio.CancelScope() as scope:
            self._scopes[stream.peer] = scope
            try:
                await self._serve(stream)
            finally:
                if self._scopes.get(stream.peer) is scope:
                    del self._scopes[stream.peer]
        if scope.cancelled_caught:
            await stream.reset()
