"""The verifier process: reads batches from its standard input, a socket, and answers on it.

It is started by `processes.py` and ends when the node closes its end. It imports little, as there
may be one per core.
"""

from __future__ import annotations

import socket
import sys

from node.verifier.wire import (
    LENGTH,
    MAX_FRAME_BYTES,
    decode_batch,
    encode_verdicts,
    is_good,
)


def serve(connection: socket.socket) -> None:
    """Answer batches until the other end closes."""
    while (head := _receive(connection, LENGTH.size)) is not None:
        (size,) = LENGTH.unpack(head)
        assert size <= MAX_FRAME_BYTES, f"wanted a frame up to {MAX_FRAME_BYTES}, got {size}"
        body = _receive(connection, size)
        if body is None:
            return
        connection.sendall(encode_verdicts([is_good(check) for check in decode_batch(body)]))


def _receive(connection: socket.socket, size: int) -> bytes | None:
    """Return exactly `size` bytes, or None if the other end closes."""
    received = bytearray()
    while len(received) < size:
        piece = connection.recv(size - len(received))
        if not piece:
            return None
        received += piece
    return bytes(received)


if __name__ == "__main__":
    serve(socket.socket(fileno=sys.stdin.fileno()))
