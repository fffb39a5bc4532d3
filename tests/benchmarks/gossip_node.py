"""A host that gossips and writes down when each message of another one came.

`python -m tests.benchmarks.gossip_node INDEX BYTES SECONDS PORT...`: one process for each port. All
processes of a machine share the monotonic clock.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import trio

from cli.peer_id import peer_id_of
from p2p.host import Network, open_network
from tests.e2e.commands import ROOT, free_ports
from tests.p2p.support import Node, config

WARM_UP_SECONDS = 15.0
"""Until the meshes stand: some heartbeats of gossipsub."""

MESSAGES = 40
"""Of each node."""

STAMP_BYTES = 8
DRAIN_SECONDS = 5.0
RUN_SECONDS = 300.0
"""Longer than all of it takes on a busy machine."""


def gossip_latencies(nodes: int, size_bytes: int, every_seconds: float) -> tuple[list[float], int]:
    """Run the hosts; return the latencies in seconds, in order, and how many there should be."""
    ports = [str(port) for port in free_ports(nodes)]
    processes = [
        subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.benchmarks.gossip_node"),
                *(str(index), str(size_bytes), str(every_seconds)),
                *ports,
            ],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for index in range(nodes)
    ]
    found: list[float] = []
    for process in processes:
        out, _ = process.communicate(timeout=RUN_SECONDS)
        assert process.returncode == 0, f"a host ended with {process.returncode}"
        found += json.loads(out)
    return sorted(found), nodes * (nodes - 1) * MESSAGES


async def run(index: int, size_bytes: int, every_seconds: float, ports: list[int]) -> None:
    """Gossip, and print the latencies of what came from others."""
    latencies: list[float] = []
    node = Stamped(latencies)
    others = [address_of(other, ports[other]) for other in range(len(ports)) if other < index]
    listen = (f"/ip4/127.0.0.1/tcp/{ports[index]}",)
    async with open_network(config(index + 1, *others, listen=listen), node.services()) as network:
        await trio.sleep(WARM_UP_SECONDS + every_seconds * index / len(ports))
        await publish_all(network, size_bytes, every_seconds)
        await trio.sleep(DRAIN_SECONDS)
    print(json.dumps(latencies))


async def publish_all(network: Network, size_bytes: int, every_seconds: float) -> None:
    """Publish messages that say when they left."""
    for _ in range(MESSAGES):
        stamp = time.monotonic_ns().to_bytes(STAMP_BYTES, "little")
        await network.gossip.publish("blocks", stamp + os.urandom(size_bytes - STAMP_BYTES))
        await trio.sleep(every_seconds)


class Stamped(Node):
    """Services of a host that only measures."""

    def __init__(self, latencies: list[float]) -> None:
        super().__init__()
        self._latencies = latencies

    async def _consume(self, peer: str, payload: bytes) -> None:
        del peer
        left = int.from_bytes(payload[:STAMP_BYTES], "little")
        self._latencies.append((time.monotonic_ns() - left) / 1e9)


def address_of(index: int, port: int) -> str:
    """Return the address of a host: its seed is its number."""
    return f"/ip4/127.0.0.1/tcp/{port}/p2p/{peer_id_of((index + 1).to_bytes(32, 'big'))}"


if __name__ == "__main__":
    index, size_bytes, every_seconds, *ports = sys.argv[1:]
    trio.run(run, int(index), int(size_bytes), float(every_seconds), [int(port) for port in ports])
