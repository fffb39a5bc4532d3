"""The node among its peers, as clients ask about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from node.rpc.backend import Health, PeerView, SyncState
from p2p import peers as p2p_peers
from p2p.messages import Roles
from p2p.sync import Progress
from runtime.primitives.block import Header

BODIES = "bodies"
"""The phase in which a node does everything but serve old blocks."""


class PeerBook(Protocol):
    """Knows the peers; `p2p.peers.Peers` is one."""

    def ready(self) -> tuple[p2p_peers.PeerView, ...]:
        """List the peers whose status is known, best chain first."""
        ...


class Host(Protocol):
    """A place in the network; `p2p.host.Network` is one."""

    @property
    def peers(self) -> PeerBook:
        """The peers."""
        ...

    @property
    def peer_id(self) -> str:
        """Our own name."""
        ...

    @property
    def addresses(self) -> Sequence[str]:
        """Where others can dial us, with our peer id."""
        ...


class Sync(Protocol):
    """Brings the node to the head; `p2p.sync.RangeSync` is one."""

    @property
    def progress(self) -> Progress | None:
        """Where a running sync began and where it goes."""
        ...


class BestBlock(Protocol):
    """The part of `node.chain.Chain` that is asked."""

    @property
    def best(self) -> Header:
        """The header of the best block."""
        ...


class PeerNetwork:
    """Tells how the node is connected; the `Network` of the RPC."""

    def __init__(self, host: Host, sync: Sync, chain: BestBlock, should_have_peers: bool) -> None:
        self._host, self._sync, self._chain = host, sync, chain
        self._should_have_peers = should_have_peers
        self._started_at = chain.best.number

    def health(self) -> Health:
        """Tell the node's health; one that lacks old bodies alone does all its work."""
        progress = self._sync.progress
        return Health(
            peers=len(self._host.peers.ready()),
            is_syncing=progress is not None and progress.phase != BODIES,
            should_have_peers=self._should_have_peers,
        )

    def peers(self) -> tuple[PeerView, ...]:
        """List connected peers that have introduced themselves, best chain first."""
        return tuple(
            PeerView(
                view.id,
                role_names(view.roles),
                view.status.best_hash,
                view.best_number,
                view.status.software,
            )
            for view in self._host.peers.ready()
            if view.status is not None
        )

    def sync_state(self) -> SyncState:
        """Tell where the node, or its running sync, began, where it is, and where it goes."""
        progress, current = self._sync.progress, self._chain.best.number
        heard = [view.best_number for view in self._host.peers.ready()]
        if progress is not None:
            heard.append(progress.target)
        start = self._started_at if progress is None else progress.start
        highest = max(current, *heard) if heard else current
        if progress is None:
            return SyncState(start, current, highest)
        return SyncState(start, current, highest, progress.phase, progress.done)

    def local_peer_id(self) -> str:
        """Return the node's own peer id, base58."""
        return self._host.peer_id

    def listen_addresses(self) -> tuple[str, ...]:
        """List multiaddresses with the peer id."""
        return tuple(self._host.addresses)


def role_names(roles: Roles) -> str:
    """Name what a peer says it does, such as `AUTHORITY|PROVIDER`; `FULL` if it is nothing more."""
    special = [role.name for role in (Roles.AUTHORITY, Roles.PROVIDER) if role in roles]
    return "|".join(name for name in special if name is not None) or "FULL"
