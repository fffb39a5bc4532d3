"""State and old bodies from several peers, on a clock of their own: who fails is replaced."""

from __future__ import annotations

import pytest
import trio
from trio.testing import MockClock

from p2p.backfill import AVOID_SECONDS, BackfillParts, BadBody
from p2p.backfill import Backfill as _Backfill
from p2p.budgets import ITEMS_RATE
from p2p.headers import Abandoned
from p2p.light import MAX_STATE_ITEMS
from p2p.messages import BlockData, Roles
from p2p.peers import Offence, PeerView
from p2p.ranges import RANGE_BLOCKS
from p2p.requests import RequestTimeout
from p2p.serving import CONCURRENT_PER_PEER
from p2p.state import (
    FEW_ITEMS,
    IDLE_SECONDS,
    MAX_STATE_PEERS,
    STATE_TIMEOUT_SECONDS,
    BadPart,
    StateDownload,
    StateParts,
)
from tests.p2p.chains import ToyPeers, branch, toy_hash, toy_link
from tests.p2p.support import Node
from tests.p2p.test_requests import Link

NODES = 400
PART = 4 * FEW_ITEMS
MAIN = branch("main", 1000, 1000)


class ToySink:
    """A state that is a heap: below node n are 2n + 1 and 2n + 2."""

    def __init__(self) -> None:
        self.waiting, self.asked, self.here = [(0).to_bytes(4, "big")], 0, set[int]()

    @property
    def is_done(self) -> bool:
        return not self.waiting and not self.asked

    def wanted(self) -> tuple[bytes, ...]:
        taken, self.waiting = self.waiting[:2], self.waiting[2:]
        self.asked += len(taken)
        return tuple(taken)

    def put_back(self, roots: tuple[bytes, ...]) -> None:
        self.asked -= len(roots)
        self.waiting.extend(roots)

    async def take(self, roots: tuple[bytes, ...], items: tuple[bytes, ...]) -> bool:
        ahead = list(roots)
        for item in items:
            if item != ahead.pop(0):
                raise BadPart("another node")
            ahead.extend(children(item))
            self.here.add(int.from_bytes(item, "big"))
        self.asked -= len(roots)
        self.waiting.extend(ahead)
        return bool(ahead)


def children(item: bytes) -> list[bytes]:
    n = int.from_bytes(item, "big")
    return [kid.to_bytes(4, "big") for kid in (2 * n + 1, 2 * n + 2) if kid < NODES]


class StatePeers(ToyPeers):
    """Peers that have the state, or say that they do."""

    def __init__(self, *names: str) -> None:
        super().__init__(**dict.fromkeys(names, MAIN[:101]))
        self.final = dict.fromkeys(names, 100)
        self.lies: dict[str, str] = {}
        self.served: dict[str, int] = dict.fromkeys(names, 0)
        self.avoided: set[str] = set()

    async def state(
        self, peer: str, roots: tuple[bytes, ...], *, timeout_seconds: float
    ) -> tuple[bytes, ...]:
        lie = self.lies.get(peer)
        with trio.move_on_after(timeout_seconds):
            await trio.sleep(1000.0 if lie == "stall" else 0.1)
            items: list[bytes] = []
            ahead = list(roots)
            while ahead and len(items) < (1 if lie == "drip" else PART):
                items.append(ahead.pop(0))
                ahead.extend(children(items[-1]))
            self.served[peer] += len(items)
            if lie == "nothing":
                return ()
            return (b"lie", *items) if lie == "false" else tuple(items)
        raise RequestTimeout(f"{peer} is silent")


async def fetch(peers: StatePeers, sink: ToySink, number: int = 100) -> None:
    parts = StateParts(
        sink, peers, peers, peers.report, peers.avoided.add, lambda peer: peer in peers.avoided
    )
    await StateDownload(parts, number).run()


async def test_a_state_comes_from_several_peers_at_once(autojump_clock: MockClock) -> None:
    peers, sink = StatePeers("a", "b", "c", "d", "e", "f"), ToySink()
    await fetch(peers, sink)
    assert sink.here == set(range(NODES))
    assert sum(served > 0 for served in peers.served.values()) == MAX_STATE_PEERS
    assert (peers.reports, peers.avoided) == ([], set())


@pytest.mark.parametrize(
    ("lie", "reports"),
    [("false", [("bad", Offence.BAD_PROOF)]), ("nothing", []), ("drip", []), ("stall", [])],
)
async def test_who_gives_no_state_is_avoided_and_the_rest_comes_from_others(
    autojump_clock: MockClock, lie: str, reports: list[tuple[str, Offence]]
) -> None:
    peers, sink = StatePeers("bad", "good"), ToySink()
    peers.lies = {"bad": lie}
    began = trio.current_time()
    await fetch(peers, sink)
    assert sink.here == set(range(NODES))
    assert (peers.reports, peers.avoided) == (reports, {"bad"})
    assert trio.current_time() - began < STATE_TIMEOUT_SECONDS + 10


