"""An attacker with many peers, few subnets and no merit, against one node's slots."""

import contextlib
import random

import pytest
import trio
from trio.testing import MockClock

from p2p.messages import Status
from p2p.peers import Offence, PeerLimits, Peers, Refused
from p2p.slots import (
    EVICTION_SECONDS,
    MIN_STAY_SECONDS,
    PROTECTED_BY_AGE,
    PROTECTED_BY_SUBNET,
    PROTECTED_BY_USE,
    PROTECTED_OUTBOUND,
)

STATUS = Status(bytes(32), 7, b"\x07" * 32, 5, b"\x05" * 32)
PROTECTED = PROTECTED_BY_AGE + PROTECTED_BY_USE + PROTECTED_BY_SUBNET
INBOUND = 20


def at(subnet: int, host: int = 1) -> str:
    return f"/ip4/8.{subnet >> 8}.{subnet & 255}.{host}/tcp/30333"


def peers_with(reserved: tuple[str, ...] = (), **limits: int) -> Peers:
    return Peers(PeerLimits(**{"inbound": INBOUND} | limits), frozenset(reserved))


def names(peers: Peers) -> set[str]:
    return {view.id for view in peers.connected()}


async def fill(peers: Peers, count: int, name: str, subnet: int, seconds: float = 0.0) -> list[str]:
    """Connect peers from a subnet each, that many seconds apart."""
    made = [f"{name}{number}" for number in range(count)]
    for number, peer in enumerate(made):
        peers.admit(peer, at(subnet + number), is_inbound=True)
        peers.update(peer, STATUS)
        await trio.sleep(seconds)
    return made


async def test_a_newcomer_takes_the_slot_of_the_least_useful(autojump_clock: MockClock) -> None:
    peers = peers_with()
    await fill(peers, INBOUND, "old", 0, 1.0)
    peers.report("old15", Offence.BAD_MESSAGE)
    await trio.sleep(MIN_STAY_SECONDS)
    assert peers.admit("new", at(500), is_inbound=True) == "old15"
    assert "new" in names(peers)
    assert "old15" not in names(peers)


async def test_without_other_differences_the_fullest_subnet_loses(
    autojump_clock: MockClock,
) -> None:
    peers = peers_with(per_subnet=8)
    await fill(peers, INBOUND - 5, "single", 0, 1.0)
    for host in range(5):
        peers.admit(f"crowd{host}", at(300, host), is_inbound=True)
    await trio.sleep(MIN_STAY_SECONDS)
    evicted = peers.admit("new", at(500), is_inbound=True)
    assert evicted is not None
    assert evicted.startswith("crowd")


async def test_newcomers_are_not_judged_at_once(autojump_clock: MockClock) -> None:
    peers = peers_with()
    await fill(peers, INBOUND, "young", 0)
    with pytest.raises(Refused, match="all 20 inbound slots are taken"):
        peers.admit("new", at(500), is_inbound=True)


async def test_evictions_are_rare(autojump_clock: MockClock) -> None:
    peers = peers_with()
    await fill(peers, INBOUND, "old", 0)
    await trio.sleep(MIN_STAY_SECONDS)
    assert peers.admit("first", at(500), is_inbound=True)
    with pytest.raises(Refused):
        peers.admit("second", at(501), is_inbound=True)
    await trio.sleep(EVICTION_SECONDS)
    assert peers.admit("second", at(501), is_inbound=True)


async def test_req_d11_a_flood_of_newcomers_leaves_the_old_the_useful_and_the_reserved(
    autojump_clock: MockClock,
) -> None:
    peers = peers_with(("friend",))
    peers.admit("friend", at(900), is_inbound=True)
    old = await fill(peers, PROTECTED_BY_AGE, "old", 0, 1.0)
    useful = await fill(peers, PROTECTED_BY_USE, "useful", 100, 1.0)
    await fill(peers, INBOUND - 9, "other", 200, 1.0)
    for number in range(2000):
        for peer in useful:
            peers.saw_block(peer, 8 + number, b"hash")
        with contextlib.suppress(Refused):
            peers.admit(f"sybil{number}", at(1000 + number % 3, number % 200), is_inbound=True)
        await trio.sleep(1.0)
    assert {"friend", *old, *useful} <= names(peers)
    sybils = sum(peer.startswith("sybil") for peer in names(peers))
    assert 0 < sybils <= INBOUND - PROTECTED_BY_AGE - PROTECTED_BY_USE - 1


