"""How fast the RPC server answers: small POSTs, calls over WebSockets, state, heads to many.

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

from node.rpc.values import to_hex
from runtime.primitives.hashing import storage_prefix
from tests.rpc.clients import request
from tests.rpc.real_node import RealNode
from tests.rpc.support import FakeNode, growing_node, serving

POSTS = 16_000
ECHO_POSTS = 4_000
PIPELINE = 32
SUBSCRIBERS = (100, 200)
HEADS = 500
HEALTH = msgspec.json.encode(request("system_health")).decode()

ACCOUNTS = 10_000
PAGE = 1_000
"""Keys in one call: the most that a node lists at once, as polkadot-sdk has it."""
PAGES = 80


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


async def posts(pid: int, port: int, total: int, depth: int, call: str = HEALTH) -> Rate:
    """Send POSTs to a server, `depth` of them ahead of their answers on each connection."""
    return await asked(pid, call, "posts", str(port), str(total), str(depth))


async def asked(pid: int, call: str, *command: str) -> Rate:
    """Run a client that makes a call again and again."""
    run = partial(
        subprocess.run, client(*command), input=call.encode(), stdout=subprocess.PIPE, check=True
    )
    before = core_seconds(pid)
    finished = await trio.to_thread.run_sync(run)
    result = msgspec.json.decode(finished.stdout, type=Result)
    return Rate(result.rate, result.count / (core_seconds(pid) - before))


def core_seconds(pid: int) -> float:
    """Return the time that a process has spent on a core."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def fan_out(subscribers: int) -> tuple[Rate, float]:
    """Return deliveries a second to all subscribers, and megabytes a second.

    The chain that grows meanwhile is a small real one; its cost is in the numbers.
    """
    node = FakeNode()
    async with serving(node) as server:
        process = await trio.lowlevel.open_process(
            client("heads", str(server.port), str(subscribers), str(HEADS)),
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


async def state_reads() -> None:
    """Print how fast the keys and the values of many accounts are read, a thousand at a time."""
    node = RealNode(ACCOUNTS)
    async with serving(node) as server:
        found: list[str] = await server.call(
            "state_getKeysPaged", to_hex(storage_prefix("System", "Account")), PAGE
        )
        page = msgspec.json.encode(
            request("state_getKeysPaged", found[0][:66], PAGE, found[0])
        ).decode()
        values = msgspec.json.encode(request("state_queryStorageAt", found)).decode()
        for name, call in (("state_getKeysPaged", page), ("state_queryStorageAt", values)):
            rate = await posts(os.getpid(), server.port, PAGES, 1, call)
            shown(f"{name} / {PAGE}", rate)


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
    print(f"{name:28} {rate.wall:10,.0f} a second, {rate.core:10,.0f} a second of core")


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
        socketed = await asked(os.getpid(), HEALTH, "calls", str(server.port), str(POSTS))
    shown("POSTs one by one", single)
    shown("POSTs pipelined", pipelined)
    shown("WebSocket calls", socketed)
    python = peer_python()
    if python is not None:
        async with hypercorn_echo(python) as (pid, port):
            echo = await posts(pid, port, ECHO_POSTS, 1)
        shown("Hypercorn echo", echo)
        ratios = (single.wall / echo.wall, single.core / echo.core)
        print("  ours one by one is {:.1f} × it by the wall, {:.1f} × by the core".format(*ratios))
    await state_reads()
    for subscribers in SUBSCRIBERS:
        deliveries, megabytes = await fan_out(subscribers)
        shown(f"heads to {subscribers} sockets", deliveries)
        print(f"  {megabytes:.0f} MB a second")


if __name__ == "__main__":
    trio.run(main)
