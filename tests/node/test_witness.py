"""Witnesses at a node: their duties, their words in the pool, and a block that a quorum proves."""

from typing import Any

import pytest
import trio

from consensus.compute.provider_view import SubmissionRefused
from consensus.compute.witness import Duty
from node.audit_keys import AuditKeys
from node.backend.receipts import ReceiptDoor
from node.backend.work import StateWork
from node.keystore.keystore import Keystore, KeyType
from node.keystore.sealing import seal_to_signer
from node.receipts.check import NotWanted, ReceiptChecker
from node.receipts.messages import ReceiptMessage, Word
from node.receipts.pool import ReceiptPool
from node.witness import TestimonyDoor as WordDoor
from node.witness import WitnessDuties
from runtime.compute.job import ProofType
from runtime.compute.private import BadBox
from runtime.compute.proofs import OpeningContext
from runtime.compute.receipt import Opening, Receipts, proof_hash
from runtime.compute.witnesses import BadQuorum, BadWitness, Quorum, decode_quorum
from runtime.compute.witnesses import Testimony as Said
from runtime.pallets.jobs import JobState
from runtime.primitives.block import Block
from runtime.primitives.crypto import Pair
from runtime.primitives.extrinsic import encode_bare
from runtime.primitives.scale import decode, encode
from tests.node.backend_support import MemoryNode
from tests.runtime_compute.private_orders import word

REPLY_KEY = b"k" * 32


class Witnessed:
    """A node whose one validator is the witness of a private job that waits for its opening."""

    def __init__(self) -> None:
        self.node = MemoryNode()
        self.node.register()
        self.job = self.node.committed(proof=ProofType.WITNESSED, reply_key=REPLY_KEY)
        self.fork = (self.node.maker.head, self.node.maker.state, self.node.maker.slot)
        self.node.pass_blocks(2)
        self.checker = ReceiptChecker(self.node.executive, self.node.chain, trio.to_thread.run_sync)
        self.pool = ReceiptPool(self.checker)
        keystore = Keystore()
        keystore.insert(KeyType.BABE, self.node.author)
        self.keys = AuditKeys(keystore)

    @property
    def context(self) -> OpeningContext:
        runtime = self.checker.runtime_above(self.node.chain.best)
        context = runtime.receipts.opening_context(self.job, 0)
        assert context is not None
        return context

    def said(self, by: Pair | None = None, job: int | None = None) -> Said:
        context = self.context
        spoken = word(by or self.node.author, context.commitment, context.randomness)
        return Said(self.job if job is None else job, 0, spoken)

    def hear(self, testimony: Said) -> bool:
        return self.pool.testimonies.add(testimony, self.node.chain.best)

    def duties(self, keys: AuditKeys | None = None) -> tuple[Duty, ...]:
        parts = (self.node.executive, self.node.chain, self.pool.testimonies)
        return WitnessDuties(*parts, keys or self.keys).duties()


@pytest.fixture
def world() -> Witnessed:
    return Witnessed()


def test_a_validator_that_is_drawn_has_a_duty_until_it_has_signed(world: Witnessed) -> None:
    context = world.context
    parts = (context.spec, context.commitment, context.randomness)
    assert world.duties() == (Duty(*parts, world.node.author.public),)
    assert world.hear(world.said())
    assert world.duties() == ()


def test_who_is_not_drawn_and_who_comes_late_has_none(world: Witnessed) -> None:
    assert world.duties(AuditKeys(Keystore())) == ()
    world.node.pass_blocks(12)
    assert world.duties() == ()


def test_duties_are_of_private_jobs_only(world: Witnessed) -> None:
    other = world.node.committed()
    world.node.pass_blocks(2)
    assert other not in [duty.commitment.job for duty in world.duties()]


def test_a_validator_audits_with_its_block_production_key_until_it_has_another(
    world: Witnessed,
) -> None:
    public = world.node.author.public
    box = seal_to_signer(public, b"a sample")
    assert public in world.keys
    assert world.keys.open(public, box) == b"a sample"
    assert world.keys.sign(public, b"so it is") == world.node.author.sign(b"so it is")
    keystore = Keystore()
    keystore.insert(KeyType.AUDIT, world.node.client)
    with pytest.raises(BadBox):
        AuditKeys(keystore).open(world.node.client.public, box)


