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
from p2p.slots import EVICTION_SECONDS, least_useful_inbound, least_useful_outbound
from p2p.subnets import ip_of, subnet_of

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
    FLOOD = ("sends more than its budget", 5.0)
    FALSE_CLAIM = ("does not have the blocks it claims", 35.0)
    BAD_MESSAGE = ("sent bytes that do not decode", 25.0)
    BAD_GOSSIP = ("sent gossip that was rejected", 20.0)
    BAD_TRANSACTION = ("sent an extrinsic that can never be valid", 2.0)
    BAD_PAYLOAD = ("named a payload that is not what the chain's root says", 20.0)
    BAD_CHUNK = ("sent a chunk that does not match its hash", 50.0)
    BAD_BLOCK = ("sent a block that is not valid", 100.0)
    BAD_PROOF = ("sent headers or nodes that do not prove what they should", 100.0)
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
    per_subnet: int = 8
    """Of one public /24 or /64, which is one customer's."""
    outbound_per_subnet: int = 2
    """Of the peers we choose: an eclipse takes as many subnets as we have slots, halved."""


DEFAULT_LIMITS: Final = PeerLimits()


@dataclass(frozen=True, slots=True)
class PeerView:
    """One connected peer, as RPC and sync see it; `status` is None until the handshake is done."""

    id: str
    address: str
    is_inbound: bool
    status: Status | None = None
    score: float = 0.0
    since: float = 0.0
    """When it connected."""
    useful_at: float = 0.0
    """When it last was the first to announce a block; 0 for never."""

    @property
    def best_number(self) -> int:
        """The best block number the peer last told us; 0 before the handshake."""
        return self.status.best_number if self.status else 0

    @property
    def finalized_number(self) -> int:
        """The last final block number the peer told us; 0 before the handshake."""
        return self.status.finalized_number if self.status else 0

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
        self._evicted_at = -EVICTION_SECONDS
        self._isolated: frozenset[str] = frozenset()

    def admit(self, peer: str, address: str, *, is_inbound: bool) -> str | None:
        """Register a new connection; a second one of the same peer changes nothing.

        Returns the peer that has to go for it, which is no longer registered.
        Raises Refused.
        """
        if peer in self._connected:
            return None
        if (reason := self.ban_reason(peer)) is not None:
            raise Refused(f"{peer} is banned: it {reason}")
        evicted = None
        if peer not in self._reserved:
            self._check_crowds(peer, address, is_inbound)
            if (full := self._full(is_inbound)) is not None:
                evicted = self._evict() if is_inbound else None
                if evicted is None:
                    raise Refused(f"{peer}: {full}")
        self._connected[peer] = PeerView(peer, address, is_inbound, since=self._now())
        return evicted

    def has_room_for(self, peer: str, address: str) -> bool:
        """Say whether a peer that we would dial would be admitted."""
        if peer in self._reserved:
            return True
        try:
            self._check_crowds(peer, address, False)
        except Refused:
            return False
        return self._full(False) is None

    def expendable(self, kept: frozenset[str] = frozenset()) -> str | None:
        """Name the outbound peer to exchange for one we do not know yet; None to keep all.

        `kept` are peers that would be dialled again at once.
        """
        found = least_useful_outbound(self.connected(), self._reserved | kept, self._now())
        return None if found is None else found.id

    def leave(self, peer: str) -> None:
        """Forget a connection that is over."""
        self._connected.pop(peer, None)

    def update(self, peer: str, status: Status) -> None:
        """Take a peer's word for where its chain is."""
        if peer in self._connected:
            self._connected[peer] = replace(self._connected[peer], status=status)

    def saw_block(self, peer: str, number: int, block_hash: bytes) -> None:
        """Raise a peer's best block after it was the first to announce it."""
        view = self._connected.get(peer)
        if view is None or view.status is None:
            return
        self._connected[peer] = replace(view, useful_at=self._now())
        if number <= view.status.best_number:
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
        if peer in self._isolated:
            return "is kept away by the operator"
        record = self._records.get(peer)
        if record is None or record.banned_until <= self._now():
            return None
        return record.reason

    def isolate(self, peers: frozenset[str]) -> None:
        """Ban these peers, and no longer those that were kept away before."""
        self._isolated = peers

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

    def _full(self, is_inbound: bool) -> str | None:
        """Say which slots are all taken; None when one is free."""
        views = self._connected.values()
        if len(views) >= self._limits.total:
            return f"all {self._limits.total} peer slots are taken"
        if is_inbound and sum(view.is_inbound for view in views) >= self._limits.inbound:
            return f"all {self._limits.inbound} inbound slots are taken"
        return None

    def _evict(self) -> str | None:
        """Unregister the least useful inbound peer, if one may go now, and return it."""
        now = self._now()
        if now - self._evicted_at < EVICTION_SECONDS:
            return None
        found = least_useful_inbound(self.connected(), self._reserved, now)
        if found is None:
            return None
        self._evicted_at = now
        del self._connected[found.id]
        return found.id

    def _check_crowds(self, peer: str, address: str, is_inbound: bool) -> None:
        """Check that not too many peers are where a new one is. Raises Refused."""
        views = self._connected.values()
        ip, subnet = ip_of(address), subnet_of(address)
        if sum(ip_of(view.address) == ip for view in views) >= self._limits.per_address:
            raise Refused(f"{peer}: {self._limits.per_address} peers at {ip} are enough")
        if subnet is None:
            return
        near = [view for view in views if subnet_of(view.address) == subnet]
        if len(near) >= self._limits.per_subnet:
            raise Refused(f"{peer}: {self._limits.per_subnet} peers in {subnet} are enough")
        chosen = sum(not view.is_inbound for view in near)
        if not is_inbound and chosen >= self._limits.outbound_per_subnet:
            most = self._limits.outbound_per_subnet
            raise Refused(f"{peer}: {most} outbound peers in {subnet} are enough")

    def _forget_surplus(self) -> None:
        if len(self._records) > REMEMBERED_PEERS:
            now = self._now()
            best = max(
                self._records,
                key=lambda peer: (self._records[peer].banned_until <= now, self.score(peer)),
            )
            del self._records[best]
