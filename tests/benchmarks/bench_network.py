"""Figures of real nodes on one machine: finality, idle cost, recovery from a partition, gossip.

    ./run bench network [lag|idle|partition|gossip] [MINUTES]

Every node is a process of its own; loss and partitions are made by filters on its sockets
(`tests/cluster/weather.py`). Without a name all four run; MINUTES is how long each of lag and idle
watches.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from tests.benchmarks.gossip_node import gossip_latencies
from tests.cluster.cluster import Cluster, Member, running_cluster
from tests.e2e.commands import until

LOSS = 0.2
VALIDATORS = 4
WARM_UP_BLOCKS = 5
PARTITIONS, PARTITION_SECONDS = 5, 30.0
KIBIBYTE = 1024
GOSSIP_NODES = 8
GOSSIP_SIZES = ((1, 1.0), (100, 2.0))
"""KiB of a message, and the seconds between two of each node."""


def main(arguments: list[str]) -> None:
    """Print the figures that were asked for."""
    benches: dict[str, Callable[[float], None]] = {
        "lag": lag,
        "idle": idle,
        "partition": partition,
        "gossip": gossip,
    }
    names = [word for word in arguments if word in benches] or list(benches)
    minutes = next((float(word) for word in arguments if word not in benches), 2.0)
    for name in names:
        load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
        print(f"{name}: {os.cpu_count()} cores, load before {load}", flush=True)
        benches[name](minutes)


def lag(minutes: float) -> None:
    """Print how far finality is behind the best block, on quiet links and on bad ones."""
    for loss in (0.0, LOSS):
        with warm_cluster(VALIDATORS) as cluster:
            cluster.set_loss(loss)
            began = datetime.now().astimezone()
            time.sleep(minutes * 60)
            lags = lags_of(cluster.members, began)
        seconds = sorted(one for one, _ in lags)
        blocks = [one for _, one in lags]
        print(
            f"  {VALIDATORS} validators, loss {loss:.0%}, {minutes:g} min, {len(lags)} imports: "
            f"final after p50 {at(seconds, 0.5):.2f} s, p99 {at(seconds, 0.99):.2f} s; "
            f"{sum(blocks) / len(blocks):.2f} blocks not final at an import, at most {max(blocks)}",
            flush=True,
        )


def lags_of(members: list[Member], began: datetime) -> list[tuple[float, int]]:
    """Return for each block and node the seconds from its making to its finality there.

    And how many blocks, itself included, were not final there when it came.
    """
    histories = [list(history_of(member)) for member in members]
    made: dict[int, datetime] = {}
    for history in histories:
        for number, imported, _, _ in history:
            made[number] = min(imported, made.get(number, imported))
    return [
        ((final - made[number]).total_seconds(), behind)
        for history in histories
        for number, imported, final, behind in history
        if imported >= began
    ]


def history_of(member: Member) -> Iterator[tuple[int, datetime, datetime, int]]:
    """Yield the number of each block, when it came, when it was final, how many were not before."""
    waiting: dict[int, tuple[datetime, int]] = {}
    final = 0
    for entry in member.log():
        when = datetime.fromisoformat(entry["ts"])
        if entry["event"] == "imported":
            waiting.setdefault(entry["number"], (when, entry["number"] - final))
        if entry["event"] == "finalized":
            final = entry["number"]
            for number in [number for number in waiting if number <= final]:
                imported, behind = waiting.pop(number)
                yield number, imported, when, behind


def idle(minutes: float) -> None:
    """Print what a validator costs while nobody uses the chain."""
    for validators in (VALIDATORS, 8):
        with warm_cluster(validators) as cluster:
            cpu_before, sizes_before = usage(cluster)
            time.sleep(minutes * 60)
            cpu, sizes = usage(cluster)
        print(
            f"  {validators} validators, {minutes:g} min: "
            f"{(cpu - cpu_before) / (minutes * 60):.1%} of a core each, "
            f"{sizes:.0f} MiB resident, {sizes - sizes_before:+.1f} MiB meanwhile",
            flush=True,
        )


def usage(cluster: Cluster) -> tuple[float, float]:
    """Return the mean CPU seconds and the mean resident MiB of its members."""
    count = len(cluster.members)
    cpu = sum(member.cpu_seconds for member in cluster.members) / count
    return cpu, sum(member.memory_bytes for member in cluster.members) / count / KIBIBYTE**2


def partition(minutes: float) -> None:
    """Print how long after a split in halves finality moves again at every node."""
    del minutes
    with warm_cluster(VALIDATORS) as cluster:
        for _ in range(PARTITIONS):
            cluster.split(range(VALIDATORS // 2))
            time.sleep(PARTITION_SECONDS)
            stood = max(heights(cluster))
            cluster.set_loss(0.0)
            healed = time.monotonic()
            first = since(healed, lambda stood=stood: max(heights(cluster)) > stood)
            every = since(healed, lambda stood=stood: min(heights(cluster)) > stood)
            print(
                f"  {PARTITION_SECONDS:.0f} s in halves: final again after {first:.1f} s, "
                f"at every node after {every:.1f} s",
                flush=True,
            )
            time.sleep(PARTITION_SECONDS)


def gossip(minutes: float) -> None:
    """Print how long a message takes to each other node."""
    del minutes
    for kibibytes, every_seconds in GOSSIP_SIZES:
        latencies, wanted = gossip_latencies(GOSSIP_NODES, kibibytes * KIBIBYTE, every_seconds)
        print(
            f"  {kibibytes} KiB over {GOSSIP_NODES} nodes, {GOSSIP_NODES / every_seconds:g} a "
            f"second: p50 {at(latencies, 0.5) * 1000:.0f} ms, p99 {at(latencies, 0.99) * 1000:.0f} "
            f"ms, {len(latencies)} of {wanted} arrived",
            flush=True,
        )


@contextmanager
def warm_cluster(validators: int) -> Iterator[Cluster]:
    """Run validators that have some final blocks."""
    with (
        tempfile.TemporaryDirectory(prefix="starminer-bench-") as directory,
        running_cluster(Path(directory), validators) as cluster,
    ):
        for member in cluster.members:
            cluster.await_final(member, WARM_UP_BLOCKS, 120)
        yield cluster


def heights(cluster: Cluster) -> list[int]:
    """Return the final height of each node, 0 where it does not answer."""
    heads = [member.head() for member in cluster.members]
    return [0 if head is None else head.final for head in heads]


def since(began: float, is_so: Callable[[], bool]) -> float:
    """Return how many seconds after `began` something is so."""
    until("finality moves", is_so, 300)
    return time.monotonic() - began


def at(ordered: list[float], share: float) -> float:
    """Return the value that this share of the values is below."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


if __name__ == "__main__":
    main(sys.argv[1:])
