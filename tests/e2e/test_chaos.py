"""Eight validators that lose a fifth of what arrives and are killed at random lose nothing.

`STARMINER_CHAOS_MINUTES` says for how long; `./run chaos --minutes 10` sets it.
"""

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.cluster import Cluster, running_cluster
from tests.cluster.payments import Payments
from tests.cluster.storm import WITNESSES, Storm
from tests.e2e.commands import rpc

MINUTES = float(os.environ.get("STARMINER_CHAOS_MINUTES", "2"))
SETTLE_SECONDS = 180.0
LOSS = 0.2

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(MINUTES * 60 + 900)]

MAX_LAG_BLOCKS = 15
"""Finality stands for some seconds when two of eight are killed; a minute would be a fault."""

MAX_GROWTH_BYTES = 24 * 2**20
"""Of a node that is never killed, whatever the time: caches fill, and then must not grow."""


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with running_cluster(tmp_path, 8) as running:
        yield running


def test_nothing_is_lost_to_kills_and_loss(cluster: Cluster) -> None:
    rng = random.Random(os.environ.get("STARMINER_CHAOS_SEED", "chaos"))
    storm = Storm(cluster, rng, Payments(cluster, rng))
    for member in cluster.members:
        cluster.await_final(member, 1, 120)
    cluster.set_loss(LOSS)
    storm.run(MINUTES * 60)
    cluster.set_loss(0.0)
    height = storm.settle(SETTLE_SECONDS)
    print(told(storm))

    sent = {payment.hash for payment in storm.payments.sent}
    assert {storm.payments.times_final.get(each, 0) for each in sent} == {1}
    assert storm.payments.wrongly_paid(cluster.members[0], height) == []
    roots = [roots_of(cluster, member, height) for member in range(len(cluster.members))]
    assert all(found == roots[0] for found in roots)
    assert storm.record.max_lag_blocks <= MAX_LAG_BLOCKS
    for witness in range(WITNESSES):
        assert storm.record.memory_growth_bytes(witness) <= MAX_GROWTH_BYTES


def roots_of(cluster: Cluster, member: int, height: int) -> list[tuple[str, str]]:
    """Return hash and state root of every block up to a height."""
    port = cluster.members[member].rpc_port
    hashes = rpc(port, "chain_getBlockHash", list(range(height + 1)))
    return [(each, rpc(port, "chain_getHeader", each)["stateRoot"]) for each in hashes]


def told(storm: Storm) -> str:
    """Say what happened, for who reads the log of the run."""
    record, paid = storm.record, storm.payments
    grown = [record.memory_growth_bytes(witness) / 2**20 for witness in range(WITNESSES)]
    return (
        f"{MINUTES:g} minutes, {record.kills} kills, {len(paid.sent)} transfers, "
        f"{paid.read_to} final blocks, lag at most {record.max_lag_blocks} blocks, "
        f"finality stood at most {record.longest_stall_seconds():.1f} s, "
        f"witnesses grew by {', '.join(f'{one:.1f}' for one in grown)} MiB"
    )