def test_words_are_kept_once_and_make_up_a_proof(world: Witnessed) -> None:
    assert world.pool.testimonies.proof(world.job, 0) is None
    assert world.hear(world.said())
    assert not world.hear(world.said())
    assert world.pool.testimonies.signed(world.job, 0) == (world.node.author.public,)
    proof = world.pool.testimonies.proof(world.job, 0)
    assert proof is not None
    assert decode_quorum(proof) == (world.said().word,)


def test_words_of_others_or_on_nothing_are_refused(world: Witnessed) -> None:
    with pytest.raises(BadWitness, match="wanted one of 1 drawn witnesses"):
        world.hear(world.said(by=world.node.client))
    with pytest.raises(NotWanted, match="segment 0 of job 99 waits for no opening"):
        world.hear(world.said(job=99))
    assert len(world.pool.testimonies) == 0


def test_words_are_dropped_with_the_challenge_that_they_answer(world: Witnessed) -> None:
    world.hear(world.said())
    world.pool.prune(world.node.chain.best)
    assert len(world.pool.testimonies) == 1
    maker = world.node.maker
    maker.head, maker.state, maker.slot = world.fork[0], world.fork[1], world.fork[2] + 1
    world.node.pass_blocks(2)
    world.pool.prune(world.node.chain.best)
    assert len(world.pool.testimonies) == 0


async def test_a_block_carries_the_quorum_and_every_importer_checks_it(world: Witnessed) -> None:
    world.hear(world.said())
    proof = world.pool.testimonies.proof(world.job, 0)
    assert proof is not None
    opening = Opening(world.job, 0, proof_hash(proof))
    await world.pool.add_opening(opening, proof, world.node.chain.best)
    receipts, proofs = world.pool.choose(world.node.chain.best)
    assert (receipts, proofs) == (Receipts((), (opening,)), (proof,))
    parent, block = world.node.chain.best, built(world.node, receipts)
    await world.checker.check_block(block, parent, proofs)
    world.node.include(openings=(opening,))
    assert world.node.runtime().jobs.jobs[world.job].state is JobState.VERIFYING
    (receipt,) = StateWork(world.node.executive, world.node.chain).receipts(10)
    assert receipt.verified_by == "1 of 1 drawn validators"
    assert receipt.method.endswith("tiles recomputed in private, signatures checked")


async def test_a_block_without_a_quorum_is_bad(world: Witnessed) -> None:
    empty = encode((), Quorum)
    opening = Opening(world.job, 0, proof_hash(empty))
    receipts = Receipts((), (opening,))
    parent, block = world.node.chain.best, built(world.node, receipts)
    with pytest.raises(BadQuorum, match="wanted 1 of 1 drawn witnesses, got 0"):
        await world.checker.check_block(block, parent, (empty,))


async def test_a_word_is_gossiped_without_what_its_witness_saw(world: Witnessed) -> None:
    spread: list[bytes] = []

    async def keep(payload: bytes) -> None:
        spread.append(payload)

    async def publish(testimony: Said) -> None:
        await keep(encode(Word(testimony), ReceiptMessage))

    door = WordDoor(world.pool.testimonies, world.node.chain, publish)
    await door.testimony(world.said())
    rpc = ReceiptDoor(world.pool, world.node.chain, keep)
    await rpc.submit(spread[0])
    assert [decode(raw, ReceiptMessage) for raw in spread] == [Word(world.said())] * 2
    assert len(spread[0]) == 1 + 8 + 4 + 32 + 64
    with pytest.raises(SubmissionRefused, match="BadWitness"):
        await door.testimony(world.said(by=world.node.client))


def test_a_pending_private_receipt_says_who_will_look_at_it(world: Witnessed) -> None:
    (receipt,) = world.node.work.receipts(10)
    assert receipt.method == "32 of 15625 tiles to be shown to drawn validators"


def built(node: MemoryNode, receipts: Receipts) -> Block:
    """Build a block with receipts on the best one, and leave the chain as it is."""
    call: Any = node.maker.call("Receipts", "submit", receipts)
    block, _ = node.maker.build((encode_bare(call),))
    return block
