"""Finds nodes of the same chain on the local network, by multicast DNS.

The service bears the chain's genesis, so chains do not see each other. What is heard is an address
like any other that peers tell of: it is dialled, and the handshake decides. py-libp2p's own mDNS
calls back on a foreign thread, sleeps in it, and knows one service for all chains.

Source: RFC 6762 (multicast DNS), libp2p's mDNS specification.
"""

import logging
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import trio

from p2p.dns import (
    MAX_PACKET_BYTES,
    BadPacket,
    Question,
    Told,
    decode,
    encode_answer,
    encode_question,
)
from p2p.subnets import Scope, scope_of

GROUP: Final = "224.0.0.251"
PORT: Final = 5353

EARLY_QUESTIONS: Final = 3
EARLY_SECONDS: Final = 2.0
"""A network that starts together finds itself within seconds."""

QUESTION_SECONDS: Final = 60.0
ANSWER_SECONDS: Final = 1.0
"""Answers go to everybody, so more often than this they would say nothing new."""

INSTANCE_BYTES: Final = 16
TTL_HOPS: Final = 255
"""RFC 6762, section 11."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LanParts:
    """What the discovery on the local network is given."""

    prefix: str
    """The first eight digits of the genesis hash."""
    interface: str
    """The IPv4 address of the interface to speak on."""
    addresses: Callable[[], tuple[str, ...]]
    """Where others can dial us."""
    hear: Callable[[str, tuple[str, ...]], None]
    """(where the speaker is, what it says)"""
    port: int


class LanDiscovery:
    """Asks who else is there, and answers those who ask. `run` serves until cancelled."""

    def __init__(self, parts: LanParts) -> None:
        self._parts = parts
        self._service = (f"_starminer-{parts.prefix}".encode(), b"_udp", b"local")
        self._instance = secrets.token_hex(INSTANCE_BYTES).encode()
        self._answered_at = -ANSWER_SECONDS

    async def run(self) -> None:
        """Speak and listen; a network without multicast is no reason to stop the node."""
        try:
            with await open_socket(self._parts.interface, self._parts.port) as sock:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._ask, sock)
                    await self._listen(sock)
        except OSError as error:
            logger.info("no discovery on the local network: %s", error)

    async def _ask(self, sock: trio.socket.SocketType) -> None:
        asked = 0
        while True:
            await self._send(sock, encode_question(self._service))
            asked += 1
            await trio.sleep(EARLY_SECONDS if asked < EARLY_QUESTIONS else QUESTION_SECONDS)

    async def _listen(self, sock: trio.socket.SocketType) -> None:
        while True:
            raw, (host, port) = await sock.recvfrom(MAX_PACKET_BYTES)
            await self._take(sock, raw, f"/ip4/{host}/udp/{port}")

    async def _take(self, sock: trio.socket.SocketType, raw: bytes, source: str) -> None:
        if scope_of(source) is Scope.PUBLIC:
            return  # A router that lets multicast through from outside is mistaken.
        try:
            message = decode(raw, self._service)
        except BadPacket as error:
            logger.debug("packet of %s: %s", source, error)
            return
        match message:
            case Question() if trio.current_time() - self._answered_at >= ANSWER_SECONDS:
                self._answered_at = trio.current_time()
                addresses = self._parts.addresses()
                await self._send(sock, encode_answer(self._service, self._instance, addresses))
            case Told(addresses):
                self._parts.hear(source, addresses)

    async def _send(self, sock: trio.socket.SocketType, packet: bytes) -> None:
        try:
            await sock.sendto(packet, (GROUP, self._parts.port))
        except OSError as error:
            logger.debug("not sent to the local network: %s", error)


async def open_socket(interface: str, port: int) -> trio.socket.SocketType:
    """Open a socket of the multicast group on one interface, shared with other programs.

    Raises OSError.
    """
    sock = trio.socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "SO_REUSEPORT"):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        own = socket.inet_aton(interface)
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, own)
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, TTL_HOPS)
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 1)
        membership = socket.inet_aton(GROUP) + own
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
        await sock.bind((GROUP, port))
    except OSError:
        sock.close()
        raise
    return sock


def lan_interface() -> str | None:
    """Find our address on the network that multicast goes to; sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((GROUP, PORT))
        except OSError:
            return None
        address: str = probe.getsockname()[0]
        return address
