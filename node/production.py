"""Building blocks: the timestamp, the receipts, then transactions until full or late."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

import trio

from consensus.authoring import Proposal
from consensus.slices import Slices
from node.assembly import Ground
from runtime.block_execution import ExhaustedBlock
from runtime.compute.receipt import NO_RECEIPTS
from runtime.executive import BlockBuilder, Executed
from runtime.primitives.block import Header, PreRuntime
from runtime.primitives.extrinsic import encode_bare
from runtime.primitives.scale import decode
from runtime.primitives.slot_claim import PreDigest
from runtime.validity import Invalid, InvalidTransaction

logger = logging.getLogger(__name__)

PUSHES_PER_STEP = 32
"""Extrinsics between two checkpoints of the event loop: about five milliseconds."""

SKIPS_BEFORE_FULL = 8
"""Transactions that did not fit after which a block counts as full."""


class BlockFactory:
    """Builds blocks on any parent, from the receipts and the transactions that wait."""

    def __init__(self, ground: Ground, now_ms: Callable[[], int]) -> None:
        self._executive, self._chain, self._pool = ground.executive, ground.chain, ground.pool
        self._receipts, self._known, self._now_ms = ground.receipts, ground.known, now_ms

    async def propose(
        self, parent: Header, claim: PreRuntime, deadline_ms: int
    ) -> Proposal[Executed]:
        """Build a block on `parent` whose digest begins with `claim`, by `deadline_ms`."""
        builder, proofs = self._with_inherents(parent, claim)
        await self._push_transactions(builder, deadline_ms)
        block, executed = await Slices().run(builder.finish())
        return Proposal(block, proofs, executed)

    def _with_inherents(
        self, parent: Header, claim: PreRuntime
    ) -> tuple[BlockBuilder, tuple[bytes, ...]]:
        """Open a block with its inherents; receipts that it cannot carry are left out.

        Shares may be out of time in the very block that opens an epoch. Openings are money, and
        go in without them.
        """
        receipts, proofs = self._receipts.choose(parent)
        for carried in dict.fromkeys((receipts, replace(receipts, batches=()))):
            builder = self._opened(parent, claim)
            if carried == NO_RECEIPTS:
                return builder, ()
            raw = encode_bare(builder.calls.encode("Receipts", "submit", carried))
            try:
                builder.push(raw, self._known)
            except (InvalidTransaction, ExhaustedBlock) as error:
                logger.warning("block %d leaves receipts out: %s", parent.number + 1, error)
            else:
                return builder, proofs
        return self._opened(parent, claim), ()

    def _opened(self, parent: Header, claim: PreRuntime) -> BlockBuilder:
        digest: PreDigest = decode(claim.payload, PreDigest)
        builder = self._executive.build(parent, (claim,), self._chain.state_at(parent.hash))
        length = self._executive.config.slot_milliseconds
        now = min(max(self._now_ms(), digest.slot * length), (digest.slot + 1) * length - 1)
        builder.push(encode_bare(builder.calls.encode("Timestamp", "set", now)), self._known)
        return builder

    async def _push_transactions(self, builder: BlockBuilder, deadline_ms: int) -> None:
        ready = self._pool.ready()
        skipped = 0
        for position, entry in enumerate(ready):
            if position % PUSHES_PER_STEP == PUSHES_PER_STEP - 1:
                await trio.lowlevel.checkpoint()
                if self._now_ms() >= deadline_ms:
                    return
            try:
                builder.push(entry.raw, self._known)
            except ExhaustedBlock:
                ready.skip_dependents()
                skipped += 1
                if skipped >= SKIPS_BEFORE_FULL:
                    return
            except InvalidTransaction as error:
                ready.skip_dependents()
                if error.kind not in (Invalid.FUTURE, Invalid.STALE):
                    self._pool.invalid(entry.hash, error.kind)
