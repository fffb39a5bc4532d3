from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock

from p2p.links import BadLink, Link, ascending, descending, link_of
from p2p.peers import Offence
from p2p.ranges import RANGE_BLOCKS
from p2p.sync import AVOID_SECONDS, PATIENCE_SECONDS, Outcome, Progress, RangeSync
from runtime.primitives.block import Header
from runtime.primitives.scale import encode
from tests.p2p.chains import ToyChain, ToyPeers, branch, toy_link


def sync_of(chain: ToyChain, peers: ToyPeers) -> RangeSync:
    return RangeSync(chain, chain, peers, peers, peers.report, read_link=toy_link)


@asynccontextmanager
async def syncing(chain: ToyChain, peers: ToyPeers) -> AsyncIterator[RangeSync]:
    sync = sync_of(chain, peers)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(sync.run)
        yield sync
        nursery.cancel_scope.cancel()


async def test_a_new_node_reaches_the_head_in_ranges(autojump_clock: MockClock) -> None:
    chain, peers = ToyChain(branch("main", 0)), ToyPeers(a=branch("main", 300, 300))
    async with syncing(chain, peers):
        await trio.sleep(1)
    assert chain.best() == (300, chain.hash_at(300))
    ranges = [(numbers[0], numbers[-1]) for _, numbers in chain.imported]
    assert ranges == [(1, RANGE_BLOCKS), (RANGE_BLOCKS + 1, 2 * RANGE_BLOCKS), (257, 300)]


async def test_a_fork_is_followed_from_the_common_ancestor(autojump_clock: MockClock) -> None:
    chain = ToyChain(branch("ours", 50, 20))
    peers = ToyPeers(a=branch("main", 90, 90))
    async with syncing(chain, peers):
        await trio.sleep(1)
    assert chain.best()[0] == 90
    assert chain.imported[0][1][0] == 21


@given(st.integers(0, 400), st.integers(0, 400), st.integers(0, 400))
def test_the_ancestor_is_found_wherever_it_is(fork: int, ours: int, theirs: int) -> None:
    chain = ToyChain(branch("ours", max(fork, ours), fork))
    peers = ToyPeers(a=branch("theirs", max(fork, theirs) + 1, fork))

    async def find() -> None:
        ancestor = await sync_of(chain, peers)._ancestor(peers.ready()[0])
        assert (ancestor.number, ancestor.hash) == (fork, chain.hash_at(fork))
        assert len(peers.queries) <= 20

    trio.run(find)


async def test_a_chain_without_our_finalized_block_is_not_followed(
    autojump_clock: MockClock,
) -> None:
    chain = ToyChain(branch("ours", 50, 20), finalized=30)
    peers = ToyPeers(a=branch("main", 90, 90))
    async with syncing(chain, peers):
        await trio.sleep(1)
    assert chain.best()[0] == 50
    assert peers.reports == []


async def test_a_silent_peer_is_left_for_another(autojump_clock: MockClock) -> None:
    chain = ToyChain(branch("main", 0))
    peers = ToyPeers(silent=branch("main", 99, 99), b=branch("main", 80, 80))
    peers.silent.add("silent")
    async with syncing(chain, peers):
        await trio.sleep(1)
    assert chain.best()[0] == 80
    assert {peer for peer, _ in chain.imported} == {"b"}


async def test_a_bad_block_is_reported_and_another_peer_asked(autojump_clock: MockClock) -> None:
    chain = ToyChain(branch("main", 0))
    peers = ToyPeers(bad=branch("bad", 99, 10), good=branch("main", 80, 80))
    chain.bad.add(toy_link(peers.chains["bad"][40].header).hash)
    async with syncing(chain, peers):
        await trio.sleep(1)
    assert chain.hash_at(80) == toy_link(peers.chains["good"][80].header).hash
    assert peers.reports == [("bad", Offence.BAD_BLOCK)]


