"""The toy chain of the consensus tests as a node of a simulated world."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import trio

from consensus.authoring import BlockFactory
from consensus.equivocation import Equivocation
from consensus.finality.record import VoterStore
from consensus.finality.tally import VoterSet
from consensus.protocols import BodyChecker, Executor, Imported, Store
from consensus.slots import Authority, EpochSource
from tests.consensus.toy import Disk, ToyChain, ToyExecuted, VoteDisk
from tests.simulation.ledger import Carried, Genesis, Life
from tests.simulation.sessions import genesis_pair


class ToyNode(ToyChain):
    """The parts of a node that depend on the state transition: one object is all of them."""

    def __init__(self, disk: Disk, life: Life, authorities: tuple[Authority, ...]) -> None:
        super().__init__(disk, authorities, bytes([life.index, 1]))
        self.store: Store[ToyExecuted] = disk
        self.executor: Executor[ToyExecuted] = self
        self.bodies: BodyChecker = self
        self.epochs: EpochSource = self
        self.factory: BlockFactory[ToyExecuted] = self
        self.votes: VoterStore = VoteDisk(disk)

    def voters(self) -> VoterSet:
        return VoterSet(0, tuple((one.public, one.weight) for one in self.authorities))

    async def run(self) -> None:
        await trio.sleep_forever()

    def on_imported(self, event: Imported) -> None:
        return

    def on_equivocation(self, proof: Equivocation) -> None:
        return

    async def receive(self, kind: str, payload: bytes) -> str | None:
        return f"the toy knows no {kind}"

    def block(self, block_hash: bytes) -> Carried | None:
        block = self.disk.blocks.get(block_hash)
        return None if block is None else Carried(block)

    def justification(self) -> bytes | None:
        return self.disk.justification


class ToyLedger:
    """The toy as a world's ledger; its validators and their keys never change."""

    def __init__(self, genesis: Genesis) -> None:
        self._authorities = tuple(
            Authority(genesis_pair(validator).public, stake)
            for validator, stake in enumerate(genesis.stakes)
        )

    def make_disk(self) -> Disk:
        return Disk()

    def make_chain(self, disk: Disk, life: Life) -> ToyNode:
        return ToyNode(disk, life, self._authorities)

    def check(self, final: Mapping[int, bytes], disks: Sequence[Disk]) -> Sequence[str]:
        """Check that every node ended every final block in the state that its header names."""
        for disk in disks:
            for block_hash in final.values():
                if block_hash in disk.states:
                    root = disk.blocks[block_hash].header.state_root
                    assert disk.states[block_hash].root == root, "two states of one block"
        return ()
