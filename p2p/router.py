"""Builds the py-libp2p objects of one node and wraps them: nothing above sees the library.

TCP, noise and yamux alone; identify and ping; meshsub 1.1. The library raises whatever happens
inside it, so each call into it goes through `_failing_as`, the one door.
"""

import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Final

import trio
from libp2p.abc import INetConn, INetStream, INetwork, INotifee
from libp2p.crypto.ed25519 import create_new_key_pair
from libp2p.crypto.x25519 import create_new_key_pair as create_noise_key_pair
from libp2p.custom_types import TProtocol
from libp2p.network.config import ConnectionConfig
from libp2p.peer.id import ID
from libp2p.peer.peerinfo import info_from_p2p_addr
from libp2p.peer.peerstore import PeerStore, PeerStoreError
from libp2p.rcmgr import Direction
from libp2p.security.noise.transport import PROTOCOL_ID as NOISE
from libp2p.security.noise.transport import Transport as NoiseTransport
from libp2p.stream_muxer.yamux.yamux import PROTOCOL_ID as YAMUX
from libp2p.tools.anyio_service import background_trio_service
from libp2p.transport.tcp.tcp import TCP
from libp2p.transport.upgrader import TransportUpgrader
from multiaddr import Multiaddr

from p2p.dialing import DialFailed
from p2p.framing import ByteStream, StreamLost
from p2p.repairs.attributes import apply
from p2p.repairs.connections import RepairedHost, RepairedSwarm
from p2p.repairs.pubsub import ContentGossipSub, Deliver, NoSignPubsub, Seen, Spend
from p2p.repairs.yamux import RepairedYamux

OPEN_TIMEOUT_SECONDS: Final = 10.0
"""Two round trips of protocol negotiation, to a peer that is busy importing."""

DIAL_TIMEOUT_SECONDS: Final = 15.0
"""Connect, noise and yamux."""

CLOSE_TIMEOUT_SECONDS: Final = 5.0
"""Farewells to every peer; the sockets close in any case."""

RESET_TIMEOUT_SECONDS: Final = 1.0
EVENTS: Final = 1024
"""Connections and disconnections waiting to be noticed."""

CLEANUP_SECONDS: Final = 60
"""The peer store never shrinks by itself."""


class ListenFailed(OSError):
    """The node cannot listen on its address, and why."""


class PortBusy(ListenFailed):
    """Another process listens there."""


class ProtocolUnsupported(StreamLost):
    """The peer does not speak this protocol: another chain, or another program."""


@dataclass(frozen=True, slots=True)
class Connected:
    """A peer's first connection is up."""

    peer: str
    address: str
    is_inbound: bool


@dataclass(frozen=True, slots=True)
class Disconnected:
    """A peer's last connection is gone."""

    peer: str


