"""What is proven final is not checked for what its voters checked, and for all the rest it is."""

from dataclasses import replace

import pytest
import trio

from consensus import errors
from consensus.finality.tally import Handovers, VoterSet
from consensus.protocols import Jump
from runtime.primitives.block import BABE_ENGINE, Block, Seal
from tests.consensus.support import child, genesis_node, voters
from tests.consensus.test_import_queue import NOW_SLOT, World, refused, reseal, world
from tests.consensus.toy import GENESIS, Disk


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


async def test_a_queue_jumps_from_genesis_alone() -> None:
    class Jumping(Disk):
        def jump(self, jump: Jump) -> None:
            self.finalized = jump.header.hash

    made = World(Jumping())
    far = child(child(genesis_node(), "a"), "b").header
    header = replace(far, digest=(await made.block(GENESIS, 9)).header.digest)
    jump = Jump(header, b"proof", Handovers(1, voters(3).voters))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(made.queue.run)
        event = await made.queue.jump(jump)
        assert (event.node.header, event.justification) == (header, b"proof")
        assert made.events == [event]
        assert made.queue.voters == VoterSet(1, voters(3).voters)
        assert made.disk.finalized == header.hash
        with pytest.raises(errors.Unwanted, match="stands at 2, and not at genesis"):
            await made.queue.jump(jump)
        nursery.cancel_scope.cancel()
