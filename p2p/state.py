"""Fetches the state of a final block, part by part, from several peers at once.

Each part proves itself by the hashes that were asked for, so nobody need be trusted, and who sends
anything else lies. A peer that stalls holds up its own part alone, until the request times out.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import trio

from p2p.download import PeerSource, leaf
from p2p.headers import Abandoned
from p2p.peers import Offence, PeerView
from p2p.requests import RequestFailed

STATE_TIMEOUT_SECONDS: Final = 15.0
MAX_STATE_PEERS: Final = 4
"""Checking and writing is the bottleneck: two keep it busy, and two may stall."""

RECRUIT_SECONDS: Final = 1.0
IDLE_SECONDS: Final = 20.0
"""Without a peer that has the state for so long, another block's is worth a try."""

FEW_ITEMS: Final = 8
"""A peer that ends this early lacks what comes next, or plays for time: others go on."""

logger = logging.getLogger(__name__)


class BadPart(ValueError):
    """Nodes that are not those that were asked for."""


class StateSink(Protocol):
    """The state on its way: knows what is missing."""

    @property
    def is_done(self) -> bool:
        """Whether the whole state is here."""
        ...

    def wanted(self) -> tuple[bytes, ...]:
        """Take the subtrees to ask for next; none if all are asked for."""
        ...

    def put_back(self, roots: tuple[bytes, ...]) -> None:
        """Ask for these again: nothing came."""
        ...

    async def take(self, roots: tuple[bytes, ...], items: tuple[bytes, ...]) -> bool:
        """Write what came; say whether more is missing below these roots. Raises BadPart."""
        ...


class StateSource(Protocol):
    """Asks peers for parts of a state; `Requests` is one. Raises RequestFailed."""

    async def state(
        self, peer: str, roots: tuple[bytes, ...], *, timeout_seconds: float
    ) -> tuple[bytes, ...]:
        """Fetch nodes below some nodes."""
        ...


@dataclass(frozen=True, slots=True)
class StateParts:
    """What a state download is given."""

    sink: StateSink
    source: StateSource
    peers: PeerSource
    report: Callable[[str, Offence], None]
    avoid: Callable[[str], None]
    is_avoided: Callable[[str], bool]


class StateDownload:
    """The state of one block; one `run` per object.

    Invariant: a subtree that was taken from the sink is being asked for, or was put back.
    """

    def __init__(self, parts: StateParts, block_number: int) -> None:
        self._parts = parts
        self._block_number = block_number
        self._working: set[str] = set()
        self._changed = trio.Event()
        self._idle_since = trio.current_time()

    async def run(self) -> None:
        """Fetch until the state is whole.

        Raises Abandoned when nobody has had it for a while.
        """
        try:
            async with trio.open_nursery() as nursery:
                while not self._parts.sink.is_done:
                    self._recruit(nursery)
                    self._check_idle()
                    with trio.move_on_after(RECRUIT_SECONDS):
                        await self._changed.wait()
                nursery.cancel_scope.cancel()
        except* Abandoned as group:
            raise leaf(group) from None

    def _check_idle(self) -> None:
        """Raise Abandoned if nobody has worked for a while."""
        now = trio.current_time()
        if self._working:
            self._idle_since = now
        elif now - self._idle_since >= IDLE_SECONDS:
            raise Abandoned(f"no peer has the state of block {self._block_number}")

    def _recruit(self, nursery: trio.Nursery) -> None:
        for view in self._parts.peers.ready():
            if len(self._working) < MAX_STATE_PEERS and self._may_serve(view):
                self._working.add(view.id)
                nursery.start_soon(self._work, view.id)

    def _may_serve(self, view: PeerView) -> bool:
        is_there = view.finalized_number >= self._block_number
        return is_there and view.id not in self._working and not self._parts.is_avoided(view.id)

    async def _work(self, peer: str) -> None:
        """Ask one peer for one part after the other, until it fails or nothing is missing."""
        parts = self._parts
        try:
            while not parts.sink.is_done:
                roots = parts.sink.wanted()
                if not roots:
                    await self._changed.wait()
                    continue
                if not await self._fetch(peer, roots):
                    parts.avoid(peer)
                    return
        finally:
            self._working.discard(peer)
            self._notify()

    async def _fetch(self, peer: str, roots: tuple[bytes, ...]) -> bool:
        """Ask for one part; say whether to go on with this peer."""
        parts = self._parts
        is_taken = False
        try:
            items = await parts.source.state(peer, roots, timeout_seconds=STATE_TIMEOUT_SECONDS)
            is_missing = await parts.sink.take(roots, items) if items else True
            is_taken = bool(items)
        except RequestFailed as error:
            logger.info("state: %s", error)
            return False
        except BadPart as error:
            logger.info("state: %s lies: %s", peer, error)
            parts.report(peer, Offence.BAD_PROOF)
            return False
        finally:
            if not is_taken:
                parts.sink.put_back(roots)
            self._notify()
        return not is_missing or len(items) >= FEW_ITEMS

    def _notify(self) -> None:
        self._changed.set()
        self._changed = trio.Event()
