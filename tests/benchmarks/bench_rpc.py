"""How fast the RPC server answers: small POSTs, and one head to many WebSocket subscribers.

Run it: `python -m tests.benchmarks.bench_rpc`. Client and server share one process and one core, so
the numbers are what is left to the server after a raw client has had its part.
"""

import time

import msgspec
import trio

from tests.rpc.clients import http_post, request
from tests.rpc.support import FakeNode, growing_node, serving

CONNECTIONS = 8
POSTS = 20_000
PIPELINE = 32
SUBSCRIBERS = 100
HEADS = 500
EVENTS_PER_HEAD = 2
WORD = b"chain_allHead"

UPGRADE = (
    b"GET / HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
    b"sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


async def bench_posts(depth: int) -> float:
    """Return POSTs a second, `depth` of them ahead of their answers on each connection."""
    post = http_post(msgspec.json.encode(request("chain_getBlockHash", 1)))
    node = growing_node(1)

    async def client(port: int, rounds: int) -> None:
        stream = await trio.open_tcp_stream("127.0.0.1", port)
        for _ in range(rounds):
            await stream.send_all(post * depth)
            answered = 0
            while answered < depth:
                answered += (await stream.receive_some(1 << 16)).count(b"HTTP/1.1 200")
        await stream.aclose()

    async with serving(node) as server:
        began = time.perf_counter()
        async with trio.open_nursery() as nursery:
            for _ in range(CONNECTIONS):
                nursery.start_soon(client, server.port, POSTS // CONNECTIONS // depth)
        return POSTS / (time.perf_counter() - began)


async def bench_fan_out() -> tuple[float, float]:
    """Return deliveries a second, and megabytes a second, of heads to all subscribers."""
    node = FakeNode()
    body = msgspec.json.encode(request("chain_subscribeAllHeads"))
    ready = 0
    received = 0

    async def subscriber(port: int) -> None:
        nonlocal ready, received
        stream = await trio.open_tcp_stream("127.0.0.1", port)
        await stream.send_all(UPGRADE + bytes((0x81, 0x80 | len(body))) + bytes(4) + body)
        heads = 0
        rest = b""
        while heads < HEADS + 1:
            data = await stream.receive_some(1 << 18)
            new = (rest + data).count(WORD)
            rest = (rest + data)[1 - len(WORD) :]
            ready += heads == 0 and new > 0
            heads += new
            received += len(data)
        await stream.aclose()

    async with serving(node) as server, trio.open_nursery() as nursery:
        for _ in range(SUBSCRIBERS):
            nursery.start_soon(subscriber, server.port)
        while ready < SUBSCRIBERS:
            await trio.sleep(0.01)
        began = time.perf_counter()
        for _ in range(HEADS):
            node.grow()
            for _ in range(EVENTS_PER_HEAD):  # the listener takes one event a turn
                await trio.sleep(0)
        while nursery.child_tasks:
            await trio.sleep(0.005)
        seconds = time.perf_counter() - began
    return SUBSCRIBERS * HEADS / seconds, received / seconds / 1e6


def main() -> None:
    """Print the numbers."""
    print(f"POSTs one by one    {trio.run(bench_posts, 1):10,.0f} a second")
    print(f"POSTs pipelined     {trio.run(bench_posts, PIPELINE):10,.0f} a second")
    deliveries, megabytes = trio.run(bench_fan_out)
    print(f"heads to {SUBSCRIBERS} sockets {deliveries:10,.0f} a second, {megabytes:.0f} MB/s")


if __name__ == "__main__":
    main()