class Router:
    """One libp2p host with gossip, for as long as `running` lasts.

    Invariant: `events` carries one Connected before, and one Disconnected after, all of a peer's
    connections.
    """

    def __init__(
        self,
        seed: bytes,
        max_connections: int,
        deliver: Deliver,
        seen: Seen,
        *,
        public: tuple[str, ...] = (),
        spend: Spend | None = None,
    ) -> None:
        apply()
        self._public = tuple(public_address(address) for address in public)
        keys = create_new_key_pair(seed=seed)
        noise = NoiseTransport(keys, noise_privkey=create_noise_key_pair().private_key)
        peer = ID.from_pubkey(keys.public_key)
        self._store = PeerStore()
        self._store.add_key_pair(peer, keys)
        self._swarm = RepairedSwarm(
            peer,
            self._store,
            TransportUpgrader({NOISE: noise}, {TProtocol(YAMUX): RepairedYamux}),
            transports=[TCP()],
            connection_config=ConnectionConfig(
                max_connections=max_connections,
                # We dial ourselves, and say goodbye ourselves.
                min_connections=0,
                low_watermark=0,
                high_watermark=max_connections,
            ),
        )
        self._host = RepairedHost(
            self._swarm,
            disable_identify_address_discovery=True,
            addrs_factory=lambda listened: [*self._public, *listened],
        )
        self._gossip = ContentGossipSub()
        self._pubsub = NoSignPubsub(self._host, self._gossip, deliver, seen, spend or _nothing)
        self._events_in, self.events = trio.open_memory_channel[Connected | Disconnected](EVENTS)
        self._swarm.register_notifee(_Watcher(self._swarm, self._events_in))

    @property
    def peer_id(self) -> str:
        """Our own name."""
        return str(self._host.get_id())

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where others may dial us, public addresses first, each with `/p2p/` and our peer id."""
        return tuple(
            str(address) if "/p2p/" in str(address) else f"{address}/p2p/{self.peer_id}"
            for address in self._host.get_addrs()
        )

    def announce(self, address: str) -> None:
        """Name one more public address to whoever asks from now on; raises ListenFailed."""
        added = public_address(address)
        self._public = (*(known for known in self._public if known != added), added)

    @asynccontextmanager
    async def running(
        self, listen: tuple[str, ...], topics: tuple[str, ...]
    ) -> AsyncIterator[None]:
        """Listen, subscribe and serve; on leaving, close every socket.

        Raises PortBusy, ListenFailed.
        """
        for address in listen:
            check_port(address)
        async with (
            self._host.run([]),
            background_trio_service(self._pubsub),
            background_trio_service(self._gossip),
        ):
            try:
                await self._pubsub.wait_until_ready()
                for topic in topics:
                    await self._pubsub.subscribe(topic)
                await self._listen(listen)
                yield
            finally:
                with trio.move_on_after(CLOSE_TIMEOUT_SECONDS) as scope:
                    scope.shield = True
                    await self._host.close()

    async def clean_store(self) -> None:
        """Forget expired addresses now and then."""
        await self._store.start_cleanup_task(CLEANUP_SECONDS)

    def serve(self, protocol: str, handle: Callable[[ByteStream], Awaitable[None]]) -> None:
        """Hand every stream a peer opens on a protocol to a function."""

        async def serve_stream(stream: INetStream) -> None:
            await handle(PeerStream(stream))

        self._host.set_stream_handler(TProtocol(protocol), serve_stream)

    async def open_stream(self, peer: str, protocol: str) -> ByteStream:
        """Open a stream to a connected peer.

        Raises StreamLost, ProtocolUnsupported.
        """
        id = ID.from_string(peer)
        if not self._swarm.get_connections(id):
            raise StreamLost(f"{peer} is not connected")
        with _failing_as(StreamLost, f"{peer} {protocol}"), trio.fail_after(OPEN_TIMEOUT_SECONDS):
            stream = await self._host.new_stream(id, [TProtocol(protocol)])
        return PeerStream(stream)

    async def dial(self, address: str) -> None:
        """Connect to an address that ends in a peer id; nothing happens when we are connected.

        Raises DialFailed.
        """
        with _failing_as(DialFailed, address), trio.fail_after(DIAL_TIMEOUT_SECONDS):
            info = info_from_p2p_addr(Multiaddr(address))
            # One failed dial makes the library refuse the peer for a minute.
            self._swarm.unblock_peer(info.peer_id)
            self._store.clear_addrs(info.peer_id)
            await self._host.connect(info)

    async def disconnect(self, peer: str) -> None:
        """Close all connections of a peer; never raises."""
        with trio.move_on_after(CLOSE_TIMEOUT_SECONDS):
            await self._swarm.close_peer(ID.from_string(peer))

    async def publish(self, topic: str, payload: bytes) -> None:
        """Send a payload to the mesh of a topic."""
        await self._pubsub.publish(topic, payload)

    def mesh_size(self, topic: str) -> int:
        """Count the peers we send a topic's messages to."""
        return len(self._gossip.mesh.get(topic, ()))

    def known_addresses(self, peer: str) -> tuple[str, ...]:
        """List where a peer says it listens; nothing if it never said so, or too long ago."""
        try:
            return tuple(str(address) for address in self._store.addrs(ID.from_string(peer)))
        except PeerStoreError:
            return ()

    async def _listen(self, listen: tuple[str, ...]) -> None:
        for address in listen:
            if not await self._swarm.listen(Multiaddr(address)):
                check_port(address)
                raise ListenFailed(f"cannot listen on {address}")