async def test_blocks_that_do_not_link_are_reported(autojump_clock: MockClock) -> None:
    chain = ToyChain(branch("main", 0))
    peers = ToyPeers(a=branch("main", 50, 50))
    peers.chains["a"][10] = branch("other", 10)[10]
    async with syncing(chain, peers):
        await trio.sleep(1)
    assert peers.reports == [("a", Offence.BAD_MESSAGE)]
    assert chain.best()[0] == 0


async def test_garbage_instead_of_a_header_is_reported(autojump_clock: MockClock) -> None:
    chain = ToyChain(branch("main", 0))
    peers = ToyPeers(a=branch("main", 50, 50))
    peers.answers["a"] = (type(peers.chains["a"][0])(b"nonsense", ()),)
    async with syncing(chain, peers):
        await trio.sleep(1)
    assert peers.reports == [("a", Offence.BAD_MESSAGE)]


async def test_a_small_gap_is_left_to_announcements_for_a_slot(autojump_clock: MockClock) -> None:
    chain, peers = ToyChain(branch("main", 10, 10)), ToyPeers(a=branch("main", 11, 11))
    async with syncing(chain, peers):
        await trio.sleep(PATIENCE_SECONDS - 1)
        assert peers.queries == []
        await trio.sleep(2)
    assert chain.best()[0] == 11


async def test_a_peer_that_gets_ahead_later_is_noticed(autojump_clock: MockClock) -> None:
    chain, peers = ToyChain(branch("main", 10, 10)), ToyPeers(a=branch("main", 10, 10))
    async with syncing(chain, peers) as sync:
        await trio.sleep(0.5)
        peers.chains["a"] = branch("main", 40, 40)
        sync.notice()
        await trio.sleep(0.5)
        assert chain.best()[0] == 40


async def test_a_chain_that_moved_is_searched_again(autojump_clock: MockClock) -> None:
    chain, peers = ToyChain(branch("main", 0)), ToyPeers(a=branch("main", 50, 50))
    chain.outcomes = [Outcome.UNKNOWN_PARENT, Outcome.UNAVAILABLE]
    async with syncing(chain, peers):
        await trio.sleep(5)
    assert (chain.best()[0], peers.reports) == (50, [])


async def test_a_longer_chain_we_like_less_is_not_fetched_over_and_over(
    autojump_clock: MockClock,
) -> None:
    chain, peers = ToyChain(branch("main", 0)), ToyPeers(a=branch("main", 50, 50))
    chain.outcomes = [Outcome.IMPORTED] * 99
    async with syncing(chain, peers):
        await trio.sleep(AVOID_SECONDS - 1)
    assert len(chain.imported) == 1


async def test_progress_is_known_while_it_lasts(autojump_clock: MockClock) -> None:
    chain, peers = ToyChain(branch("main", 0)), ToyPeers(a=branch("main", 50, 50))
    seen: list[Progress | None] = []

    class Watched(ToyChain):
        async def import_blocks(self, blocks, source_peer, final=None):
            seen.append(sync.progress)
            return await super().import_blocks(blocks, source_peer, final)

    chain = Watched(branch("main", 0))
    async with syncing(chain, peers) as sync:
        await trio.sleep(1)
        assert (seen, sync.progress) == ([Progress(0, 50)], None)


def test_a_header_of_the_chain_is_read() -> None:
    header = Header(b"\x01" * 32, 7, b"\x02" * 32, b"\x03" * 32, ())
    assert link_of(encode(header, Header)) == Link(7, header.hash, b"\x01" * 32)
    with pytest.raises(BadLink, match="wanted a header"):
        link_of(b"nonsense")


def test_lists_that_are_chains_pass() -> None:
    blocks = branch("main", 5, 5)
    links = tuple(toy_link(block.header) for block in blocks)
    assert ascending(blocks[1:], links[0], toy_link) == links[1:]
    assert descending(blocks[::-1], links[-1].hash, toy_link) == links[::-1]
    with pytest.raises(BadLink, match="wanted block 1 on"):
        ascending(blocks[2:], links[0], toy_link)
    with pytest.raises(BadLink, match="wanted block"):
        descending(blocks[::-2], links[-1].hash, toy_link)
