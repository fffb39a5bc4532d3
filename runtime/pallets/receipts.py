"""Receipts: the proofs of compute that a block carries, counted and made payable.

The author puts one inherent into the block: batches of canonical shares and openings of committed
segments. Every importer recomputes them before it executes the block (`runtime.compute.verify`);
here the chain checks what only it knows: that a provider may work, that no share counts twice,
that a segment, or a case against one, waits for an opening. One bad item makes the block bad, so
authors filter first.
Source: design page "Compute".
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Protocol

from runtime.compute.attestation import Vendor
from runtime.compute.job import JobSpec, ProofType
from runtime.compute.proofs import LeafContext, OpeningContext
from runtime.compute.receipt import (
    MAX_BATCHES_PER_BLOCK,
    MAX_OPENINGS_PER_BLOCK,
    NO_RECEIPTS,
    Commitment,
    Opening,
    Receipts,
)
from runtime.compute.shares import Share, ShareBatch, ShareParameters
from runtime.frame import (
    Context,
    Map,
    Origin,
    Pallet,
    PalletError,
    Value,
    Weight,
    call,
    constant,
    ensure,
    ensure_none,
    event,
    invariant,
    require,
)
from runtime.frame.dispatch import DispatchClass
from runtime.primitives.block import COMPUTE_ENGINE, ComputeDigest, Consensus
from runtime.primitives.hashing import TWOX_64_CONCAT
from runtime.primitives.scale import encode
from runtime.primitives.schema import Bounded
from runtime.primitives.types import H256, U32, U64, AccountId, BlockNumber, PublicKey

RECENT_BLOCKS = 256
"""Blocks whose receipts can be listed: half an hour, as many as keep their randomness."""
EPOCHS_OPEN = 2
"""Epochs whose shares count: the current one, and the one before for what was on its way."""

ANSWER = Weight(reads=121, writes=60, compute=50_000)
"""A case that is closed by the opening of its leaf: the bond, and a payment that waited for it."""
BATCH = Weight(reads=14, writes=15, compute=20_000)
"""A provider's record, its mark, its capacity and that of all; it is listed once."""
OPENING = Weight(reads=150, writes=14, compute=20_000)
"""A job, its segment, its moves on the agenda, and its place among those that may be audited."""
HEAD = Weight(reads=4, writes=3)


class Beacon(Protocol):
    """The seed of canonical work, by epoch."""

    def current_epoch(self) -> int:
        """Return the epoch under way."""
        ...

    def of_epoch(self, epoch: int) -> H256 | None:
        """Return the beacon of an epoch, if it is still known."""
        ...


class Workers(Protocol):
    """Who may prove canonical work."""

    def is_working(self, who: AccountId) -> bool:
        """Say whether `who` is a provider whose work counts."""
        ...

    def record_work(self, who: AccountId, epoch: int, work: int) -> None:
        """Add work that `who` proved in an epoch, in micro-CU."""


class Segments(Protocol):
    """Which segments wait for an opening."""

    def opening(self, job: int, segment: int) -> tuple[JobSpec, Commitment, H256] | None:
        """Return the order, the commitment and the randomness of a segment that waits."""
        ...

    def verify(self, job: int, segment: int, proof_hash: H256) -> int:
        """Mark a segment as verified; return its micro-CU."""
        ...


class Demands(Protocol):
    """Who demands that a single leaf be opened."""

    def demanded(self, case: int, job: int, segment: int) -> tuple[JobSpec, Commitment, int] | None:
        """Return the order, the commitment and the leaf that a case has come down to."""
        ...

    def answer(self, case: int, job: int, segment: int) -> None:
        """Close a case whose leaf was opened."""


class Trust(Protocol):
    """Whose word the chain takes for work that not everybody may see."""

    def vendors(self) -> tuple[Vendor, ...]:
        """Return the vendors of confidential hardware that are trusted in this block."""
        ...

    def witnesses(self, commitment: Commitment, randomness: H256) -> tuple[PublicKey, ...]:
        """Draw the validators that may vouch for a segment, in order of seat."""
        ...


@dataclass(frozen=True, slots=True)
class NobodysWord:
    """A chain without vendors and validators: only what everybody can check is proven."""

    def vendors(self) -> tuple[Vendor, ...]:
        """Return nobody."""
        return ()

    def witnesses(self, commitment: Commitment, randomness: H256) -> tuple[PublicKey, ...]:  # noqa: ARG002
        """Return nobody."""
        return ()


