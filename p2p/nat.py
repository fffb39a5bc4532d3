"""Opens our port in the home router by UPnP, so that peers on the internet can dial us.

py-libp2p's `UpnpManager` speaks to the router, in a thread. A mapping is asked for again and again,
because a router forgets it when it restarts, and taken back at the end. Without a router that obeys
the node runs all the same: it dials others, but is dialled by nobody from outside.
Source: UPnP Forum, WANIPConnection:1, sections 2.4.16 to 2.4.18.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import trio
from libp2p.discovery.upnp.upnp import UpnpManager

MAP_SECONDS: Final = 1200.0
"""How often the mapping is renewed: what a restart of the router may cost us."""

GOODBYE_SECONDS: Final = 3.0
"""What taking the mapping back may cost at shutdown."""

logger = logging.getLogger(__name__)


class Gateway(Protocol):
    """A router that maps ports; py-libp2p's `UpnpManager` is one."""

    async def discover(self) -> bool:
        """Look for the router; say whether there is one with a public address."""
        ...

    async def add_port_mapping(self, port: int) -> bool:
        """Lead a port of the router's public address to us."""
        ...

    async def remove_port_mapping(self, port: int) -> bool:
        """Take a mapping back."""
        ...

    def get_external_ip(self) -> str | None:
        """Return the router's public address."""
        ...


@dataclass(frozen=True, slots=True)
class NatParts:
    """What mapping a port needs."""

    port: int
    """The TCP port that we listen on; the router's is the same."""
    announce: Callable[[str], None]
    """Told the multiaddress under which we can be dialled from outside."""
    gateway: Callable[[], Gateway] = UpnpManager


class PortMapping:
    """Keeps one port open in the router. `run` serves until cancelled."""

    def __init__(self, parts: NatParts) -> None:
        self._parts = parts
        self._mapped: Gateway | None = None
        self._announced: str | None = None

    async def run(self) -> None:
        """Map the port and renew the mapping; on leaving, take it back."""
        try:
            while True:
                await self._map()
                await trio.sleep(MAP_SECONDS)
        finally:
            if self._mapped is not None:
                with trio.move_on_after(GOODBYE_SECONDS) as goodbye:
                    goodbye.shield = True
                    await self._mapped.remove_port_mapping(self._parts.port)

    async def _map(self) -> None:
        gateway, port = self._parts.gateway(), self._parts.port
        if not await gateway.discover():
            logger.info(
                "no router that maps ports by UPnP: peers outside can dial this node only if "
                "TCP port %d is forwarded to it, and announced with --public-addr",
                port,
            )
        elif await gateway.add_port_mapping(port):
            self._mapped = gateway
            self._tell(f"/ip4/{gateway.get_external_ip()}/tcp/{port}")
        else:
            logger.warning(
                "the router refused to map TCP port %d: it may lead to another machine", port
            )

    def _tell(self, address: str) -> None:
        if address != self._announced:
            logger.info("the router leads %s to this node", address)
            self._announced = address
            self._parts.announce(address)
