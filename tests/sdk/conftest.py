"""One chain and one client for the tests of a module: a block takes five milliseconds."""

from collections.abc import Iterator

import pytest

from cli.sdk import Devnet, Keypair, SyncClient, connect, devnet


@pytest.fixture(scope="module")
def chain() -> Iterator[Devnet]:
    with devnet() as running:
        yield running


@pytest.fixture(scope="module")
def client(chain: Devnet) -> Iterator[SyncClient]:
    with connect(chain.url) as connected:
        yield connected


@pytest.fixture(scope="session")
def alice() -> Keypair:
    return Keypair.from_uri("//Alice")


@pytest.fixture(scope="session")
def bob() -> Keypair:
    return Keypair.from_uri("//Bob")
