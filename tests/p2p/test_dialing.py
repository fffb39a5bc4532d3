from itertools import pairwise

import pytest
import trio
from trio.testing import MockClock

from p2p.dialing import CONCURRENT_DIALS, Dialer, DialFailed, Redial

HOME = "/ip4/127.0.0.1/tcp/1/p2p/"


class Wire:
    """Peers that are up or down, and when each was dialled."""

    def __init__(self) -> None:
        self.up: set[str] = set()
        self.connected: set[str] = set()
        self.dials: list[tuple[float, str]] = []
        self.failed: list[str] = []
        self.dialer = Dialer(Redial(5.0, 30.0), self.dial, self.is_wanted, self.failed.append)

    async def dial(self, address: str) -> None:
        self.dials.append((trio.current_time(), address))
        if address not in self.up:
            raise DialFailed(address)
        self.connected.add(address.rpartition("/")[2])

    def is_wanted(self, peer: str, address: str) -> bool:
        return peer not in self.connected


async def test_a_peer_that_is_up_is_dialled_once(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    wire = Wire()
    wire.up.add(HOME + "a")
    nursery.start_soon(wire.dialer.run)
    wire.dialer.add(HOME + "a")
    await trio.sleep(1000)
    assert len(wire.dials) == 1


async def test_a_peer_that_is_down_is_dialled_less_and_less(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    wire = Wire()
    nursery.start_soon(wire.dialer.run)
    wire.dialer.add(HOME + "a")
    await trio.sleep(1000)
    times = [time for time, _ in wire.dials]
    gaps = [after - before for before, after in pairwise(times)]
    assert 5.0 * 0.75 <= gaps[0] <= 10.0 * 1.25
    assert all(30.0 * 0.75 <= gap <= 30.0 * 1.25 for gap in gaps[4:])


async def test_a_peer_that_left_is_dialled_again_soon(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    wire = Wire()
    wire.up.add(HOME + "a")
    nursery.start_soon(wire.dialer.run)
    wire.dialer.add(HOME + "a")
    await trio.sleep(100)
    wire.connected.clear()
    wire.dialer.left("a")
    await trio.sleep(5.0 * 1.25)
    assert [address for _, address in wire.dials] == [HOME + "a"] * 2


async def test_an_address_is_tried_once(nursery: trio.Nursery, autojump_clock: MockClock) -> None:
    wire = Wire()
    nursery.start_soon(wire.dialer.run)
    assert wire.dialer.try_once(HOME + "a")
    assert not wire.dialer.try_once(HOME + "a")
    await trio.sleep(1000)
    assert [address for _, address in wire.dials] == wire.failed == [HOME + "a"]


async def test_few_addresses_are_tried_at_once() -> None:
    dialer = Wire().dialer
    tried = [dialer.try_once(f"{HOME}{number}") for number in range(CONCURRENT_DIALS + 1)]
    assert tried == [True] * CONCURRENT_DIALS + [False]


async def test_a_new_address_replaces_the_old_one(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    wire = Wire()
    nursery.start_soon(wire.dialer.run)
    wire.dialer.add(HOME + "a")
    await trio.sleep(1)
    wire.dialer.add("/ip4/127.0.0.1/tcp/2/p2p/a")
    await trio.sleep(100)
    assert {address for _, address in wire.dials[1:]} == {"/ip4/127.0.0.1/tcp/2/p2p/a"}


async def test_an_address_without_a_peer_is_an_error() -> None:
    with pytest.raises(ValueError, match="ends in /p2p/<peer id>, got '/ip4/127"):
        Wire().dialer.add("/ip4/127.0.0.1/tcp/1")
