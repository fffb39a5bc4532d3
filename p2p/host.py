"""The network service of a node: one libp2p host and everything that runs over it.

Peers are greeted with a status exchange. One that follows another genesis, or that we do not want,
is disconnected, with the reason in the log.
"""

import logging
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import trio

from p2p import mdns
from p2p.addresses import AddressBook, peer_of
from p2p.budgets import GOSSIP_BUDGET, Meter, Rate
from p2p.dialing import DEFAULT_REDIAL, DEVNET_REDIAL, Dialer, Redial
from p2p.discovery import Discovery, DiscoveryParts
from p2p.gossip import Gossip, SeenCache, Topic
from p2p.messages import Status
from p2p.nat import NatParts, PortMapping
from p2p.notifications import Consumer, Notifications
from p2p.peers import DEFAULT_LIMITS, Offence, PeerLimits, Peers, PeerView, Refused
from p2p.requests import RequestFailed, Requests, Responder
from p2p.router import (
    Connected,
    Disconnected,
    ListenFailed,
    PortBusy,
    ProtocolUnsupported,
    Router,
)
from p2p.service import Started
from p2p.serving import REQUESTS_RATE, Server
from p2p.streams import OneStream
from p2p.subnets import Scope, ip_of, reachable_port, scope_of

__all__ = [
    "DEVNET_REDIAL",
    "ListenFailed",
    "Network",
    "NetworkConfig",
    "PortBusy",
    "Redial",
    "Services",
    "open_network",
]

SPARE_CONNECTIONS: Final = 10
"""Connections beyond the peers: doubles of simultaneous dials, and those about to be refused."""

STATUS_SECONDS: Final = 5.0
"""How often peers are asked for their best block, in case its announcement was lost."""

