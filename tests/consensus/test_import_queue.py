"""Every way a block can be wrong has its own error, and leaves the chain as it was."""

from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest
import trio

from consensus import errors
from consensus.equivocation import BlockEquivocation
from consensus.finality import justification as proofs
from consensus.finality.ghost import BlockRef
from consensus.finality.tally import Ballots, VoterSet
from consensus.finality.vote import Justification, Precommit
from consensus.import_queue import ImportQueue, QueueParts
from consensus.limits import MAX_DIGEST_ITEMS, Limits
from consensus.lottery import claim_slot
from consensus.protocols import Finalized, Imported, ImportRequest, Origin
from consensus.slices import Inline, Slices
from consensus.slots import Authority, SlotClock
from consensus.verification import pre_runtime, sealed
from runtime.primitives.block import (
    BABE_ENGINE,
    GRANDPA_ENGINE,
    Block,
    Consensus,
    Header,
    PreRuntime,
    Seal,
)
from runtime.primitives.finality import ScheduledChange, change_payload
from tests.consensus.support import KEYS, ZERO, signed, voters
from tests.consensus.toy import GENESIS, Disk, ToyChain, ToyExecuted

SLOT_MS = 3000
NOW_SLOT = 1000
AUTHORITIES = tuple(Authority(key.public, 1) for key in KEYS)
BY_PUBLIC = {key.public: key for key in KEYS}


@dataclass
class Chain(ToyChain):
    """The toy chain, with receipts that can be wrong, counting executions."""

    executions: int = 0
    refusal: errors.BadBlock | None = None

    def execute(self, block: Block, parent: Header) -> Generator[None, None, ToyExecuted]:
        self.executions += 1
        return super().execute(block, parent)

    async def check_receipts(self, block: Block, parent: Header, proofs: tuple[bytes, ...]) -> None:
        if self.refusal is not None:
            raise self.refusal


@dataclass
class World:
    """A queue, its disk, and everything it told."""

    disk: Disk = field(default_factory=Disk)
    now_slot: int = NOW_SLOT
    events: list[Imported | Finalized | BlockEquivocation] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chain = Chain(self.disk, AUTHORITIES, b"\x01\x01")
        self.queue = ImportQueue(
            QueueParts(
                store=self.disk,
                executor=self.chain,
                bodies=self.chain,
                epochs=self.chain,
                clock=SlotClock(SLOT_MS, lambda: self.now_slot * SLOT_MS),
                voters=voters(),
                listener=self,
                runner=Slices(),
                limits=Limits(body_bytes=100, extrinsics=20),
            )
        )

    def on_imported(self, event: Imported) -> None:
        self.events.append(event)

    def on_finalized(self, event: Finalized) -> None:
        self.events.append(event)

    def on_equivocation(self, proof: BlockEquivocation) -> None:
        self.events.append(proof)

    async def block(self, parent: Header, slot: int, *extrinsics: bytes) -> Block:
        """Author a good block."""
        digest = claim_slot(BY_PUBLIC, self.chain.epoch_at(parent, slot), slot)
        assert digest is not None
        chain = replace(self.chain, extrinsics_of=b"".join(extrinsics) or b"\x01\x01")
        proposal = await chain.propose(parent, pre_runtime(digest), 0)
        return sealed(proposal.block, KEYS[digest.authority_index])

    async def submit(self, block: Block, **more) -> Imported:
        return await self.queue.submit(ImportRequest(block, **more))

    def proof_of(self, header: Header, count: int = 3, round_number: int = 1) -> bytes:
        ballots = Ballots()
        for key in KEYS[:count]:
            ballots.add(signed(key, Precommit(header.hash, header.number), round_number))
        target = BlockRef(header.hash, header.number)
        return proofs.encoded(
            proofs.build(round_number, target, ballots, voters(), self.queue.tree)
        )


