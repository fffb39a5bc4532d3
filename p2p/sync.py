"""Range sync: brings a node that is behind to the head of the best peer's chain.

Where a peer is final far above us, headers come first: they prove which blocks are final, and what
is proven is imported without the checks that its voters made. Above that, the common ancestor is
found by stepping back from our best block in doubling steps and then halving, and from there on
`download` fetches ranges from that peer and others. A peer that times out, lies or sends what does
not link is left for another.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import trio

from p2p.download import (
    RANGE_TIMEOUT_SECONDS,
    BlockSource,
    Download,
    DownloadParts,
    Importer,
    Moved,
    Outcome,
    PeerSource,
    leaf,
)
from p2p.headers import Abandoned, HeaderCheck, HeaderSource, HeaderWalk, Stretch
from p2p.links import BadLink, Link, ReadLink, link_of
from p2p.messages import BlockData, BlocksRequest, Direction
from p2p.peers import Offence, PeerView
from p2p.requests import RequestFailed

__all__ = ["BlockSource", "Chain", "Importer", "Outcome", "PeerSource", "Progress", "RangeSync"]

LAG_BLOCKS: Final = 2
"""Announced blocks fill a gap this small by themselves, if given a little time."""

PATIENCE_SECONDS: Final = 6.0
"""That time: a slot."""

HEADERS_FIRST_BLOCKS: Final = 64
"""A finality this far above ours is proven by headers first; below, that saves nothing."""

AVOID_SECONDS: Final = 10.0
"""How long a peer that could not serve us is passed over."""

RETRY_SECONDS: Final = 1.0
MAX_PROBES: Final = 64
"""Requests to find the ancestor: doubling and halving over 2^32 blocks."""

logger = logging.getLogger(__name__)


class Chain(Protocol):
    """Our own chain."""

    def best(self) -> tuple[int, bytes]:
        """Give the number and the hash of the best block."""
        ...

    def finalized_number(self) -> int:
        """Give the number of the last finalized block."""
        ...

    def hash_at(self, number: int) -> bytes | None:
        """Give the hash of the best chain's block at a height."""
        ...

    def has_block(self, block_hash: bytes) -> bool:
        """Say whether a block was imported, on any fork."""
        ...


class Finality(Protocol):
    """Our own finality."""

    def follow(self) -> HeaderCheck:
        """Follow it by headers, from our last final block up."""
        ...


class SyncSource(BlockSource, HeaderSource, Protocol):
    """Asks peers for blocks and headers; `Requests` is one."""


@dataclass(frozen=True, slots=True)
class Progress:
    """For RPC and logs: where a running sync began, and where it goes; None when there is none."""

    start: int
    target: int
    phase: str = "blocks"
    """What is fetched: `blocks`; for fast sync `headers` or the `state`, while it is `waiting`
    for peers neither; and afterwards, while the node works already, `bodies`."""
    done: int = 0
    """Headers, nodes of the state or bodies that are here; for blocks, the best one tells."""


