"""Port mapping: the library's own UPnP client against a router on loopback, and what goes wrong."""

import logging

import miniupnpc
import pytest
import trio
import trio.testing
from libp2p.discovery.upnp.upnp import UpnpManager

from p2p.host import open_network
from p2p.nat import MAP_SECONDS, NatParts, PortMapping
from p2p.router import ListenFailed
from p2p.subnets import reachable_port
from tests.p2p import igd
from tests.p2p.support import Node, config, until

PUBLIC = "8.8.4.4"
"""An address that only passes for a router's: nobody dials it here."""


def on_loopback() -> UpnpManager:
    manager = UpnpManager()
    manager._gateway = miniupnpc.UPnP(multicastif=igd.LOOPBACK, discoverdelay=200)
    return manager


async def test_the_port_is_mapped_told_and_taken_back() -> None:
    told: list[str] = []
    with igd.Router(PUBLIC) as router:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(PortMapping(NatParts(30333, told.append, on_loopback)).run)
            await until(lambda: bool(told))
            assert (told, router.mapped) == ([f"/ip4/{PUBLIC}/tcp/30333"], {30333: igd.LOOPBACK})
            nursery.cancel_scope.cancel()
        assert router.mapped == {}


@pytest.mark.parametrize(
    ("external_ip", "obeys", "words"),
    [
        (PUBLIC, False, "the router refused to map TCP port 30333"),
        ("192.168.0.1", True, "no router that maps ports by UPnP"),
    ],
)
async def test_without_a_router_that_leads_here_the_log_says_what_to_do(
    external_ip: str, obeys: bool, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[str] = []
    caplog.set_level(logging.INFO, "p2p.nat")
    with igd.Router(external_ip, obeys=obeys) as router:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(PortMapping(NatParts(30333, told.append, on_loopback)).run)
            await until(lambda: words in caplog.text)
            nursery.cancel_scope.cancel()
    assert (told, router.mapped) == ([], {})


class Forgetful:
    """A router that restarts whenever nobody looks."""

    def __init__(self) -> None:
        self.asked = 0

    async def discover(self) -> bool:
        return True

    async def add_port_mapping(self, port: int) -> bool:
        self.asked += 1
        return True

    async def remove_port_mapping(self, port: int) -> bool:
        return True

    def get_external_ip(self) -> str:
        return PUBLIC if self.asked < 3 else "8.8.8.8"


async def test_the_mapping_is_renewed_and_a_new_address_told(
    autojump_clock: trio.testing.MockClock,
) -> None:
    told: list[str] = []
    router = Forgetful()
    with trio.move_on_after(2.5 * MAP_SECONDS):
        await PortMapping(NatParts(1, told.append, lambda: router)).run()
    assert (router.asked, told) == (3, [f"/ip4/{PUBLIC}/tcp/1", "/ip4/8.8.8.8/tcp/1"])


async def test_a_mapped_address_is_announced_before_those_listened_on() -> None:
    async with open_network(config(1), Node().services()) as network:
        network._router.announce(f"/ip4/{PUBLIC}/tcp/30333")
        assert network.addresses[0] == f"/ip4/{PUBLIC}/tcp/30333/p2p/{network.peer_id}"
        network._router.announce(f"/ip4/{PUBLIC}/tcp/30333")
        assert len(network.addresses) == 2
        with pytest.raises(ListenFailed, match="wanted a public address"):
            network._router.announce("8.8.4.4")


def test_a_router_could_lead_to_a_port_on_the_lan_alone() -> None:
    lan = "/ip4/192.168.1.7/tcp/30333/p2p/a"
    assert reachable_port(("/ip4/127.0.0.1/tcp/1/p2p/a", "/ip6/fe80::1/tcp/2/p2p/a", lan)) == 30333
    assert reachable_port(("/ip4/0.0.0.0/tcp/30334",)) == 30334
    assert reachable_port(("/ip4/127.0.0.1/tcp/1/p2p/a", "/ip4/192.168.1.7/udp/5")) is None
