"""The author: in each slot it may claim, it builds a block on the best one and seals it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol

from consensus.errors import Refused
from consensus.fork_tree import ForkTree
from consensus.lottery import SlotKeys, claim_slot
from consensus.protocols import ExecutedT, Imported, ImportRequest, Origin
from consensus.slots import Epoch, EpochSource, SlotSource
from consensus.verification import pre_runtime, sealed
from runtime.primitives.block import Block, Header, PreRuntime


@dataclass(frozen=True, slots=True)
class Proposal(Generic[ExecutedT]):
    """An unsealed block, and what comes beside it."""

    block: Block
    proofs: tuple[bytes, ...] = ()
    executed: ExecutedT | None = None
    """The outcome of building it, so that the import queue need not execute it again."""


class BlockFactory(Protocol[ExecutedT]):
    """Builds blocks from inherents, receipts and the transaction pool."""

    async def propose(
        self, parent: Header, claim: PreRuntime, deadline_ms: int
    ) -> Proposal[ExecutedT]:
        """Build a block on `parent` whose digest begins with `claim`, by `deadline_ms`."""
        ...


class Importer(Protocol[ExecutedT]):
    """The import queue, as the author sees it."""

    async def submit(self, request: ImportRequest[ExecutedT]) -> Imported:
        """Import a block."""
        ...


class AuthorListener(Protocol[ExecutedT]):
    """Hears what the author does."""

    def on_authored(self, request: ImportRequest[ExecutedT]) -> None:
        """Announce an own block: it is in our chain."""
        ...

    def on_own_block_refused(self, block: Block, refusal: Refused) -> None:
        """Log that an own block was refused."""
        ...


@dataclass(frozen=True, slots=True)
class AuthorParts(Generic[ExecutedT]):
    """What the node gives the author."""

    slots: SlotSource
    keys: SlotKeys
    epochs: EpochSource
    tree: ForkTree
    factory: BlockFactory[ExecutedT]
    importer: Importer[ExecutedT]
    listener: AuthorListener[ExecutedT]
    may_author: Callable[[], bool]
    """False while the node is syncing: a block on an old head helps nobody."""


class Author(Generic[ExecutedT]):
    """Produces at most one block per slot, and none in the slot it was started in.

    A node that was restarted within a slot cannot know whether it sent a block in it already.
    """

    def __init__(self, parts: AuthorParts[ExecutedT]) -> None:
        self._parts = parts

    async def run(self) -> None:
        """Produce until cancelled."""
        slot = await self._parts.slots.next_slot(0)
        while True:
            slot = await self._parts.slots.next_slot(slot)
            if self._parts.may_author():
                await self._produce(slot)

    async def _produce(self, slot: int) -> None:
        """Build, seal, import and announce a block, if the slot is ours."""
        parts, parent = self._parts, self._parts.tree.best
        if slot <= parent.slot or not parts.keys:
            return
        epoch = parts.epochs.epoch_at(parent.header, slot)
        digest = claim_slot(parts.keys, epoch, slot)
        if digest is None:
            return
        proposal = await parts.factory.propose(
            parent.header, pre_runtime(digest), parts.slots.deadline_ms(slot)
        )
        key = parts.keys[_author(epoch, digest.authority_index)]
        block = sealed(proposal.block, key)
        request = ImportRequest(
            block, proposal.proofs, origin=Origin.OWN, executed=proposal.executed
        )
        try:
            await parts.importer.submit(request)
        except Refused as refusal:
            parts.listener.on_own_block_refused(block, refusal)
            return
        parts.listener.on_authored(request)


def _author(epoch: Epoch, index: int) -> bytes:
    return epoch.authorities[index].public
