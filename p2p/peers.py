"""Who we are connected to, what they say their chain is, and whom we no longer want to talk to.

Reputation is a number from 0 down. Offences subtract, time gives back; at `BAN_AT` the peer is
banned for a while. Nothing here does I/O: `host` asks and acts.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

import trio

from p2p.messages import Roles, Status
from p2p.subnets import ip_of

BAN_AT: Final = -100.0
"""One forged block, or some twenty dull mistakes within a few minutes."""

RECOVERY_PER_SECOND: Final = 0.25
"""A peer with a slow line stays welcome: a timeout is forgiven in 20 s."""

BAN_SECONDS: Final = 600.0
"""Long enough to make abuse useless, short enough to survive our own bugs."""

REMEMBERED_PEERS: Final = 4096
"""Scores and bans kept; beyond it the best-behaved are forgotten first."""


class Offence(Enum):
    """What a peer did, and what it costs."""

    TIMEOUT = ("did not answer in time", 5.0)
    RATE = ("sent too many requests", 5.0)
    BAD_MESSAGE = ("sent bytes that do not decode", 25.0)
    BAD_GOSSIP = ("sent gossip that was rejected", 20.0)
    BAD_TRANSACTION = ("sent an extrinsic that can never be valid", 2.0)
    BAD_CHUNK = ("sent a chunk that does not match its hash", 50.0)
    BAD_BLOCK = ("sent a block that is not valid", 100.0)
    WRONG_CHAIN = ("is on another chain", 100.0)

    @property
    def reason(self) -> str:
        """Say what the peer did."""
        return self.value[0]

    @property
    def cost(self) -> float:
        """Points taken off the reputation."""
        return self.value[1]


class Refused(Exception):
    """A connection this node does not want, and why."""


@dataclass(frozen=True, slots=True)
class PeerLimits:
    """How many peers of which kind."""

    total: int = 50
    inbound: int = 35
    """The rest is kept for peers we choose ourselves."""
    per_address: int = 16
    """One IP address may host a test network, not fill our slots."""


DEFAULT_LIMITS: Final = PeerLimits()


@dataclass(frozen=True, slots=True)
class PeerView:
    """One connected peer, as RPC and sync see it; `status` is None until the handshake is done."""

    id: str
    address: str
    is_inbound: bool
    status: Status | None = None
    score: float = 0.0

    @property
    def best_number(self) -> int:
        """The best block number the peer last told us; 0 before the handshake."""
        return self.status.best_number if self.status else 0

    @property
    def roles(self) -> Roles:
        """What the peer says it does."""
        return self.status.roles if self.status else Roles(0)


@dataclass(frozen=True, slots=True)
class _Record:
    score: float
    at: float
    banned_until: float = 0.0
    reason: str = ""


class Peers:
    """Connected peers and the reputation of all we remember.

    Invariant: no connected peer is banned, and the limits hold for all but reserved peers.
    """

    def __init__(
        self,
        limits: PeerLimits,
        reserved: frozenset[str] = frozenset(),
        now: Callable[[], float] = trio.current_time,
    ) -> None:
        self._limits = limits
        self._reserved = reserved
        self._now = now
        self._connected: dict[str, PeerView] = {}
        self._records: dict[str, _Record] = {}

    def admit(self, peer: str, address: str, *, is_inbound: bool) -> None:
        """Register a new connection; a second one of the same peer changes nothing.

        Raises Refused.
        """
        if peer in self._connected:
            return
        if (reason := self.ban_reason(peer)) is not None:
            raise Refused(f"{peer} is banned: it {reason}")
        if peer not in self._reserved:
            self._check_limits(peer, address, is_inbound)
        self._connected[peer] = PeerView(peer, address, is_inbound)

    def leave(self, peer: str) -> None:
        """Forget a connection that is over."""
        self._connected.pop(peer, None)

    def update(self, peer: str, status: Status) -> None:
        """Take a peer's word for where its chain is."""
        if peer in self._connected:
            self._connected[peer] = replace(self._connected[peer], status=status)

    def saw_block(self, peer: str, number: int, block_hash: bytes) -> None:
        """Raise a peer's best block after it announced one."""
        view = self._connected.get(peer)
        if view is None or view.status is None or number <= view.status.best_number:
            return
        self.update(peer, replace(view.status, best_number=number, best_hash=block_hash))

    def report(self, peer: str, offence: Offence) -> bool:
        """Hold an offence against a peer; True when that bans it."""
        score = self.score(peer) - offence.cost
        now = self._now()
        is_banned = score <= BAN_AT and peer not in self._reserved
        self._records[peer] = _Record(
            score=0.0 if is_banned else max(score, BAN_AT),
            at=now,
            banned_until=now + BAN_SECONDS if is_banned else 0.0,
            reason=offence.reason,
        )
        self._forget_surplus()
        return is_banned

    def score(self, peer: str) -> float:
        """Compute a peer's reputation now: 0 at best."""
        record = self._records.get(peer)
        if record is None:
            return 0.0
        return min(0.0, record.score + RECOVERY_PER_SECOND * (self._now() - record.at))

    def ban_reason(self, peer: str) -> str | None:
        """Say why a peer is banned; None when it is not."""
        record = self._records.get(peer)
        if record is None or record.banned_until <= self._now():
            return None
        return record.reason

    def connected(self) -> tuple[PeerView, ...]:
        """List the connected peers."""
        return tuple(replace(view, score=self.score(view.id)) for view in self._connected.values())

    def ready(self) -> tuple[PeerView, ...]:
        """List the peers whose handshake is done, best chain first."""
        done = (view for view in self.connected() if view.status is not None)
        return tuple(sorted(done, key=lambda view: (-view.best_number, -view.score, view.id)))

    def get(self, peer: str) -> PeerView | None:
        """Find a connected peer."""
        return self._connected.get(peer)

    def _check_limits(self, peer: str, address: str, is_inbound: bool) -> None:
        views = self._connected.values()
        if len(views) >= self._limits.total:
            raise Refused(f"{peer}: all {self._limits.total} peer slots are taken")
        inbound = sum(view.is_inbound for view in views)
        if is_inbound and inbound >= self._limits.inbound:
            raise Refused(f"{peer}: all {self._limits.inbound} inbound slots are taken")
        ip = ip_of(address)
        if sum(ip_of(view.address) == ip for view in views) >= self._limits.per_address:
            raise Refused(f"{peer}: {self._limits.per_address} peers at {ip} are enough")

    def _forget_surplus(self) -> None:
        if len(self._records) > REMEMBERED_PEERS:
            now = self._now()
            best = max(
                self._records,
                key=lambda peer: (self._records[peer].banned_until <= now, self.score(peer)),
            )
            del self._records[best]
