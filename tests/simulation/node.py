"""A whole node for the simulator: author, import queue, voter, a small sync, and a ledger."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import trio

from consensus.authoring import Author, AuthorParts
from consensus.equivocation import Equivocation
from consensus.errors import BadBlock, FutureSlot, Refused, UnknownParent
from consensus.finality.gossip import Verdict
from consensus.finality.vote import Envelope, VoteMessage
from consensus.finality.voter import Voter, VoterParts
from consensus.import_queue import ImportQueue, QueueParts
from consensus.protocols import Finalized, Imported, ImportRequest, Origin
from consensus.slices import Inline
from consensus.slots import SlotClock
from consensus.verification import sealed
from node.net.intake import MAX_FUTURE_SECONDS, MAX_IN_FLIGHT
from runtime.primitives import crypto
from runtime.primitives.block import Block, Seal
from runtime.primitives.scale import DecodeError, decode, encode
from tests.simulation.ledger import Carried, Lie, NodeLedger
from tests.simulation.network import Wire
from tests.simulation.sessions import Keyring

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

    def on_vote(self, vote: VoteMessage) -> None: ...

    def on_authored(self, node: int, block: Block) -> None: ...

    def on_finalized(self, node: int, event: Finalized) -> None: ...

    def on_equivocation(self, node: int, proof: Equivocation) -> None: ...

    def on_bad_message(self, node: int, source: int, what: str) -> None: ...

    def on_refused(self, refusal: Refusal) -> None: ...


@dataclass
class Outbox:
    """The voter's way out."""

    wire: Wire
    checkers: Checkers

    def broadcast(self, payload: bytes) -> None:
        message = decode(payload, Envelope).message
        if isinstance(message, VoteMessage):
            self.checkers.on_vote(message)
        self.wire.publish("vote", payload)


