"""Receipts handed in by a worker: checked against the chain, kept, and spread."""

from dataclasses import replace

import numpy as np
import pytest

from node.backend.receipts import ReceiptDoor, opening_id
from node.receipts.check import NotWanted, ReceiptChecker
from node.receipts.messages import OpeningAnnounced, OpeningWithProof, ReceiptMessage, Shares
from node.receipts.pool import ReceiptPool
from runtime.compute.classes import Result
from runtime.compute.contents import commit, input_root
from runtime.compute.job import JobSpec, Terms
from runtime.compute.matmul import MatmulParams, pack_input, pack_output
from runtime.compute.opening import prove_leaf, prove_opening
from runtime.compute.receipt import NO_AUXILIARY, Commitment, Opening, proof_hash
from runtime.compute.registry import job_spec
from runtime.compute.shares import ShareBatch, shares_of
from runtime.compute.verify import BadReceipt, WrongLeaf
from runtime.pallets.jobs import JobState, Output
from runtime.primitives.hashing import blake2_256
from runtime.primitives.scale import DecodeError, encode
from runtime.primitives.types import UNIT
from tests.node.backend_support import MemoryNode

SIZES = MatmulParams(16, 24, 8)


class Worker:
    """A provider with its receipts, beside a node that takes them in."""

    def __init__(self) -> None:
        self.node = MemoryNode()
        self.node.register()
        self.spread: list[bytes] = []
        node = self.node
        checker = ReceiptChecker(node.executive, node.chain, self._offload, self._checked)
        self.pool = ReceiptPool(checker)
        self.door = ReceiptDoor(self.pool, node.chain, self._spread)

    async def _offload(self, work, *arguments):
        return work(*arguments)

    def _checked(self, verdicts, seconds) -> None:
        raise AssertionError("blocks are checked elsewhere")

    async def _spread(self, payload: bytes) -> None:
        self.spread.append(payload)

    def opening(self) -> tuple[Opening, bytes]:
        """Do a job up to its opening."""
        spec, commitment, content, result = self.commit()
        context = self.node.runtime().receipts.opening_context(0, 0)
        proof = prove_opening(spec, commitment, context.randomness, content, result)
        return Opening(0, 0, proof_hash(proof)), proof

    def leaf(self, leaf: int, *, is_wrong: bool = False) -> tuple[Opening, bytes]:
        """Do a job, its first leaf wrong perhaps, and open a leaf that its client demands."""
        spec, commitment, content, result = self.commit(is_wrong=is_wrong)
        self.node.act(self.node.client, "Disputes", "challenge_leaf", 0, 0, leaf)
        proof = prove_leaf(spec, commitment, leaf, content, result)
        return Opening(0, 0, proof_hash(proof), 0), proof

    def commit(self, *, is_wrong: bool = False) -> tuple[JobSpec, Commitment, bytes, Result]:
        """Do a job up to its challenge."""
        node, generator = self.node, np.random.default_rng(1)
        a = generator.integers(-128, 128, (SIZES.rows, SIZES.inner), np.int8)
        b = generator.integers(-128, 128, (SIZES.inner, SIZES.columns), np.int8)
        terms = Terms(max_price=2 * UNIT, deadline=node.number + 100)
        content = pack_input(a, b)
        spec = job_spec(SIZES, input_root(SIZES, content), terms)
        node.act(node.client, "Jobs", "submit_job", spec, None, 0)
        while node.runtime().jobs.jobs[0].state is JobState.QUEUED:
            node.grow()
        result = SIZES.run(content)
        if is_wrong:
            product = SIZES.product(result.output).copy()
            product[0, 0] += 1
            result = Result(pack_output(product))
        commitment = commit(SIZES, 0, 0, node.provider.public, result)
        node.act(node.provider, "Jobs", "start_job", 0)
        output = Output(commitment.out_root, NO_AUXILIARY, commitment.out_bytes)
        node.act(node.provider, "Jobs", "commit_segment", 0, 0, output)
        node.pass_blocks(2)
        return spec, commitment, content, result

    def shares(self) -> ShareBatch:
        pallet, who = self.node.runtime().receipts, self.node.provider.public
        beacon, parameters = pallet.share_context(who, 0)
        found = (shares_of(beacon, who, nonce, parameters) for nonce in range(100))
        return ShareBatch(0, who, next(filter(None, found)))


@pytest.fixture
def worker() -> Worker:
    return Worker()


async def test_a_good_opening_is_kept_and_spread_and_then_listed(worker):
    opening, proof = worker.opening()
    raw = encode(OpeningWithProof(opening, proof), ReceiptMessage)
    assert await worker.door.submit(raw) == opening_id(opening)
    assert worker.spread == [raw]
    receipts, proofs = worker.pool.choose(worker.node.chain.best)
    assert proofs == (proof,)
    worker.node.include(openings=receipts.openings)
    assert [one.id for one in worker.node.work.receipts(10)] == [opening_id(opening)]


async def test_a_demanded_leaf_is_kept_and_spread_and_closes_the_case(worker):
    opening, proof = worker.leaf(3)
    raw = encode(OpeningWithProof(opening, proof), ReceiptMessage)
    assert await worker.door.submit(raw) == opening_id(opening)
    assert worker.spread == [raw]
    receipts, _ = worker.pool.choose(worker.node.chain.best)
    worker.node.include(openings=receipts.openings)
    assert worker.node.runtime().disputes.open_cases == 0
    (shown,) = worker.node.work.receipts(10)[:1]
    assert (shown.id, shown.units) == (opening_id(opening), 0)
    assert shown.method == "the leaf that case 0 demanded recomputed"


async def test_a_wrong_leaf_is_taken_by_nobody(worker):
    opening, proof = worker.leaf(0, is_wrong=True)
    with pytest.raises(WrongLeaf):
        await worker.door.submit(encode(OpeningWithProof(opening, proof), ReceiptMessage))
    assert (worker.spread, len(worker.pool)) == ([], 0)


async def test_shares_are_kept_and_spread(worker):
    batch = worker.shares()
    raw = encode(Shares(batch), ReceiptMessage)
    assert await worker.door.submit(raw) == blake2_256(encode(batch, ShareBatch))
    assert worker.spread == [raw]
    assert worker.pool.choose(worker.node.chain.best)[0].batches == (batch,)


async def test_what_is_wrong_with_a_receipt_is_said_and_nothing_is_spread(worker):
    opening, proof = worker.opening()
    stranger = replace(worker.shares(), provider=bytes(32))
    wrong: list[tuple[bytes, type[ValueError]]] = [
        (b"", DecodeError),
        (b"\x07", DecodeError),
        (encode(OpeningAnnounced(opening), ReceiptMessage), BadReceipt),
        (encode(OpeningWithProof(opening, proof[:-1]), ReceiptMessage), BadReceipt),
        (encode(OpeningWithProof(replace(opening, job=1), proof), ReceiptMessage), NotWanted),
        (encode(Shares(stranger), ReceiptMessage), NotWanted),
    ]
    for raw, error in wrong:
        with pytest.raises(error):
            await worker.door.submit(raw)
    assert (worker.spread, len(worker.pool)) == ([], 0)
