"""The dial loop: keeps us connected to bootnodes, reserved and remembered peers, with back-off."""

import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import trio

from p2p.addresses import peer_of

CONCURRENT_DIALS: Final = 8
"""Handshakes cost CPU; a node that starts with a long address book must still answer."""

logger = logging.getLogger(__name__)


class DialFailed(ConnectionError):
    """No connection to that address now."""


@dataclass(frozen=True, slots=True)
class Redial:
    """Seconds between attempts at one address: doubles from the first to the last, with jitter."""

    first_seconds: float = 5.0
    last_seconds: float = 30.0


DEFAULT_REDIAL: Final = Redial()
DEVNET_REDIAL: Final = Redial(0.5, 5.0)
"""Nodes of a devnet start together and are killed on purpose."""


@dataclass(slots=True)
class _Target:
    address: str
    delay_seconds: float
    next_at: float
    is_kept: bool = True
    """Dialled again and again, or once."""
    is_dialling: bool = False


class Dialer:
    """Dials every known address that has no connection, while there is room for more peers.

    Kept addresses are dialled until they answer; others once, and `failed` hears of it in vain.

    Invariant: at most one dial per address and `CONCURRENT_DIALS` altogether.
    """

    def __init__(
        self,
        redial: Redial,
        dial: Callable[[str], Awaitable[None]],
        is_wanted: Callable[[str, str], bool],
        failed: Callable[[str], None],
    ) -> None:
        self._redial = redial
        self._dial = dial
        self._is_wanted = is_wanted
        self._failed = failed
        self._targets: dict[str, _Target] = {}
        self._slots = trio.Semaphore(CONCURRENT_DIALS)
        self._changed = trio.Event()

    def add(self, address: str) -> None:
        """Dial an address from now on; a newer address of the same peer replaces the older."""
        peer = peer_of(address)
        if peer is None:
            raise ValueError(f"wanted an address that ends in /p2p/<peer id>, got {address!r}")
        known = self._targets.get(peer)
        if known is None or known.address != address or not known.is_kept:
            self._targets[peer] = _Target(address, self._redial.first_seconds, trio.current_time())
            self._changed.set()

    def try_once(self, address: str) -> bool:
        """Dial an address soon, once; False when its peer is dialled anyway, or too many are."""
        peer = peer_of(address)
        if peer is None or peer in self._targets or self._tries >= CONCURRENT_DIALS:
            return False
        first_seconds = self._redial.first_seconds
        self._targets[peer] = _Target(address, first_seconds, trio.current_time(), is_kept=False)
        self._changed.set()
        return True

    @property
    def kept(self) -> frozenset[str]:
        """Name the peers that are dialled until they answer."""
        return frozenset(peer for peer, target in self._targets.items() if target.is_kept)

    @property
    def _tries(self) -> int:
        return sum(not target.is_kept for target in self._targets.values())

    def left(self, peer: str) -> None:
        """Dial a peer that went away again soon."""
        target = self._targets.get(peer)
        if target is not None:
            target.delay_seconds = self._redial.first_seconds
            target.next_at = trio.current_time() + self._jittered(target.delay_seconds)
            self._changed.set()

    async def run(self) -> None:
        """Dial what is due, then sleep until the next is."""
        async with trio.open_nursery() as nursery:
            while True:
                self._changed = trio.Event()
                now = trio.current_time()
                for peer, target in self._targets.items():
                    if target.next_at <= now and not target.is_dialling:
                        target.is_dialling = True
                        nursery.start_soon(self._attempt, peer, target)
                waiting = (t.next_at for t in self._targets.values() if not t.is_dialling)
                with trio.move_on_at(min(waiting, default=float("inf"))):
                    await self._changed.wait()

    async def _attempt(self, peer: str, target: _Target) -> None:
        try:
            if self._is_wanted(peer, target.address):
                async with self._slots:
                    await self._dial(target.address)
            target.delay_seconds = self._redial.first_seconds
        except DialFailed as error:
            logger.debug("dialling %s: %s", target.address, error)
            doubled = 2 * target.delay_seconds
            target.delay_seconds = min(doubled, self._redial.last_seconds)
            self._failed(target.address)
        finally:
            if not target.is_kept and self._targets.get(peer) is target:
                del self._targets[peer]
            target.is_dialling = False
            target.next_at = trio.current_time() + self._jittered(target.delay_seconds)
            self._changed.set()

    @staticmethod
    def _jittered(delay_seconds: float) -> float:
        return delay_seconds * random.uniform(0.75, 1.25)
