"""Nodes that keep payloads and fetch those of each other, without a network between them."""

from __future__ import annotations

from pathlib import Path

from node.backend.blobs import PayloadBlobs
from node.backend.payloads import Payloads
from node.store.aux import AuxStore
from node.store.db import MemoryDatabase
from p2p.blobs import BlobStore
from p2p.fetching import Blobs
from p2p.peers import Offence
from p2p.requests import RequestTimeout

INPUT, OUTPUT = b"\xaa" * 32, b"\xbb" * 32
CONTENT = bytes(range(251)) * 1000
"""Four chunks."""


class Peer:
    """A node's payloads, reached by its neighbours by name."""

    def __init__(self, directory: Path, network: dict[str, Peer], name: str, quota: int) -> None:
        self.name, self.network = name, network
        self.now = 0.0
        self.asked: list[str] = []
        self.silent = False
        self.accused: list[str] = []
        self.db = MemoryDatabase()
        self.blobs = Blobs(BlobStore(directory / name, quota), self, self.report)
        self.payloads = self.restarted()
        self.rpc = PayloadBlobs(self.payloads)
        network[name] = self

    def restarted(self) -> Payloads:
        aux = AuxStore(self.db)
        return Payloads(
            aux, self.blobs, self, self.neighbours, report=self.report, now=lambda: self.now
        )

    def neighbours(self) -> list[str]:
        return [name for name in self.network if name != self.name]

    def report(self, peer: str, offence: Offence) -> None:
        assert offence is Offence.BAD_PAYLOAD
        self.accused.append(peer)

    async def opening(self, peer: str, proof_hash: bytes) -> bytes | None:
        return self._ask("alias", peer).payloads.find(proof_hash)

    async def manifest(self, peer: str, root: bytes) -> bytes | None:
        return await self._ask("manifest", peer).blobs.manifest(root)

    async def chunks(self, peer: str, root: bytes, first: int, count: int) -> tuple[bytes, ...]:
        return await self._ask("chunks", peer).blobs.chunks(root, first, count)

    def _ask(self, what: str, peer: str) -> Peer:
        self.asked.append(f"{what} of {peer}")
        if self.network[peer].silent:
            raise RequestTimeout(peer)
        return self.network[peer]


class Net:
    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.peers: dict[str, Peer] = {}

    def peer(self, name: str, quota: int = 1 << 30) -> Peer:
        return Peer(self._directory, self.peers, name, quota)