@asynccontextmanager
async def world(disk: Disk | None = None) -> AsyncIterator[World]:
    made = World(disk or Disk())
    async with trio.open_nursery() as nursery:
        nursery.start_soon(made.queue.run)
        yield made
        nursery.cancel_scope.cancel()


def reseal(block: Block, **changes) -> Block:
    """Change the header of a block and sign it again with its author's key."""
    claim = next(item for item in block.header.digest if isinstance(item, PreRuntime))
    author = int.from_bytes(claim.payload[1:5], "little")
    header = replace(block.header.unsealed, **changes)
    return sealed(Block(header, block.extrinsics), KEYS[author])


async def refused(made: World, block: Block, error: type[errors.Refused], **more) -> None:
    """Submit, and check that it is refused in just this way and changes nothing."""
    before = (made.queue.tree.best, dict(made.disk.blocks), len(made.events))
    with pytest.raises(error) as caught:
        await made.submit(block, **more)
    assert type(caught.value) is error
    assert (made.queue.tree.best, dict(made.disk.blocks), len(made.events)) == before


async def test_a_good_block_becomes_the_head_and_is_executed_once() -> None:
    async with world() as made:
        block = await made.block(GENESIS, NOW_SLOT)
        imported = await made.submit(block)
        again = await made.submit(block)
        assert (imported.is_new, imported.is_best, imported.node.number) == (True, True, 1)
        assert (again.is_new, again.is_best, again.node) == (False, False, imported.node)
        assert made.events == [imported]
        assert made.chain.executions == 1
        assert made.disk.states[block.header.hash].root == block.header.state_root


async def test_an_own_block_is_not_executed_again() -> None:
    async with world() as made:
        block = await made.block(GENESIS, NOW_SLOT)
        executed = await Inline().run(made.chain.execute(block, GENESIS))
        made.chain.executions = 0
        await made.submit(block, origin=Origin.OWN, executed=executed)
        assert made.chain.executions == 0


async def test_blocks_out_of_size_are_refused_unread() -> None:
    async with world() as made:
        good = await made.block(GENESIS, NOW_SLOT)
        await refused(made, replace(good, extrinsics=(b"x" * 101,)), errors.TooLarge)
        await refused(made, replace(good, extrinsics=(b"",) * 21), errors.TooLarge)
        items = good.header.digest * MAX_DIGEST_ITEMS
        await refused(
            made, replace(good, header=replace(good.header, digest=items)), errors.TooLarge
        )
        await refused(made, good, errors.TooLarge, proofs=(b"x" * 10**7,))
        await made.submit(good)


async def test_a_block_without_its_parent_waits_for_it() -> None:
    async with world() as made:
        first = await made.block(GENESIS, NOW_SLOT - 1)
        orphan = reseal(first, parent_hash=b"?" * 32)
        await refused(made, orphan, errors.UnknownParent)


async def test_a_block_of_a_slot_to_come_waits_for_it() -> None:
    async with world() as made:
        early = await made.block(GENESIS, NOW_SLOT + 1)
        await refused(made, early, errors.FutureSlot)
        made.now_slot += 1
        await made.submit(early)


async def test_wrong_numbers_and_slots_are_refused() -> None:
    async with world() as made:
        first = await made.block(GENESIS, NOW_SLOT - 1)
        await refused(made, reseal(first, number=2), errors.WrongNumber)
        await made.submit(first)
        twin = await made.block(GENESIS, NOW_SLOT - 1, b"\x02\x02")
        late = reseal(twin, parent_hash=first.header.hash, number=2)
        await refused(made, late, errors.SlotNotAfterParent)


async def test_a_block_without_a_readable_claim_is_refused() -> None:
    async with world() as made:
        good = await made.block(GENESIS, NOW_SLOT)
        garbage = (PreRuntime(BABE_ENGINE, b"?"), Seal(BABE_ENGINE, bytes(64)))
        for digest in (good.header.digest[1:], garbage):
            bad = replace(good, header=replace(good.header, digest=digest))
            await refused(made, bad, errors.BadPreDigest)


