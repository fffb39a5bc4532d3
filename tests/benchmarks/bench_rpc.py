"""How fast the RPC server answers: small POSTs, and heads to many WebSocket subscribers.

Run it: `python -m tests.benchmarks.bench_rpc [PYTHON]`. The client is another process. PYTHON is an
interpreter with `hypercorn[trio]`, whose bare echo is measured beside ours in the same run; the row
is left out where there is none.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import msgspec
import trio

from tests.rpc.clients import request
from tests.rpc.support import FakeNode, growing_node, serving

POSTS = 16_000
ECHO_POSTS = 4_000
PIPELINE = 32
SUBSCRIBERS = 100
HEADS = 500
CALL = msgspec.json.encode(request("system_health")).decode()


class Result(msgspec.Struct):
    """What a client saw."""

    ended: float
    count: int
    began: float = 0.0
    received_bytes: int = 0

    @property
    def rate(self) -> float:
        """How many a second."""
        return self.count / (self.ended - self.began)


class Rate(msgspec.Struct):
    """How many a second, by the clock on the wall and by the server's own time on a core."""

    wall: float
    core: float


async def posts(pid: int, port: int, total: int, depth: int) -> Rate:
    """Send POSTs to a server, `depth` of them ahead of their answers on each connection."""
    command = ["posts", str(port), str(total), str(depth), CALL]
    run = partial(subprocess.run, client(*command), capture_output=True, check=True)
    before = core_seconds(pid)
    finished = await trio.to_thread.run_sync(run)
    result = msgspec.json.decode(finished.stdout, type=Result)
    return Rate(result.rate, result.count / (core_seconds(pid) - before))


def core_seconds(pid: int) -> float:
    """Return the time that a process has spent on a core."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def fan_out() -> tuple[Rate, float]:
    """Return deliveries a second to all subscribers, and megabytes a second.

    The chain that grows meanwhile is a small real one; its cost is in the numbers.
    """
    node = FakeNode()
    async with serving(node) as server:
        process = await trio.lowlevel.open_process(
            client("heads", str(server.port), str(SUBSCRIBERS), str(HEADS)),
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        assert b"ready" in await process.stdout.receive_some()
        began, before = time.monotonic(), core_seconds(os.getpid())
        for _ in range(HEADS):
            node.grow()
            await trio.sleep(0)  # the listener takes one event a turn
            await trio.sleep(0)
        received = b""
        async for data in process.stdout:
            received += data
        used = core_seconds(os.getpid()) - before
        await process.wait()
    result = msgspec.json.decode(received, type=Result)
    seconds = result.ended - began
    return Rate(result.count / seconds, result.count / used), result.received_bytes / seconds / 1e6


@asynccontextmanager
async def hypercorn_echo(python: str) -> AsyncIterator[tuple[int, int]]:
    """Run the bare echo, and yield its process and port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [python, "-m", "tests.benchmarks.hypercorn_echo", str(port)]
    process = await trio.lowlevel.open_process(command)
    try:
        while True:
            try:
                await (await trio.open_tcp_stream("127.0.0.1", port)).aclose()
                break
            except OSError:
                await trio.sleep(0.05)
        yield process.pid, port
    finally:
        process.terminate()
        await process.wait()


def shown(name: str, rate: Rate) -> None:
    """Print a row."""
    print(f"{name:20} {rate.wall:10,.0f} a second, {rate.core:10,.0f} a second of core")


def client(*arguments: str) -> list[str]:
    """Return the command of a client."""
    return [sys.executable, "-m", "tests.benchmarks.rpc_client", *arguments]


def peer_python() -> str | None:
    """Return an interpreter that has Hypercorn, or None."""
    if len(sys.argv) > 1:
        return sys.argv[1]
    return sys.executable if find_spec("hypercorn") else None


async def main() -> None:
    """Print the numbers."""
    async with serving(growing_node(1)) as server:
        single = await posts(os.getpid(), server.port, POSTS, 1)
        pipelined = await posts(os.getpid(), server.port, POSTS, PIPELINE)
    shown("POSTs one by one", single)
    shown("POSTs pipelined", pipelined)
    python = peer_python()
    if python is not None:
        async with hypercorn_echo(python) as (pid, port):
            echo = await posts(pid, port, ECHO_POSTS, 1)
        shown("Hypercorn echo", echo)
        ratios = (single.wall / echo.wall, single.core / echo.core)
        print("  ours one by one is {:.1f} × it by the wall, {:.1f} × by the core".format(*ratios))
    deliveries, megabytes = await fan_out()
    shown(f"heads to {SUBSCRIBERS} sockets", deliveries)
    print(f"  {megabytes:.0f} MB a second")


if __name__ == "__main__":
    trio.run(main)
