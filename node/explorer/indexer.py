"""Keeps the explorer's index beside the chain: forward with new blocks, back when they change.

Blocks are read on the node's loop, in steps of a few milliseconds, as state is that of one task.
What came of a block is bytes by then: a thread writes them, while the loop goes on.
"""

from __future__ import annotations

from functools import partial

import trio

from node.chain import Chain, Imported
from node.explorer.decoding import Decoder
from node.explorer.entries import Gathered, gather, point_after
from node.explorer.flows import row_after
from node.explorer.index import Index
from node.explorer.records import VERSION, Tip
from node.explorer.slots import note_slots
from node.store.blocks import UnknownBlock


class Indexer:
    """The one task that changes the index. Between two pauses it works for a few milliseconds."""

    def __init__(self, decoder: Decoder, index: Index) -> None:
        self._decoder, self._index = decoder, index
        self._chain: Chain = decoder.chain

    async def run(self) -> None:
        """Follow the best chain until cancelled."""
        with self._chain.subscribe() as events:
            await self.catch_up()
            async for event in events:
                if not isinstance(event, Imported):
                    await self.catch_up()

    async def catch_up(self) -> None:
        """Bring the index to the best block, or as near as what is here allows."""
        while not self.is_there and await self._step():
            await trio.lowlevel.checkpoint()

    @property
    def is_there(self) -> bool:
        """Whether the index is at the best block."""
        tip = self._index.tip
        is_ours = self._index.is_of(self._chain.genesis_hash)
        return is_ours and tip is not None and tip.hash == self._chain.best.hash

    async def _step(self) -> bool:
        """Come one block nearer to the best one; False while the next one is not here."""
        tip = self._index.tip
        if tip is None or not self._index.is_of(self._chain.genesis_hash):
            return await self._begin()
        if self._chain.hash_at(tip.number) == tip.hash:
            return await self._add(tip)
        before = self._before(tip)
        if before is None:
            return await self._begin()
        is_undone = await trio.to_thread.run_sync(self._index.take_back, before)
        return is_undone or await self._begin()

    def _before(self, tip: Tip) -> Tip | None:
        """Return the tip of one block earlier."""
        header = self._chain.header(tip.hash)
        if header is None or tip.number == tip.first:
            return None
        return Tip(tip.version, tip.genesis, tip.first, tip.number - 1, header.parent_hash)

    async def _begin(self) -> bool:
        """Forget everything, and start with the first block whose state and body are here."""
        for _ in self._index.clear():
            await trio.lowlevel.checkpoint()
        blocks = self._chain.blocks
        first, bodies = blocks.keeper.oldest, blocks.bodies
        first = max(first, bodies.oldest) if bodies.has_pruned else first
        while (block_hash := self._chain.hash_at(first)) is not None:
            if self._chain.body(block_hash) is not None:
                tip = Tip(VERSION, self._chain.genesis_hash, first, first, block_hash)
                await self._write(tip, None)
                return True
            first += 1  # the block to which a fast sync jumped: its body comes later
        return False

    async def _add(self, tip: Tip) -> bool:
        number = tip.number + 1
        block_hash = self._chain.hash_at(number)
        if block_hash is None:
            return False
        if number < self._chain.blocks.bodies.oldest or not self._chain.has_state(block_hash):
            return await self._begin()
        if self._chain.body(block_hash) is None:
            return False
        following = Tip(tip.version, tip.genesis, tip.first, number, block_hash)
        await self._write(following, tip)
        return True

    async def _write(self, tip: Tip, before: Tip | None) -> None:
        """Read the block of `tip` and write it; its state is held while that is under way."""
        self._chain.hold_state(tip.hash)
        try:
            block, gathered = self._decoder.block(tip.hash), Gathered()
            await trio.to_thread.run_sync(lambda: block.events)
            for _ in gather(block, gathered):
                await trio.lowlevel.checkpoint()
            for _ in () if before is None else note_slots(self._decoder, block, gathered):
                await trio.lowlevel.checkpoint()
            last = None if before is None else self._index.point(before.number)
            point = point_after(block, last, gathered.sums)
            newest = None if before is None else next(iter(self._index.epochs(None, 1)), None)
            row = row_after(block, newest)
            if self._chain.hash_at(tip.number) != tip.hash:
                return  # abandoned while it was read: the number may be final, and no way back kept
            final = self._chain.finalized.number
            add = partial(self._index.add, tip, gathered, point, row, final=final)
            await trio.to_thread.run_sync(add)
        except UnknownBlock:
            # a reorganisation took the block away while it was read: the next step sees that
            if self._chain.hash_at(tip.number) == tip.hash:
                raise
        finally:
            self._chain.release_state(tip.hash)
