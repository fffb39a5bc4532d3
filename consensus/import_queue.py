"""The only door into the chain: one task checks, executes and writes one block after another.

Cheap checks come first, each with an error of its own: size, parent, slot, author, extrinsics
root, justification, receipts, signatures, execution, state root; then one atomic write; then fork
choice. Own blocks enter by the same door, and so does finality.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeAlias

import trio

from consensus.equivocation import ClaimWatch
from consensus.errors import (
    BadBlock,
    BadJustification,
    ExecutionFailed,
    FutureSlot,
    KnownBad,
    NotYet,
    QueueFull,
    Refused,
    SlotNotAfterParent,
    Stale,
    TooManyTwins,
    UnknownParent,
    Unwanted,
    WrongExtrinsicsRoot,
    WrongNumber,
    WrongStateRoot,
)
from consensus.finality import justification as proofs
from consensus.finality.tally import VoterSet
from consensus.finality.vote import Justification
from consensus.fork_choice import extended, genesis_record
from consensus.fork_tree import ForkTree, Node, Pruned
from consensus.limits import Limits, check_size
from consensus.protocols import (
    BlockWrite,
    BodyChecker,
    ChainListener,
    ExecutedT,
    Executor,
    FinalityWrite,
    Finalized,
    Imported,
    ImportRequest,
    Jump,
    Origin,
    Runner,
    Store,
)
from consensus.slots import EpochSource, SlotClock
from consensus.verification import Claim, check_claim, pre_digest_of, slot_of
from runtime.primitives.block import Block, Header
from runtime.primitives.finality import scheduled_change
from runtime.primitives.scale import DecodeError
from runtime.primitives.slot_claim import PreDigest, PrimaryPreDigest

MAX_WAITING = 128
"""Blocks at the door; whoever brings more waits, or is sent away."""

MAX_KNOWN_BAD = 1024
"""Hashes of refused blocks: enough for a day of attacks by an author, 64 kB."""


@dataclass(frozen=True, slots=True)
class QueueParts(Generic[ExecutedT]):
    """What the node gives the import queue."""

    store: Store[ExecutedT]
    executor: Executor[ExecutedT]
    bodies: BodyChecker
    epochs: EpochSource
    clock: SlotClock
    voters: VoterSet
    listener: ChainListener
    runner: Runner
    limits: Limits = field(default_factory=Limits)


Request: TypeAlias = ImportRequest[ExecutedT] | Justification | bytes | Jump
"""A block; a proof that is known to hold, or one to be checked; or a leap to a far block."""


@dataclass(slots=True)
class _Job(Generic[ExecutedT]):
    request: Request[ExecutedT]
    done: trio.Event = field(default_factory=trio.Event)
    result: Imported | Finalized | None = None
    refusal: Refused | None = None


class ImportQueue(Generic[ExecutedT]):
    """Owns the fork tree: nobody else changes it, everybody may read it between two awaits."""

    def __init__(self, parts: QueueParts[ExecutedT]) -> None:
        self._parts = parts
        self.tree = load_tree(parts.store)
        self._watch = ClaimWatch()
        self._bad: OrderedDict[bytes, str] = OrderedDict()
        self._send, self._receive = trio.open_memory_channel[_Job[ExecutedT]](MAX_WAITING)

    @property
    def voters(self) -> VoterSet:
        """Return who decides on the blocks above the last finalized one."""
        return self._parts.voters.succeeded(self.tree.handovers)

    async def run(self) -> None:
        """Serve the queue until cancelled."""
        while True:
            job = await self._next()
            try:
                job.result = await self._serve(job.request)
            except Refused as refusal:
                job.refusal = refusal
            job.done.set()

    async def _next(self) -> _Job[ExecutedT]:
        """Return the next job; if none had to be waited for, others run only when it is time."""
        try:
            job = self._receive.receive_nowait()
        except trio.WouldBlock:
            return await self._receive.receive()
        await self._parts.runner.breathe()
        return job

    async def submit(self, request: ImportRequest[ExecutedT]) -> Imported:
        """Import a block and wait for the outcome.

        Raises: BadBlock, NotYet or Unwanted, in one of the classes of `consensus.errors`.
        """
        return (await self.submit_all((request,)))[0]

    async def submit_all(
        self, requests: Sequence[ImportRequest[ExecutedT]]
    ) -> tuple[Imported, ...]:
        """Import blocks in their order and wait once, for the outcome of all.

        Raises: what is wrong with the first that is refused; those before it are imported.
        """
        jobs = [self._enqueue(request) for request in requests]
        if jobs:
            await jobs[-1].done.wait()  # the queue serves in order
        return tuple(_imported(job) for job in jobs)

    async def submit_justification(self, raw: bytes) -> Finalized | None:
        """Finalize by a proof from outside; None if its target is final already.

        Raises: BadJustification, or NotYet if its target is not known.
        """
        job = self._enqueue(raw)
        await job.done.wait()
        if job.refusal is not None:
            raise job.refusal
        assert not isinstance(job.result, Imported), "a proof imports no block"
        return job.result

    def request_finality(self, justification: Justification) -> bool:
        """Queue a proof that is known to hold; return whether there was room."""
        try:
            self._enqueue(justification)
        except QueueFull:
            return False
        return True

    async def jump(self, jump: Jump) -> Finalized:
        """Go on at a final block whose state is here, from a chain that is its genesis alone.

        Raises: Unwanted if blocks were imported meanwhile.
        """
        job = self._enqueue(jump)
        await job.done.wait()
        if job.refusal is not None:
            raise job.refusal
        assert isinstance(job.result, Finalized), "a jump ends at a final block"
        return job.result

    def _enqueue(self, request: Request[ExecutedT]) -> _Job[ExecutedT]:
        job: _Job[ExecutedT] = _Job(request)
        try:
            self._send.send_nowait(job)
        except trio.WouldBlock:
            raise QueueFull(f"{MAX_WAITING} blocks wait already") from None
        return job

    async def _serve(self, request: Request[ExecutedT]) -> Imported | Finalized | None:
        if isinstance(request, ImportRequest):
            return await self._judge(request)
        if isinstance(request, Jump):
            return self._jump(request)
        if isinstance(request, Justification):
            return self._finalize(request, proofs.encoded(request))
        justification = proofs.decoded(request)
        if justification.commit.target_number <= self.tree.root.number:
            return None
        self._check_target(justification)
        proofs.verify(justification, self.voters)
        return self._finalize(justification, request)

    async def _judge(self, request: ImportRequest[ExecutedT]) -> Imported:
        """Import the block; remember its hash if that is what is bad."""
        try:
            return await self._import(request)
        except BadBlock as error:
            if error.condemns:
                self._bad.setdefault(request.block.header.hash, error.reason)
            if len(self._bad) > MAX_KNOWN_BAD:
                self._bad.popitem(last=False)
            raise

    async def _import(self, request: ImportRequest[ExecutedT]) -> Imported:
        block, header = request.block, request.block.header
        check_size(request, self._parts.limits)
        known = self.tree.get(header.hash)
        if known is not None:
            self._apply(self._check_justification(request))
            return Imported(known, is_new=False, is_best=False)
        parent = self._parent_of(header)
        digest = self._check_slot(header, parent)
        if not request.is_final:
            epoch = self._parts.epochs.epoch_at(parent.header, digest.slot)
            self._watch_author(check_claim(header, epoch), request)
        self._check_body(block)
        justification = self._check_justification(request)
        self.tree.check_room()
        executed = await self._execute(request, parent.header)
        imported = self._write(request, parent, digest, executed)
        self._apply(justification)
        return imported

    def _parent_of(self, header: Header) -> Node:
        reason = self._bad.get(header.hash)
        if reason is not None:
            raise KnownBad(f"refused before: {reason}")
        if header.number <= self.tree.root.number:
            raise Stale(f"block {header.number} is at or below the last finalized block")
        parent = self.tree.get(header.parent_hash)
        if parent is None:
            raise UnknownParent(header.parent_hash)
        if header.number != parent.number + 1:
            raise WrongNumber(f"wanted number {parent.number + 1}, got {header.number}")
        return parent

    def _check_slot(self, header: Header, parent: Node) -> PreDigest:
        digest = pre_digest_of(header)
        slot = digest.slot
        if slot <= parent.slot:
            raise SlotNotAfterParent(f"wanted a slot after {parent.slot}, got {slot}")
        if not self._parts.clock.has_begun(slot):
            raise FutureSlot(slot, self._parts.clock.start_ms(slot))
        return digest

    def _watch_author(self, claim: Claim, request: ImportRequest[ExecutedT]) -> None:
        header = request.block.header
        if request.origin is Origin.ANNOUNCED and self._watch.has_proof(claim, header):
            raise TooManyTwins(f"two blocks of this author in slot {claim.slot} are enough")
        proof = self._watch.note(claim, header)
        if proof is not None:
            self._parts.listener.on_equivocation(proof)

    def _check_body(self, block: Block) -> None:
        root = self._parts.bodies.extrinsics_root(block.extrinsics)
        if root != block.header.extrinsics_root:
            raise WrongExtrinsicsRoot(
                f"wanted {block.header.extrinsics_root.hex()}, got {root.hex()}"
            )

    def _check_justification(self, request: ImportRequest[ExecutedT]) -> Justification | None:
        """Check the proof beside a block; None if it has none that today's voters can have made."""
        if request.justification is None or not self._is_for_today(request.block.header):
            return None
        justification = proofs.decoded(request.justification)
        header, commit = request.block.header, justification.commit
        if (commit.target_hash, commit.target_number) != (header.hash, header.number):
            raise BadJustification(
                f"wanted a proof of block {header.number}, got one of {commit.target_number}"
            )
        proofs.verify(justification, self.voters)
        return justification

    def _is_for_today(self, header: Header) -> bool:
        """Return whether the block is above the root, and below it none that changes the voters."""
        if header.number <= self.tree.root.number:
            return False
        parent = self.tree.get(header.parent_hash)
        assert parent is not None, "a block above the root has its parent in the tree"
        return not self.tree.changes_voters(self.tree.until_change(parent.hash).hash)

    async def _execute(self, request: ImportRequest[ExecutedT], parent: Header) -> ExecutedT:
        block, parts = request.block, self._parts
        if request.executed is not None:
            assert request.origin is Origin.OWN, "only own blocks come with their state"
            executed = request.executed
        elif request.is_final:
            parts.bodies.check_proofs(block, request.proofs)
            executed = await parts.runner.run(parts.executor.replay(block, parent))
        else:
            await parts.bodies.check_receipts(block, parent, request.proofs)
            await parts.bodies.check_signatures(block, parent)
            executed = await parts.runner.run(parts.executor.execute(block, parent))
        if executed.state.root != block.header.state_root:
            raise WrongStateRoot(
                f"wanted {block.header.state_root.hex()}, got {executed.state.root.hex()}"
            )
        return executed

    def _write(
        self,
        request: ImportRequest[ExecutedT],
        parent: Node,
        digest: PreDigest,
        executed: ExecutedT,
    ) -> Imported:
        header = request.block.header
        try:
            record = extended(parent.record, header, isinstance(digest, PrimaryPreDigest))
            scheduled_change(header)
        except DecodeError as error:
            raise ExecutionFailed(f"a log of the digest does not decode: {error}") from error
        is_best = self.tree.would_be_best(record)
        self._parts.store.import_block(
            BlockWrite(request.block, record, executed, request.proofs, is_best)
        )
        node = Node(header, record, digest.slot)
        became_best = self.tree.insert(node)
        assert became_best == is_best, "the store and the tree agree on the head"
        imported = Imported(node, is_new=True, is_best=is_best)
        self._parts.listener.on_imported(imported)
        return imported

    def _apply(self, justification: Justification | None) -> None:
        if justification is not None:
            self._finalize(justification, proofs.encoded(justification))

    def _finalize(self, justification: Justification, raw: bytes) -> Finalized | None:
        commit = justification.commit
        if commit.target_number <= self.tree.root.number:
            return None
        target = self._check_target(justification)
        pruned = self.tree.finalize(target.hash)
        best = self.tree.best
        self._parts.store.finalize(FinalityWrite(pruned.finalized, pruned.abandoned, best, raw))
        event = Finalized(pruned, best, raw)
        self._parts.listener.on_finalized(event)
        return event

    def _jump(self, jump: Jump) -> Finalized:
        if len(self.tree) > 1 or not self.tree.root.is_first:
            raise Unwanted(f"the chain stands at {self.tree.best.number}, and not at genesis")
        header = jump.header
        node = Node(header, genesis_record(header), slot_of(header))
        self._parts.store.jump(jump)
        self.tree.jump(node, jump.handovers)
        event = Finalized(Pruned((node,), ()), node, jump.justification)
        self._parts.listener.on_finalized(event)
        return event

    def _check_target(self, justification: Justification) -> Node:
        """Return the block that a proof is about.

        Raises: BadJustification, or NotYet if the block is unknown or its voters are.
        """
        commit = justification.commit
        target = self.tree.get(commit.target_hash)
        if target is None:
            raise NotYet(f"the finalized block {commit.target_hash.hex()} is not known")
        if target.number != commit.target_number:
            raise BadJustification(f"wanted number {target.number}, got {commit.target_number}")
        change = self.tree.until_change(target.hash)
        if change.hash != target.hash:
            raise NotYet(f"block {change.number} changes the voters and is not final")
        return target


def _imported(job: _Job[ExecutedT]) -> Imported:
    if job.refusal is not None:
        raise job.refusal
    assert isinstance(job.result, Imported), "a block is imported or refused"
    return job.result


def load_tree(store: Store[ExecutedT]) -> ForkTree:
    """Rebuild the fork tree from the store."""
    snapshot = store.load()
    header, record = snapshot.finalized
    tree = ForkTree(Node(header, record, slot_of(header)))
    for header, record in snapshot.unfinalized:
        tree.insert(Node(header, record, slot_of(header)))
    return tree