async def test_nobody_who_is_behind_the_block_is_asked(autojump_clock: MockClock) -> None:
    peers = StatePeers("a")
    began = trio.current_time()
    with pytest.raises(Abandoned, match="no peer has the state of block 101"):
        await fetch(peers, ToySink(), 101)
    assert trio.current_time() - began >= IDLE_SECONDS
    assert peers.served == {"a": 0}


class ToyHistory:
    """Bodies of the main chain, missing up to some number."""

    def __init__(self, last: int) -> None:
        self.last_missing = last
        self.here: list[int] = []

    def has_down_to(self, number: int) -> None:
        assert set(range(number, self.last_missing + 1)) <= set(self.here)
        self.last_missing = number - 1

    async def add(self, first: int, blocks: tuple[BlockData, ...]) -> None:
        for number, block in enumerate(blocks, first):
            if toy_link(block.header).hash != toy_hash("main", number):
                raise BadBody(f"not block {number}")
            self.here.append(number)


async def backfill(history: ToyHistory, peers: ToyPeers) -> None:
    await _Backfill(BackfillParts(history, peers, peers, peers.report)).run()


async def test_bodies_come_newest_first_from_two_peers(autojump_clock: MockClock) -> None:
    history, peers = ToyHistory(700), ToyPeers(a=MAIN, b=MAIN, c=MAIN)
    peers.delays = dict.fromkeys("abc", 0.1)
    await backfill(history, peers)
    assert sorted(history.here) == list(range(1, 701))
    assert history.here[0] >= 701 - 2 * RANGE_BLOCKS
    assert {peer for peer, _ in peers.queries} == {"a", "b"}


async def test_who_has_all_of_history_is_asked_before_others(autojump_clock: MockClock) -> None:
    class SomePartial(ToyPeers):
        def ready(self) -> tuple[PeerView, ...]:
            views = super().ready()
            for view in views:
                if view.id != "whole":
                    assert view.status is not None
                    object.__setattr__(view.status, "roles", Roles.FULL | Roles.PARTIAL)
            return views

    history, peers = ToyHistory(700), SomePartial(p=MAIN, q=MAIN, whole=MAIN)
    peers.delays = dict.fromkeys(("p", "q", "whole"), 0.1)
    await backfill(history, peers)
    asked = {peer for peer, _ in peers.queries}
    assert (len(asked), "whole" in asked) == (2, True)


async def test_a_liar_is_reported_and_what_it_owed_comes_from_another(
    autojump_clock: MockClock,
) -> None:
    history, peers = ToyHistory(700), ToyPeers(liar=branch("other", 1000, 0), good=MAIN)
    await backfill(history, peers)
    assert sorted(history.here) == list(range(1, 701))
    assert peers.reports == [("liar", Offence.BAD_BLOCK)]


async def test_a_node_without_old_bodies_is_no_liar(autojump_clock: MockClock) -> None:
    history, peers = ToyHistory(300), ToyPeers(young=MAIN)
    peers.answers["young"] = ()
    with trio.move_on_after(2 * AVOID_SECONDS):
        await backfill(history, peers)
    assert history.last_missing == 300
    assert peers.reports == []
    assert len(peers.queries) == 2
    del peers.answers["young"]
    await backfill(history, peers)
    assert history.last_missing == 0


async def test_who_asks_for_more_than_its_items_a_second_waits_for_them(
    autojump_clock: MockClock,
) -> None:
    items = (b"node",) * MAX_STATE_ITEMS

    class Holder(Node):
        async def state(self, roots: tuple[bytes, ...]) -> tuple[bytes, ...]:
            return items

    async with trio.open_nursery() as nursery:
        link = Link(nursery, Holder())
        await nursery.start(link.requests.run)
        answers = int(3 * ITEMS_RATE.burst) // MAX_STATE_ITEMS
        for _ in range(answers):
            assert await link.requests.state("s", (bytes(32),), timeout_seconds=60.0) == items
        over = answers * MAX_STATE_ITEMS - ITEMS_RATE.burst
        in_flight = CONCURRENT_PER_PEER * MAX_STATE_ITEMS
        assert trio.current_time() >= (over - in_flight) / ITEMS_RATE.per_second > 1
        nursery.cancel_scope.cancel()
