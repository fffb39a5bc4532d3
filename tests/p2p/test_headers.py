"""Headers first: what is proven final comes from anybody, and who proves nothing is left."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio
from trio.testing import MockClock

from p2p.headers import HeaderWalk, Stretch
from p2p.light import MAX_HEADERS_PER_RESPONSE
from p2p.links import BadLink
from p2p.peers import Offence
from p2p.ranges import RANGE_BLOCKS
from p2p.sync import HEADERS_FIRST_BLOCKS, RangeSync
from tests.p2p.chains import (
    ToyChain,
    ToyFinality,
    ToyPeers,
    ToyProof,
    branch,
    toy_hash,
    toy_link,
)

LONG = 1500
MAIN = branch("main", LONG, LONG)


@asynccontextmanager
async def syncing(chain: ToyChain, peers: ToyPeers) -> AsyncIterator[RangeSync]:
    sync = RangeSync(
        chain, chain, peers, peers, peers.report, finality=ToyFinality(chain), read_link=toy_link
    )
    async with trio.open_nursery() as nursery:
        nursery.start_soon(sync.run)
        yield sync
        nursery.cancel_scope.cancel()


async def until_reached(chain: ToyChain, number: int, seconds: float) -> None:
    with trio.fail_after(seconds):
        while chain.best() != (number, toy_hash("main", number)):
            await trio.sleep(0.1)


async def test_a_node_far_behind_imports_what_is_proven_and_then_the_rest(
    autojump_clock: MockClock,
) -> None:
    chain, peers = ToyChain(MAIN[:1]), ToyPeers(a=MAIN, b=MAIN)
    peers.final = {"a": 1490, "b": 1480}
    async with syncing(chain, peers):
        await until_reached(chain, LONG, 30)
    assert chain.finalized == 1490
    assert {peer for peer, _ in chain.imported} == {"a", "b"}
    assert peers.reports == []


async def test_a_small_lag_in_finality_needs_no_headers(autojump_clock: MockClock) -> None:
    chain, peers = ToyChain(MAIN[:1]), ToyPeers(a=MAIN[:60])
    peers.final = {"a": HEADERS_FIRST_BLOCKS - 10}
    async with syncing(chain, peers):
        await until_reached(chain, 59, 30)
    assert chain.finalized == 0


async def test_who_forges_a_proof_is_reported_and_another_asked(autojump_clock: MockClock) -> None:
    chain, peers = ToyChain(MAIN[:1]), ToyPeers(liar=MAIN, good=MAIN)
    peers.final, peers.proofs = {"liar": 1490, "good": 1480}, {"liar": b"forged"}
    async with syncing(chain, peers):
        await until_reached(chain, LONG, 30)
    assert chain.finalized == 1480
    assert peers.reports == [("liar", Offence.BAD_PROOF)]


async def test_who_proves_less_than_it_claims_is_reported(autojump_clock: MockClock) -> None:
    chain, peers = ToyChain(MAIN[:1]), ToyPeers(liar=MAIN, good=MAIN)
    peers.final, peers.proofs = {"liar": 1490, "good": 1480}, {"liar": None}
    async with syncing(chain, peers):
        await until_reached(chain, LONG, 30)
    assert chain.finalized == 1480
    assert peers.reports[0] == ("liar", Offence.FALSE_CLAIM)


async def test_a_silent_peer_is_left_for_another(autojump_clock: MockClock) -> None:
    chain, peers = ToyChain(MAIN[:1]), ToyPeers(silent=MAIN, good=MAIN)
    peers.final, peers.delays = {"silent": 1490, "good": 1480}, {"silent": 1000.0}
    async with syncing(chain, peers):
        await until_reached(chain, LONG, 60)
    assert {peer for peer, _ in chain.imported} == {"good"}


async def test_bodies_of_another_fork_are_not_imported_below_finality(
    autojump_clock: MockClock,
) -> None:
    chain, peers = ToyChain(MAIN[:1]), ToyPeers(good=MAIN, other=branch("other", LONG, 5))
    peers.final = {"good": 1490}
    peers.delays = {"good": 0.5}
    async with syncing(chain, peers):
        await until_reached(chain, LONG, 60)
    finals = [toy_hash("main", number) for number in range(1491)]
    assert [chain.hash_at(number) for number in range(1491)] == finals
    assert toy_hash("other", RANGE_BLOCKS) not in chain.links


async def test_our_fork_above_finality_gives_way(autojump_clock: MockClock) -> None:
    ours = branch("ours", 40, 20)
    chain, peers = ToyChain(ours), ToyPeers(a=MAIN)
    chain.finalized, peers.final = 10, {"a": 1490}
    async with syncing(chain, peers):
        await until_reached(chain, LONG, 60)
    assert chain.imported[0][1][0] == 21


async def test_a_walk_asks_no_higher_than_the_peer_says_it_is_final(
    autojump_clock: MockClock,
) -> None:
    peers = ToyPeers(a=MAIN)
    peers.final = {"a": 520}
    walk = HeaderWalk(peers, peers.ready()[0], ToyProof(0, toy_hash("main", 0)), peers.report)
    stretches = [await walk.next() for _ in range(3)]
    assert [(each.first, each.last) for each in stretches if each] == [(1, 510), (511, 520)]
    asked = [(query.start, query.max_count) for _, query in peers.queries]
    assert asked == [(1, MAX_HEADERS_PER_RESPONSE), (513, 8)]


def test_a_stretch_knows_its_blocks() -> None:
    stretch = Stretch(5, (toy_hash("main", 5), toy_hash("main", 6)), {6: b"final"})
    links = tuple(toy_link(block.header) for block in MAIN[5:7])
    stretch.check(links)
    assert (stretch.last, stretch.hash_at(6)) == (6, links[1].hash)
    with pytest.raises(BadLink, match="block 6 is"):
        stretch.check((toy_link(branch("other", 6)[6].header),))
