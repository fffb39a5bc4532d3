"""Nodes for these tests: real hosts on loopback, with services that record what they get."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import trio

from p2p.dialing import Redial
from p2p.gossip import Topic, Verdict
from p2p.host import NetworkConfig, Services
from p2p.messages import BlockData, BlocksRequest, Status
from p2p.peers import PeerLimits
from tests.support.patience import patient

GENESIS = bytes(range(32))
LOOPBACK = ("/ip4/127.0.0.1/tcp/0",)
QUICK_REDIAL = Redial(0.1, 0.4)


def block_hash(number: int) -> bytes:
    return number.to_bytes(32, "big")


@dataclass
class Node:
    """Services of one test node; everything received is kept in lists."""

    best: int = 0
    genesis: bytes = GENESIS
    validate: Callable[[str, bytes], Verdict] = lambda peer, payload: Verdict.ACCEPT
    gossiped: list[tuple[str, bytes]] = field(default_factory=list)
    transactions: list[bytes] = field(default_factory=list)
    statuses: list[tuple[str, Status | None]] = field(default_factory=list)
    blocks_by_hash: dict[bytes, BlockData] = field(default_factory=dict)
    answer: BlockData | None = None

    def services(self) -> Services:
        topics = {name: Topic(self.validate, self._consume) for name in ("blocks", "votes")}
        return Services(self.status, self, topics, self._take, self._changed)

    def status(self) -> Status:
        return Status(self.genesis, self.best, block_hash(self.best), 0, self.genesis)

    async def blocks(self, query: BlocksRequest) -> tuple[BlockData, ...]:
        return tuple(self.blocks_by_hash.values())[: query.max_count]

    async def block(self, wanted: bytes) -> BlockData | None:
        return self.blocks_by_hash.get(wanted)

    async def opening(self, proof_hash: bytes) -> bytes | None:
        return b"proof" if proof_hash == bytes(32) else None

    async def manifest(self, root: bytes) -> bytes | None:
        return None

    async def chunks(self, root: bytes, first: int, count: int) -> tuple[bytes, ...]:
        return ()

    async def handshake(self, peer: str, status: Status) -> Status:
        return status

    def peers_near(self, peer: str, target: bytes) -> tuple[str, ...]:
        return (f"/ip4/10.0.0.1/tcp/1/p2p/{peer}",)

    async def _consume(self, peer: str, payload: bytes) -> None:
        self.gossiped.append((peer, payload))

    async def _take(self, peer: str, batch: tuple[bytes, ...]) -> None:
        self.transactions.extend(batch)

    def _changed(self, peer: str, status: Status | None) -> None:
        self.statuses.append((peer, status))


def config(
    name: int,
    *bootnodes: str,
    genesis: bytes = GENESIS,
    listen: tuple[str, ...] = LOOPBACK,
    address_book: Path | None = None,
    limits: PeerLimits | None = None,
) -> NetworkConfig:
    return NetworkConfig(
        seed=name.to_bytes(32, "big"),
        genesis_hash=genesis,
        listen=listen,
        bootnodes=bootnodes,
        address_book=address_book,
        limits=limits or PeerLimits(),
        redial=QUICK_REDIAL,
    )


async def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait until a condition holds; network events have no hook of their own."""
    with trio.fail_after(patient(seconds)):
        while not condition():
            await trio.sleep(0.01)