async def test_a_wrong_seal_is_refused_and_remembered() -> None:
    async with world() as made:
        good = await made.block(GENESIS, NOW_SLOT)
        digest = (*good.header.digest[:-1], Seal(BABE_ENGINE, bytes(64)))
        forged = replace(good, header=replace(good.header, digest=digest))
        await refused(made, forged, errors.BadSeal)
        await refused(made, forged, errors.KnownBad)
        await made.submit(good)


async def test_a_wrong_body_does_not_condemn_the_header() -> None:
    async with world() as made:
        good = await made.block(GENESIS, NOW_SLOT)
        await refused(made, replace(good, extrinsics=(b"\x09\x09",)), errors.WrongExtrinsicsRoot)
        made.chain.refusal = errors.BadProofs("wanted 1 proof, got 0")
        await refused(made, good, errors.BadProofs)
        made.chain.refusal = None
        await made.submit(good)


async def test_a_false_receipt_condemns_the_block() -> None:
    async with world() as made:
        block = await made.block(GENESIS, NOW_SLOT)
        made.chain.refusal = errors.BadReceipts("opening 3 is wrong")
        await refused(made, block, errors.BadReceipts)
        await refused(made, block, errors.KnownBad)


async def test_a_wrong_state_root_is_refused_and_never_executed_again() -> None:
    async with world() as made:
        bad = reseal(await made.block(GENESIS, NOW_SLOT), state_root=ZERO)
        await refused(made, bad, errors.WrongStateRoot)
        await refused(made, bad, errors.KnownBad)
        assert made.chain.executions == 1


async def test_a_block_that_does_not_execute_is_refused() -> None:
    async with world() as made:
        good = await made.block(GENESIS, NOW_SLOT)
        extrinsics = (b"three",)
        root = made.chain.extrinsics_root(extrinsics)
        bad = replace(reseal(good, extrinsics_root=root), extrinsics=extrinsics)
        await refused(made, bad, errors.ExecutionFailed)


async def test_the_second_block_of_an_author_in_a_slot_is_reported_and_a_third_unwanted() -> None:
    async with world() as made:
        twins = [await made.block(GENESIS, NOW_SLOT, bytes([n, n])) for n in range(3)]
        for block in twins[:2]:
            await made.submit(block)
        proof = made.events[1]
        assert isinstance(proof, BlockEquivocation)
        assert [proof.first_header, proof.second_header] == [each.header for each in twins[:2]]
        assert proof.slot == NOW_SLOT
        await refused(made, twins[2], errors.TooManyTwins)
        await made.submit(twins[2], origin=Origin.REQUESTED)


async def test_finality_moves_the_root_and_ends_other_branches() -> None:
    async with world() as made:
        first = await made.block(GENESIS, NOW_SLOT - 2)
        second = await made.block(GENESIS, NOW_SLOT - 1)
        for block in (first, second):
            await made.submit(block)
        raw = made.proof_of(first.header)
        event = await made.queue.submit_justification(raw)
        assert event is not None
        assert event.node.hash == first.header.hash
        assert (made.disk.finalized, made.disk.justification) == (first.header.hash, raw)
        assert made.queue.tree.best.hash == first.header.hash
        await refused(made, second, errors.Stale)
        assert await made.queue.submit_justification(raw) is None


async def test_a_false_proof_finalizes_nothing() -> None:
    async with world() as made:
        block = await made.block(GENESIS, NOW_SLOT)
        await made.submit(block)
        raw = made.proof_of(block.header)
        for bad in (raw[:-1], raw.replace(raw[-60:-56], b"????")):
            with pytest.raises(errors.BadJustification):
                await made.queue.submit_justification(bad)
        assert made.queue.tree.root.number == 0


async def test_a_proof_for_an_unknown_block_waits() -> None:
    async with world() as made:
        block = await made.block(GENESIS, NOW_SLOT)
        raw = made.proof_of(block.header)
        with pytest.raises(errors.NotYet, match="is not known"):
            await made.queue.submit_justification(raw)