async def test_honest_peers_in_other_subnets_outlast_a_flood_from_one(
    autojump_clock: MockClock,
) -> None:
    peers = peers_with(per_subnet=8)
    honest = await fill(peers, INBOUND - 8, "honest", 0, 1.0)
    for number in range(500):
        with contextlib.suppress(Refused):
            peers.admit(f"sybil{number}", at(1000, number % 200), is_inbound=True)
        await trio.sleep(EVICTION_SECONDS + 1.0)
    assert set(honest) <= names(peers)


async def test_inbound_peers_never_cost_an_outbound_one(autojump_clock: MockClock) -> None:
    peers = peers_with(total=25)
    chosen = [f"chosen{number}" for number in range(5)]
    for number, peer in enumerate(chosen):
        peers.admit(peer, at(number), is_inbound=False)
    for number in range(500):
        with contextlib.suppress(Refused):
            peers.admit(f"sybil{number}", at(1000 + number), is_inbound=True)
        await trio.sleep(EVICTION_SECONDS + 1.0)
    assert set(chosen) <= names(peers)
    assert len(names(peers)) == 25


async def test_chosen_peers_come_from_many_subnets(autojump_clock: MockClock) -> None:
    peers = peers_with(outbound_per_subnet=2)
    for host in (1, 2):
        assert peers.has_room_for(f"a{host}", at(7, host))
        peers.admit(f"a{host}", at(7, host), is_inbound=False)
    assert not peers.has_room_for("a3", at(7, 3))
    with pytest.raises(Refused, match=r"a3: 2 outbound peers in 8\.0\.7\.0/24 are enough"):
        peers.admit("a3", at(7, 3), is_inbound=False)
    assert peers.has_room_for("b", at(8))


async def test_a_subnet_does_not_fill_the_slots_and_a_lan_may(autojump_clock: MockClock) -> None:
    peers = peers_with(per_subnet=3)
    for host in range(3):
        peers.admit(f"a{host}", at(7, host), is_inbound=True)
    with pytest.raises(Refused, match=r"3 peers in 8\.0\.7\.0/24 are enough"):
        peers.admit("a3", at(7, 3), is_inbound=True)
    for host in range(10):
        peers.admit(f"lan{host}", f"/ip4/192.168.0.{host}/tcp/1", is_inbound=True)
    for number in range(4):
        peers.admit(f"home{number}", f"/ip6/2600:1:2:{number:x}::1/tcp/1", is_inbound=True)
    for number in (2, 3):
        peers.admit(f"v{number}", f"/ip6/2600:1:2:0::{number}/tcp/1", is_inbound=True)
    with pytest.raises(Refused, match="3 peers in 2600:1:2::/64 are enough"):
        peers.admit("v4", "/ip6/2600:1:2:0::4/tcp/1", is_inbound=True)


async def test_the_oldest_chosen_peers_of_different_subnets_stay(
    autojump_clock: MockClock,
) -> None:
    peers = peers_with(reserved=("friend",), outbound_per_subnet=2)
    assert peers.expendable() is None
    for number in range(PROTECTED_OUTBOUND):
        peers.admit(f"old{number}", at(number), is_inbound=False)
        await trio.sleep(1.0)
    peers.admit("friend", at(300), is_inbound=False)
    peers.admit("second of a subnet", at(0, 2), is_inbound=False)
    peers.admit("young", at(400), is_inbound=False)
    assert peers.expendable() is None
    await trio.sleep(MIN_STAY_SECONDS)
    peers.update("young", STATUS)
    peers.saw_block("young", 9, b"nine")
    assert peers.expendable() == "second of a subnet"
    assert peers.expendable(frozenset(["second of a subnet"])) == "young"


async def test_whatever_comes_the_limits_hold(autojump_clock: MockClock) -> None:
    chance = random.Random(7)
    peers = peers_with(("friend",), total=12, inbound=8, per_subnet=3)
    for step in range(3000):
        peer, subnet = f"p{chance.randrange(200)}", chance.randrange(12)
        if chance.random() < 0.1:
            peers.leave(peer)
        else:
            with contextlib.suppress(Refused):
                peers.admit(peer, at(subnet, step % 9), is_inbound=chance.random() < 0.8)
        await trio.sleep(chance.random() * 20)
        views = peers.connected()
        assert len(views) <= 12
        assert sum(view.is_inbound for view in views) <= 8
