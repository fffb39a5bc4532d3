"""The client of the RPC benchmark, in a process of its own: it counts bytes, and parses nothing.

`python -m tests.benchmarks.rpc_client posts PORT TOTAL DEPTH` sends POSTs over some connections,
DEPTH of them ahead of their answers; `… calls PORT TOTAL` makes the same calls over WebSockets, one
after the other on each; `… heads PORT SUBSCRIBERS HEADS` opens WebSockets and waits for heads. What
to call comes in on standard input. All print when they began and ended, by the clock that all
processes share.
"""

import json
import selectors
import socket
import struct
import sys
import time
from collections.abc import Callable

CONNECTIONS = 8
READ_BYTES = 1 << 18
OK = b"HTTP/1.1 200"
ANSWER = b'"jsonrpc"'
NEWS = b"chain_allHead"

UPGRADE = (
    b"GET / HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
    b"sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


class Counter:
    """Counts a word in what one socket sends."""

    def __init__(self, port: int, word: bytes) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.count = 0
        self.asked = 0
        self.received_bytes = 0
        self._word = word
        self._rest = b""

    def ask(self, message: bytes, count: int) -> None:
        """Send a message that will be answered so many times."""
        self.asked += count
        self.socket.sendall(message)

    def read(self) -> None:
        """Read what is there."""
        data = self.socket.recv(READ_BYTES)
        assert data, "the server closed the connection"
        self.received_bytes += len(data)
        data = self._rest + data
        self.count += data.count(self._word)
        self._rest = data[len(data) + 1 - len(self._word) :]


def read_until(counters: list[Counter], is_done: Callable[[Counter], bool]) -> None:
    """Read from all until each is done."""
    with selectors.DefaultSelector() as ready:
        for counter in counters:
            ready.register(counter.socket, selectors.EVENT_READ, counter)
        waiting = len(counters)
        while waiting:
            for key, _ in ready.select():
                counter: Counter = key.data
                counter.read()
                if is_done(counter):
                    ready.unregister(counter.socket)
                    waiting -= 1


def posts(port: int, total: int, depth: int, call: str) -> dict[str, float]:
    """Send POSTs."""
    body = call.encode()
    post = (
        b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        b"content-length: %d\r\n\r\n%s" % (len(body), body)
    )
    counters = [Counter(port, OK) for _ in range(CONNECTIONS)]
    rounds = total // CONNECTIONS // depth
    began = time.monotonic()
    for counter in counters:
        counter.ask(post * depth, depth)

    def is_done(counter: Counter) -> bool:
        if counter.count == counter.asked < rounds * depth:
            counter.ask(post * depth, depth)
        return counter.count == rounds * depth

    read_until(counters, is_done)
    return {"began": began, "ended": time.monotonic(), "count": rounds * depth * CONNECTIONS}


def calls(port: int, total: int, call: str) -> dict[str, float]:
    """Make calls over WebSockets."""
    body = call.encode()
    counters = [Counter(port, ANSWER) for _ in range(CONNECTIONS)]
    rounds = total // CONNECTIONS
    frame = masked(body)
    for counter in counters:
        counter.socket.sendall(UPGRADE)
        assert counter.socket.recv(READ_BYTES).startswith(b"HTTP/1.1 101")
    began = time.monotonic()
    for counter in counters:
        counter.ask(frame, 1)

    def is_done(counter: Counter) -> bool:
        if counter.count == counter.asked < rounds:
            counter.ask(frame, 1)
        return counter.count == rounds

    read_until(counters, is_done)
    return {"began": began, "ended": time.monotonic(), "count": rounds * CONNECTIONS}


def masked(body: bytes) -> bytes:
    """Return a text frame with a mask of zeros (RFC 6455, 5.2)."""
    size = len(body)
    length = bytes((0x80 | size,)) if size < 126 else b"\xfe" + struct.pack("!H", size)
    return b"\x81" + length + bytes(4) + body


def heads(port: int, subscribers: int, count: int) -> dict[str, float]:
    """Subscribe to heads and wait for them; the first one comes at once."""
    body = b'{"jsonrpc":"2.0","id":1,"method":"chain_subscribeAllHeads","params":[]}'
    counters = [Counter(port, NEWS) for _ in range(subscribers)]
    for counter in counters:
        counter.socket.sendall(UPGRADE + masked(body))
    read_until(counters, lambda counter: counter.count >= 1)
    print("ready", flush=True)
    read_until(counters, lambda counter: counter.count >= count + 1)
    received = sum(counter.received_bytes for counter in counters)
    return {"ended": time.monotonic(), "count": subscribers * count, "received_bytes": received}


def main() -> None:
    """Do what the arguments say and print the result."""
    mode, *numbers = sys.argv[1:]
    port, first, *more = map(int, numbers)
    if mode == "heads":
        result = heads(port, first, *more)
    elif mode == "calls":
        result = calls(port, first, sys.stdin.read())
    else:
        result = posts(port, first, *more, sys.stdin.read())
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
