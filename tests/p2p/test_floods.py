"""A firehose and a reader that never reads, against the memory of a real process."""

import itertools
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio

from p2p.framing import ByteStream, StreamLost, framed
from p2p.messages import (
    MAX_CHUNKS_PER_RESPONSE,
    MAX_GOSSIP_BYTES,
    ChunksRequest,
    encode_request,
    encode_transactions,
)
from p2p.router import Router
from p2p.serving import CONCURRENT_PER_PEER
from tests.p2p.support import GENESIS
from tests.p2p.test_repairs import client
from tests.support.patience import patient

ROOT = Path(__file__).parents[2]
PREFIX = GENESIS.hex()[:8]
ATTACK_SECONDS = 8.0
PAUSE_SECONDS = 0.005
"""Publishing only fills a queue: 50 MB/s is more than the queue lets through."""

ALLOWED_BYTES = 96 * 1024**2
"""Queues of 16 MiB, a message cache of 32, windows, and what the allocator keeps."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(90)]


@asynccontextmanager
async def victim() -> AsyncIterator[tuple[str, int]]:
    """Run a node in a process of its own; give its address and its process id."""
    process = await trio.lowlevel.open_process(
        [sys.executable, "-m", "tests.p2p.victim"], cwd=ROOT, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        line = b""
        with trio.fail_after(patient(30)):
            while not line.endswith(b"\n"):
                line += await process.stdout.receive_some(4096)
        yield line.decode().strip(), process.pid
    finally:
        process.kill()
        await process.wait()


def memory_of(pid: int) -> int:
    """Return the resident bytes of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


async def attack(address: str, kind: str, number: int) -> None:
    """Connect again and again, as a new peer each time, and do one kind of harm."""
    target = address.rpartition("/")[2]
    for attempt in itertools.count():
        router = client(1000 * number + attempt + 10)
        async with router.running((), (f"/{PREFIX}/blocks/1",)):
            try:
                await router.dial(address)
                await ATTACKS[kind](router, target)
            except (StreamLost, ConnectionError):
                await trio.sleep(0.1)


async def gossip(router: Router, target: str) -> None:
    await trio.sleep(1.5)  # until the mesh has us
    while router._swarm.connections:
        await router.publish(f"/{PREFIX}/blocks/1", os.urandom(MAX_GOSSIP_BYTES))
        await trio.sleep(PAUSE_SECONDS)


async def transactions(router: Router, target: str) -> None:
    stream = await router.open_stream(target, f"/{PREFIX}/tx/1")
    frame = framed([encode_transactions((os.urandom(100_000), os.urandom(100_000)))])
    while True:
        await stream.write(frame)


async def requests_unread(router: Router, target: str) -> None:
    """Ask for the largest answers on as many streams as we can open, and read none."""
    streams: list[ByteStream] = []
    query = ChunksRequest(bytes(32), 0, MAX_CHUNKS_PER_RESPONSE)
    many = framed(encode_request(id, query) for id in range(2 * CONCURRENT_PER_PEER))
    for _ in range(100):
        stream = await router.open_stream(target, f"/{PREFIX}/req/1")
        streams.append(stream)
        await stream.write(many)
    await trio.sleep_forever()


ATTACKS = {"gossip": gossip, "transactions": transactions, "unread answers": requests_unread}


@pytest.mark.parametrize("kind", ATTACKS)
async def test_attackers_do_not_grow_the_memory_of_a_node(kind: str) -> None:
    async with victim() as (address, pid):
        before = memory_of(pid)
        most = before
        with trio.move_on_after(ATTACK_SECONDS):
            async with trio.open_nursery() as nursery:
                for number in range(3):
                    nursery.start_soon(attack, address, kind, number)
                while True:
                    await trio.sleep(0.1)
                    most = max(most, memory_of(pid))
        print(f"{kind}: {before >> 20} MiB, at most {most >> 20}")
        assert most - before < ALLOWED_BYTES
