from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio
from trio.testing import MockClock

from p2p.ancestors import MAX_GAP_BLOCKS, Ancestors
from p2p.peers import Offence
from tests.p2p.chains import ToyChain, ToyPeers, branch, toy_link


@asynccontextmanager
async def filling(chain: ToyChain, peers: ToyPeers) -> AsyncIterator[Ancestors]:
    ancestors = Ancestors(chain, chain, peers, peers, peers.report, read_link=toy_link)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(ancestors.run)
        yield ancestors
        nursery.cancel_scope.cancel()


def head(peers: ToyPeers, peer: str) -> bytes:
    return toy_link(peers.chains[peer][-1].header).hash


async def test_missing_ancestors_are_imported_parents_first(autojump_clock: MockClock) -> None:
    chain, peers = ToyChain(branch("main", 10, 10)), ToyPeers(a=branch("fork", 14, 7))
    async with filling(chain, peers) as ancestors:
        ancestors.want("a", head(peers, "a"))
        ancestors.want("a", head(peers, "a"))
        await trio.sleep(1)
    assert chain.imported == [("a", (8, 9, 10, 11, 12, 13, 14))]


async def test_a_block_that_is_known_costs_nothing(autojump_clock: MockClock) -> None:
    chain, peers = ToyChain(branch("main", 10, 10)), ToyPeers(a=branch("main", 10, 10))
    async with filling(chain, peers) as ancestors:
        ancestors.want("a", head(peers, "a"))
        await trio.sleep(1)
    assert peers.queries == []


async def test_other_peers_are_asked_when_the_announcer_is_silent(
    autojump_clock: MockClock,
) -> None:
    chain = ToyChain(branch("main", 10, 10))
    peers = ToyPeers(a=branch("main", 12, 12), b=branch("main", 12, 12))
    peers.silent.add("a")
    async with filling(chain, peers) as ancestors:
        ancestors.want("a", head(peers, "a"))
        await trio.sleep(1)
    assert chain.imported == [("b", (11, 12))]


async def test_a_hole_that_is_too_deep_is_left_to_range_sync(autojump_clock: MockClock) -> None:
    length = MAX_GAP_BLOCKS + 50
    chain, peers = ToyChain(branch("main", 0)), ToyPeers(a=branch("main", length, length))
    async with filling(chain, peers) as ancestors:
        ancestors.want("a", head(peers, "a"))
        await trio.sleep(1)
    assert chain.imported == []


async def test_a_fork_below_the_finalized_block_is_reported(autojump_clock: MockClock) -> None:
    chain = ToyChain(branch("main", 10, 10), finalized=8)
    peers = ToyPeers(a=branch("fork", 14, 5))
    async with filling(chain, peers) as ancestors:
        ancestors.want("a", head(peers, "a"))
        await trio.sleep(1)
    assert (chain.imported, peers.reports) == ([], [("a", Offence.BAD_MESSAGE)])


async def test_a_bad_ancestor_is_reported(autojump_clock: MockClock) -> None:
    chain, peers = ToyChain(branch("main", 10, 10)), ToyPeers(a=branch("fork", 14, 7))
    chain.bad.add(toy_link(peers.chains["a"][9].header).hash)
    async with filling(chain, peers) as ancestors:
        ancestors.want("a", head(peers, "a"))
        await trio.sleep(1)
    assert peers.reports == [("a", Offence.BAD_BLOCK)]


async def test_a_body_is_taken_from_whoever_has_it() -> None:
    chain = ToyChain(branch("main", 10, 10))
    peers = ToyPeers(a=branch("main", 10, 10), b=branch("main", 12, 12))
    ancestors = Ancestors(chain, chain, peers, peers, peers.report, read_link=toy_link)
    assert await ancestors.body("a", head(peers, "b")) == peers.chains["b"][-1]
    assert await ancestors.body("a", b"?" * 32) is None


async def test_the_body_of_another_block_is_reported() -> None:
    chain, peers = ToyChain(branch("main", 10, 10)), ToyPeers(a=branch("main", 10, 10))
    peers.answers["a"] = (peers.chains["a"][3],)
    ancestors = Ancestors(chain, chain, peers, peers, peers.report, read_link=toy_link)
    assert await ancestors.body("a", head(peers, "a")) is None
    assert peers.reports == [("a", Offence.BAD_MESSAGE)]
