"""A compute market in which results are real: who is right is decided by recomputing a leaf."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from runtime.compute.bisection import hashes_below, step_towards
from runtime.compute.classes import Result, Tree, chunk_count
from runtime.compute.contents import commit, input_root, result_key, tree_of
from runtime.compute.matmul import MatmulParams
from runtime.compute.merkle import MerkleTree
from runtime.compute.opening import prove_leaf
from runtime.compute.proofs import LeafContext
from runtime.compute.receipt import Opening, proof_hash
from runtime.compute.verify import BadReceipt, verify_leaf
from runtime.frame import Signed
from runtime.pallets import jobs
from runtime.pallets.disputes import Case, Content, Turn
from tests.pallets.compute_market import ALICE, BOB, CAROL, ComputeMarket, order

WORK = MatmulParams(200, 176, 24)
"""25 x 22 tiles: a tree of 550 leaves and ten levels, which takes two rounds."""
LEAVES = 550


def operands(seed: int = 7) -> bytes:
    """Return an input."""
    size = WORK.content_bytes(Tree.INPUT)
    return np.random.default_rng(seed).integers(-100, 100, size, np.int8).tobytes()


CONTENT = operands()
RIGHT = WORK.run(CONTENT)


def wrong(*rows: int) -> Result:
    """Return the result with an error at the start of some of its rows."""
    cells = np.frombuffer(RIGHT.output, "<i4").reshape(WORK.rows, WORK.columns).copy()
    for row in rows:
        cells[row, 0] += 1
    return Result(cells.tobytes())


def leaf_at(row: int) -> int:
    """Return the leaf that the start of a row lies in."""
    return row // 8 * 22


class DisputeWorld(ComputeMarket):
    """Carol is the provider; Alice orders; whoever disputes is Bob."""

    def __init__(self, result: Result = RIGHT) -> None:
        super().__init__()
        self.result = result
        self.join(CAROL)
        ordered = order(self.context.number, WORK)
        self.spec = replace(ordered, input_root=input_root(WORK, CONTENT))
        self.call(self.jobs.submit_job, Signed(ALICE), self.spec, None, 0)
        self.job = self.jobs.next_job_id - 1
        self.pass_blocks(2)
        self.call(self.jobs.start_job, Signed(CAROL), self.job)
        self.commitment = commit(WORK, self.job, 0, CAROL, result)
        stated = jobs.Output(
            self.commitment.out_root, self.commitment.aux_root, self.commitment.out_bytes
        )
        self.call(self.jobs.commit_segment, Signed(CAROL), self.job, 0, stated)

    def open_sample(self) -> None:
        """Open the segment; whether the sample misses what is wrong is the caller's business."""
        self.pass_blocks(3)
        self.include(openings=(Opening(self.job, 0, bytes(32)),))

    def settle(self) -> None:
        """Let the segment be paid."""
        self.open_sample()
        self.pass_blocks(1)
        assert self.state(self.job) is jobs.JobState.COMPLETED

    def dispute(self, who: bytes = BOB) -> int:
        """Open a dispute; return its number."""
        self.call(self.disputes.dispute_segment, Signed(who), self.job, 0, Content.OUTPUT)
        return self.disputes.next_case_id - 1

    def challenge(self, leaf: int, who: bytes = BOB) -> int:
        """Demand a leaf; return the case."""
        self.call(self.disputes.challenge_leaf, Signed(who), self.job, 0, leaf)
        return self.disputes.next_case_id - 1

    def case(self, number: int) -> Case:
        return self.disputes.cases[number]

    def show(self, number: int, by: bytes = CAROL) -> None:
        """Show what lies below the disputed node, as the provider committed to it."""
        hashes = hashes_below(self.tree(self.result), LEAVES, self.case(number).node)
        self.call(self.disputes.show_nodes, Signed(by), number, hashes)

    def pick(self, number: int, place: int, by: bytes = BOB) -> None:
        self.call(self.disputes.pick_node, Signed(by), number, place)

    def pick_difference(self, number: int, by: bytes = BOB) -> None:
        """Point at the first hash that differs from the exact one, as an honest challenger does."""
        case = self.case(number)
        own = hashes_below(self.tree(RIGHT), LEAVES, case.node)
        differing = [place for place, hashed in enumerate(case.shown) if hashed != own[place]]
        self.pick(number, differing[0], by)

    def bisect_to(self, number: int, leaf: int, by: bytes = BOB) -> None:
        """Go down to a leaf, whatever the hashes say."""
        while self.case(number).turn is not Turn.OPEN:
            self.show(number)
            self.pick(number, step_towards(LEAVES, self.case(number).node, leaf), by)

    def is_standing(self, number: int) -> bool:
        """Say whether the accused commitment has not failed."""
        return self.disputes.docket.standing(self.case(number)) is not None

    def tree(self, result: Result) -> MerkleTree:
        """Return the tree of a result under the salt of this provider, job and segment."""
        key = result_key(WORK, Tree.OUTPUT, self.commitment)
        return tree_of(WORK, Tree.OUTPUT, key, result.output)

    def answer(self, number: int) -> bool:
        """Put the demanded leaf into a block; say whether that can be done."""
        opening = self.opened(number)
        if opening is not None:
            self.include(openings=(opening,))
        return opening is not None

    def opened(self, number: int) -> Opening | None:
        """Open the demanded leaf, unless the proof would not pass every importer's check."""
        context = self.receipts.context_at(self.job, 0, number)
        if not isinstance(context, LeafContext):
            return None  # the turn is over, or another case has convicted
        proof = prove_leaf(self.spec, self.commitment, context.leaf, CONTENT, self.result)
        try:
            verify_leaf(context.spec, context.commitment, context.leaf, proof)
        except BadReceipt:
            return None
        return Opening(self.job, 0, proof_hash(proof), number)


assert chunk_count(WORK, Tree.OUTPUT) == LEAVES
