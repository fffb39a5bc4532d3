"""Receipts that wait: what they were checked against must be what the block's branch says."""

from types import SimpleNamespace
from typing import Any

import pytest

from node.production import BlockFactory
from node.receipts.check import NotWanted, ReceiptChecker, TooMuchGas
from node.receipts.pool import ReceiptPool
from runtime.compute.classes import Tree
from runtime.compute.gas import opening_gas, shares_gas
from runtime.compute.receipt import NO_AUXILIARY, NO_RECEIPTS, Opening, Receipts, proof_hash
from runtime.pallets import jobs
from runtime.primitives.block import Header
from runtime.primitives.extrinsic import encode_bare
from tests.node.backend_support import OUTPUT_ROOT, SIZES, MemoryNode
from tests.support.chain import SLOT_MILLISECONDS

PROOF = b"a proof that nobody checks"
FORK_BLOCKS = 22
"""Into the third epoch of ten slots, the first whose beacon comes from blocks."""


class Branches:
    """A node with a provider, a pool of receipts, and a chain that can fork."""

    def __init__(self) -> None:
        self.node = MemoryNode()
        self.node.register()
        self.checker = ReceiptChecker(self.node.executive, self.node.chain, self._believe)
        self.pool = ReceiptPool(self.checker)

    async def _believe(self, *_: object) -> None:
        return

    @property
    def best(self) -> Header:
        return self.node.chain.best

    def grow_from(self, fork: tuple[Any, Any, int], blocks: int, skipped_slots: int) -> Header:
        """Grow a branch whose slots, and so its randomness, differ from those of the others."""
        maker = self.node.maker
        maker.head, maker.state, maker.slot = fork[0], fork[1], fork[2] + skipped_slots
        self.node.pass_blocks(blocks)
        return self.best

    def place(self) -> tuple[Any, Any, int]:
        maker = self.node.maker
        return maker.head, maker.state, maker.slot

    async def opening(self, job: int) -> Opening:
        opening = Opening(job, 0, proof_hash(PROOF))
        await self.pool.add_opening(opening, PROOF, self.best)
        return opening


@pytest.fixture
def branches() -> Branches:
    return Branches()


async def test_an_opening_waits_for_the_branch_that_it_answers_the_challenge_of(branches):
    job, fork = branches.node.committed(), branches.place()
    ours = branches.grow_from(fork, 2, 0)
    opening = await branches.opening(job)
    other = branches.grow_from(fork, 2, 1)
    assert branches.pool.choose(other) == (NO_RECEIPTS, ())
    assert branches.pool.choose(ours) == (Receipts((), (opening,)), (PROOF,))


async def test_shares_wait_for_the_branch_that_has_their_beacon(branches):
    fork = branches.place()
    ours = branches.grow_from(fork, FORK_BLOCKS, 0)
    batch = branches.node.batch(2)
    await branches.pool.add_shares(batch, ours)
    other = branches.grow_from(fork, FORK_BLOCKS, 1)
    assert branches.pool.choose(other) == (NO_RECEIPTS, ())
    assert branches.pool.choose(ours) == (Receipts((batch,), ()), ())


async def test_receipts_of_another_branch_are_dropped_when_it_is_the_best(branches):
    job, fork = branches.node.committed(), branches.place()
    branches.grow_from(fork, 2, 0)
    await branches.opening(job)
    branches.pool.prune(branches.best)
    assert len(branches.pool) == 1
    branches.pool.prune(branches.grow_from(fork, 2, 1))
    assert len(branches.pool) == 0


async def test_a_receipt_is_settled_once_what_it_is_checked_against_is_final(branches):
    job = branches.node.committed()
    branches.node.pass_blocks(2)
    opening = await branches.opening(job)
    assert not branches.pool.is_settled(opening)
    branches.node.chain.finalize(branches.best.hash)
    assert branches.pool.is_settled(opening)


