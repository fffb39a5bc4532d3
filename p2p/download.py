"""Fetches a stretch of the leader's chain from several peers at once and imports it in order.

The leader is the peer whose chain we follow. Helpers fetch other ranges of the same heights; what
they send must link to the blocks before it, and where it does not the leader is asked instead.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol

import trio

from p2p.headers import Abandoned, Stretch
from p2p.links import BadLink, Link, ReadLink, ascending
from p2p.messages import BlockData, BlocksRequest, Direction, Roles
from p2p.peers import Offence, PeerView
from p2p.ranges import Answer, Range, Ranges
from p2p.requests import RequestFailed

RANGE_BYTES: Final = 2 * 1024 * 1024
"""A range: half a response, so that a block of the largest size still fits after the others."""

RANGE_TIMEOUT_SECONDS: Final = 20.0

MAX_HELPERS: Final = 3
"""Importing is the bottleneck: a leader and three helpers keep it busy over slow lines."""

RECRUIT_SECONDS: Final = 2.0
"""Between looks for helpers, and for what stalls."""

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


class Moved(Exception):
    """Our own chain changed, or cannot grow just now: search the ancestor again."""


class Importer(Protocol):
    """The door into the chain."""

    async def import_blocks(
        self, blocks: tuple[BlockData, ...], source_peer: str, final: Stretch | None = None
    ) -> Outcome:
        """Import blocks in order, parents first; `final` has their hashes where they are final."""
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
class DownloadParts:
    """What a download is given."""

    importer: Importer
    source: BlockSource
    peers: PeerSource
    report: Callable[[str, Offence], None]
    avoid: Callable[[str], None]
    """Passes a peer over for a while, as a helper and as a leader."""
    is_avoided: Callable[[str], bool]
    read_link: ReadLink


class Download:
    """One stretch of the leader's chain; one `run` per object.

    Invariant: blocks are imported in order, each range linked to the one before.
    """

    def __init__(
        self,
        parts: DownloadParts,
        leader: PeerView,
        ancestor: Link,
        final: Stretch | None = None,
    ) -> None:
        """Fetch what is above `ancestor`: all of the leader's chain, or what is proven final."""
        self._parts = parts
        self._leader = leader
        self._parent = ancestor
        self._final = final
        last = leader.best_number if final is None else final.last
        self._ranges = Ranges(ancestor.number + 1, last)
        self._working: set[str] = set()
        self._changed = trio.Event()
        self._previous = leader.id

    async def run(self) -> None:
        """Import up to the last block.

        Raises Abandoned, Moved.
        """
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._fetch, self._leader)
                nursery.start_soon(self._recruit, nursery)
                while not self._ranges.is_done:
                    answer = self._ranges.pop()
                    if answer is None:
                        await self._changed.wait()
                    else:
                        await self._use(answer)
                        self._notify()
                nursery.cancel_scope.cancel()
        except* (Abandoned, Moved) as group:
            raise leaf(group) from None

    async def _use(self, answer: Answer) -> None:
        """Check and import one answer, or ask the leader for it instead."""
        try:
            links = ascending(answer.blocks, self._parent, self._parts.read_link)
            if self._final is not None:
                self._final.check(links)
        except BadLink as error:
            self._does_not_link(answer, error)
            return
        importer = self._parts.importer
        outcome = await importer.import_blocks(answer.blocks, answer.peer, self._final)
        if outcome is Outcome.BAD:
            self._parts.report(answer.peer, Offence.BAD_BLOCK)
            if answer.peer == self._leader.id:
                raise Abandoned("it sent a bad block")
            self._dismiss(answer, "it sent a bad block")
        elif outcome is not Outcome.IMPORTED:
            raise Moved(f"the importer says {outcome.value}")
        else:
            self._parent, self._previous = links[-1], answer.peer

    def _does_not_link(self, answer: Answer, error: BadLink) -> None:
        if answer.peer != self._leader.id:
            # It may be on another fork, which is no offence.
            self._dismiss(answer, str(error))
        elif self._previous != self._leader.id:
            # What a helper sent was a chain, but another one than the leader's.
            self._parts.avoid(self._previous)
            raise Moved(f"{self._previous} sent blocks of another fork")
        else:
            # A reorganisation at the peer looks the same, so this alone does not ban.
            self._parts.report(answer.peer, Offence.BAD_MESSAGE)
            raise Abandoned(str(error))

    def _dismiss(self, answer: Answer, reason: str) -> None:
        logger.info("sync drops the helper %s: %s", answer.peer, reason)
        self._parts.avoid(answer.peer)
        self._ranges.refuse(answer)

    async def _recruit(self, nursery: trio.Nursery) -> None:
        """Find helpers now and then, and wake the leader for what stalls."""
        while True:
            for view in self._parts.peers.ready():
                is_new = view.id != self._leader.id and view.id not in self._working
                if is_new and len(self._working) < MAX_HELPERS and self._may_help(view):
                    self._working.add(view.id)
                    nursery.start_soon(self._help, view)
            await trio.sleep(RECRUIT_SECONDS)
            self._notify()

    def _may_help(self, view: PeerView) -> bool:
        return view.best_number >= self._ranges.wanted and not self._parts.is_avoided(view.id)

    async def _help(self, view: PeerView) -> None:
        try:
            await self._fetch(view)
        except Abandoned as error:
            logger.info("sync drops the helper %s: %s", view.id, error)
            self._parts.avoid(view.id)
        finally:
            self._working.discard(view.id)

    async def _fetch(self, view: PeerView) -> None:
        """Ask one peer for one range after the other; a helper stops when it is avoided.

        Raises Abandoned.
        """
        is_leader = view.id == self._leader.id
        while is_leader or not self._parts.is_avoided(view.id):
            asked = self._ranges.take(view.best_number, is_leader=is_leader)
            if asked is None:
                await self._changed.wait()
                continue
            try:
                blocks = await self._ask(view, asked)
            except Abandoned:
                self._ranges.fail(asked)
                self._notify()
                raise
            self._ranges.give(asked, Answer(view.id, asked.first, blocks))
            self._notify()

    async def _ask(self, view: PeerView, asked: Range) -> tuple[BlockData, ...]:
        query = BlocksRequest(asked.first, Direction.ASCENDING, asked.count, RANGE_BYTES)
        try:
            blocks = await self._parts.source.blocks(
                view.id, query, timeout_seconds=RANGE_TIMEOUT_SECONDS
            )
        except RequestFailed as error:
            raise Abandoned(str(error)) from None
        if not blocks:
            if Roles.PARTIAL in view.roles:
                raise Abandoned(f"it does not keep the body of block {asked.first}")
            self._parts.report(view.id, Offence.FALSE_CLAIM)
            raise Abandoned(f"it has no block {asked.first}, and said that it had")
        return blocks

    def _notify(self) -> None:
        """Wake all who wait for the plan to change."""
        self._changed.set()
        self._changed = trio.Event()


def leaf(group: BaseExceptionGroup[Exception]) -> BaseException:
    """Take the first error out of nested groups."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
