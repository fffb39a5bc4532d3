"""A whole node for the simulator: author, import queue, voter, a small sync, and a ledger."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import trio

from consensus.authoring import Author, AuthorParts
from consensus.equivocation import Equivocation
from consensus.errors import BadBlock, Refused, UnknownParent
from consensus.finality.gossip import Verdict
from consensus.finality.tally import VoterSet
from consensus.finality.voter import Voter, VoterParts
from consensus.import_queue import ImportQueue, QueueParts, run_inline
from consensus.protocols import Finalized, Imported, ImportRequest, Origin
from consensus.slots import SlotClock
from consensus.verification import sealed
from runtime.primitives.block import Block
from runtime.primitives.scale import decode, encode
from tests.consensus.support import Key
from tests.simulation.ledger import Carried, Lie, NodeLedger
from tests.simulation.network import SimNetwork

SLOT_MS = 3000
GOSSIP_SECONDS = 0.5
MAX_SYNC_BLOCKS = 64
SYNC_SECONDS = 5


@dataclass(frozen=True)
class Refusal:
    """A block that a node refused as bad."""

    node: int
    source: int
    number: int
    error: type[BadBlock]
    reason: str


class Checkers(Protocol):
    """What is watched while nodes run."""

    def on_finalized(self, node: int, event: Finalized) -> None: ...

    def on_equivocation(self, node: int, proof: Equivocation) -> None: ...

    def on_bad_message(self, node: int, what: str) -> None: ...

    def on_refused(self, refusal: Refusal) -> None: ...


@dataclass
class Outbox:
    """The voter's way out."""

    index: int
    network: SimNetwork

    def broadcast(self, payload: bytes) -> None:
        self.network.publish(self.index, "vote", payload)


@dataclass
class SimNode:
    """One life of a node: a restart makes a new one over the same disk."""

    index: int
    key: Key | None
    chain: NodeLedger
    voters: VoterSet
    network: SimNetwork
    checkers: Checkers
    now_ms: Callable[[], int]
    lie: Lie = Lie.NONE
    queue: ImportQueue[Any] = field(init=False)
    voter: Voter = field(init=False)

    def __post_init__(self) -> None:
        clock = SlotClock(SLOT_MS, self.now_ms)
        self.queue = ImportQueue(
            QueueParts(
                store=self.chain.store,
                executor=self.chain.executor,
                bodies=self.chain.bodies,
                epochs=self.chain.epochs,
                clock=clock,
                voters=self.voters,
                listener=self,
                runner=run_inline,
            )
        )
        self.voter = Voter(
            VoterParts(
                voters=self.voters,
                tree=self.queue.tree,
                chain=self.queue,
                network=Outbox(self.index, self.network),
                store=self.chain.votes,
                report=self.on_equivocation,
                want=self._want,
                key=self.key,
                gossip_seconds=GOSSIP_SECONDS,
            )
        )
        self._author = Author(
            AuthorParts(
                slots=clock,
                keys={} if self.key is None else {self.key.public: self.key},
                epochs=self.chain.epochs,
                tree=self.queue.tree,
                factory=self.chain.factory,
                importer=self.queue,
                listener=self,
                may_author=lambda: True,
            )
        )
        self._sync_since: dict[bytes, float] = {}
        self.unneeded = 0
        self._asked = 0

    async def run(self) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.queue.run)
            nursery.start_soon(self.voter.run)
            nursery.start_soon(self._author.run)
            nursery.start_soon(self.chain.run)
            self.network.join(self.index, self)
            try:
                await trio.sleep_forever()
            finally:
                self.network.leave(self.index)

    # What the parts tell

    def on_imported(self, event: Imported) -> None:
        self.chain.on_imported(event)
        self.voter.on_chain_change()

    def on_finalized(self, event: Finalized) -> None:
        self.checkers.on_finalized(self.index, event)
        self.voter.on_chain_change()

    def on_equivocation(self, proof: Equivocation) -> None:
        self.checkers.on_equivocation(self.index, proof)

    def on_authored(self, request: ImportRequest[Any]) -> None:
        block = request.block
        if self.lie is Lie.WRONG_STATE_ROOT and self.key is not None:
            block = with_wrong_state_root(block, self.key)
        self.network.publish(self.index, "block", encode(Carried(block, request.proofs), Carried))

    def on_own_block_refused(self, block: Block, refusal: Refused) -> None:
        if isinstance(refusal, BadBlock):
            self.checkers.on_bad_message(self.index, f"own block: {refusal!r}")

    # What the network brings

    async def receive(self, source: int, kind: str, payload: Any) -> None:
        match kind:
            case "vote":
                if self.voter.on_message(payload, source) is Verdict.REJECT:
                    self.checkers.on_bad_message(self.index, f"vote of {source}")
            case "block":
                await self._import(source, decode(payload, Carried), Origin.ANNOUNCED)
            case "sync":
                self._answer(source, *payload)
            case "range":
                blocks, justification = payload
                for raw in blocks:
                    await self._import(source, decode(raw, Carried), Origin.REQUESTED)
                await self._finalize(justification)
            case _:
                complaint = await self.chain.receive(kind, payload)
                if complaint is not None:
                    self.checkers.on_bad_message(self.index, f"{kind} of {source}: {complaint}")

    async def _import(self, source: int, carried: Carried, origin: Origin) -> None:
        try:
            await self.queue.submit(ImportRequest(carried.block, carried.proofs, origin=origin))
        except UnknownParent as error:
            if origin is Origin.ANNOUNCED:
                self._ask(source, error.parent_hash)
        except BadBlock as error:
            number = carried.block.header.number
            self.checkers.on_refused(Refusal(self.index, source, number, type(error), error.reason))
        except Refused:
            self.unneeded += 1  # late, early, or of an abandoned fork: nobody misses it

    async def _finalize(self, justification: bytes | None) -> None:
        if justification is None:
            return
        with suppress(Refused):
            await self.queue.submit_justification(justification)

    def _ask(self, source: int, block_hash: bytes) -> None:
        now = trio.current_time()
        if now - self._sync_since.get(block_hash, -SYNC_SECONDS) >= SYNC_SECONDS:
            self._sync_since[block_hash] = now
            wanted = (block_hash, self.queue.tree.root.number)
            self.network.send(self.index, source, "sync", wanted)

    def _want(self, block_hash: bytes, number: int) -> None:
        peers = [node for node in self.network.nodes if node != self.index]
        if peers:
            self._asked += 1
            self._ask(peers[self._asked % len(peers)], block_hash)

    def _answer(self, source: int, block_hash: bytes, above: int) -> None:
        blocks: list[bytes] = []
        while (carried := self.chain.block(block_hash)) and carried.block.header.number > above:
            blocks.append(encode(carried, Carried))
            block_hash = carried.block.header.parent_hash
        answer = (tuple(blocks[::-1][:MAX_SYNC_BLOCKS]), self.chain.justification())
        self.network.send(self.index, source, "range", answer)


def with_wrong_state_root(block: Block, key: Key) -> Block:
    """Return a block as its author would have sealed it with another state root."""
    unsealed = block.header.unsealed
    root = bytes(byte ^ 1 for byte in unsealed.state_root)
    return sealed(Block(replace(unsealed, state_root=root), block.extrinsics), key)
