from dataclasses import replace

import pytest

from p2p.messages import Status
from p2p.peers import (
    BAN_SECONDS,
    REMEMBERED_PEERS,
    Offence,
    PeerLimits,
    Peers,
    PeerView,
    Refused,
)

HOME = "/ip4/127.0.0.1/tcp/1"
STATUS = Status(bytes(32), 7, b"\x07" * 32, 5, b"\x05" * 32)


class Clock:
    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


def peers_with(clock: Clock | None = None, **limits: int) -> Peers:
    return Peers(PeerLimits(**limits), frozenset(["reserved"]), clock or Clock())


def test_a_peer_is_ready_once_its_status_is_known() -> None:
    peers = peers_with()
    peers.admit("a", HOME, is_inbound=True)
    peers.admit("b", HOME, is_inbound=False)
    peers.update("b", STATUS)
    assert peers.ready() == (PeerView("b", HOME, False, STATUS, 0.0, since=1000.0),)
    assert [view.id for view in peers.connected()] == ["a", "b"]


def test_ready_peers_come_best_chain_first() -> None:
    peers = peers_with()
    for name, best in (("low", 3), ("high", 9), ("middle", 5)):
        peers.admit(name, HOME, is_inbound=False)
        peers.update(name, replace(STATUS, best_number=best))
    assert [view.id for view in peers.ready()] == ["high", "middle", "low"]


def test_an_announced_block_raises_the_best_block_and_never_lowers_it() -> None:
    peers = peers_with()
    peers.admit("a", HOME, is_inbound=False)
    peers.saw_block("a", 8, b"early")
    peers.update("a", STATUS)
    peers.saw_block("a", 9, b"nine")
    peers.saw_block("a", 8, b"eight")
    assert peers.ready()[0].status == replace(STATUS, best_number=9, best_hash=b"nine")


def test_a_bad_block_bans_for_a_while() -> None:
    clock = Clock()
    peers = peers_with(clock)
    assert peers.report("a", Offence.BAD_BLOCK)
    with pytest.raises(Refused, match="a is banned: it sent a block that is not valid"):
        peers.admit("a", HOME, is_inbound=False)
    clock.time += BAN_SECONDS + 1
    peers.admit("a", HOME, is_inbound=False)


def test_timeouts_ban_only_when_they_come_fast() -> None:
    clock = Clock()
    peers = peers_with(clock)
    slow = []
    for _ in range(100):
        slow.append(peers.report("slow", Offence.TIMEOUT))
        clock.time += 30
    assert not any(slow)
    assert any(peers.report("fast", Offence.TIMEOUT) for _ in range(20))


def test_a_reserved_peer_is_never_banned_nor_turned_away() -> None:
    peers = peers_with(total=1)
    peers.admit("a", HOME, is_inbound=False)
    assert not peers.report("reserved", Offence.BAD_BLOCK)
    peers.admit("reserved", HOME, is_inbound=True)
    assert [view.id for view in peers.connected()] == ["a", "reserved"]


def test_all_slots_taken_is_a_reason() -> None:
    peers = peers_with(total=1)
    peers.admit("a", HOME, is_inbound=False)
    with pytest.raises(Refused, match="all 1 peer slots are taken"):
        peers.admit("b", HOME, is_inbound=False)


def test_inbound_peers_leave_room_for_those_we_choose() -> None:
    peers = peers_with(total=3, inbound=1)
    peers.admit("a", HOME, is_inbound=True)
    with pytest.raises(Refused, match="all 1 inbound slots are taken"):
        peers.admit("b", HOME, is_inbound=True)
    peers.admit("b", HOME, is_inbound=False)


def test_one_address_does_not_fill_the_slots() -> None:
    peers = peers_with(per_address=2)
    peers.admit("a", "/ip4/10.0.0.1/tcp/1", is_inbound=True)
    peers.admit("b", "/ip4/10.0.0.1/tcp/2", is_inbound=True)
    with pytest.raises(Refused, match=r"2 peers at 10\.0\.0\.1 are enough"):
        peers.admit("c", "/ip4/10.0.0.1/tcp/3", is_inbound=True)
    peers.admit("c", "/ip4/10.0.0.2/tcp/3", is_inbound=True)


def test_a_slot_is_free_again_when_its_peer_leaves() -> None:
    peers = peers_with(total=1)
    peers.admit("a", HOME, is_inbound=True)
    peers.leave("a")
    peers.admit("b", HOME, is_inbound=True)
    assert [view.id for view in peers.connected()] == ["b"]


def test_the_memory_of_offences_is_bounded_and_keeps_bans() -> None:
    peers = peers_with()
    peers.report("bad", Offence.BAD_BLOCK)
    for number in range(REMEMBERED_PEERS + 5):
        peers.report(str(number), Offence.TIMEOUT)
    assert peers.ban_reason("bad") == "sent a block that is not valid"


def test_peers_that_are_kept_away_are_refused_until_they_no_longer_are() -> None:
    peers = peers_with()
    peers.isolate(frozenset(["a", "reserved"]))
    for name in ("a", "reserved"):
        with pytest.raises(Refused, match=f"{name} is banned: it is kept away by the operator"):
            peers.admit(name, HOME, is_inbound=True)
    assert peers.admit("b", HOME, is_inbound=True) is None
    peers.isolate(frozenset(["b"]))
    peers.admit("a", HOME, is_inbound=True)
    assert peers.ban_reason("b") == "is kept away by the operator"