class RangeSync:
    """Follows the best peer whenever it is ahead.

    Invariant: one sync at a time, led by one peer.
    """

    def __init__(
        self,
        chain: Chain,
        importer: Importer,
        source: SyncSource,
        peers: PeerSource,
        report: Callable[[str, Offence], None],
        *,
        finality: Finality | None = None,
        read_link: ReadLink = link_of,
    ) -> None:
        self._chain = chain
        self._importer = importer
        self._source = source
        self._peers = peers
        self._report = report
        self._finality = finality
        self._read_link = read_link
        self._avoided: dict[str, float] = {}
        self._wake = trio.Event()
        self.progress: Progress | None = None

    def notice(self) -> None:
        """Look again: a peer changed or announced a block. Never blocks."""
        self._wake.set()

    async def run(self) -> None:
        """Sync whenever a peer is ahead, for ever."""
        while True:
            peer = self._choose()
            if peer is None:
                self._wake = trio.Event()
                with trio.move_on_after(PATIENCE_SECONDS):
                    await self._wake.wait()
                continue
            final_peer = self._far_in_finality()
            if final_peer is None and self._is_announced_soon(peer) and await self._has_moved():
                continue
            before = self._chain.best()
            try:
                if final_peer is not None:
                    peer = final_peer
                    await self._follow_finality(peer)
                else:
                    await self._follow(peer)
                if self._chain.best() == before:
                    # A longer chain that fork choice likes less stays longer: ask others first.
                    self._avoid(peer.id)
            except Moved as error:
                logger.info("sync from %s starts again: %s", peer.id, error)
                await trio.sleep(RETRY_SECONDS)
            except Abandoned as error:
                logger.info("sync leaves %s: %s", peer.id, error)
                self._avoid(peer.id)
            finally:
                self.progress = None

    def _choose(self) -> PeerView | None:
        """Take the peer with the highest chain above ours that served us well so far."""
        now = trio.current_time()
        self._avoided = {peer: until for peer, until in self._avoided.items() if until > now}
        ours = self._chain.best()[0]
        ahead = (view for view in self._peers.ready() if view.best_number > ours)
        return next((view for view in ahead if view.id not in self._avoided), None)

    def _far_in_finality(self) -> PeerView | None:
        """Take the peer that says it is final far above us, and served us well so far."""
        if self._finality is None:
            return None
        least = self._chain.finalized_number() + HEADERS_FIRST_BLOCKS
        far = [
            view
            for view in self._peers.ready()
            if view.finalized_number >= least and not self.is_avoided(view.id)
        ]
        return max(far, key=lambda view: view.finalized_number, default=None)

    def is_avoided(self, peer: str) -> bool:
        """Say whether a peer lately did not give us what it said it had."""
        return self._avoided.get(peer, 0.0) > trio.current_time()

    def _avoid(self, peer: str) -> None:
        self._avoided[peer] = trio.current_time() + AVOID_SECONDS

    def _is_announced_soon(self, peer: PeerView) -> bool:
        return peer.best_number - self._chain.best()[0] <= LAG_BLOCKS

    async def _has_moved(self) -> bool:
        """Give announcements a slot's time; True when our chain grew in it."""
        before = self._chain.best()
        await trio.sleep(PATIENCE_SECONDS)
        return self._chain.best() != before

    async def _follow(self, peer: PeerView) -> None:
        """Import the peer's chain from the common ancestor to its best block.

        Raises Abandoned, Moved.
        """
        ancestor = await self._ancestor(peer)
        self.progress = Progress(ancestor.number, peer.best_number)
        logger.info("sync from %s: %d to %d", peer.id, ancestor.number, peer.best_number)
        await Download(self._download_parts(), peer, ancestor).run()

    async def _follow_finality(self, peer: PeerView) -> None:
        """Import what the peer proves final, stretch by stretch.

        Raises Abandoned, Moved.
        """
        assert self._finality is not None, "asked only where finality can be followed"
        start = self._chain.finalized_number()
        self.progress = Progress(start, peer.best_number)
        logger.info("sync to what %s proves final: %d to %d", peer.id, start, peer.finalized_number)
        walk = HeaderWalk(self._source, peer, self._finality.follow(), self._report)
        # without a buffer: one stretch is proven while the one before it is imported
        send, receive = trio.open_memory_channel[Stretch](0)
        try:
            async with trio.open_nursery() as nursery, receive:
                nursery.start_soon(_walk, walk, send)
                async for stretch in receive:
                    await self._import_stretch(peer, stretch)
        except* (Abandoned, Moved) as group:
            raise leaf(group) from None

    async def _import_stretch(self, peer: PeerView, stretch: Stretch) -> None:
        """Fetch the blocks of a stretch from several peers, and import those we lack.

        One that has a proof is imported again, for the proof's sake: it may not be final here.
        """
        number = stretch.first - 1
        while self._is_ours(number + 1, stretch):
            number += 1
        ancestor = Link(number, self._our_hash(number), b"")
        await Download(self._download_parts(), peer, ancestor, stretch).run()

    def _is_ours(self, number: int, stretch: Stretch) -> bool:
        has_proof = number in stretch.proofs
        return not has_proof and self._chain.hash_at(number) == stretch.hash_at(number)

    def _download_parts(self) -> DownloadParts:
        return DownloadParts(
            importer=self._importer,
            source=self._source,
            peers=self._peers,
            report=self._report,
            avoid=self._avoid,
            is_avoided=self.is_avoided,
            read_link=self._read_link,
        )

    async def _ancestor(self, peer: PeerView) -> Link:
        """Find the highest block of our best chain that the peer's best chain has too.

        Raises Abandoned when there is none at or above our finalized block.
        """
        floor = self._chain.finalized_number()
        top = min(self._chain.best()[0], peer.best_number)
        known, unknown = -1, top + 1
        height, step = top, 1
        for _ in range(MAX_PROBES):
            if await self._shares(peer.id, height):
                known = height
            elif height <= floor:
                raise Abandoned(f"it does not have our finalized block {floor}")
            else:
                unknown = height
            if known == unknown - 1:
                return Link(known, self._our_hash(known), b"")
            if known < 0:
                height, step = max(floor, height - step), 2 * step
            else:
                height = (known + unknown) // 2
        raise Abandoned(f"no common ancestor in {MAX_PROBES} questions")

    async def _shares(self, peer: str, height: int) -> bool:
        """Ask whether our block at a height is on the peer's best chain."""
        query = BlocksRequest(self._our_hash(height), Direction.ASCENDING, 1, 1)
        blocks = await self._ask(peer, query)
        return bool(blocks) and self._read(peer, blocks[0]).hash == query.start

    async def _ask(self, peer: str, query: BlocksRequest) -> tuple[BlockData, ...]:
        try:
            return await self._source.blocks(peer, query, timeout_seconds=RANGE_TIMEOUT_SECONDS)
        except RequestFailed as error:
            raise Abandoned(str(error)) from None

    def _read(self, peer: str, block: BlockData) -> Link:
        try:
            return self._read_link(block.header)
        except BadLink as error:
            self._report(peer, Offence.BAD_MESSAGE)
            raise Abandoned(str(error)) from None

    def _our_hash(self, height: int) -> bytes:
        found = self._chain.hash_at(height)
        if found is None:
            raise Moved(f"our chain changed at {height}")
        return found


async def _walk(walk: HeaderWalk, send: trio.MemorySendChannel[Stretch]) -> None:
    """Pass on the stretches of a walk, then close the channel. Raises Abandoned."""
    async with send:
        while (stretch := await walk.next()) is not None:
            await send.send(stretch)
