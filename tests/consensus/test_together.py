"""Blocks that come to the door together are served one by one, and waited for once."""

import pytest

from consensus import errors
from consensus.protocols import ImportRequest
from runtime.primitives.block import Block
from tests.consensus.support import ZERO
from tests.consensus.test_import_queue import NOW_SLOT, reseal, world
from tests.consensus.toy import GENESIS


async def three_blocks() -> tuple[Block, Block, Block]:
    """Return three blocks, each on the one before."""
    async with world() as made:
        first = await made.block(GENESIS, NOW_SLOT - 2)
        await made.submit(first)
        second = await made.block(first.header, NOW_SLOT - 1)
        await made.submit(second)
        third = await made.block(second.header, NOW_SLOT)
    return first, second, third


async def test_blocks_that_come_together_are_imported_in_their_order() -> None:
    first, second, third = await three_blocks()
    async with world() as made:
        requests = [ImportRequest(block) for block in (first, second, third)]
        imported = await made.queue.submit_all(requests)
        assert [one.node.header for one in imported] == [first.header, second.header, third.header]
        assert made.events == list(imported)
        assert await made.queue.submit_all(()) == ()


async def test_of_blocks_that_come_together_those_before_a_bad_one_are_imported() -> None:
    first, second, third = await three_blocks()
    async with world() as made:
        bad = reseal(second, state_root=ZERO)
        with pytest.raises(errors.WrongStateRoot):
            await made.queue.submit_all([ImportRequest(block) for block in (first, bad, third)])
        assert made.queue.tree.best.header == first.header
