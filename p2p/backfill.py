"""Fetches the bodies of old blocks from several peers, newest first, in the background.

Their headers are here and final, so each body is checked by itself, whoever sends it.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import trio

from p2p.download import RANGE_BYTES, RANGE_TIMEOUT_SECONDS, BlockSource, PeerSource
from p2p.messages import BlockData, BlocksRequest, Direction, Roles
from p2p.peers import Offence, PeerView
from p2p.ranges import RANGE_BLOCKS
from p2p.requests import RequestFailed

MAX_WORKERS: Final = 2
"""It can wait: blocks at the head come first."""

RECRUIT_SECONDS: Final = 2.0
AVOID_SECONDS: Final = 60.0
"""How long a peer that lacked a body, or did not answer, is passed over."""

logger = logging.getLogger(__name__)


class BadBody(ValueError):
    """A block that is not the one at that height, or whose body is not the header's."""


class History(Protocol):
    """The old blocks: which bodies are missing."""

    @property
    def last_missing(self) -> int:
        """The highest number whose body may be missing; 0 when all are here."""
        ...

    def has_down_to(self, number: int) -> None:
        """Note that no body is missing from this number up."""
        ...

    async def add(self, first: int, blocks: tuple[BlockData, ...]) -> None:
        """Check and write consecutive bodies, all or none. Raises BadBody."""
        ...


@dataclass(frozen=True, slots=True)
class BackfillParts:
    """What a backfill is given."""

    history: History
    source: BlockSource
    peers: PeerSource
    report: Callable[[str, Offence], None]


class Backfill:
    """The bodies from some block down to block 1.

    Invariant: what is above `_next` is here, asked for, or to be asked for again.
    """

    def __init__(self, parts: BackfillParts) -> None:
        self._parts = parts
        self._next = parts.history.last_missing
        """The highest number that nobody was asked for."""
        self._again: list[range] = []
        self._asked: list[range] = []
        self._avoided: dict[str, float] = {}

    async def run(self) -> None:
        """Fetch until every body is here."""
        while self._parts.history.last_missing:
            async with trio.open_nursery() as nursery:
                self._recruit(nursery)
            await trio.sleep(RECRUIT_SECONDS)

    def _recruit(self, nursery: trio.Nursery) -> None:
        now = trio.current_time()
        self._avoided = {peer: until for peer, until in self._avoided.items() if until > now}
        ready = [view for view in self._parts.peers.ready() if view.id not in self._avoided]
        # who has all of history is asked first
        ready.sort(key=lambda view: Roles.PARTIAL in view.roles)
        for view in ready[:MAX_WORKERS]:
            nursery.start_soon(self._work, view)

    async def _work(self, view: PeerView) -> None:
        """Ask one peer for one range after the other, until it fails or none is left."""
        while (wanted := self._take()) is not None:
            try:
                rest = await self._fetch(view.id, wanted)
            finally:
                self._asked.remove(wanted)
            if rest:
                self._again.append(rest)
                self._avoided[view.id] = trio.current_time() + AVOID_SECONDS
                return
            self._note_lowest()

    def _take(self) -> range | None:
        """Take the highest range that is missing."""
        if self._again:
            wanted = self._again.pop()
        elif self._next > 0:
            wanted = range(max(1, self._next + 1 - RANGE_BLOCKS), self._next + 1)
            self._next = wanted.start - 1
        else:
            return None
        self._asked.append(wanted)
        return wanted

    def _note_lowest(self) -> None:
        open_ranges = [*self._again, *self._asked]
        highest = max((each.stop - 1 for each in open_ranges), default=self._next)
        self._parts.history.has_down_to(max(highest, self._next) + 1)

    async def _fetch(self, peer: str, wanted: range) -> range:
        """Fetch and write bodies; return what did not come."""
        while wanted:
            query = BlocksRequest(wanted.start, Direction.ASCENDING, len(wanted), RANGE_BYTES)
            try:
                blocks = await self._parts.source.blocks(
                    peer, query, timeout_seconds=RANGE_TIMEOUT_SECONDS
                )
                await self._parts.history.add(wanted.start, blocks)
            except RequestFailed as error:
                logger.info("backfill: %s", error)
                return wanted
            except BadBody as error:
                logger.info("backfill: %s lies: %s", peer, error)
                self._parts.report(peer, Offence.BAD_BLOCK)
                return wanted
            wanted = wanted[len(blocks) :]
            if not blocks:
                break
        return wanted
