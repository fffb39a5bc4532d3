"""The client of the RPC benchmark, in a process of its own: it counts bytes, and parses nothing.

`python -m tests.benchmarks.rpc_client posts PORT TOTAL DEPTH` sends POSTs over some connections,
DEPTH of them ahead of their answers; `… heads PORT SUBSCRIBERS HEADS` opens WebSockets and waits
for heads. Both print when they began and ended, by the clock that all processes share.
"""

import json
import selectors
import socket
import sys
import time
from collections.abc import Callable

CONNECTIONS = 8
READ_BYTES = 1 << 18
OK = b"HTTP/1.1 200"
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
        self.received_bytes = 0
        self._word = word
        self._rest = b""

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
        counter.socket.sendall(post * depth)

    def is_done(counter: Counter) -> bool:
        if counter.count % depth == 0 and counter.count < rounds * depth:
            counter.socket.sendall(post * depth)
        return counter.count == rounds * depth

    read_until(counters, is_done)
    return {"began": began, "ended": time.monotonic(), "count": rounds * depth * CONNECTIONS}


def heads(port: int, subscribers: int, count: int) -> dict[str, float]:
    """Subscribe to heads and wait for them; the first one comes at once."""
    body = b'{"jsonrpc":"2.0","id":1,"method":"chain_subscribeAllHeads","params":[]}'
    counters = [Counter(port, NEWS) for _ in range(subscribers)]
    for counter in counters:
        counter.socket.sendall(UPGRADE + bytes((0x81, 0x80 | len(body))) + bytes(4) + body)
    read_until(counters, lambda counter: counter.count >= 1)
    print("ready", flush=True)
    read_until(counters, lambda counter: counter.count >= count + 1)
    received = sum(counter.received_bytes for counter in counters)
    return {"ended": time.monotonic(), "count": subscribers * count, "received_bytes": received}


def main() -> None:
    """Do what the arguments say and print the result."""
    mode, port, first, second, *more = sys.argv[1:]
    if mode == "posts":
        result = posts(int(port), int(first), int(second), more[0])
    else:
        result = heads(int(port), int(first), int(second))
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
