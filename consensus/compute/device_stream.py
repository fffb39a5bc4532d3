"""Reading the messages of a device from a stream that may end at any byte."""

from __future__ import annotations

import trio

from consensus.compute.device_wire import HEAD_BYTES, Message, decode_manifest, manifest_bytes

READ_BYTES = 1 << 20


async def read_message(stream: trio.abc.ReceiveStream) -> Message:
    """Read one message.

    Raises:
        EOFError, BadFrame: the stream ended first, or carries something else.
    """
    manifest = decode_manifest(await _read(stream, manifest_bytes(await _read(stream, HEAD_BYTES))))
    return manifest.message(await _read(stream, manifest.content_bytes))


async def _read(stream: trio.abc.ReceiveStream, size: int) -> bytes:
    parts, missing = [], size
    while missing:
        part = await stream.receive_some(min(missing, READ_BYTES))
        if not part:
            raise EOFError(f"wanted {missing} more bytes, got none")
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)
