"""Blocks that are called: slots that rise and have begun, one author, finality not far behind."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest
import trio

from consensus.slots import BEGINNING_MS, SlotClock
from consensus.verification import pre_runtime, slot_of
from genesis.spec import load_spec
from node.called_slots import CalledSlots
from node.config import BadConfig, NodeConfig
from node.development import MAX_UNFINAL, Miner, refuse_many_authors
from node.pool.gossip_queue import GossipQueue
from node.rpc.development import CannotMine
from runtime.primitives.slot_claim import SecondaryVrfPreDigest, VrfSignature
from tests.node.support import Made, make_block, open_chain

SLOT_MS = 3000
FIRST = BEGINNING_MS // SLOT_MS
TODAY = FIRST + 1000
"""The slot that the wall clock is in."""


def claimed(made: Made, slot: int) -> Made:
    """Return a block with the claim of a slot."""
    claim = SecondaryVrfPreDigest(0, slot, VrfSignature(bytes(32), bytes(64)))
    header = replace(made.header, digest=(pre_runtime(claim),))
    return replace(made, block=replace(made.block, header=header))


@dataclass
class Bench:
    """A chain whose author makes a block in each slot that it is given, unless it is lazy."""

    is_lazy: bool = False
    finalizes: bool = True
    slots_made: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chain, self.head = open_chain()
        self.clock = SlotClock(SLOT_MS, lambda: TODAY * SLOT_MS)
        self.slots = CalledSlots(self.clock, FIRST, lambda: slot_of(self.chain.best))
        self.miner = Miner(self.slots, self.chain, self.clock)

    async def author(self) -> None:
        """Do as `consensus.authoring.Author` does."""
        slot = await self.slots.next_slot(0)
        while True:
            slot = await self.slots.next_slot(slot)
            if not self.is_lazy:
                self.head = claimed(make_block(self.head), slot)
                self.chain.import_block(self.head.ready(), self.head.state)
                self.slots_made.append(slot)
                if self.finalizes:
                    self.chain.finalize(self.chain.best.hash)

    @asynccontextmanager
    async def authoring(self) -> AsyncIterator[Miner]:
        """Run the author for a `with` block."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.author)
            yield self.miner
            nursery.cancel_scope.cancel()


async def test_each_call_makes_one_block_in_the_next_slot_from_2000_on() -> None:
    bench = Bench()
    async with bench.authoring() as miner:
        assert (await miner.mine(3)).number == 3
    assert bench.slots_made == [FIRST, FIRST + 1, FIRST + 2]


async def test_a_warp_leaves_slots_empty_and_makes_one_block() -> None:
    bench = Bench()
    async with bench.authoring() as miner:
        await miner.mine(1)
        assert (await miner.warp(10 * SLOT_MS)).number == 2
        assert (await miner.warp(1)).number == 3
    assert bench.slots_made == [FIRST, FIRST + 10, FIRST + 11]


async def test_no_slot_is_called_that_has_not_begun() -> None:
    bench = Bench()
    async with bench.authoring() as miner:
        await miner.mine(1)
        with pytest.raises(CannotMine, match="wanted at most 1000 slots of 3000 ms, got 1001"):
            await miner.warp(1001 * SLOT_MS)
        await miner.warp(1000 * SLOT_MS)
        with pytest.raises(CannotMine, match="wanted at most 0 slots of 3000 ms, got 1"):
            await miner.mine(1)
    assert bench.slots_made == [FIRST, TODAY]


async def test_a_chain_that_is_its_own_clock_has_no_last_slot() -> None:
    clock = SlotClock(SLOT_MS, lambda: slots.latest * SLOT_MS)
    slots, used = CalledSlots(clock, TODAY), []

    async def author() -> None:
        slot = await slots.next_slot(0)
        while True:
            slot = await slots.next_slot(slot)
            used.append((slot, slots.deadline_ms(slot)))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(author)
        assert await slots.call() == TODAY
        assert await slots.call(10**6) == TODAY + 10**6
        nursery.cancel_scope.cancel()
    thirds = SLOT_MS * 2 // 3
    assert used == [(slot, slot * SLOT_MS + thirds) for slot in (TODAY, TODAY + 10**6)]


async def test_a_slot_without_a_block_is_told_and_never_called_again() -> None:
    bench = Bench(is_lazy=True)
    async with bench.authoring() as miner:
        with pytest.raises(CannotMine, match=f"no block came in slot {FIRST}: wanted a node that"):
            await miner.mine(1)
        bench.is_lazy = False
        await miner.mine(1)
    assert bench.slots_made == [FIRST + 1]


async def test_blocks_wait_for_finality_when_it_is_far_behind(autojump_clock) -> None:
    bench = Bench(finalizes=False)
    async with bench.authoring() as miner:
        with trio.move_on_after(1):
            await miner.mine(MAX_UNFINAL + 1)
        assert bench.chain.best.number == MAX_UNFINAL
        bench.chain.finalize(bench.chain.best.hash)
        assert (await miner.mine(1)).number == MAX_UNFINAL + 1


async def test_calls_at_once_are_served_one_after_the_other() -> None:
    bench = Bench()
    async with bench.authoring() as miner, trio.open_nursery() as nursery:
        for _ in range(5):
            nursery.start_soon(miner.mine, 2)
    assert bench.slots_made == list(range(FIRST, FIRST + 10))


async def test_an_instant_block_comes_with_transactions_and_only_with_them(
    autojump_clock,
) -> None:
    bench, queue = Bench(), GossipQueue()
    async with bench.authoring() as miner, trio.open_nursery() as nursery:
        nursery.start_soon(miner.mine_for, queue)
        await trio.sleep(1)
        assert bench.slots_made == []
        queue.put(b"1", b"one")
        await trio.sleep(1)
        assert bench.slots_made == [FIRST]
        queue.put(b"2", b"two")
        queue.put(b"3", b"three")
        await trio.sleep(1)
        assert bench.slots_made == [FIRST, FIRST + 1]
        queue.put(b"3", b"three")  # known
        await trio.sleep(1)
        assert bench.slots_made == [FIRST, FIRST + 1]
        nursery.cancel_scope.cancel()


async def test_an_instant_block_that_cannot_be_is_told_in_the_log(autojump_clock, caplog) -> None:
    bench, queue = Bench(is_lazy=True), GossipQueue()
    async with bench.authoring() as miner, trio.open_nursery() as nursery:
        nursery.start_soon(miner.mine_for, queue)
        queue.put(b"1", b"one")
        await trio.sleep(1)
        nursery.cancel_scope.cancel()
    assert f"a transaction waits: no block came in slot {FIRST}" in caplog.text


def test_only_a_development_chain_of_one_author_has_called_blocks() -> None:
    refuse_many_authors(load_spec("dev"), 1, "manual")
    with pytest.raises(BadConfig, match=r"wants a chain with one authority.* got 4"):
        refuse_many_authors(load_spec("local"), 4, "manual")
    with pytest.raises(BadConfig, match=r"wants a chain of type Development or Local.* is Live"):
        refuse_many_authors(load_spec("testnet"), 1, "instant")


def test_a_node_that_authors_nothing_has_no_called_blocks() -> None:
    with pytest.raises(BadConfig, match="--block-time manual wants --validator"):
        NodeConfig(block_time="manual").check()
    NodeConfig(block_time="manual", validator=True).check()
