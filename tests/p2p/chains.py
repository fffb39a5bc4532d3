"""Chains of toy blocks for sync: a header is `number,hash,parent` in ASCII."""

from collections import Counter
from collections.abc import Sequence

import trio

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

    async def import_blocks(self, blocks: tuple[BlockData, ...], source_peer: str) -> Outcome:
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
        return Outcome.IMPORTED


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

    def report(self, peer: str, offence: Offence) -> None:
        self.reports.append((peer, offence))

    def ready(self) -> tuple[PeerView, ...]:
        views = []
        for name, blocks in self.chains.items():
            head = toy_link(blocks[-1].header)
            status = Status(bytes(32), head.number, head.hash, 0, bytes(32))
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

    async def block(self, peer: str, block_hash: bytes) -> BlockData | None:
        query = BlocksRequest(block_hash, Direction.ASCENDING, 1)
        found = await self.blocks(peer, query, timeout_seconds=1.0)
        return found[0] if found else None


def position(chain: Sequence[BlockData], block_hash: bytes) -> int | None:
    hashes = [toy_link(block.header).hash for block in chain]
    return hashes.index(block_hash) if block_hash in hashes else None
