"""Keeps the explorer's index beside the chain: forward with new blocks, back when they change."""

from __future__ import annotations

import trio

from node.chain import Chain, Imported
from node.explorer.decoding import Decoder
from node.explorer.entries import Gathered, gather, point_after
from node.explorer.index import Index
from node.explorer.records import VERSION, Tip
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
        """Bring the index to the best block."""
        while not self.is_there:
            await self._step()

    @property
    def is_there(self) -> bool:
        """Whether the index is at the best block."""
        tip = self._index.tip
        is_ours = self._index.is_of(self._chain.genesis_hash)
        return is_ours and tip is not None and tip.hash == self._chain.best.hash

    async def _step(self) -> None:
        """Come one block nearer to the best one."""
        tip = self._index.tip
        if tip is None or not self._index.is_of(self._chain.genesis_hash):
            await self._begin()
        elif self._chain.hash_at(tip.number) != tip.hash:
            before = self._before(tip)
            if before is None or not self._index.take_back(before):
                await self._begin()
        else:
            await self._add(tip)
        await trio.lowlevel.checkpoint()

    def _before(self, tip: Tip) -> Tip | None:
        """Return the tip of one block earlier."""
        header = self._chain.header(tip.hash)
        if header is None or tip.number == tip.first:
            return None
        return Tip(tip.version, tip.genesis, tip.first, tip.number - 1, header.parent_hash)

    async def _begin(self) -> None:
        """Forget everything, and start with the first block whose state is kept."""
        for _ in self._index.clear():
            await trio.lowlevel.checkpoint()
        first = self._chain.blocks.keeper.oldest
        block_hash = self._chain.hash_at(first)
        assert block_hash is not None, "the oldest state is that of a block of the best chain"
        await self._write(Tip(VERSION, self._chain.genesis_hash, first, first, block_hash), None)

    async def _add(self, tip: Tip) -> None:
        number = tip.number + 1
        block_hash = self._chain.hash_at(number)
        if block_hash is None:
            return  # the best block went back while we looked: the next step takes back as well
        if not self._chain.has_state(block_hash):
            await self._begin()
            return
        following = Tip(tip.version, tip.genesis, tip.first, number, block_hash)
        await self._write(following, tip)

    async def _write(self, tip: Tip, before: Tip | None) -> None:
        """Read the block of `tip` and write it; its state is held while that is under way."""
        self._chain.hold_state(tip.hash)
        try:
            block, gathered = self._decoder.block(tip.hash), Gathered()
            for _ in gather(block, gathered):
                await trio.lowlevel.checkpoint()
            last = None if before is None else self._index.point(before.number)
            point = point_after(block, last, gathered.sums)
            self._index.add(tip, gathered, point, self._chain.finalized.number)
        except UnknownBlock:
            if self._chain.hash_at(tip.number) == tip.hash:
                raise
        finally:
            self._chain.release_state(tip.hash)
