"""Range sync from several peers at once, some of which lie, stall or are elsewhere."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import trio
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock

from p2p.messages import BlockData
from p2p.peers import Offence
from p2p.ranges import RANGE_BLOCKS, STALL_SECONDS, WINDOW, Answer, Range, Ranges
from p2p.sync import AVOID_SECONDS, Outcome, RangeSync
from tests.p2p.chains import ToyChain, ToyPeers, branch, toy_hash, toy_link

LONG = 20 * RANGE_BLOCKS
MAIN = branch("main", LONG, LONG)


@asynccontextmanager
async def syncing(chain: ToyChain, peers: ToyPeers) -> AsyncIterator[RangeSync]:
    sync = RangeSync(chain, chain, peers, peers, peers.report, read_link=toy_link)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(sync.run)
        yield sync
        nursery.cancel_scope.cancel()


def reached(chain: ToyChain) -> bool:
    return chain.best() == (LONG, toy_hash("main", LONG))


async def until_reached(chain: ToyChain, seconds: float) -> float:
    with trio.fail_after(seconds):
        while not reached(chain):
            await trio.sleep(0.1)
    return trio.current_time()


async def test_several_peers_are_asked_at_once(autojump_clock: MockClock) -> None:
    alone, chain = ToyPeers(a=MAIN), ToyChain(MAIN[:1])
    alone.delays["a"] = 1.0
    async with syncing(chain, alone):
        alone_seconds = await until_reached(chain, 100)
    began = trio.current_time()
    peers, chain = ToyPeers(a=MAIN, b=MAIN, c=MAIN, d=MAIN, e=MAIN), ToyChain(MAIN[:1])
    peers.delays = dict.fromkeys("abcde", 1.0)
    async with syncing(chain, peers):
        together_seconds = await until_reached(chain, 100) - began
    assert together_seconds < alone_seconds / 2
    assert len({peer for peer, _ in chain.imported}) == 4
    assert peers.most_asked == 4
    firsts = [numbers[0] for _, numbers in chain.imported]
    assert firsts == sorted(firsts)
    assert peers.reports == []


async def test_a_stalled_helper_is_overtaken_by_the_leader(autojump_clock: MockClock) -> None:
    peers, chain = ToyPeers(a=MAIN, b=MAIN[:-1]), ToyChain(MAIN[:1])
    peers.delays = {"a": 0.1, "b": 1000.0}
    async with syncing(chain, peers):
        assert await until_reached(chain, 100) < 2 * STALL_SECONDS + 5
    assert {peer for peer, _ in chain.imported} == {"a"}


async def test_a_silent_helper_is_let_go(autojump_clock: MockClock) -> None:
    peers, chain = ToyPeers(a=MAIN, b=MAIN[:-1]), ToyChain(MAIN[:1])
    peers.silent.add("b")
    peers.delays["a"] = 0.1
    async with syncing(chain, peers):
        await until_reached(chain, 100)
    assert sum(peer == "b" for peer, _ in peers.queries) == 1


async def test_a_helper_on_another_fork_is_no_offender(autojump_clock: MockClock) -> None:
    fork = branch("fork", LONG - 1, 3 * RANGE_BLOCKS + 50)
    peers, chain = ToyPeers(a=MAIN, b=fork), ToyChain(MAIN[:1])
    peers.delays = {"a": 1.0, "b": 0.5}
    async with syncing(chain, peers):
        await until_reached(chain, 200)
    assert peers.reports == []


async def test_a_helper_with_bad_blocks_is_reported_and_the_leader_asked(
    autojump_clock: MockClock,
) -> None:
    bad = [*MAIN[:-1]]
    forged = bad[200]
    bad[200] = BlockData(forged.header, (b"forged",))

    class Strict(ToyChain):
        async def import_blocks(self, blocks, source_peer, final=None):
            if any(block.extrinsics == (b"forged",) for block in blocks):
                return Outcome.BAD
            return await super().import_blocks(blocks, source_peer, final)

    peers, chain = ToyPeers(a=MAIN, b=bad), Strict(MAIN[:1])
    peers.delays = {"a": 1.0, "b": 0.1}
    async with syncing(chain, peers):
        await until_reached(chain, 200)
    assert peers.reports == [("b", Offence.BAD_BLOCK)]


async def test_a_peer_that_claims_blocks_it_does_not_have_is_passed_over_and_blamed(
    autojump_clock: MockClock,
) -> None:
    liar = branch("main", 10 * LONG, 10 * LONG)

    class Lied(ToyPeers):
        async def blocks(self, peer, query, *, timeout_seconds):
            start = query.start if isinstance(query.start, int) else 0
            if peer == "liar" and start > 0:
                return ()
            return await super().blocks(peer, query, timeout_seconds=timeout_seconds)

    peers, chain = Lied(liar=liar, honest=MAIN), ToyChain(MAIN[:1])
    async with syncing(chain, peers) as sync:
        await until_reached(chain, 10)
        assert sync.is_avoided("liar")
        await trio.sleep(3 * AVOID_SECONDS)
    assert peers.reports.count(("liar", Offence.FALSE_CLAIM)) >= 3
    assert {peer for peer, _ in peers.reports} == {"liar"}


async def test_a_restart_goes_on_where_it_was(autojump_clock: MockClock) -> None:
    peers, chain = ToyPeers(a=MAIN, b=MAIN), ToyChain(MAIN[:1])
    peers.delays = {"a": 1.0, "b": 1.0}
    async with syncing(chain, peers):
        await trio.sleep(4.5)
    kept = chain.best()[0]
    assert 0 < kept < LONG
    before = len(chain.imported)
    async with syncing(chain, peers):
        await until_reached(chain, 100)
    assert chain.imported[before][1][0] == kept + 1


async def test_a_slow_importer_bounds_what_is_held(autojump_clock: MockClock) -> None:
    class Slow(ToyChain):
        async def import_blocks(self, blocks, source_peer, final=None):
            await trio.sleep(10.0)
            return await super().import_blocks(blocks, source_peer, final)

    peers, chain = ToyPeers(a=MAIN, b=MAIN, c=MAIN), Slow(MAIN[:1])
    async with syncing(chain, peers):
        await trio.sleep(9.0)
        downloads = [query for _, query in peers.queries if isinstance(query.start, int)]
        assert len(downloads) <= WINDOW + 2


def served(asked: Range, length: int) -> tuple[BlockData, ...]:
    return tuple(MAIN[asked.first : asked.first + min(length, asked.count)])


def heights(blocks: Sequence[BlockData]) -> list[int]:
    return [toy_link(block.header).number for block in blocks]


steps = st.lists(
    st.tuples(
        st.sampled_from(("take", "give", "fail", "pop", "refuse", "wait")),
        st.integers(0, 9),
        st.integers(1, RANGE_BLOCKS),
        st.booleans(),
    ),
    max_size=120,
)


@given(st.integers(1, 900), steps)
def test_whatever_fails_every_block_is_handed_on_once_and_in_order(last: int, plan) -> None:
    now = [0.0]
    ranges = Ranges(1, last, lambda: now[0])
    flying: list[Range] = []
    handed: list[int] = []

    def pop() -> Answer | None:
        answer = ranges.pop()
        handed.extend(heights(answer.blocks) if answer else [])
        return answer

    for step, which, length, is_leader in plan:
        chosen = flying[which % len(flying)] if flying else None
        if step == "take":
            taken = ranges.take(last, is_leader=is_leader)
            flying += [taken] if taken else []
        elif step == "give" and chosen:
            flying.remove(chosen)
            ranges.give(chosen, Answer("p", chosen.first, served(chosen, length)))
        elif step == "fail" and chosen:
            flying.remove(chosen)
            ranges.fail(chosen)
        elif step == "wait":
            now[0] += STALL_SECONDS
        elif step in ("pop", "refuse"):
            answer = pop()
            if answer and step == "refuse":
                ranges.refuse(answer)
                del handed[-len(answer.blocks) :]
        assert ranges.held <= WINDOW + 1
    for asked in flying:
        ranges.fail(asked)
    while not ranges.is_done:
        if pop() is None:
            asked = ranges.take(last, is_leader=True)
            assert asked is not None
            ranges.give(asked, Answer("p", asked.first, served(asked, asked.count)))
    assert handed == list(range(1, last + 1))
