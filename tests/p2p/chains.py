"""Chains of toy blocks for sync: a header is `number,hash,parent` in ASCII."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import trio

from p2p.headers import BadHeaders, Stretch
from p2p.light import HeaderData
from p2p.links import BadLink, Link
from p2p.messages import BlockData, BlocksRequest, Direction, Status
from p2p.peers import Offence, PeerView
from p2p.requests import RequestTimeout
from p2p.sync import Outcome


def toy_hash(name: str, number: int) -> bytes:
    return (f"{name}{number}" if number else "genesis").encode().ljust(32, b".")


def toy_link(header: bytes) -> Link:
    try:
        number, block_hash, parent = header.split(b",")
        return Link(int(number), block_hash, parent)
    except ValueError as error:
        raise BadLink(f"wanted a header: {error}") from error


def toy_block(number: int, block_hash: bytes, parent: bytes) -> BlockData:
    return BlockData(b",".join((str(number).encode(), block_hash, parent)), (b"body",))


def branch(name: str, length: int, fork_at: int = 0, trunk: str = "main") -> list[BlockData]:
    """Blocks 0 to `length`, those above `fork_at` with hashes of their own."""
    names = [trunk if number <= fork_at else name for number in range(length + 1)]
    hashes = [toy_hash(each, number) for number, each in enumerate(names)]
    parents = [bytes(32), *hashes]
    return [toy_block(n, hashes[n], parents[n]) for n in range(length + 1)]


class ToyChain:
    """Our chain and importer in one: the longest known branch is best."""

    def __init__(self, blocks: Sequence[BlockData], finalized: int = 0) -> None:
        self.links = {link.hash: link for link in (toy_link(block.header) for block in blocks)}
        self.head = toy_link(blocks[-1].header)
        self.finalized = finalized
        self.imported: list[tuple[str, tuple[int, ...]]] = []
        self.bad: set[bytes] = set()
        self.outcomes: list[Outcome] = []

    def best(self) -> tuple[int, bytes]:
        return self.head.number, self.head.hash

    def finalized_number(self) -> int:
        return self.finalized

    def hash_at(self, number: int) -> bytes | None:
        link = self.head
        while link.number > number:
            link = self.links[link.parent]
        return link.hash if link.number == number else None

    def has_block(self, block_hash: bytes) -> bool:
        return block_hash in self.links

    async def import_blocks(
        self, blocks: tuple[BlockData, ...], source_peer: str, final: Stretch | None = None
    ) -> Outcome:
        links = [toy_link(block.header) for block in blocks]
        self.imported.append((source_peer, tuple(link.number for link in links)))
        if self.outcomes:
            return self.outcomes.pop(0)
        for link in links:
            if link.hash in self.bad:
                return Outcome.BAD
            if link.parent not in self.links:
                return Outcome.UNKNOWN_PARENT
            self.links[link.hash] = link
            if link.number > self.head.number:
                self.head = link
            if final is not None and link.number in final.proofs:
                self.finalized, self.head = link.number, link
        return Outcome.IMPORTED


class ToyFinality:
    """Headers whose proof is `final` prove themselves and all below; another proof is a lie."""

    def __init__(self, chain: ToyChain) -> None:
        self.chain = chain

    def follow(self) -> ToyProof:
        number = self.chain.finalized
        block_hash = self.chain.hash_at(number)
        assert block_hash is not None
        return ToyProof(number, block_hash)


class ToyProof:
    """Follows finality by toy headers."""

    def __init__(self, number: int, block_hash: bytes) -> None:
        self.tip, self.hash = number, block_hash
        self.hashes: list[bytes] = []

    @property
    def waiting(self) -> int:
        return len(self.hashes)

    def take(self, headers: tuple[HeaderData, ...]) -> Stretch | None:
        proven = 0
        for data in headers:
            link = toy_link(data.header)
            if (link.number, link.parent) != (self.tip + 1, self.hash):
                raise BadHeaders(f"wanted {self.tip + 1}, got {link.number}")
            self.tip, self.hash = link.number, link.hash
            self.hashes.append(link.hash)
            if data.justification not in (None, b"final"):
                raise BadHeaders("a forged proof")
            proven = len(self.hashes) if data.justification else proven
        first = self.tip - len(self.hashes) + 1
        found, self.hashes = self.hashes[:proven], self.hashes[proven:]
        last = first + proven - 1
        return Stretch(first, tuple(found), {last: b"final"}) if found else None


class ToyPeers:
    """Peers with chains; they answer as the Responder contract says."""

    def __init__(self, **chains: Sequence[BlockData]) -> None:
        self.chains = {name: list(blocks) for name, blocks in chains.items()}
        self.silent: set[str] = set()
        self.answers: dict[str, tuple[BlockData, ...]] = {}
        self.delays: dict[str, float] = {}
        self.asking: Counter[str] = Counter()
        self.most_asked = 0
        self.queries: list[tuple[str, BlocksRequest]] = []
        self.reports: list[tuple[str, Offence]] = []
        self.final: dict[str, int] = {}
        """Up to where each says it is final; by honest ones every tenth block is proven."""
        self.proofs: dict[str, bytes | None] = {}
        """What liars send as proofs."""

    def report(self, peer: str, offence: Offence) -> None:
        self.reports.append((peer, offence))

    def ready(self) -> tuple[PeerView, ...]:
        views = []
        for name, blocks in self.chains.items():
            head = toy_link(blocks[-1].header)
            final = self.final.get(name, 0)
            status = Status(bytes(32), head.number, head.hash, final, bytes(32))
            views.append(PeerView(name, "", False, status))
        return tuple(sorted(views, key=lambda view: -view.best_number))

    async def blocks(
        self, peer: str, query: BlocksRequest, *, timeout_seconds: float
    ) -> tuple[BlockData, ...]:
        self.queries.append((peer, query))
        self.asking[peer] += 1
        self.most_asked = max(self.most_asked, self.asking.total())
        with trio.move_on_after(timeout_seconds) as scope:
            await trio.sleep(self.delays.get(peer, 0.0))
        self.asking[peer] -= 1
        if peer in self.silent or scope.cancelled_caught:
            raise RequestTimeout(f"{peer} is silent")
        if peer in self.answers:
            return self.answers[peer]
        chain = self.chains[peer]
        start = query.start if isinstance(query.start, int) else position(chain, query.start)
        if start is None:
            return ()
        if query.direction is Direction.ASCENDING:
            return tuple(chain[start : start + query.max_count])
        return tuple(reversed(chain[max(0, start + 1 - query.max_count) : start + 1]))

    async def headers(
        self, peer: str, first: int, max_count: int, *, timeout_seconds: float
    ) -> tuple[HeaderData, ...]:
        query = BlocksRequest(first, Direction.ASCENDING, max_count)
        blocks = await self.blocks(peer, query, timeout_seconds=timeout_seconds)
        links = [toy_link(block.header) for block in blocks]
        proof, final = self.proofs.get(peer, b"final"), self.final.get(peer, 0)
        proofs = [
            proof if link.number % 10 == 0 and link.number <= final else None for link in links
        ]
        return tuple(
            HeaderData(block.header, proof) for block, proof in zip(blocks, proofs, strict=True)
        )

    async def block(self, peer: str, block_hash: bytes) -> BlockData | None:
        query = BlocksRequest(block_hash, Direction.ASCENDING, 1)
        found = await self.blocks(peer, query, timeout_seconds=1.0)
        return found[0] if found else None


def position(chain: Sequence[BlockData], block_hash: bytes) -> int | None:
    hashes = [toy_link(block.header).hash for block in chain]
    return hashes.index(block_hash) if block_hash in hashes else None
