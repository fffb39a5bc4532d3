"""Byte streams in memory, for the two ends of a protocol in one test."""

import trio
from trio.testing import memory_stream_pair

from p2p.framing import ByteStream, StreamLost


class MemoryStream:
    """One end of a pair; `peer` names the other."""

    def __init__(self, peer: str, stream: trio.StapledStream) -> None:
        self._peer = peer
        self._stream = stream

    @property
    def peer(self) -> str:
        return self._peer

    async def read(self, limit: int) -> bytes:
        try:
            return await self._stream.receive_some(limit)
        except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
            raise StreamLost(self._peer) from error

    async def write(self, data: bytes) -> None:
        try:
            await self._stream.send_all(data)
        except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
            raise StreamLost(self._peer) from error

    async def reset(self) -> None:
        with trio.CancelScope(shield=True):
            await self._stream.aclose()


def pair(ours: str, theirs: str) -> tuple[ByteStream, ByteStream]:
    """Give the end that talks to `theirs`, and the end that talks to `ours`."""
    here, there = memory_stream_pair()
    return MemoryStream(theirs, here), MemoryStream(ours, there)
