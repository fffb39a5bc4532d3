"""Checks work receipts against what the chain knows: every importer does, before executing.

What a receipt is checked against (the order, the commitment, the randomness, the beacon) is read
from the state of the parent; the recomputation runs off the event loop.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import trio

from node.chain import Chain
from runtime.compute.gas import VERIFY_GAS_LIMIT, shares_gas
from runtime.compute.proofs import LeafContext, OpeningContext, proof_gas, verify_proof
from runtime.compute.receipt import NO_RECEIPTS, Opening, Receipts
from runtime.compute.shares import ShareBatch
from runtime.compute.verify import BadReceipt, check_proof_hash, verify_shares
from runtime.construct import Runtime
from runtime.executive import Executive
from runtime.primitives.block import Block, Header
from runtime.rules import Rules
from runtime.validity import InvalidTransaction

COMPUTE_INHERENT = 1
"""The place of the receipts inherent in a block: after the timestamp."""

Offload = Callable[..., Awaitable[Any]]
"""Runs a function that takes long away from the event loop."""

Checked = Callable[[Iterable[str], float], None]
"""Hears the verdict on each receipt of a block, and the seconds that all took."""


def unheard(verdicts: Iterable[str], seconds: float) -> None:
    """Hear nothing of the verdicts."""


class NotWanted(BadReceipt):
    """The chain does not wait for this receipt, or not any more."""


class WrongProofCount(BadReceipt):
    """Not one proof beside the block for each opening in it."""


class TooMuchGas(BadReceipt):
    """Checking the block's receipts would take longer than a block may ask for."""


class ReceiptChecker:
    """Checks receipts on the state of a block."""

    def __init__(
        self,
        executive: Executive,
        chain: Chain,
        offload: Offload,
        checked: Checked = unheard,
    ) -> None:
        self._executive, self._chain, self._offload = executive, chain, offload
        self._checked = checked

    def runtime_above(self, parent: Header) -> Runtime:
        """Return the pallets over the state of `parent`, as the block above it will find them."""
        return self._executive.reader_at(self._chain.state_at(parent.hash), parent.number + 1)

    def receipts_of(self, block: Block, parent: Header) -> Receipts:
        """Return the receipts in a block on `parent`; `NO_RECEIPTS` if it carries none."""
        rules = self._executive.rules_at(self._chain.state_at(parent.hash))
        return receipts_by(rules, block)

    async def check_block(self, block: Block, parent: Header, proofs: tuple[bytes, ...]) -> None:
        """Check all receipts of a block against the proofs beside it.

        Raises:
            BadReceipt: one of its kinds, which names what was wanted and what came.
        """
        receipts = matched(self.receipts_of(block, parent), proofs)
        if receipts == NO_RECEIPTS:
            return
        runtime = self.runtime_above(parent)
        gas = self.gas(runtime, receipts)
        if gas > VERIFY_GAS_LIMIT:
            raise TooMuchGas(f"wanted at most {VERIFY_GAS_LIMIT} ns of checks, got {gas}")
        began = trio.current_time()
        for opening, proof in zip(receipts.openings, proofs, strict=True):
            await self.check_opening(runtime, opening, proof)
        for batch in receipts.batches:
            await self.check_shares(runtime, batch)
        verdicts = ["verified"] * (len(receipts.openings) + len(receipts.batches))
        self._checked(verdicts, trio.current_time() - began)

    def check_proofs(self, block: Block, proofs: tuple[bytes, ...]) -> Receipts:
        """Check that the proofs beside a final block are those its openings name; return these.

        Its parent's state need not be here, so any version that we carry may have executed it.

        Raises: BadReceipt.
        """
        refusal = BadReceipt("this release carries no runtime")
        for rules in self._executive.rules_of_all():
            try:
                return matched(receipts_by(rules, block), proofs)
            except BadReceipt as error:
                refusal = error
        raise refusal

    async def check_opening(self, runtime: Runtime, opening: Opening, proof: bytes) -> None:
        """Check an opening and its proof; raises BadReceipt."""
        context = self.opening_context(runtime, opening)
        check_proof_hash(opening, proof)
        await self._offload(verify_proof, context, proof)

    async def check_shares(self, runtime: Runtime, batch: ShareBatch) -> None:
        """Check a batch of shares; raises BadReceipt."""
        context = runtime.receipts.share_context(batch.provider, batch.epoch)
        if context is None:
            raise NotWanted(
                f"shares of {batch.provider.hex()} in epoch {batch.epoch} do not count now"
            )
        beacon, parameters = context
        await self._offload(verify_shares, beacon, batch, parameters)

    def opening_context(self, runtime: Runtime, opening: Opening) -> OpeningContext | LeafContext:
        """Return what an opening is checked against; raises NotWanted."""
        if opening.case is None:
            return self.segment_context(runtime, opening.job, opening.segment)
        context = runtime.receipts.context_at(*opening.place)
        if context is None:
            where = f"segment {opening.segment} of job {opening.job}"
            raise NotWanted(f"{where} waits for no opening for case {opening.case}")
        return context

    def segment_context(self, runtime: Runtime, job: int, segment: int) -> OpeningContext:
        """Return what the proof of a segment is checked against; raises NotWanted."""
        context = runtime.receipts.opening_context(job, segment)
        if context is None:
            raise NotWanted(f"segment {segment} of job {job} waits for no opening")
        return context

    def is_settled(self, receipt: Opening | ShareBatch) -> bool:
        """Say whether what a receipt is checked against is final.

        Before that, a receipt that is bad on our fork may be good on its sender's: nobody is to
        blame for it.
        """
        chain = self._chain
        context = self._context_of(receipt, chain.finalized)
        return context is not None and context == self._context_of(receipt, chain.best)

    def _context_of(self, receipt: Opening | ShareBatch, parent: Header) -> object:
        pallet = self.runtime_above(parent).receipts
        if isinstance(receipt, Opening):
            return pallet.context_at(*receipt.place)
        return pallet.share_context(receipt.provider, receipt.epoch)

    def gas(self, runtime: Runtime, receipts: Receipts) -> int:
        """Return what checking receipts costs, in nanoseconds of the reference core."""
        shares = shares_gas(runtime.receipts.parameters, receipts.shares)
        return shares + sum(self.opening_gas(runtime, opening) for opening in receipts.openings)

    def opening_gas(self, runtime: Runtime, opening: Opening) -> int:
        """Return what checking one opening costs; raises NotWanted."""
        return proof_gas(self.opening_context(runtime, opening).spec)


def receipts_by(rules: Rules, block: Block) -> Receipts:
    """Return the receipts in a block of a version of the runtime; raises BadReceipt."""
    if len(block.extrinsics) <= COMPUTE_INHERENT:
        return NO_RECEIPTS
    try:
        _, call = rules.signatures.decode(block.extrinsics[COMPUTE_INHERENT])
    except InvalidTransaction as error:
        raise BadReceipt(f"wanted receipts or a transaction: {error}") from error
    if (call.entry.pallet, call.entry.name) != ("Receipts", "submit"):
        return NO_RECEIPTS
    receipts: Receipts = call.arguments[0]
    return receipts


def matched(receipts: Receipts, proofs: tuple[bytes, ...]) -> Receipts:
    """Return receipts whose openings name these proofs; raises BadReceipt."""
    if len(proofs) != len(receipts.openings):
        raise WrongProofCount(f"wanted {len(receipts.openings)} proofs, got {len(proofs)}")
    for opening, proof in zip(receipts.openings, proofs, strict=True):
        check_proof_hash(opening, proof)
    return receipts
