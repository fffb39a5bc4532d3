"""Fills small holes: the ancestors of an announced block, and the body of one announced by header.

Both ask the peer that announced the block first, since it has it, and then others.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Protocol

import trio

from p2p.links import BadLink, ReadLink, descending, link_of
from p2p.messages import BlockData, BlocksRequest, Direction
from p2p.peers import Offence
from p2p.requests import RequestFailed
from p2p.sync import BlockSource, Chain, Importer, Outcome, PeerSource

MAX_GAP_BLOCKS: Final = 256
"""A longer hole is range sync's."""

STEP_BLOCKS: Final = 32
STEP_BYTES: Final = 2 * 1024 * 1024
STEP_TIMEOUT_SECONDS: Final = 10.0

QUEUED_GAPS: Final = 64
"""Announcements whose ancestors are waited for; the oldest are dropped, newer ones cover them."""

ASKED_PEERS: Final = 3
"""Peers tried for one block before giving up; it will be announced again, or synced."""

logger = logging.getLogger(__name__)


class BodySource(BlockSource, Protocol):
    """Asks peers for blocks; `Requests` is one. Raises RequestFailed."""

    async def block(self, peer: str, block_hash: bytes) -> BlockData | None:
        """Fetch one block."""
        ...


@dataclass(frozen=True, slots=True)
class _Gap:
    peer: str
    hash: bytes


class Ancestors:
    """Fetches what is missing below announced blocks.

    Invariant: one gap is filled at a time, and none is queued twice.
    """

    def __init__(
        self,
        chain: Chain,
        importer: Importer,
        source: BodySource,
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
        self._gaps: deque[_Gap] = deque(maxlen=QUEUED_GAPS)
        self._wake = trio.Event()

    def want(self, peer: str, block_hash: bytes) -> None:
        """Fetch a block and its unknown ancestors and import them; never blocks."""
        if all(gap.hash != block_hash for gap in self._gaps):
            self._gaps.append(_Gap(peer, block_hash))
            self._wake.set()

    async def run(self) -> None:
        """Fill the gaps one after the other, for ever."""
        while True:
            if not self._gaps:
                self._wake = trio.Event()
                await self._wake.wait()
            await self._fill(self._gaps.popleft())

    async def body(self, peer: str, block_hash: bytes) -> BlockData | None:
        """Fetch one block from the peer that announced it or from others; None when nobody has it.

        The header is checked against the hash; the body is the importer's to check.
        """
        for candidate in self._candidates(peer):
            try:
                block = await self._source.block(candidate, block_hash)
                if block is not None:
                    descending([block], block_hash, self._read_link)
                    return block
            except RequestFailed as error:
                logger.debug("block %s: %s", block_hash.hex(), error)
            except BadLink:
                self._report(candidate, Offence.BAD_MESSAGE)
        return None

    async def _fill(self, gap: _Gap) -> None:
        if self._chain.has_block(gap.hash):
            return
        for peer in self._candidates(gap.peer):
            try:
                blocks = await self._down_to_known(peer, gap.hash)
            except RequestFailed as error:
                logger.debug("ancestors of %s: %s", gap.hash.hex(), error)
                continue
            except BadLink as error:
                logger.info("ancestors of %s: %s", gap.hash.hex(), error)
                self._report(peer, Offence.BAD_MESSAGE)
                continue
            if blocks:
                outcome = await self._importer.import_blocks(blocks, peer)
                if outcome is Outcome.BAD:
                    self._report(peer, Offence.BAD_BLOCK)
                return

    async def _down_to_known(self, peer: str, block_hash: bytes) -> tuple[BlockData, ...]:
        """Fetch a block and its ancestors until one is ours; parents first, empty when in vain.

        Raises RequestFailed, BadLink.
        """
        found: list[BlockData] = []
        wanted = block_hash
        while len(found) < MAX_GAP_BLOCKS:
            query = BlocksRequest(wanted, Direction.DESCENDING, STEP_BLOCKS, STEP_BYTES)
            blocks = await self._source.blocks(peer, query, timeout_seconds=STEP_TIMEOUT_SECONDS)
            if not blocks:
                return ()
            for block, link in zip(
                blocks, descending(blocks, wanted, self._read_link), strict=True
            ):
                found.append(block)
                wanted = link.parent
                if self._chain.has_block(wanted):
                    return tuple(reversed(found))
                if link.number <= self._chain.finalized_number() + 1:
                    raise BadLink(f"a fork below our finalized block, at {link.number}")
        return ()

    def _candidates(self, peer: str) -> Iterable[str]:
        others = (view.id for view in self._peers.ready() if view.id != peer)
        return [peer, *others][:ASKED_PEERS]
