"""Fills the outbound slots: from the address book, from what peers tell, from the LAN.

Only a peer that was met, by a connection and a handshake that named our genesis, enters the book.
What others say is kept apart, within a bound for each who says it, so that nobody can fill our
memory with names of his own (Heilman et al., Eclipse Attacks on Bitcoin, 2015, section 8).
"""

import logging
import random
import secrets
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Final, Protocol

import trio

from p2p.addresses import AddressBook, peer_of
from p2p.dialing import Redial
from p2p.exchange import MAX_PEERS_PER_RESPONSE, TARGET_BYTES, is_plain, may_be_told, nearest
from p2p.peers import PeerView
from p2p.requests import RequestFailed
from p2p.subnets import subnet_of

MAX_HEARD: Final = 1024
"""Addresses heard of and not yet met; the oldest go."""

MAX_HEARD_FROM_ONE: Final = 64
"""Of those, what one peer may contribute."""

WALK_SECONDS: Final = 60.0
"""Between questions to a random peer while nothing is missing: the network changes slowly."""

ROTATION_SECONDS: Final = 600.0
"""Between exchanges of an outbound peer for an unknown one, so that no set of peers lasts."""

MAX_REST_SECONDS: Final = 600.0
"""An address that fails is tried less and less, down to this."""

logger = logging.getLogger(__name__)


class Connections(Protocol):
    """Who is connected; `Peers` is one."""

    def connected(self) -> tuple[PeerView, ...]:
        """List the connected peers."""
        ...

    def ready(self) -> tuple[PeerView, ...]:
        """List the peers whose handshake is done."""
        ...


@dataclass(frozen=True, slots=True)
class DiscoveryParts:
    """What the discovery is given."""

    book: AddressBook
    connections: Connections
    ask: Callable[[str, bytes], Awaitable[tuple[str, ...]]]
    """(peer, target): asks a peer for addresses; raises RequestFailed."""
    try_once: Callable[[str], bool]
    """Dials an address once, soon; False when that is not wanted."""
    is_welcome: Callable[[str], bool]
    """Whether a peer is neither banned nor ourselves."""
    make_room: Callable[[], None]
    """Lets an outbound peer go that is not worth protecting."""
    outbound: int
    """Peers that this node chooses itself."""
    redial: Redial


@dataclass(slots=True)
class _Rest:
    until: float
    seconds: float


class Discovery:
    """Keeps the outbound slots filled with peers from as many subnets as there are.

    Invariant: at most `MAX_HEARD` addresses heard of, `MAX_HEARD_FROM_ONE` from each source.
    """

    def __init__(self, parts: DiscoveryParts) -> None:
        self._parts = parts
        self._heard: dict[str, tuple[str, str]] = {}
        self._rests: dict[str, _Rest] = {}

    def hear(self, source: str, source_address: str, addresses: Iterable[str]) -> None:
        """Take addresses that `source`, which is at `source_address`, tells of."""
        room = MAX_HEARD_FROM_ONE - sum(who == source for who, _ in self._heard.values())
        for address in addresses:
            peer = peer_of(address)
            if peer is None or not is_plain(address) or not may_be_told(address, source_address):
                continue
            if room <= 0 or peer in self._heard:
                continue
            self._heard[peer] = (source, address)
            room -= 1
        while len(self._heard) > MAX_HEARD:
            del self._heard[next(iter(self._heard))]

    def tell(self, asker: PeerView, target: bytes) -> tuple[str, ...]:
        """Choose addresses of met peers near a point for one who asks."""
        return nearest(
            (
                address
                for address in self._parts.book.all()
                if peer_of(address) != asker.id
                and is_plain(address)
                and may_be_told(address, asker.address)
            ),
            target,
        )

    def failed(self, address: str) -> None:
        """Note that an address could not be dialled; it rests for longer each time."""
        peer = peer_of(address)
        if peer is None:
            return
        self._parts.book.failed(peer)
        rest = self._rests.setdefault(peer, _Rest(0.0, self._parts.redial.last_seconds))
        rest.until = trio.current_time() + rest.seconds
        rest.seconds = min(2 * rest.seconds, MAX_REST_SECONDS)

    def met(self, peer: str) -> None:
        """Note that a peer is connected and on our chain."""
        self._heard.pop(peer, None)
        self._rests.pop(peer, None)

    async def run(self) -> None:
        """Fill the slots and walk the network, for ever."""
        walked_at, rotated_at = -WALK_SECONDS, trio.current_time()
        while True:
            missing = self._missing()
            now = trio.current_time()
            if self._parts.connections.ready() and now - walked_at >= WALK_SECONDS:
                walked_at = now
                await self._walk()
            if missing <= 0 and now - rotated_at >= ROTATION_SECONDS and self._choose(1):
                rotated_at = now
                self._parts.make_room()
            for address in self._choose(missing):
                self._parts.try_once(address)
            await trio.sleep(self._parts.redial.first_seconds)

    def _missing(self) -> int:
        views = self._parts.connections.connected()
        return self._parts.outbound - sum(not view.is_inbound for view in views)

    async def _walk(self) -> None:
        """Ask a random peer for the peers near a random point."""
        view = random.choice(self._parts.connections.ready())
        try:
            found = await self._parts.ask(view.id, secrets.token_bytes(TARGET_BYTES))
        except RequestFailed as error:
            logger.debug("no addresses: %s", error)
            return
        self.hear(view.id, view.address, found[:MAX_PEERS_PER_RESPONSE])

    def _choose(self, count: int) -> tuple[str, ...]:
        """Choose addresses to dial: subnets we have no peer in first, met before heard of."""
        views = self._parts.connections.connected()
        known = {view.id for view in views}
        taken = {subnet_of(view.address) for view in views if not view.is_inbound}
        self._forget_rests()
        chosen: list[str] = []
        candidates = [
            address
            for address in (*self._parts.book.all(), *(each for _, each in self._heard.values()))
            if (peer := peer_of(address)) is not None
            and peer not in known
            and not self._rests_now(peer)
            and self._parts.is_welcome(peer)
        ]
        for wants_new_subnet in (True, False):
            for address in candidates:
                subnet = subnet_of(address)
                is_new = subnet is None or subnet not in taken
                if len(chosen) < count and address not in chosen and is_new is wants_new_subnet:
                    chosen.append(address)
                    taken.add(subnet)
        return tuple(chosen)

    def _rests_now(self, peer: str) -> bool:
        rest = self._rests.get(peer)
        return rest is not None and rest.until > trio.current_time()

    def _forget_rests(self) -> None:
        """Drop back-offs of addresses that nobody knows any more."""
        known = {*self._heard, *(peer_of(address) for address in self._parts.book.all())}
        self._rests = {peer: rest for peer, rest in self._rests.items() if peer in known}