async def test_a_block_with_its_proof_is_final_at_once() -> None:
    async with world() as made:
        block = await made.block(GENESIS, NOW_SLOT)
        other = reseal(block, extrinsics_root=ZERO)
        wrong = made.proof_of(other.header)
        await refused(made, block, errors.BadJustification, justification=wrong)
        await made.submit(block, justification=made.proof_of(block.header))
        assert made.queue.tree.root.hash == block.header.hash


def handing_over(block: Block) -> Block:
    """Let a block change the voters to the last three, of other weights."""
    change = ScheduledChange(tuple((key.public, 2) for key in KEYS[1:]), 0)
    log = Consensus(GRANDPA_ENGINE, change_payload(change))
    return reseal(block, digest=(*block.header.unsealed.digest, log))


async def test_old_voters_finalize_a_change_and_new_ones_what_follows() -> None:
    async with world() as made:
        first = handing_over(await made.block(GENESIS, NOW_SLOT - 2))
        await made.submit(first)
        second = await made.block(first.header, NOW_SLOT - 1)
        early = made.proof_of(second.header, 4)
        # a proof beyond the change is of other voters: the block enters, and is not final
        await made.submit(second, justification=early)
        with pytest.raises(errors.NotYet, match="block 1 changes the voters and is not final"):
            await made.queue.submit_justification(early)
        assert made.queue.tree.root.number == 0
        assert made.queue.voters == voters()
        await made.queue.submit_justification(made.proof_of(first.header))
        assert made.queue.voters == VoterSet(1, tuple((key.public, 2) for key in KEYS[1:]))
        with pytest.raises(errors.BadJustification):
            await made.queue.submit_justification(early)
        ballots = Ballots()
        for key in KEYS[1:]:
            ballots.add(signed(key, Precommit(second.header.hash, 2), 1, 1))
        target = BlockRef(second.header.hash, 2)
        proof = proofs.build(1, target, ballots, made.queue.voters, made.queue.tree)
        await made.queue.submit_justification(proofs.encoded(proof))
        assert made.queue.tree.root.hash == second.header.hash


async def test_a_proof_of_an_old_set_for_a_final_block_is_no_news() -> None:
    async with world() as made:
        first = handing_over(await made.block(GENESIS, NOW_SLOT - 2))
        await made.submit(first)
        raw = made.proof_of(first.header)
        await made.queue.submit_justification(raw)
        assert await made.queue.submit_justification(raw) is None
        await made.submit(first, justification=raw)


async def test_a_change_of_voters_that_does_not_decode_is_refused() -> None:
    async with world() as made:
        block = await made.block(GENESIS, NOW_SLOT)
        log = Consensus(GRANDPA_ENGINE, b"\x01what")
        bad = reseal(block, digest=(*block.header.unsealed.digest, log))
        await refused(made, bad, errors.ExecutionFailed)


async def test_a_restart_finds_the_same_tree() -> None:
    async with world() as made:
        first = await made.block(GENESIS, NOW_SLOT - 2)
        await made.submit(first)
        await made.submit(await made.block(first.header, NOW_SLOT - 1))
        await made.submit(await made.block(GENESIS, NOW_SLOT))
        await made.queue.submit_justification(made.proof_of(first.header))
    async with world(made.disk) as again:
        assert again.queue.tree.root == made.queue.tree.root
        assert again.queue.tree.best == made.queue.tree.best
        assert len(again.queue.tree) == len(made.queue.tree) == 2


async def test_a_full_queue_sends_away() -> None:
    made = World()
    justification = Justification(1, proofs.decoded(made.proof_of(GENESIS)).commit, ())
    room = [made.queue.request_finality(justification) for _ in range(129)]
    assert room == [True] * 128 + [False]
    with pytest.raises(errors.QueueFull):
        await made.submit(await made.block(GENESIS, NOW_SLOT))