@dataclass(frozen=True, slots=True)
class Mark:
    """The last share of a provider that counted in an epoch."""

    epoch: U64
    share: Share


@dataclass(frozen=True, slots=True)
class BatchSummary:
    """Shares that a block counted."""

    provider: AccountId
    epoch: U64
    shares: U32
    work: U64


@dataclass(frozen=True, slots=True)
class OpeningSummary:
    """A segment that a block verified, or a leaf of one that a case demanded: no units."""

    job: U64
    segment: U32
    units: U64
    proof_hash: H256
    case: U64 | None = None


@dataclass(frozen=True, slots=True)
class BlockReceipts:
    """The receipts of one block, all of them checked and found good."""

    number: BlockNumber
    digest: ComputeDigest
    batches: Annotated[tuple[BatchSummary, ...], Bounded(MAX_BATCHES_PER_BLOCK)]
    openings: Annotated[tuple[OpeningSummary, ...], Bounded(MAX_OPENINGS_PER_BLOCK)]


@event
class SharesCounted:
    """Canonical shares of a provider were checked by every importer, and count."""

    provider: AccountId
    epoch: U64
    shares: U32
    work: U64


@event
class ReceiptsIncluded:
    """The block carries receipts; its header commits to these totals, in micro-CU."""

    root: H256
    work: U64
    units: U64


class Error(PalletError):
    """Why a block's receipts were refused, and the block with them."""

    NO_RECEIPTS = 0, "A block without receipts carries no receipts inherent."
    SUBMITTED_TWICE = 1, "A block carries its receipts once."
    NOT_WORKING = 2, "The shares are of no active provider."
    EMPTY_BATCH = 3, "A batch holds at least one share."
    EPOCH_CLOSED = 4, "Shares count in their epoch and the one after it."
    NOT_ASCENDING = 5, "The shares of a batch must ascend."
    COUNTED_BEFORE = 6, "The shares must be above the last one that counted."


def receipts_weight(receipts: Receipts) -> Weight:
    """Return what the inherent costs."""
    answers = sum(1 for opening in receipts.openings if opening.case is not None)
    openings = len(receipts.openings) - answers
    return HEAD + BATCH * len(receipts.batches) + OPENING * openings + ANSWER * answers


NOBODYS_WORD = NobodysWord()