async def test_the_block_that_opens_an_epoch_leaves_old_shares_out_and_takes_openings(branches):
    node, pool = branches.node, branches.pool
    old = node.batch(1)
    node.pass_blocks(12 - node.number)
    job = node.committed()
    node.pass_blocks(20 - node.number)
    opening = await branches.opening(job)
    await pool.add_shares(old, branches.best)
    ground: Any = SimpleNamespace(
        executive=node.executive,
        chain=node.chain,
        pool=SimpleNamespace(ready=lambda: iter(())),
        receipts=pool,
        known={},
    )
    slot = node.maker.slot
    factory = BlockFactory(ground, lambda: slot * SLOT_MILLISECONDS)
    (claim,) = node.maker.digest(slot)
    proposal = await factory.propose(branches.best, claim, (slot + 1) * SLOT_MILLISECONDS)
    assert pool.choose(branches.best)[0] == Receipts((old,), (opening,))
    assert branches.checker.receipts_of(proposal.block, branches.best) == Receipts((), (opening,))
    assert proposal.proofs == (PROOF,)


def committed_by_another(node: MemoryNode) -> int:
    """Let a second provider commit to a second job."""
    other = node.maker.pairs[3]
    node.register(other)
    job = node.assigned()
    assert node.runtime().jobs.jobs[job].provider == other.public
    node.act(other, "Jobs", "start_job", job)
    output = jobs.Output(OUTPUT_ROOT, NO_AUXILIARY, SIZES.content_bytes(Tree.OUTPUT))
    node.act(other, "Jobs", "commit_segment", job, 0, output)
    return job


async def test_an_opening_that_a_block_cannot_afford_waits_in_the_pool_for_a_later_one(
    branches, monkeypatch
):
    node, pool = branches.node, branches.pool
    first, second = node.committed(), committed_by_another(node)
    node.pass_blocks(2)
    waiting = [await branches.opening(job) for job in (first, second)]
    for place in ("node.receipts.pool", "node.receipts.check"):
        monkeypatch.setattr(f"{place}.VERIFY_GAS_LIMIT", opening_gas(SIZES) * 3 // 2)

    both = encode_bare(node.maker.call("Receipts", "submit", Receipts((), tuple(waiting))))
    block, _ = node.maker.build([both])
    with pytest.raises(TooMuchGas, match="wanted at most"):
        await branches.checker.check_block(block, branches.best, (PROOF, PROOF))

    included = []
    for left in (1, 0):
        chosen, proofs = pool.choose(branches.best)
        assert (len(chosen.openings), proofs) == (1, (PROOF,))
        included += chosen.openings
        node.include(openings=chosen.openings)
        pool.prune(branches.best)
        assert len(pool) == left
    assert included == waiting
    records = node.runtime().jobs.jobs
    assert {records[job].state for job in (first, second)} <= {
        jobs.JobState.VERIFYING,
        jobs.JobState.COMPLETED,
    }


async def test_shares_leave_half_of_a_block_to_openings(branches, monkeypatch):
    node, pool = branches.node, branches.pool
    job = node.committed()
    node.pass_blocks(2)
    opening, shares = await branches.opening(job), node.batch(8)
    await pool.add_shares(shares, branches.best)
    parameters = node.runtime().receipts.parameters
    monkeypatch.setattr("node.receipts.pool.VERIFY_GAS_LIMIT", 2 * shares_gas(parameters, 8) - 2)
    assert pool.choose(branches.best)[0] == Receipts((), (opening,))


async def test_a_demanded_leaf_waits_beside_the_opening_of_its_segment(branches):
    node, pool = branches.node, branches.pool
    job = node.committed()
    node.act(node.client, "Disputes", "challenge_leaf", job, 0, 0)
    node.pass_blocks(1)
    sampled = await branches.opening(job)
    demanded = Opening(job, 0, proof_hash(PROOF), 0)
    assert not pool.has_opening(demanded)
    await pool.add_opening(demanded, PROOF, branches.best)
    assert pool.has_opening(demanded)
    receipts, proofs = pool.choose(branches.best)
    assert (receipts.openings, proofs) == ((sampled, demanded), (PROOF, PROOF))
    node.include(openings=receipts.openings)
    assert node.runtime().disputes.open_cases == 0
    pool.prune(branches.best)
    assert len(pool) == 0


async def test_an_opening_for_a_case_that_nobody_opened_is_not_wanted(branches):
    job = branches.node.committed()
    branches.node.pass_blocks(2)
    opening = Opening(job, 0, proof_hash(PROOF), 7)
    with pytest.raises(NotWanted, match=f"segment 0 of job {job} waits for no opening for case 7"):
        await branches.pool.add_opening(opening, PROOF, branches.best)
