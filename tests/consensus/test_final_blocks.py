"""What is proven final is not checked for what its voters checked, and for all the rest it is."""

from dataclasses import replace

import pytest

from consensus import errors
from runtime.primitives.block import BABE_ENGINE, Block, Seal
from tests.consensus.test_import_queue import NOW_SLOT, refused, reseal, world
from tests.consensus.toy import GENESIS


def without_seal(block: Block) -> Block:
    """Return the block with a seal that nobody made."""
    digest = (*block.header.digest[:-1], Seal(BABE_ENGINE, bytes(64)))
    return replace(block, header=replace(block.header, digest=digest))


async def test_claim_seal_and_receipts_of_a_final_block_are_not_checked() -> None:
    async with world() as made:
        block = without_seal(await made.block(GENESIS, NOW_SLOT))
        made.chain.refusal = errors.BadReceipts("a false receipt")
        await refused(made, block, errors.BadSeal)
    async with world() as made:
        made.chain.refusal = errors.BadReceipts("a false receipt")
        imported = await made.submit(block, is_final=True)
        assert (imported.is_new, imported.is_best, made.chain.executions) == (True, True, 1)


async def test_a_final_block_counts_for_fork_choice_as_any_other() -> None:
    records = []
    for is_final in (False, True):
        async with world() as made:
            block = await made.block(GENESIS, NOW_SLOT)
            records.append((await made.submit(block, is_final=is_final)).node)
    assert records[0] == records[1]


async def test_body_state_and_slots_of_a_final_block_are_checked() -> None:
    async with world() as made:
        good = await made.block(GENESIS, NOW_SLOT)
        other = replace(good, extrinsics=(b"\x02\x02",))
        await refused(made, other, errors.WrongExtrinsicsRoot, is_final=True)
        wrong = reseal(good, state_root=bytes(32))
        await refused(made, wrong, errors.WrongStateRoot, is_final=True)
        late = await made.block(GENESIS, NOW_SLOT + 5)
        await refused(made, late, errors.FutureSlot, is_final=True)
        await made.submit(good, is_final=True)


async def test_a_false_proof_beside_a_final_block_finalizes_nothing() -> None:
    async with world() as made:
        block = await made.block(GENESIS, NOW_SLOT)
        with pytest.raises(errors.BadJustification):
            await made.submit(block, is_final=True, justification=b"nonsense")
        assert made.queue.tree.root.number == 0
        await made.submit(block, is_final=True, justification=made.proof_of(block.header))
        assert made.queue.tree.root.number == 1
