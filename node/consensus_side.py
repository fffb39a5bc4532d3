"""Consensus in the node: the import queue and the voter, and what the node hears of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import trio

from consensus.equivocation import BlockEquivocation, VoteEquivocation
from consensus.errors import Refused
from consensus.finality.tally import VoterSet
from consensus.finality.voter import Voter, VoterParts
from consensus.import_queue import ImportQueue, QueueParts
from consensus.limits import Limits
from consensus.protocols import Finalized, Imported, ImportRequest
from consensus.slices import Slices
from consensus.slots import SlotClock
from node.chain import Chain
from node.equivocations import EquivocationReporter
from node.importing import BodyChecks, ChainStore, Epochs, Executor, Signatures
from node.keys import VoterKey
from node.log import Logger
from node.pool.verified import VerifiedCache
from node.receipts.check import ReceiptChecker
from node.receipts.pool import BLOCK_PROOF_BYTES, ReceiptPool
from node.store.aux import VOTER_RECORD, AuxStore
from runtime.constants import LIMITS
from runtime.executive import Executed, Executive
from runtime.primitives.block import Block
from runtime.validity import Checked

T = TypeVar("T")

MAX_WAITING_VOTES = 1024
"""Votes of ours that wait to be gossiped; the voter repeats what gets lost."""

MAX_WAITING_BLOCKS = 16
"""Own blocks that wait to be announced."""


@dataclass(frozen=True, slots=True)
class ConsensusParts:
    """What consensus is built on."""

    chain: Chain
    executive: Executive
    known: VerifiedCache[Checked]
    checker: ReceiptChecker
    receipts: ReceiptPool
    signatures: Signatures | None
    records: AuxStore
    clock: SlotClock
    voters: VoterSet
    """Who decides on the blocks above the last finalized one."""
    voter_key: Callable[[VoterSet], VoterKey | None]
    gossip_seconds: float
    want: Callable[[bytes, int], None]
    peers_final: Callable[[], tuple[int, ...]]
    """The height that each peer says is final."""
    reporter: EquivocationReporter
    """Who tells the chain of offences."""
    log: Logger


class NodeConsensus:
    """The import queue and the voter of a node; hears what happens to the chain, in order."""

    def __init__(self, parts: ConsensusParts) -> None:
        self._chain, self._receipts, self._log = parts.chain, parts.receipts, parts.log
        self._reporter = parts.reporter
        self.epochs = Epochs(parts.executive, parts.chain)
        self.bodies = BodyChecks(parts.chain, parts.checker, parts.signatures)
        self.votes = Outbox[bytes](MAX_WAITING_VOTES)
        self.authored = Outbox[ImportRequest[Executed]](MAX_WAITING_BLOCKS)
        self.queue: ImportQueue[Executed] = ImportQueue(
            QueueParts(
                store=ChainStore(parts.chain),
                executor=Executor(parts.executive, parts.chain, parts.known),
                bodies=self.bodies,
                epochs=self.epochs,
                clock=parts.clock,
                voters=parts.voters,
                listener=self,
                runner=Slices(),
                limits=Limits(body_bytes=LIMITS.max_bytes, proofs_bytes=BLOCK_PROOF_BYTES),
            )
        )
        self.voter = Voter(
            VoterParts(
                voters=parts.voters,
                tree=self.queue.tree,
                chain=self.queue,
                network=self,
                store=VoterRecords(parts.records),
                report=self.on_vote_equivocation,
                want=parts.want,
                key_for=parts.voter_key,
                gossip_seconds=parts.gossip_seconds,
                started_in_slot=parts.clock.current(),
                peers_final=parts.peers_final,
                tell_of_stranger=self.on_stranger,
            )
        )

        self._is_listening = False

    @property
    def voters(self) -> VoterSet:
        """Return who decides on the blocks above the last finalized one."""
        return self.queue.voters

    def broadcast(self, payload: bytes) -> None:
        """Queue a vote for all peers; it may get lost."""
        self.votes.offer(payload)

    def on_imported(self, event: Imported) -> None:
        """Hear that a new block was written."""
        header = event.node.header
        if event.is_best:
            self._log.info("imported", number=header.number, hash=header.hash)
            self._receipts.prune(header)
        self.voter.on_chain_change()
        self._tell_listening()

    def on_finalized(self, event: Finalized) -> None:
        """Hear that finality moved, and was written."""
        node = event.node
        self._log.info("finalized", number=node.number, hash=node.hash)
        self.voter.on_chain_change()

    def _tell_listening(self) -> None:
        """Log when our voter begins or ends to be silent, because this disk remembers no vote."""
        is_listening = self.voter.rounds.is_listening
        if is_listening != self._is_listening:
            self._is_listening = is_listening
            voters = self.voter.rounds.voters.set_id
            self._log.info("voter_listens" if is_listening else "voter_votes", set=voters)

    def on_equivocation(self, proof: BlockEquivocation) -> None:
        """Hear that an author has two blocks in one slot."""
        self._log.warning("block_equivocation", slot=proof.slot, author=proof.offender)
        self._reporter.found(proof)

    def on_vote_equivocation(self, proof: VoteEquivocation) -> None:
        """Hear that a voter has two votes in one round."""
        self._log.warning("vote_equivocation", proof=repr(proof)[:200])
        self._reporter.found(proof)

    def on_stranger(self, ours: bytes, found: bytes) -> None:
        """Hear that the voter's record on this disk is of another key."""
        self._log.warning("voter_record_of_another_key", ours=ours, found=found)

    def on_authored(self, request: ImportRequest[Executed]) -> None:
        """Announce an own block: it is in our chain."""
        header = request.block.header
        self._log.info("authored", number=header.number, extrinsics=len(request.block.extrinsics))
        self.authored.offer(request)

    def on_own_block_refused(self, block: Block, refusal: Refused) -> None:
        """Log that an own block was refused."""
        kind = type(refusal).__name__
        self._log.error(
            "own_block_refused", number=block.header.number, error=kind, why=str(refusal)
        )


class Outbox(Generic[T]):
    """Things to send, in order; when it is full the newest are lost, which senders must expect."""

    def __init__(self, limit: int) -> None:
        self._send, self._receive = trio.open_memory_channel[T](limit)

    def offer(self, item: T) -> None:
        """Queue an item if there is room."""
        try:
            self._send.send_nowait(item)
        except trio.WouldBlock:
            return

    async def deliver(self, publish: Callable[[T], Awaitable[None]]) -> None:
        """Pass each item to `publish`, until cancelled."""
        async for item in self._receive:
            await publish(item)


class VoterRecords:
    """The voter's record in the database."""

    def __init__(self, records: AuxStore) -> None:
        self._records = records

    def load(self) -> bytes | None:
        """Return what was saved last."""
        return self._records.get(VOTER_RECORD)

    def save(self, record: bytes) -> None:
        """Write it to disk, and with it every block that was imported before: one log, one sync."""
        self._records.put(VOTER_RECORD, record, sync=True)
