"""A chain in this process for tests: the real runtime, pool and RPC, one authority, no network.

Blocks go through the node's own author and import queue, and each is proven final as soon as it is
the best. Time is the chain's: a block takes the next slot, whatever the clock says.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import time_ns
from typing import Literal

import trio
from msgspec import structs

from cli.errors import CommandError
from consensus.authoring import Author, AuthorParts
from consensus.errors import Refused
from consensus.finality import justification as proofs
from consensus.finality.ghost import BlockRef
from consensus.finality.tally import Ballots, VoterSet
from consensus.finality.vote import Precommit, SignedMessage, signing_payload
from consensus.import_queue import ImportQueue, QueueParts
from consensus.limits import Limits
from consensus.protocols import ImportRequest
from consensus.slices import Slices
from consensus.slots import SlotClock
from genesis.build import build_block
from genesis.spec import BadSpec, ChainSpec, Genesis, load_spec
from node.assembly import ground_on
from node.called_slots import CalledSlots
from node.importing import BodyChecks, ChainStore, Epochs, Executor
from node.keys import AuthorKeys, VoterKeys, development_pair
from node.keystore.keystore import Keystore, KeyType
from node.offline import Quiet
from node.pool.maintenance import PoolMaintenance
from node.production import BlockFactory
from node.receipts.pool import BLOCK_PROOF_BYTES
from node.store.db import MemoryDatabase
from runtime.constants import LIMITS
from runtime.executive import Executed
from runtime.primitives.block import Block, Header
from runtime.versions import VERSIONS, Versions

Blocks = Literal["instant", "manual"]
"""When blocks are made: one for what was handed in, as it is handed in, or on demand alone."""

AUTHORITY = "Alice"
"""The development name whose keys make and finalize the blocks."""


class LoneChain:
    """A chain of one authority, in memory. Invariant: between two blocks, the best one is final."""

    def __init__(self, spec: ChainSpec, versions: Versions = VERSIONS) -> None:
        genesis = build_block(spec, versions)
        self.spec = spec
        first, nodes = Block(genesis.header, ()), genesis.state.take_nodes
        self.ground = ground_on(MemoryDatabase(), first, nodes, versions=versions)
        self.pool_grew = trio.Event()
        self.keystore = Keystore()
        for key_type in KeyType:
            self.keystore.insert(key_type, development_pair(AUTHORITY))
        slot_ms = self.ground.executive.config.slot_milliseconds
        self._clock = SlotClock(slot_ms, lambda: self._slots.latest * slot_ms)
        self._slots = CalledSlots(self._clock, time_ns() // 10**6 // slot_ms)
        self.queue = self._make_queue()
        self._maintenance = PoolMaintenance(self.ground.pool, self.ground.chain)
        self._building = trio.Lock()
        self._outcomes_in, self._outcomes = trio.open_memory_channel[Refused | None](1)

    @property
    def head(self) -> Header:
        """The best block."""
        return self.ground.chain.best

    async def run(self, blocks: Blocks) -> None:
        """Make and import blocks until cancelled."""
        author: Author[Executed] = Author(
            AuthorParts(
                slots=self._slots,
                keys=AuthorKeys(self.keystore),
                epochs=Epochs(self.ground.executive, self.ground.chain),
                tree=self.queue.tree,
                factory=BlockFactory(self.ground, self._clock.now_ms),
                importer=self.queue,
                listener=self,
                may_author=lambda: True,
            )
        )
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.queue.run)
            nursery.start_soon(author.run)
            if blocks == "instant":
                nursery.start_soon(self._build_as_it_comes)

    async def build(self, slots: int = 1) -> Header:
        """Make one block of what is ready, and make it final; return it.

        With more than one slot those before it stay empty, and time goes on by as many.
        Raises: CommandError if the chain refuses its own block: a bug of the runtime.
        """
        async with self._building:
            await self._slots.call(slots)
            refusal = await self._outcomes.receive()
            if refusal is not None:
                raise CommandError(f"the chain refused its own block: {refusal}")
            await self._maintenance.follow_best()
            await self._finalize(self.head)
            self._maintenance.follow_finalized()
            return self.head

    def on_authored(self, request: ImportRequest[Executed]) -> None:  # noqa: ARG002
        """Hear that a block is in the chain."""
        self._outcomes_in.send_nowait(None)

    def on_own_block_refused(self, block: Block, refusal: Refused) -> None:  # noqa: ARG002
        """Hear that a block was refused."""
        self._outcomes_in.send_nowait(refusal)

    def heard_transaction(self) -> None:
        """Hear that the pool has more than before."""
        self.pool_grew.set()

    async def _build_as_it_comes(self) -> None:
        while True:
            await self.pool_grew.wait()
            self.pool_grew = trio.Event()
            if self.ground.pool.ready_count:
                await self.build()

    async def _finalize(self, header: Header) -> None:
        """Prove a block final with the one vote that there is."""
        voters = self.queue.voters
        key = VoterKeys(self.keystore)(voters)
        assert key is not None, "the authority votes in every set"
        vote, round_number = Precommit(header.hash, header.number), header.number
        signature = key.sign(signing_payload(vote, round_number, voters.set_id))
        ballots = Ballots()
        ballots.add(SignedMessage(vote, signature, key.public))
        target = BlockRef(header.hash, header.number)
        proof = proofs.build(round_number, target, ballots, voters, self.queue.tree)
        await self.queue.submit_justification(proofs.encoded(proof))

    def _make_queue(self) -> ImportQueue[Executed]:
        ground, chain = self.ground, self.ground.chain
        final = chain.finalized
        grandpa = ground.executive.runtime_at(chain.state_at(final.hash), final.number).grandpa
        return ImportQueue(
            QueueParts(
                store=ChainStore(chain),
                executor=Executor(ground.executive, chain, ground.known),
                bodies=BodyChecks(chain, ground.checker, None),
                epochs=Epochs(ground.executive, chain),
                clock=self._clock,
                voters=VoterSet(grandpa.current_set_id, grandpa.authorities),
                listener=Quiet(),
                runner=Slices(),
                limits=Limits(body_bytes=LIMITS.max_bytes, proofs_bytes=BLOCK_PROOF_BYTES),
            )
        )


@asynccontextmanager
async def lone_chain(
    spec: ChainSpec, blocks: Blocks, versions: Versions = VERSIONS
) -> AsyncIterator[LoneChain]:
    """Run a chain for the length of an `async with` block.

    Raises: BadSpec.
    """
    made = LoneChain(spec, versions)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(made.run, blocks)
        yield made
        nursery.cancel_scope.cancel()


def spec_of(chain: str, era_blocks: int | None = None) -> ChainSpec:
    """Return a preset or the spec in a file, with eras of another length if one is given.

    Raises: BadSpec.
    """
    spec = load_spec(chain)
    config = spec.genesis.config
    if era_blocks is None:
        return spec
    if config is None:
        raise BadSpec(f"{chain}: the storage of a raw spec is fixed: its eras stay as they are")
    compute = structs.replace(config.compute, era_blocks=era_blocks)
    changed = Genesis(config=structs.replace(config, compute=compute))
    return structs.replace(spec, genesis=changed)
