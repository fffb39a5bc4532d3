"""What an address says about who owns it: how far it reaches, and which subnet it is in.

Whoever rents one machine has a /24 of IPv4 or a /64 of IPv6 cheaply, and rarely much more.
"""

from collections.abc import Iterable
from enum import IntEnum
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

IPV4_PREFIX: Final = 24
IPV6_PREFIX: Final = 64
"""What one customer gets."""


class Scope(IntEnum):
    """From where an address can be reached, the widest first."""

    PUBLIC = 0
    LAN = 1
    MACHINE = 2


def ip_of(address: str) -> str:
    """Take the host out of a multiaddress: `/ip4/1.2.3.4/tcp/30333` gives `1.2.3.4`."""
    parts = address.split("/")
    return parts[2] if len(parts) > 2 else address


def scope_of(address: str) -> Scope:
    """Say from where a multiaddress can be reached; a name may be anywhere."""
    ip = _parsed(address)
    if ip is None:
        return Scope.PUBLIC
    if ip.is_loopback:
        return Scope.MACHINE
    return Scope.LAN if ip.is_private or ip.is_link_local else Scope.PUBLIC


def subnet_of(address: str) -> str | None:
    """Name the /24 or /64 of a public multiaddress; None on a LAN, whose hosts share an owner."""
    ip = _parsed(address)
    if ip is None:
        return ip_of(address)
    if scope_of(address) is not Scope.PUBLIC:
        return None
    prefix = IPV4_PREFIX if ip.version == 4 else IPV6_PREFIX
    return str(ip_network((ip, prefix), strict=False))


def reachable_port(addresses: Iterable[str]) -> int | None:
    """Find the TCP port of an IPv4 multiaddress on a LAN: one that a router could lead to."""
    for address in addresses:
        family, port = address.split("/")[1::2][:2], address.split("/")[4:5]
        if family == ["ip4", "tcp"] and port and scope_of(address) is Scope.LAN:
            return int(port[0])
    return None


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        ip = ip_address(ip_of(address))
    except ValueError:
        return None
    # An IPv4 address in IPv6 clothes would be in a subnet of its own.
    mapped = ip.ipv4_mapped if isinstance(ip, IPv6Address) else None
    return mapped or ip