@dataclass
class SimNode:
    """One life of a node: a restart makes a new one over the same disk."""

    index: int
    keys: Keyring
    chain: NodeLedger
    wire: Wire
    checkers: Checkers
    now_ms: Callable[[], int]
    peers_final: Callable[[], tuple[int, ...]]
    lie: Lie | None = None
    queue: ImportQueue[Any] = field(init=False)
    voter: Voter = field(init=False)

    def __post_init__(self) -> None:
        self.clock = SlotClock(SLOT_MS, self.now_ms)
        voters = self.chain.voters()
        self.queue = ImportQueue(
            QueueParts(
                store=self.chain.store,
                executor=self.chain.executor,
                bodies=self.chain.bodies,
                epochs=self.chain.epochs,
                clock=self.clock,
                voters=voters,
                listener=self,
                runner=Inline(),
            )
        )
        self.voter = Voter(
            VoterParts(
                voters=voters,
                tree=self.queue.tree,
                chain=self.queue,
                network=Outbox(self.wire, self.checkers),
                store=self.chain.votes,
                report=self.on_equivocation,
                want=self._want,
                key_for=self.keys.voter_key,
                gossip_seconds=GOSSIP_SECONDS,
                started_in_slot=self.clock.current(),
                peers_final=self.peers_final,
                tell_of_stranger=self.on_stranger,
            )
        )
        self._author = Author(
            AuthorParts(
                slots=self.clock,
                keys=self.keys.authors,
                epochs=self.chain.epochs,
                tree=self.queue.tree,
                factory=self.chain.factory,
                importer=self.queue,
                listener=self,
                may_author=lambda: True,
            )
        )
        self._sync_since: dict[bytes, float] = {}
        self._room = trio.Semaphore(MAX_IN_FLIGHT)
        self.unneeded = 0
        self._asked = 0

    async def run(self) -> None:
        async with trio.open_nursery() as self._nursery:
            self._nursery.start_soon(self.queue.run)
            self._nursery.start_soon(self.voter.run)
            self._nursery.start_soon(self._author.run)
            self._nursery.start_soon(self.chain.run)
            self.wire.join(self)
            try:
                await trio.sleep_forever()
            finally:
                self.wire.leave()

    # What the parts tell

    def on_imported(self, event: Imported) -> None:
        self.chain.on_imported(event)
        self.voter.on_chain_change()

    def on_finalized(self, event: Finalized) -> None:
        self.checkers.on_finalized(self.index, event)
        self.voter.on_chain_change()

    def on_equivocation(self, proof: Equivocation) -> None:
        self.checkers.on_equivocation(self.index, proof)
        self.chain.on_equivocation(proof)

    def on_stranger(self, ours: bytes, found: bytes) -> None:
        raise AssertionError(f"{ours.hex()} found the record of {found.hex()} on its disk")

    def on_authored(self, request: ImportRequest[Any]) -> None:
        self.checkers.on_authored(self.index, request.block)
        if self.lie is not Lie.WRONG_STATE_ROOT:
            self.announce(request.block, request.proofs)
        if self.lie in (Lie.WRONG_STATE_ROOT, Lie.TWO_BLOCKS):
            self.announce(with_wrong_state_root(request.block, self.keys), request.proofs)

    def announce(self, block: Block, proofs: tuple[bytes, ...] = ()) -> None:
        self.wire.publish("block", encode(Carried(block, proofs), Carried))

    def on_own_block_refused(self, block: Block, refusal: Refused) -> None:
        if isinstance(refusal, BadBlock):
            self._complain(self.index, f"own block: {refusal!r}")

    # What the network brings

    def receive(self, source: int, kind: str, payload: Any) -> None:
        match kind:
            case "vote":
                if self.voter.on_message(payload, source) is Verdict.REJECT:
                    self._complain(source, "vote")
            case "sync":
                self._answer(source, *payload)
            case "block":
                self._nursery.start_soon(self._take_block, source, payload)
            case "range":
                self._nursery.start_soon(self._take_range, source, *payload)
            case _:
                self._nursery.start_soon(self._take_other, source, kind, payload)

    def _complain(self, source: int, what: str) -> None:
        self.checkers.on_bad_message(self.index, source, what)

    async def _take_other(self, source: int, kind: str, payload: bytes) -> None:
        complaint = await self.chain.receive(kind, payload)
        if complaint is not None:
            self._complain(source, f"{kind}: {complaint}")

    async def _take_block(self, source: int, payload: bytes) -> None:
        """Import an announced block, in its slot if it came before."""
        try:
            carried: Carried = decode(payload, Carried)
        except DecodeError:
            self._complain(source, "block: garbage")
            return
        async with self._room:
            try:
                try:
                    await self._submit(carried, Origin.ANNOUNCED)
                except FutureSlot as early:
                    seconds = (early.starts_at_ms - self.now_ms()) / 1000
                    if seconds <= MAX_FUTURE_SECONDS:
                        await trio.sleep(max(seconds, 0.0))
                        await self._submit(carried, Origin.ANNOUNCED)
            except UnknownParent as error:
                self._ask(source, error.parent_hash)
            except Refused as refusal:
                self._refuse(source, carried, refusal)

    async def _take_range(
        self, source: int, blocks: tuple[bytes, ...], justification: bytes | None
    ) -> None:
        for raw in blocks:
            carried: Carried = decode(raw, Carried)
            try:
                await self._submit(carried, Origin.REQUESTED)
            except Refused as refusal:
                self._refuse(source, carried, refusal)
        if justification is not None:
            with suppress(Refused):
                await self.queue.submit_justification(justification)

    async def _submit(self, carried: Carried, origin: Origin) -> Imported:
        return await self.queue.submit(
            ImportRequest(carried.block, carried.proofs, carried.justification, origin)
        )

    def _refuse(self, source: int, carried: Carried, refusal: Refused) -> None:
        if not isinstance(refusal, BadBlock):
            self.unneeded += 1  # late, early, or of an abandoned fork: nobody misses it
            return
        number = carried.block.header.number
        self.checkers.on_refused(Refusal(self.index, source, number, type(refusal), refusal.reason))

    def _ask(self, source: int, block_hash: bytes) -> None:
        now = trio.current_time()
        if now - self._sync_since.get(block_hash, -SYNC_SECONDS) >= SYNC_SECONDS:
            self._sync_since[block_hash] = now
            wanted = (block_hash, self.queue.tree.root.number)
            self.wire.send(source, "sync", wanted)

    def _want(self, block_hash: bytes, number: int) -> None:
        peers = self.wire.others
        if peers:
            self._asked += 1
            self._ask(peers[self._asked % len(peers)], block_hash)

    def _answer(self, source: int, block_hash: bytes, above: int) -> None:
        blocks: list[bytes] = []
        while (carried := self.chain.block(block_hash)) and carried.block.header.number > above:
            blocks.append(encode(carried, Carried))
            block_hash = carried.block.header.parent_hash
        answer = (tuple(blocks[::-1][:MAX_SYNC_BLOCKS]), self.chain.justification())
        self.wire.send(source, "range", answer)


def with_wrong_state_root(block: Block, keys: Keyring) -> Block:
    """Return a block as its author would have sealed it with another state root."""
    unsealed, seal = block.header.unsealed, block.header.digest[-1]
    assert isinstance(seal, Seal), "an own block is sealed"
    (key,) = (
        key
        for key in keys.authors.values()
        if crypto.verify_ed25519(seal.payload, unsealed.hash, key.public)
    )
    root = bytes(byte ^ 1 for byte in unsealed.state_root)
    return sealed(Block(replace(unsealed, state_root=root), block.extrinsics), key)
