"""Receipts that wait for a block: checked when they come, chosen by authors, dropped when done."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from node.receipts.check import ReceiptChecker
from node.receipts.testimonies import Testimonies
from runtime.compute.gas import VERIFY_GAS_LIMIT, shares_gas
from runtime.compute.proofs import LeafContext, OpeningContext
from runtime.compute.receipt import (
    MAX_BATCHES_PER_BLOCK,
    MAX_OPENINGS_PER_BLOCK,
    Opening,
    OpeningPlace,
    Receipts,
)
from runtime.compute.shares import MAX_SHARES_PER_BATCH, Share, ShareBatch
from runtime.compute.verify import BadReceipt
from runtime.construct import Runtime
from runtime.primitives.block import Header

MAX_WAITING_OPENINGS = 64
"""Four blocks' worth; each has a dozen blocks to be included."""

MAX_WAITING_PROOF_BYTES = 32 << 20
"""Memory for their proofs."""

MAX_WAITING_BATCHES = 256
"""Providers whose shares wait; the shares of one merge into one batch."""

BLOCK_PROOF_BYTES = 9 << 18
"""Proofs beside one block: with a full body they travel in one message of 4 MiB."""


class PoolFull(BadReceipt):
    """Too many receipts wait already."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An opening and its proof, both checked."""

    opening: Opening
    proof: bytes
    context: OpeningContext | LeafContext
    """What they were checked against: on another fork the challenge is another."""


@dataclass(frozen=True, slots=True)
class WaitingShares:
    """Shares of a provider in an epoch, all checked."""

    shares: tuple[Share, ...]
    beacon: bytes
    """What they were checked against: on another fork the epoch may have another."""


class ReceiptPool:
    """Receipts that were checked and are not in a block yet.

    Invariant: what is here was good on the state of a recent best block.
    """

    def __init__(self, checker: ReceiptChecker) -> None:
        self._checker = checker
        self._openings: OrderedDict[OpeningPlace, Waiting] = OrderedDict()
        self._shares: OrderedDict[tuple[bytes, int], WaitingShares] = OrderedDict()
        self.testimonies = Testimonies(checker)
        """What witnesses of private jobs have said."""
        self.verified = 0
        """Receipts checked and found good since the start, for metrics."""

    def __len__(self) -> int:
        return len(self._openings) + len(self._shares)

    def proof(self, proof_hash: bytes) -> bytes | None:
        """Return a waiting proof by its hash, for peers that ask."""
        for waiting in self._openings.values():
            if waiting.opening.proof_hash == proof_hash:
                return waiting.proof
        return None

    def has_opening(self, opening: Opening) -> bool:
        """Say whether an opening of what this one opens waits already."""
        return opening.place in self._openings

    def is_settled(self, receipt: Opening | ShareBatch) -> bool:
        """Say whether a receipt that is bad is so on every fork, so that its sender is to blame."""
        return self._checker.is_settled(receipt)

    async def add_opening(self, opening: Opening, proof: bytes, best: Header) -> None:
        """Check an opening on the state of `best` and keep it.

        Raises:
            BadReceipt: it is not good, not wanted, or there is no room.
        """
        held = sum(len(waiting.proof) for waiting in self._openings.values())
        full = len(self._openings) >= MAX_WAITING_OPENINGS
        if full or held + len(proof) > MAX_WAITING_PROOF_BYTES:
            raise PoolFull(f"{len(self._openings)} openings of {held} bytes wait already")
        runtime = self._checker.runtime_above(best)
        context = self._checker.opening_context(runtime, opening)
        await self._checker.check_opening(runtime, opening, proof)
        self._openings[opening.place] = Waiting(opening, proof, context)
        self.verified += 1

    async def add_shares(self, batch: ShareBatch, best: Header) -> None:
        """Check a batch on the state of `best` and merge it with those of its provider.

        Raises:
            BadReceipt: it is not good, not wanted, or there is no room.
        """
        key = (batch.provider, batch.epoch)
        if key not in self._shares and len(self._shares) >= MAX_WAITING_BATCHES:
            raise PoolFull(f"shares of {len(self._shares)} providers wait already")
        runtime = self._checker.runtime_above(best)
        await self._checker.check_shares(runtime, batch)
        beacon = beacon_of(runtime, *key)
        assert beacon is not None, "shares were checked against it"
        held = self._shares.get(key)
        known = held.shares if held is not None and held.beacon == beacon else ()
        merged = {share.place: share for share in (*known, *batch.shares)}
        ordered = tuple(merged[place] for place in sorted(merged))
        self._shares[key] = WaitingShares(ordered[-4 * MAX_SHARES_PER_BATCH :], beacon)
        self.verified += 1

    def choose(self, parent: Header) -> tuple[Receipts, tuple[bytes, ...]]:
        """Choose what a block on `parent` can carry, and the proofs beside it, in order."""
        runtime = self._checker.runtime_above(parent)
        batches, gas = self._choose_batches(runtime)
        openings: list[Opening] = []
        proofs: list[bytes] = []
        size = 0
        for place, waiting in self._openings.items():
            if runtime.receipts.context_at(*place) != waiting.context:
                continue
            cost = self._checker.opening_gas(runtime, waiting.opening)
            fits = gas + cost <= VERIFY_GAS_LIMIT and size + len(waiting.proof) <= BLOCK_PROOF_BYTES
            if fits and len(openings) < MAX_OPENINGS_PER_BLOCK:
                openings.append(waiting.opening)
                proofs.append(waiting.proof)
                gas, size = gas + cost, size + len(waiting.proof)
        return Receipts(tuple(batches), tuple(openings)), tuple(proofs)

    def prune(self, best: Header) -> None:
        """Drop what the chain does not wait for any more."""
        if not len(self) and not len(self.testimonies):
            return
        runtime = self._checker.runtime_above(best)
        self.testimonies.prune(runtime)
        for place, waiting in list(self._openings.items()):
            if runtime.receipts.context_at(*place) != waiting.context:
                del self._openings[place]
        for key, held in list(self._shares.items()):
            left = self._uncounted(runtime, *key)
            if left and beacon_of(runtime, *key) == held.beacon:
                self._shares[key] = WaitingShares(left, held.beacon)
            else:
                del self._shares[key]

    def _choose_batches(self, runtime: Runtime) -> tuple[list[ShareBatch], int]:
        """Choose shares for at most half of the gas: jobs must never wait for them."""
        parameters = runtime.receipts.parameters
        batches: list[ShareBatch] = []
        gas = 0
        for (provider, epoch), held in self._shares.items():
            shares = self._uncounted(runtime, provider, epoch)[:MAX_SHARES_PER_BATCH]
            cost = shares_gas(parameters, len(shares))
            wanted = beacon_of(runtime, provider, epoch) == held.beacon
            if shares and wanted and gas + cost <= VERIFY_GAS_LIMIT // 2:
                batches.append(ShareBatch(epoch, provider, shares))
                gas += cost
        return batches[:MAX_BATCHES_PER_BLOCK], gas

    def _uncounted(self, runtime: Runtime, provider: bytes, epoch: int) -> tuple[Share, ...]:
        last = runtime.receipts.last_counted(provider, epoch)
        shares = self._shares[provider, epoch].shares
        return tuple(share for share in shares if last is None or share.place > last.place)


def beacon_of(runtime: Runtime, provider: bytes, epoch: int) -> bytes | None:
    """Return what shares of a provider in an epoch are checked against; None if none count."""
    context = runtime.receipts.share_context(provider, epoch)
    return None if context is None else context[0]
