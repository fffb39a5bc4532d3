"""What peers tell each other about third peers: Kademlia's FIND_NODE, over the request stream.

A target is a random point; the answer are the known peers nearest to it by XOR of the hashes of
their names. Asking for random points walks the whole network, whoever is asked.

Source: Maymounkov, Mazières, Kademlia (2002), sections 2.2 and 2.3.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Final

from p2p.addresses import MAX_ADDRESS_CHARACTERS, peer_of
from p2p.subnets import scope_of

MAX_PEERS_PER_RESPONSE: Final = 16
"""Kademlia's k: enough to go on with, too few to fill anybody's memory."""

TARGET_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class PeersRequest:
    """Addresses of the peers nearest to a point."""

    kind: ClassVar[int] = 6
    target: bytes


@dataclass(frozen=True, slots=True)
class PeersResponse:
    """Multiaddresses that end in a peer id."""

    kind: ClassVar[int] = 5
    addresses: tuple[str, ...]


def nearest(addresses: Iterable[str], target: bytes) -> tuple[str, ...]:
    """Choose the addresses whose peers are nearest to a point."""
    ordered = sorted(addresses, key=lambda address: distance(peer_of(address) or "", target))
    return tuple(ordered[:MAX_PEERS_PER_RESPONSE])


def distance(peer: str, target: bytes) -> int:
    """Compute how far a peer is from a point: XOR of the hash of its name with it."""
    point = hashlib.blake2b(peer.encode(), digest_size=TARGET_BYTES).digest()
    return int.from_bytes(point, "big") ^ int.from_bytes(target, "big")


def may_be_told(address: str, to: str) -> bool:
    """Say whether a host at `to` may hear of, or tell of, an address.

    Nobody on the internet learns of our LAN, or makes us dial into it.
    """
    return scope_of(address) <= scope_of(to)


def is_plain(address: str) -> bool:
    """Say whether an address is `/ip4|ip6/HOST/tcp/PORT/p2p/PEER` and no longer than it may be.

    A name is not: it can lead anywhere.
    """
    parts = address.split("/")
    return (
        len(address) <= MAX_ADDRESS_CHARACTERS
        and len(parts) == 7
        and parts[1] in ("ip4", "ip6")
        and parts[3] == "tcp"
        and parts[4].isdecimal()
        and 0 < int(parts[4]) < 65_536
        and parts[5] == "p2p"
        and parts[6].isalnum()
    )
