"""A toy chain that is real where consensus looks: states with roots, epochs, atomic writes.

An extrinsic is a key byte and an amount byte; the state sums amounts by key. The state also keeps
what the Babe pallet keeps: genesis slot, epoch, and randomness gathered from VRF outputs.
"""

from __future__ import annotations

import random
from collections.abc import Generator
from dataclasses import dataclass, field, replace

from consensus.authoring import Proposal
from consensus.errors import ExecutionFailed
from consensus.fork_choice import Record, genesis_record
from consensus.protocols import BlockWrite, FinalityWrite, Snapshot
from consensus.slots import Authority, Epoch, epoch_index
from consensus.verification import pre_digest_of
from runtime.primitives.block import Block, Header, PreRuntime
from runtime.primitives.hashing import blake2_256
from runtime.primitives.scale import encode
from runtime.primitives.types import H256, U64

EPOCH_SLOTS = 10
Sums = dict[U64, U64]


@dataclass(frozen=True)
class ToyState:
    sums: Sums
    genesis_slot: U64
    epoch: U64
    randomness: H256
    next_randomness: H256
    gathered: H256

    @property
    def root(self) -> bytes:
        return blake2_256(encode(self, ToyState))

    def in_epoch(self, index: int) -> ToyState:
        if index == self.epoch:
            return self
        return replace(
            self, epoch=index, randomness=self.next_randomness, next_randomness=self.gathered
        )


@dataclass(frozen=True)
class ToyExecuted:
    state: ToyState


GENESIS_STATE = ToyState({}, 0, 0, bytes(32), bytes(32), bytes(32))
GENESIS = Header(bytes(32), 0, GENESIS_STATE.root, blake2_256(b""), ())


def extrinsics_root(extrinsics: tuple[bytes, ...]) -> bytes:
    return blake2_256(encode(extrinsics, tuple[bytes, ...]))


def after(state: ToyState, header: Header, extrinsics: tuple[bytes, ...]) -> ToyState:
    """Execute: the state transition."""
    digest = pre_digest_of(header)
    genesis_slot = state.genesis_slot if header.number > 1 else digest.slot
    state = replace(state, genesis_slot=genesis_slot)
    state = state.in_epoch(epoch_index(digest.slot, genesis_slot, EPOCH_SLOTS))
    sums = dict(state.sums)
    for raw in extrinsics:
        if len(raw) != 2:
            raise ExecutionFailed(f"wanted an extrinsic of 2 bytes, got {len(raw)}")
        sums[raw[0]] = sums.get(raw[0], 0) + raw[1]
    gathered = blake2_256(state.gathered + digest.vrf.pre_output)
    return replace(state, sums=sums, gathered=gathered)


@dataclass
class Disk:
    """What survives a restart; a power loss also takes what was written since the last sync."""

    blocks: dict[bytes, Block] = field(default_factory=lambda: {GENESIS.hash: Block(GENESIS, ())})
    states: dict[bytes, ToyState] = field(default_factory=lambda: {GENESIS.hash: GENESIS_STATE})
    records: dict[bytes, Record] = field(
        default_factory=lambda: {GENESIS.hash: genesis_record(GENESIS)}
    )
    finalized: bytes = GENESIS.hash
    justification: bytes | None = None
    votes: bytes | None = None
    unsynced: list[bytes] = field(default_factory=list)

    def lose_power(self, rng: random.Random) -> None:
        for block_hash in self.unsynced:
            del self.blocks[block_hash], self.states[block_hash], self.records[block_hash]
        self.unsynced.clear()

    def load(self) -> Snapshot:
        root = self.blocks[self.finalized].header
        kept = {root.hash}
        unfinalized = []
        for block_hash, block in self.blocks.items():
            if block.header.parent_hash in kept and block.header.number > root.number:
                kept.add(block_hash)
                unfinalized.append((block.header, self.records[block_hash]))
        return Snapshot((root, self.records[root.hash]), tuple(unfinalized))

    def import_block(self, write: BlockWrite[ToyExecuted]) -> None:
        block_hash = write.block.header.hash
        assert block_hash not in self.blocks, "a good block is never imported twice"
        self.blocks[block_hash] = write.block
        self.states[block_hash] = write.executed.state
        self.records[block_hash] = write.record
        self.unsynced.append(block_hash)

    def finalize(self, write: FinalityWrite) -> None:
        self.finalized = write.finalized[-1].hash
        self.justification = write.justification
        self.unsynced.clear()
        for node in write.abandoned:
            del self.blocks[node.hash], self.states[node.hash], self.records[node.hash]


@dataclass(frozen=True)
class VoteDisk:
    disk: Disk

    def load(self) -> bytes | None:
        return self.disk.votes

    def save(self, record: bytes) -> None:
        self.disk.votes = record
        self.disk.unsynced.clear()


@dataclass
class ToyChain:
    """The parts of a node that depend on the state transition."""

    disk: Disk
    authorities: tuple[Authority, ...]
    extrinsics_of: bytes
    """What this node's blocks contain, so that blocks of different authors differ."""

    def execute(self, block: Block, parent: Header) -> Generator[None, None, ToyExecuted]:
        yield
        state = after(self.disk.states[parent.hash], block.header, block.extrinsics)
        return ToyExecuted(state)

    def replay(self, block: Block, parent: Header) -> Generator[None, None, ToyExecuted]:
        return self.execute(block, parent)

    def extrinsics_root(self, extrinsics: tuple[bytes, ...]) -> bytes:
        return extrinsics_root(extrinsics)

    def check_proofs(self, block: Block, proofs: tuple[bytes, ...]) -> None:
        return

    async def check_receipts(self, block: Block, parent: Header, proofs: tuple[bytes, ...]) -> None:
        return

    async def check_signatures(self, block: Block, parent: Header) -> None:
        return

    def epoch_at(self, parent: Header, slot: int) -> Epoch:
        state = self.disk.states[parent.hash]
        genesis_slot = state.genesis_slot if parent.number > 0 else slot
        index = epoch_index(slot, genesis_slot, EPOCH_SLOTS)
        start_slot = genesis_slot + index * EPOCH_SLOTS
        return Epoch(index, start_slot, state.in_epoch(index).randomness, self.authorities)

    async def propose(
        self, parent: Header, claim: PreRuntime, deadline_ms: int
    ) -> Proposal[ToyExecuted]:
        extrinsics = (self.extrinsics_of,)
        header = Header(
            parent.hash, parent.number + 1, bytes(32), extrinsics_root(extrinsics), (claim,)
        )
        state = after(self.disk.states[parent.hash], header, extrinsics)
        header = replace(header, state_root=state.root)
        return Proposal(Block(header, extrinsics), executed=ToyExecuted(state))