class ReceiptsPallet(Pallet):
    """The proofs of compute that a block carries, counted and made payable."""

    events = (SharesCounted, ReceiptsIncluded)
    errors = Error

    marks: Map[AccountId, Annotated[tuple[Mark, ...], Bounded(EPOCHS_OPEN)]] = Map(default=())
    """The last share that counted of each provider, in the epochs that are open."""
    latest: Value[BlockNumber] = Value(default=0)
    """The last block that carried receipts."""
    recent: Map[U32, BlockReceipts] = Map(hasher=TWOX_64_CONCAT)
    """Receipts of recent blocks, by block number modulo 256."""

    def __init__(
        self,
        context: Context,
        workers: Workers,
        segments: Segments,
        beacon: Beacon,
        parameters: ShareParameters,
        *,
        demands: Demands,
        index: int,
        name: str = "Receipts",
        trust: Trust = NOBODYS_WORD,
    ) -> None:
        super().__init__(context, index=index, name=name)
        self.demands, self.trust = demands, trust
        self.workers, self.segments, self.beacon = workers, segments, beacon
        self.parameters = parameters

    @call(0, weight=receipts_weight, kind=DispatchClass.MANDATORY, pays_fee=False)
    def submit(self, origin: Origin, receipts: Receipts) -> None:
        """Count the receipts of the block. Put in by its author, checked by every importer."""
        ensure_none(origin)
        ensure(receipts != NO_RECEIPTS, Error.NO_RECEIPTS)
        number = self.context.number
        ensure(self.latest != number, Error.SUBMITTED_TWICE)
        batches = tuple(self._count(batch) for batch in receipts.batches)
        openings = tuple(self._verify(opening) for opening in receipts.openings)
        digest = receipts.digest(self.parameters, (opening.units for opening in openings))
        self.latest = number
        self.recent[number % RECENT_BLOCKS] = BlockReceipts(number, digest, batches, openings)
        self.deposit(ReceiptsIncluded(digest.root, digest.work, digest.units))

    def on_finalize(self, number: BlockNumber) -> None:
        """Commit to the receipts of the block in its header, if it carries any."""
        if self.latest == number:
            digest = self.recent[number % RECENT_BLOCKS].digest
            payload = encode(digest, ComputeDigest)
            self.context.digest.append(Consensus(COMPUTE_ENGINE, payload))

    @constant
    def share_size(self) -> U32:
        """Side of the canonical product, in elements."""
        return self.parameters.size

    @constant
    def share_target(self) -> U64:
        """Digest below which a tile is a share."""
        return self.parameters.target

    def context_at(
        self, job: int, segment: int, case: int | None
    ) -> OpeningContext | LeafContext | None:
        """Return what an opening is checked against; None if the chain waits for none."""
        if case is None:
            return self.opening_context(job, segment)
        demanded = self.demands.demanded(case, job, segment)
        return None if demanded is None else LeafContext(*demanded)

    def opening_context(self, job: int, segment: int) -> OpeningContext | None:
        """Return what the proof of a segment is checked against; None if it waits for none."""
        found = self.segments.opening(job, segment)
        if found is None:
            return None
        spec, commitment, randomness = found
        vendors: tuple[Vendor, ...] = ()
        witnesses: tuple[PublicKey, ...] = ()
        if spec.proof is ProofType.ATTESTED:
            vendors = self.trust.vendors()
        elif spec.proof is ProofType.WITNESSED:
            witnesses = self.trust.witnesses(commitment, randomness)
        return OpeningContext(spec, commitment, randomness, vendors, witnesses)

    def share_context(self, provider: AccountId, epoch: int) -> tuple[H256, ShareParameters] | None:
        """Return what shares are checked against; None if they could not count."""
        if not self._is_open(epoch) or not self.workers.is_working(provider):
            return None
        beacon = self.beacon.of_epoch(epoch)
        return None if beacon is None else (beacon, self.parameters)

    def last_counted(self, provider: AccountId, epoch: int) -> Share | None:
        """Return the last share of a provider that counted in an epoch."""
        return next((mark.share for mark in self.marks[provider] if mark.epoch == epoch), None)

    def listed(self) -> list[BlockReceipts]:
        """Return the receipts of recent blocks, latest first; for queries."""
        blocks = [block for _, block in self.recent.items()]
        return sorted(blocks, key=lambda block: -block.number)

    def _count(self, batch: ShareBatch) -> BatchSummary:
        """Count a batch of shares, once and for all."""
        provider, epoch, shares = batch.provider, batch.epoch, batch.shares
        ensure(len(shares) > 0, Error.EMPTY_BATCH)
        ensure(self.workers.is_working(provider), Error.NOT_WORKING)
        ensure(self._is_open(epoch), Error.EPOCH_CLOSED)
        require(self.beacon.of_epoch(epoch), Error.EPOCH_CLOSED)
        ascending = all(before.place < after.place for before, after in pairwise(shares))
        ensure(ascending, Error.NOT_ASCENDING)
        last = self.last_counted(provider, epoch)
        ensure(last is None or shares[0].place > last.place, Error.COUNTED_BEFORE)
        kept = (
            mark
            for mark in self.marks[provider]
            if mark.epoch != epoch and self._is_open(mark.epoch)
        )
        self.marks[provider] = (*kept, Mark(epoch, shares[-1]))
        work = len(shares) * self.parameters.work_per_share
        self.workers.record_work(provider, epoch, work)
        self.deposit(SharesCounted(provider, epoch, len(shares), work))
        return BatchSummary(provider, epoch, len(shares), work)

    def _verify(self, opening: Opening) -> OpeningSummary:
        """Make a segment payable, or close a case by its leaf.

        The proof itself was checked before the block was executed.
        """
        if opening.case is not None:
            self.demands.answer(opening.case, opening.job, opening.segment)
            return OpeningSummary(opening.job, opening.segment, 0, opening.proof_hash, opening.case)
        units = self.segments.verify(opening.job, opening.segment, opening.proof_hash)
        return OpeningSummary(opening.job, opening.segment, units, opening.proof_hash)

    def _is_open(self, epoch: int) -> bool:
        current = self.beacon.current_epoch()
        return current - EPOCHS_OPEN < epoch <= current

    @invariant
    def the_ring_holds_recent_blocks(self) -> bool:
        """Each summary lies in the place of its block, and none is later than the latest."""
        return all(
            block.number % RECENT_BLOCKS == place and block.number <= self.latest
            for place, block in self.recent.items()
        )