class PeerStream:
    """A libp2p stream as a ByteStream."""

    def __init__(self, stream: INetStream) -> None:
        self._stream = stream
        self._peer = str(stream.muxed_conn.peer_id)

    @property
    def peer(self) -> str:
        """Name the peer at the other end."""
        return self._peer

    async def read(self, limit: int) -> bytes:
        """Read at least one byte, or none at the end."""
        with _failing_as(StreamLost, self._peer):
            return await self._stream.read(limit)

    async def write(self, data: bytes) -> None:
        """Write all of `data`."""
        with _failing_as(StreamLost, self._peer):
            await self._stream.write(data)

    async def reset(self) -> None:
        """Drop the stream."""
        with trio.move_on_after(RESET_TIMEOUT_SECONDS):
            await self._stream.reset()


class _Watcher(INotifee):
    """Turns the swarm's connections into events about peers."""

    def __init__(
        self, swarm: RepairedSwarm, events: trio.MemorySendChannel[Connected | Disconnected]
    ) -> None:
        self._swarm = swarm
        self._events = events
        self._peers: set[str] = set()

    async def connected(self, network: INetwork, conn: INetConn) -> None:  # noqa: ARG002
        peer = str(conn.muxed_conn.peer_id)
        if peer in self._peers:
            return
        self._peers.add(peer)
        is_inbound = getattr(conn, "direction", None) is Direction.INBOUND
        await self._events.send(Connected(peer, _address_of(conn), is_inbound))

    async def disconnected(self, network: INetwork, conn: INetConn) -> None:  # noqa: ARG002
        id = conn.muxed_conn.peer_id
        is_last = all(other.is_closed for other in self._swarm.get_connections(id))
        if is_last and str(id) in self._peers:
            self._peers.discard(str(id))
            await self._events.send(Disconnected(str(id)))

    async def opened_stream(self, network: INetwork, stream: INetStream) -> None:
        pass

    async def closed_stream(self, network: INetwork, stream: INetStream) -> None:
        pass

    async def listen(self, network: INetwork, multiaddr: Multiaddr) -> None:
        pass

    async def listen_close(self, network: INetwork, multiaddr: Multiaddr) -> None:
        pass


def check_port(address: str) -> None:
    """Try the port of a `/ip4/…/tcp/…` address.

    Raises PortBusy, ListenFailed with a sentence that says what to change.
    """
    parts = address.split("/")
    if len(parts) < 5 or parts[1] not in ("ip4", "ip6") or parts[3] != "tcp":
        raise ListenFailed(f"wanted an address like /ip4/0.0.0.0/tcp/30333, got {address}")
    family = socket.AF_INET if parts[1] == "ip4" else socket.AF_INET6
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((parts[2], int(parts[4])))
            probe.listen(1)
        except OSError as error:
            if error.errno == 98 or "in use" in str(error):
                raise PortBusy(
                    f"wanted to listen on {address}, but another process does: stop it, or start "
                    "this node with another --port or --listen-addr"
                ) from error
            raise ListenFailed(f"cannot listen on {address}: {error.strerror or error}") from error
        except (ValueError, OverflowError) as error:
            raise ListenFailed(f"wanted a port from 0 to 65535 in {address}") from error


def public_address(address: str) -> Multiaddr:
    """Read an address that is to be announced, with or without `/p2p/` and our peer id.

    Raises ListenFailed.
    """
    try:
        return Multiaddr(address.partition("/p2p/")[0])
    except ValueError as error:
        raise ListenFailed(
            f"wanted a public address like /ip4/203.0.113.7/tcp/30333, got {address}"
        ) from error


async def _nothing(peer: str, size_bytes: int) -> None:
    """Let a peer send what it likes."""


@contextmanager
def _failing_as(kind: type[ConnectionError], what: str) -> Iterator[None]:
    """Turn whatever the library raises into one error of ours; cancellation passes."""
    try:
        yield
    except kind:
        raise
    except Exception as error:  # the library has no common base class
        cause = error.__cause__ or error
        if kind is StreamLost and "not supported" in str(cause):
            raise ProtocolUnsupported(f"{what}: the peer does not speak it") from error
        raise kind(f"{what}: {type(cause).__name__} {cause}".rstrip()) from error


def _address_of(connection: INetConn) -> str:
    addresses = connection.get_transport_addresses()
    return str(addresses[0]) if addresses else ""
