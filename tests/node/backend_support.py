"""A node on the real runtime, in memory: its chain beside the maker's, and a market with work."""

from typing import Any

from node.backend.work import StateWork
from node.chain import Chain
from node.store.blocks import BlockImport
from node.store.db import MemoryDatabase
from node.store.opening import open_block_store
from node.store.states import StateStore
from runtime.compute.classes import Tree
from runtime.compute.job import JobSpec, LatencyClass, Market, Terms
from runtime.compute.matmul import MatmulParams
from runtime.compute.receipt import NO_AUXILIARY, Opening, Receipts
from runtime.compute.registry import job_spec
from runtime.compute.shares import Share, ShareBatch
from runtime.executive import Executed
from runtime.pallets import jobs
from runtime.primitives.block import Block, Header
from runtime.primitives.crypto import Pair
from runtime.primitives.extrinsic import encode_bare
from runtime.primitives.types import UNIT
from tests.pallets.compute_market import info
from tests.support.chain import MemoryChain

SIZES = MatmulParams(1000, 1000, 1000)
"""Ten micro-CU, in 15,625 tiles."""
INPUT_ROOT, OUTPUT_ROOT, PROOF_HASH = bytes([7]) * 32, bytes([8]) * 32, bytes([9]) * 32
FEE = UNIT // 100
"""The least fee of a segment, and what the jobs here cost."""


SETTLED_AFTER = 3
"""Blocks from an opening to its payment: what is not audited waits for the draw."""
PAID_BY = 200
"""Blocks by which even an audit to which nobody came is over."""


class MemoryNode:
    """A chain that grows on command; the second account is a client, the third a provider."""

    def __init__(self, maker: MemoryChain | None = None) -> None:
        self.maker = maker or MemoryChain()
        db = MemoryDatabase()
        self.db = db
        states = StateStore(db)
        genesis = Block(self.maker.genesis, ())
        blocks = open_block_store(db, genesis, self.maker.state.take_nodes)
        self.chain = Chain(blocks, states)
        self.executive = self.maker.executive
        self.author, self.client, self.provider, *_ = self.maker.pairs
        self.work = StateWork(self.executive, self.chain)

    @property
    def number(self) -> int:
        return self.chain.best.number

    def runtime(self) -> Any:
        return self.maker.runtime()

    def grow(self, *extrinsics: bytes) -> Executed:
        """Build a block on the head, import it into the node, and return what it left behind."""
        block, executed = self.maker.build(extrinsics)
        self.maker.adopt(executed.header, executed.state)
        nodes = executed.state.take_nodes()
        self.chain.import_block(BlockImport(block, (), nodes, b"", True), executed.state)
        return executed

    def pass_blocks(self, count: int) -> None:
        for _ in range(count):
            self.grow()

    def act(self, by: Pair, pallet: str, name: str, *arguments: Any) -> Header:
        """Put one call into a block of its own, and return the block."""
        nonce = self.runtime().system.nonce(by.public)
        call = self.maker.call(pallet, name, *arguments)
        executed = self.grow(self.maker.sign(by, call, nonce))
        events = [type(record.event).__name__ for record in executed.events]
        assert "ExtrinsicFailed" not in events, executed.events
        return executed.header

    def include(self, batches: tuple = (), openings: tuple = ()) -> Header:
        """Put receipts into a block."""
        receipts = Receipts(batches, openings)
        return self.grow(encode_bare(self.maker.call("Receipts", "submit", receipts))).header

    def register(self, who: Pair | None = None) -> None:
        who = who or self.provider
        described = info(who.public, market=Market(0, 0))
        self.act(who, "Providers", "register_provider", described, 100 * UNIT)

    def order(self, **terms: Any) -> JobSpec:
        chosen = {
            "max_price": 2 * UNIT,
            "deadline": self.number + 100,
            "latency": LatencyClass.STANDARD,
            **terms,
        }
        return job_spec(SIZES, INPUT_ROOT, Terms(**chosen))

    def submitted(self, **terms: Any) -> int:
        self.act(self.client, "Jobs", "submit_job", self.order(**terms), None, 0)
        following: int = self.runtime().jobs.next_job_id
        return following - 1

    def assigned(self, **terms: Any) -> int:
        job = self.submitted(**terms)
        while self.runtime().jobs.jobs[job].state is jobs.JobState.QUEUED:
            self.grow()
        return job

    def committed(self, **terms: Any) -> int:
        job = self.assigned(**terms)
        self.commit(job)
        return job

    def commit(self, job: int) -> None:
        self.act(self.provider, "Jobs", "start_job", job)
        output = jobs.Output(OUTPUT_ROOT, NO_AUXILIARY, SIZES.content_bytes(Tree.OUTPUT))
        self.act(self.provider, "Jobs", "commit_segment", job, 0, output)

    def verified(self) -> int:
        job = self.committed()
        self.open(job)
        return job

    def open(self, job: int) -> None:
        self.pass_blocks(2)
        self.include(openings=(opening(job),))

    def completed(self) -> int:
        return self.finish(self.assigned())

    def finish(self, job: int) -> int:
        """Do an assigned job, and wait until it is paid."""
        self.commit(job)
        self.open(job)
        for _ in range(PAID_BY):
            if self.runtime().jobs.jobs[job].state is jobs.JobState.COMPLETED:
                return job
            self.pass_blocks(1)
        raise AssertionError(f"job {job} was not paid within {PAID_BY} blocks")

    def batch(self, count: int, first: int = 0) -> ShareBatch:
        """Shares that nobody has checked: the runtime leaves that to the importers."""
        epoch = self.runtime().babe.current_epoch()
        shares = tuple(Share(nonce, 0, 0) for nonce in range(first, first + count))
        return ShareBatch(epoch, self.provider.public, shares)


def opening(job: int) -> Opening:
    return Opening(job, 0, PROOF_HASH)
