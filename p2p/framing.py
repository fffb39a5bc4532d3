"""Frames of u32 big-endian length and payload over a byte stream, with a bound on each."""

import struct
from collections.abc import Iterable
from typing import Final, Protocol

LENGTH: Final = struct.Struct("!I")

READ_BYTES: Final = 65_536
"""What is asked of the stream at once: one yamux frame, and never byte by byte."""


class StreamLost(ConnectionError):
    """The stream ended, was reset, or its connection went away."""


class FrameTooLarge(ValueError):
    """A peer announced a longer frame than the protocol allows."""


class ByteStream(Protocol):
    """A stream to one peer. Every method raises StreamLost when the stream is over."""

    @property
    def peer(self) -> str:
        """Name the peer at the other end."""
        ...

    async def read(self, limit: int) -> bytes:
        """Read at least one byte and at most `limit`; empty at the end."""
        ...

    async def write(self, data: bytes) -> None:
        """Write all of `data`."""
        ...

    async def reset(self) -> None:
        """Drop the stream in both directions; never raises."""
        ...


class FrameReader:
    """Cuts frames of at most `limit` bytes out of a stream.

    Invariant: the buffer never holds more than one frame and one read.
    """

    def __init__(self, stream: ByteStream, limit: int) -> None:
        self._stream = stream
        self._limit = limit
        self._buffer = bytearray()

    async def next(self) -> bytes:
        """Wait for the next frame.

        Raises StreamLost at the end of the stream and FrameTooLarge on a length above the limit.
        """
        while True:
            frame = self._take()
            if frame is not None:
                return frame
            part = await self._stream.read(READ_BYTES)
            if not part:
                raise StreamLost(f"{self._stream.peer} ended the stream")
            self._buffer += part

    def _take(self) -> bytes | None:
        if len(self._buffer) < LENGTH.size:
            return None
        (size,) = LENGTH.unpack_from(self._buffer)
        if size > self._limit:
            raise FrameTooLarge(f"wanted a frame of at most {self._limit} bytes, got {size}")
        end = LENGTH.size + size
        if len(self._buffer) < end:
            return None
        frame = bytes(memoryview(self._buffer)[LENGTH.size : end])
        del self._buffer[:end]
        return frame


def framed(payloads: Iterable[bytes]) -> bytes:
    """Join payloads into one write."""
    return b"".join(part for payload in payloads for part in (LENGTH.pack(len(payload)), payload))
