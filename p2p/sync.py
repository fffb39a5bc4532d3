"""Range sync: brings a node that is behind to the head of the best peer's chain.

The common ancestor is found by stepping back from our best block in doubling steps and then
halving. From there on blocks are fetched in ranges and handed in order to the importer, one range
ahead of it. A peer that times out, lies or sends what does not link is left for another.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol

import trio

from p2p.links import BadLink, Link, ReadLink, ascending, link_of
from p2p.messages import BlockData, BlocksRequest, Direction
from p2p.peers import Offence, PeerView
from p2p.requests import RequestFailed

RANGE_BLOCKS: Final = 128
RANGE_BYTES: Final = 2 * 1024 * 1024
"""A range: half a response, so that a block of the largest size still fits after the others."""

RANGES_AHEAD: Final = 2
"""Ranges waiting for the importer: some 4 MiB."""

RANGE_TIMEOUT_SECONDS: Final = 20.0
LAG_BLOCKS: Final = 2
"""Announced blocks fill a gap this small by themselves, if given a little time."""

PATIENCE_SECONDS: Final = 6.0
"""That time: a slot."""

AVOID_SECONDS: Final = 10.0
"""How long a peer that could not serve us is passed over."""

RETRY_SECONDS: Final = 1.0
MAX_PROBES: Final = 64
"""Requests to find the ancestor: doubling and halving over 2^32 blocks."""

logger = logging.getLogger(__name__)


class Outcome(Enum):
    """What the importer made of a range."""

    IMPORTED = "imported"
    """All blocks are in the chain now, or were before."""
    UNKNOWN_PARENT = "unknown parent"
    """Our chain changed meanwhile: search the ancestor again."""
    BAD = "bad"
    """A block is not valid, and its sender is to blame."""
    UNAVAILABLE = "unavailable"
    """Not now, through no fault of the blocks."""


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


class Importer(Protocol):
    """The door into the chain."""

    async def import_blocks(self, blocks: tuple[BlockData, ...], source_peer: str) -> Outcome:
        """Import blocks in order, parents first."""
        ...


class BlockSource(Protocol):
    """Asks peers for blocks; `Requests` is one. Raises RequestFailed."""

    async def blocks(
        self, peer: str, query: BlocksRequest, *, timeout_seconds: float
    ) -> tuple[BlockData, ...]:
        """Fetch a range."""
        ...


class PeerSource(Protocol):
    """Knows the peers; `Peers` is one."""

    def ready(self) -> tuple[PeerView, ...]:
        """List the peers whose status we know, best chain first."""
        ...


@dataclass(frozen=True, slots=True)
class Progress:
    """For RPC and logs: where a running sync began, and where it goes; None when there is none."""

    start: int
    target: int


class _Abandoned(Exception):
    """The peer does not bring us further now."""


class _Moved(Exception):
    """Our own chain changed, or cannot grow just now: search the ancestor again."""


class RangeSync:
    """Follows the best peer whenever it is ahead.

    Invariant: one sync at a time, with one peer; at most `RANGES_AHEAD` + 1 ranges in memory.
    """

    def __init__(
        self,
        chain: Chain,
        importer: Importer,
        source: BlockSource,
        peers: PeerSource,
        report: Callable[[str, Offence], None],
        *,
        read_link: ReadLink = link_of,
    ) -> None:
        self._chain = chain
        self._importer = importer
        self._source = source
        self._peers = peers
        self._report = report
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
            if self._is_announced_soon(peer) and await self._has_moved():
                continue
            before = self._chain.best()
            try:
                await self._follow(peer)
                if self._chain.best() == before:
                    # A longer chain that fork choice likes less stays longer: ask others first.
                    self._avoid(peer)
            except _Moved as error:
                logger.info("sync from %s starts again: %s", peer.id, error)
                await trio.sleep(RETRY_SECONDS)
            except _Abandoned as error:
                logger.info("sync leaves %s: %s", peer.id, error)
                self._avoid(peer)
            finally:
                self.progress = None

    def _choose(self) -> PeerView | None:
        """Take the peer with the highest chain above ours that served us well so far."""
        now = trio.current_time()
        self._avoided = {peer: until for peer, until in self._avoided.items() if until > now}
        ours = self._chain.best()[0]
        ahead = (view for view in self._peers.ready() if view.best_number > ours)
        return next((view for view in ahead if view.id not in self._avoided), None)

    def _avoid(self, peer: PeerView) -> None:
        self._avoided[peer.id] = trio.current_time() + AVOID_SECONDS

    def _is_announced_soon(self, peer: PeerView) -> bool:
        return peer.best_number - self._chain.best()[0] <= LAG_BLOCKS

    async def _has_moved(self) -> bool:
        """Give announcements a slot's time; True when our chain grew in it."""
        before = self._chain.best()
        await trio.sleep(PATIENCE_SECONDS)
        return self._chain.best() != before

    async def _follow(self, peer: PeerView) -> None:
        """Import the peer's chain from the common ancestor to its best block.

        Raises _Abandoned, _Moved.
        """
        ancestor = await self._ancestor(peer)
        self.progress = Progress(ancestor.number, peer.best_number)
        logger.info("sync from %s: %d to %d", peer.id, ancestor.number, peer.best_number)
        send, receive = trio.open_memory_channel[tuple[BlockData, ...]](RANGES_AHEAD)
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._download, peer, ancestor, send)
                async with receive:
                    async for blocks in receive:
                        await self._import(peer, blocks)
        except* (_Abandoned, _Moved) as group:
            raise _leaf(group) from None

    async def _download(
        self, peer: PeerView, parent: Link, send: trio.MemorySendChannel[tuple[BlockData, ...]]
    ) -> None:
        async with send:
            while parent.number < peer.best_number:
                count = min(RANGE_BLOCKS, peer.best_number - parent.number)
                query = BlocksRequest(parent.number + 1, Direction.ASCENDING, count, RANGE_BYTES)
                blocks = await self._ask(peer.id, query)
                if not blocks:
                    raise _Abandoned(f"it has no block {parent.number + 1}")
                try:
                    parent = ascending(blocks, parent, self._read_link)[-1]
                except BadLink as error:
                    # A reorganisation at the peer looks the same, so this alone does not ban.
                    self._report(peer.id, Offence.BAD_MESSAGE)
                    raise _Abandoned(str(error)) from None
                await send.send(blocks)

    async def _import(self, peer: PeerView, blocks: tuple[BlockData, ...]) -> None:
        outcome = await self._importer.import_blocks(blocks, peer.id)
        if outcome is Outcome.BAD:
            self._report(peer.id, Offence.BAD_BLOCK)
            raise _Abandoned("it sent a bad block")
        if outcome is not Outcome.IMPORTED:
            raise _Moved(f"the importer says {outcome.value}")

    async def _ancestor(self, peer: PeerView) -> Link:
        """Find the highest block of our best chain that the peer's best chain has too.

        Raises _Abandoned when there is none at or above our finalized block.
        """
        floor = self._chain.finalized_number()
        top = min(self._chain.best()[0], peer.best_number)
        known, unknown = -1, top + 1
        height, step = top, 1
        for _ in range(MAX_PROBES):
            if await self._shares(peer.id, height):
                known = height
            elif height <= floor:
                raise _Abandoned(f"it does not have our finalized block {floor}")
            else:
                unknown = height
            if known == unknown - 1:
                return Link(known, self._our_hash(known), b"")
            if known < 0:
                height, step = max(floor, height - step), 2 * step
            else:
                height = (known + unknown) // 2
        raise _Abandoned(f"no common ancestor in {MAX_PROBES} questions")

    async def _shares(self, peer: str, height: int) -> bool:
        """Ask whether our block at a height is on the peer's best chain."""
        query = BlocksRequest(self._our_hash(height), Direction.ASCENDING, 1, 1)
        blocks = await self._ask(peer, query)
        return bool(blocks) and self._read(peer, blocks[0]).hash == query.start

    async def _ask(self, peer: str, query: BlocksRequest) -> tuple[BlockData, ...]:
        try:
            return await self._source.blocks(peer, query, timeout_seconds=RANGE_TIMEOUT_SECONDS)
        except RequestFailed as error:
            raise _Abandoned(str(error)) from None

    def _read(self, peer: str, block: BlockData) -> Link:
        try:
            return self._read_link(block.header)
        except BadLink as error:
            self._report(peer, Offence.BAD_MESSAGE)
            raise _Abandoned(str(error)) from None

    def _our_hash(self, height: int) -> bytes:
        found = self._chain.hash_at(height)
        if found is None:
            raise _Moved(f"our chain changed at {height}")
        return found


def _leaf(group: BaseExceptionGroup[Exception]) -> BaseException:
    """Take the first error out of nested groups."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
