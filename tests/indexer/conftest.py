"""One chain with a little of everything, and its index: read by all tests that change neither."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from cli.sdk import (
    Balance,
    Devnet,
    DispatchError,
    Keypair,
    SyncClient,
    agpu,
    amax,
    connect,
    devnet,
)
from cli.sdk.matmul import matmul_work
from runtime.pallets.system import System
from tests.indexer.support import indexed


@dataclass(frozen=True, slots=True)
class Lived:
    """A chain on which something happened, a client of it, and the file of its index."""

    chain: Devnet
    client: SyncClient
    index: Path
    busy: int
    """The last block in which something happened that was asked for."""
    job: int
    referendum: int


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    alice, bob = Keypair.from_uri("//Alice"), Keypair.from_uri("//Bob")
    path = tmp_path_factory.mktemp("index") / "chain.db"
    with devnet(provider=True) as chain, connect(chain.url) as client:
        client.balances.transfer(alice, "//Bob", Balance.parse("1.5AGPU"))
        client.balances.transfer(bob, "//Charlie", amax(3))
        with pytest.raises(DispatchError):
            client.balances.transfer(alice, "//Bob", agpu(10**9))
        job = ordered(client, bob)
        client.jobs.wait(job)
        proposed = client.gov.propose(alice, client.call(System.remark, b"hello"), "small_spender")
        client.gov.deposit(alice, proposed.number)
        busy = chain.number
        chain.mine(60)  # past some epochs, and more than one batch
        indexed(chain.url, path)
        yield Lived(chain, client, path, busy, job, proposed.number)


def ordered(client: SyncClient, by: Keypair) -> int:
    """Order a product of two matrices; return the job."""
    chance = np.random.default_rng(1)
    a, b = (chance.integers(-128, 128, (8, 8)).astype(np.int8) for _ in range(2))
    number: int = client.jobs.submit(by, *matmul_work(a, b), agpu(2)).number
    return number