LOOPBACK: Final = "127.0.0.1"
LAN_SOURCE: Final = "the local network"
"""Who tells of what mDNS hears: one source, so that a LAN cannot fill what we remember."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """What a node is told about its network.

    `seed` is the ed25519 identity; addresses of other nodes end in `/p2p/<peer id>`.
    """

    seed: bytes
    genesis_hash: bytes
    listen: tuple[str, ...] = ("/ip4/0.0.0.0/tcp/30333",)
    bootnodes: tuple[str, ...] = ()
    reserved: tuple[str, ...] = ()
    public: tuple[str, ...] = ()
    """Addresses to announce besides those we listen on."""
    mdns: bool = False
    """Whether to find nodes of this chain on the local network."""
    upnp: bool = False
    """Whether to have the home router lead its port to ours."""
    address_book: Path | None = None
    limits: PeerLimits = DEFAULT_LIMITS
    redial: Redial = DEFAULT_REDIAL
    rate: Rate = REQUESTS_RATE


@dataclass(frozen=True, slots=True)
class Services:
    """Those in the node whom the network asks and tells.

    `peer_changed` hears a peer's status after each exchange, and None when it left; it must not
    block.
    """

    status: Callable[[], Status]
    responder: Responder
    topics: Mapping[str, Topic]
    transactions: Consumer
    peer_changed: Callable[[str, Status | None], None] | None = None


class Network:
    """A node's place in the network; one `run` per object.

    Invariant: `transactions` and `peers.ready()` hold exactly the peers that are connected and
    whose status names our genesis.
    """

    def __init__(self, config: NetworkConfig, services: Services) -> None:
        self._config = config
        self._services = services
        prefix = config.genesis_hash.hex()[:8]
        self._request_protocol = f"/{prefix}/req/1"
        self._transaction_protocol = f"/{prefix}/tx/1"
        reserved = frozenset(filter(None, map(peer_of, config.reserved)))
        self.peers = Peers(config.limits, reserved)
        self.gossip = Gossip(prefix, services.topics, self._publish, self.report)
        self._meter = Meter(GOSSIP_BUDGET, self.report)
        self._router = Router(
            config.seed,
            config.limits.total + SPARE_CONNECTIONS,
            self.gossip.deliver,
            SeenCache(),
            public=config.public,
            spend=self._meter.spend,
        )
        open_stream = self._router.open_stream
        self.requests = Requests(self._request_protocol, open_stream, self.report)
        self.transactions = Notifications(
            self._transaction_protocol, open_stream, services.transactions, self.report
        )
        self._server = Server(services.responder, self, self.report, config.rate)
        self._book = AddressBook(config.address_book)
        self._discovery = self._make_discovery()
        self._dialer = Dialer(
            config.redial, self._router.dial, self._is_wanted, self._discovery.failed
        )
        self._nursery: trio.Nursery | None = None

    @property
    def peer_id(self) -> str:
        """Our own name."""
        return self._router.peer_id

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where others can dial us."""
        return self._router.addresses

    async def run(self, task_status: Started[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve until cancelled; on leaving, every socket is closed.

        Raises PortBusy, ListenFailed.
        """
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            await nursery.start(self.requests.run)
            await nursery.start(self.transactions.run)
            self._router.serve(self._request_protocol, OneStream(self._server.serve))
            self._router.serve(self._transaction_protocol, OneStream(self.transactions.receive))
            async with self._router.running(self._config.listen, self.gossip.names):
                nursery.start_soon(self.gossip.run)
                nursery.start_soon(self._watch)
                nursery.start_soon(self._refresh)
                nursery.start_soon(self._dialer.run)
                nursery.start_soon(self._discovery.run)
                if self._config.mdns:
                    nursery.start_soon(self._discover_lan)
                if self._config.upnp:
                    nursery.start_soon(self._open_router)
                nursery.start_soon(self._router.clean_store)
                for address in (*self._config.bootnodes, *self._config.reserved):
                    self.dial(address)
                task_status.started(None)
                await trio.sleep_forever()

    def dial(self, address: str) -> None:
        """Keep trying to be connected to an address that ends in a peer id."""
        if peer_of(address) != self.peer_id:
            self._dialer.add(address)

    def report(self, peer: str, offence: Offence) -> None:
        """Hold an offence against a peer; it is disconnected when that bans it."""
        logger.debug("peer %s %s", peer, offence.reason)
        if self.peers.report(peer, offence):
            self.disconnect(peer, f"banned: it {offence.reason}")

    def disconnect(self, peer: str, reason: str) -> None:
        """Close the connections of a peer soon."""
        logger.info("disconnecting %s: %s", peer, reason)
        if self._nursery is not None:
            self._nursery.start_soon(self._router.disconnect, peer)

    def isolate(self, peers: Iterable[str]) -> None:
        """Talk to none of these peers, and again to those that were kept away before."""
        kept_away = frozenset(peers)
        self.peers.isolate(kept_away)
        for view in self.peers.connected():
            if view.id in kept_away:
                self.disconnect(view.id, "the operator keeps it away")

    def mesh_size(self, topic: str) -> int:
        """Count the peers that a topic's messages are sent to directly, for metrics and tests."""
        return self._router.mesh_size(f"/{self._config.genesis_hash.hex()[:8]}/{topic}/1")

    async def _watch(self) -> None:
        """Follow peers that come and go."""
        assert self._nursery is not None, "run() opens the nursery"
        async for event in self._router.events:
            match event:
                case Connected(peer, address, is_inbound):
                    try:
                        evicted = self.peers.admit(peer, address, is_inbound=is_inbound)
                    except Refused as refusal:
                        self.disconnect(peer, str(refusal))
                        continue
                    if evicted is not None:
                        self.disconnect(evicted, f"it makes room for {peer}")
                    self._nursery.start_soon(self._greet, peer)
                case Disconnected(peer):
                    self._forget(peer)

    def _forget(self, peer: str) -> None:
        self.peers.leave(peer)
        self.requests.drop(peer)
        self.transactions.leave(peer)
        self._server.forget(peer)
        self._meter.forget(peer)
        self._dialer.left(peer)
        self._tell(peer, None)

    async def _greet(self, peer: str) -> None:
        """Exchange statuses with a new peer, or let it go."""
        try:
            status = await self.requests.status(peer, self._services.status())
        except RequestFailed as error:
            if isinstance(error.__cause__, ProtocolUnsupported):
                self.report(peer, Offence.WRONG_CHAIN)
                reason = f"it does not speak {self._request_protocol}: it is on another chain"
                self.disconnect(peer, reason)
            else:
                self.disconnect(peer, f"no handshake: {error}")
        else:
            self._take_status(peer, status)

    async def handshake(self, peer: str, status: Status) -> Status:
        """Take a peer's status and give ours."""
        self._take_status(peer, status)
        return self._services.status()

    def peers_near(self, peer: str, target: bytes) -> tuple[str, ...]:
        """Give addresses near a point to a peer that is on our chain."""
        view = self.peers.get(peer)
        return () if view is None or view.status is None else self._discovery.tell(view, target)

    def _take_status(self, peer: str, status: Status) -> None:
        if self.peers.get(peer) is None:
            return  # Not admitted yet, or no longer: the greeting asks again.
        if status.genesis != self._config.genesis_hash:
            self.report(peer, Offence.WRONG_CHAIN)
            wanted, got = self._config.genesis_hash.hex(), status.genesis.hex()
            self.disconnect(peer, f"wanted genesis 0x{wanted}, got 0x{got}")
            return
        self.peers.update(peer, status)
        self._discovery.met(peer)
        self.transactions.join(peer)
        self._tell(peer, status)

    def _tell(self, peer: str, status: Status | None) -> None:
        if self._services.peer_changed is not None:
            self._services.peer_changed(peer, status)

    async def _refresh(self) -> None:
        """Ask every peer for its status now and then, and keep the address book."""
        while True:
            await trio.sleep(STATUS_SECONDS)
            self._book.remember(self._worth_dialling())
            async with trio.open_nursery() as nursery:
                for view in self.peers.ready():
                    nursery.start_soon(self._refresh_one, view.id)

    async def _refresh_one(self, peer: str) -> None:
        try:
            self._take_status(peer, await self.requests.status(peer, self._services.status()))
        except RequestFailed as error:
            logger.debug("no status: %s", error)

    def _worth_dialling(self) -> Iterator[str]:
        """Yield the addresses of our peers; those to be dialled first after a restart come last.

        These are the outbound peers we had longest: who eclipses us must not win by a crash.
        """
        views = sorted(self.peers.ready(), key=lambda view: (not view.is_inbound, -view.since))
        return filter(None, map(self._dialable, views))

    def _dialable(self, view: PeerView) -> str | None:
        """Find an address at which a peer can be dialled again.

        The address of an inbound connection is not one: only what the peer says of itself, on
        the host it came from, so that it cannot make us dial somebody else.
        """
        if not view.is_inbound:
            return f"{view.address.partition('/p2p/')[0]}/p2p/{view.id}"
        source = view.address.partition("/p2p/")[0]
        for address in self._router.known_addresses(view.id):
            bare = address.partition("/p2p/")[0]
            if bare != source and ip_of(bare) == ip_of(source) and not bare.endswith("/tcp/0"):
                return f"{bare}/p2p/{view.id}"
        return None

    def _is_wanted(self, peer: str, address: str) -> bool:
        if self.peers.get(peer) is not None or not self._is_welcome(peer):
            return False
        return self.peers.has_room_for(peer, address)

    def _make_discovery(self) -> Discovery:
        limits = self._config.limits
        return Discovery(
            DiscoveryParts(
                book=self._book,
                connections=self.peers,
                ask=self.requests.peers,
                try_once=lambda address: self._dialer.try_once(address),
                is_welcome=self._is_welcome,
                make_room=self._make_room,
                outbound=limits.total - limits.inbound,
                redial=self._config.redial,
            )
        )

    async def _discover_lan(self) -> None:
        """Find nodes on the local network; on this machine alone if we listen nowhere else."""
        is_local = all(scope_of(address) is Scope.MACHINE for address in self._config.listen)
        interface = LOOPBACK if is_local else mdns.lan_interface()
        if interface is None:
            logger.info("no discovery on the local network: there is none")
            return
        parts = mdns.LanParts(
            prefix=self._config.genesis_hash.hex()[:8],
            interface=interface,
            addresses=lambda: lan_addresses(self.addresses, interface),
            hear=lambda source, told: self._discovery.hear(LAN_SOURCE, source, told),
            port=mdns.PORT,
        )
        await mdns.LanDiscovery(parts).run()

    async def _open_router(self) -> None:
        """Keep our port open in the router, if we listen where it could lead."""
        port = reachable_port(self.addresses)
        if port is None:
            logger.info("nothing for a router to map: this node listens on no network")
            return
        await PortMapping(NatParts(port, self._router.announce)).run()

    def _make_room(self) -> None:
        """Let the least useful outbound peer go, for one that we do not know yet."""
        peer = self.peers.expendable(self._dialer.kept)
        if peer is not None:
            self.disconnect(peer, "we try another instead")

    def _is_welcome(self, peer: str) -> bool:
        return peer != self.peer_id and self.peers.ban_reason(peer) is None

    async def _publish(self, topic: str, payload: bytes) -> None:
        await self._router.publish(topic, payload)


def lan_addresses(addresses: tuple[str, ...], interface: str) -> tuple[str, ...]:
    """Choose what to tell a local network: where we are on its interface."""
    shown = (address.replace("/ip4/0.0.0.0/", f"/ip4/{interface}/") for address in addresses)
    return tuple(address for address in shown if ip_of(address) == interface)


@asynccontextmanager
async def open_network(config: NetworkConfig, services: Services) -> AsyncIterator[Network]:
    """Run a Network for as long as the block lasts.

    Raises PortBusy, ListenFailed.
    """
    network = Network(config, services)
    async with trio.open_nursery() as nursery:
        await nursery.start(network.run)
        yield network
        nursery.cancel_scope.cancel()
