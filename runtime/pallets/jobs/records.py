"""What the chain keeps of a job: its record, its segments, its place in a queue."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Annotated

from runtime.compute.job import JobSpec, LatencyClass, Market
from runtime.compute.price import Price
from runtime.compute.receipt import Commitment
from runtime.compute.registry import units, work_of
from runtime.primitives.schema import Bounded
from runtime.primitives.types import H256, U8, U32, U64, AccountId, Balance, BlockNumber
from runtime.terms import DEFAULTS, SplitRates

MAX_HISTORY = 32
"""Transitions that a record keeps: three attempts of one segment take at most twenty."""
LANE_SLOTS = 512
"""Jobs that may wait in one market: a lane is one stored value of 8 KB."""

MAX_ATTEMPTS = 3
"""Providers that may let a job down: it then fails."""
MAX_DECLINES = 16
"""Providers that may give a job back, as many as a client may deny: few can end nobody's order by
that, and an order that nobody can do does not go round the whole market."""
SEGMENTS_PER_JOB = 1
"""A product is one segment: the largest takes a reference GPU less than a second."""


class JobState(Enum):
    """Where a job is on its way. Indices are append-only."""

    QUEUED = 0
    """Waits for a provider."""
    ASSIGNED = 1
    """Has a provider, which has yet to start."""
    RUNNING = 2
    """Is being worked on."""
    COMMITTED = 3
    """A result is committed to; its opening is awaited."""
    VERIFYING = 4
    """The opening was checked by every importer; settlement follows in the next block."""
    SETTLED = 5
    """A segment was paid; passed through on the way to the next or to the end."""
    COMPLETED = 6
    """Every segment is paid, and the rest of the escrow returned."""
    CANCELLED = 7
    """Withdrawn by its client."""
    EXPIRED = 8
    """Its deadline passed; the escrow was returned."""
    FAILED = 9
    """No provider could do it; the escrow was returned."""

    @property
    def is_open(self) -> bool:
        """Whether the job is still on its way."""
        return self.value <= JobState.SETTLED.value


class FailReason(Enum):
    """Why a job failed. Indices are append-only."""

    ATTEMPTS_EXHAUSTED = 0
    """Three providers let it down, or sixteen gave it back."""
    DIRECT_PROVIDER = 1
    """The one provider that it was meant for did not do it."""
    QUEUE_FULL = 2
    """It could not return to a queue that had filled up."""
    NOT_PAYABLE = 3
    """The ledger refused its settlement."""


@dataclass(frozen=True, slots=True)
class Transition:
    """A state and the block in which it was entered."""

    state: JobState
    block: BlockNumber


@dataclass(frozen=True, slots=True)
class Job:
    """A job on its way, or the record of one that ended."""

    client: AccountId
    state: JobState
    market: Market
    latency: LatencyClass
    tip: U32
    """Added to the price, in parts per billion of it."""
    is_direct: bool
    """Whether its client named the provider; such a job moves no reputation."""
    provider: AccountId | None
    price: Price | None
    """Locked when a provider is found."""
    max_price: Balance
    units: U64
    """What the whole job is metered at, in micro-CU."""
    max_units: U64
    """What its client prepaid for, in micro-CU."""
    escrow: Balance
    """What is on hold of the client for this job."""
    prepaid: Balance
    """All that ever was: what of it was not paid went back."""
    deposit: Balance
    """What is on hold for its place in the queue."""
    exposure: Balance
    """What it puts at stake of its provider's bond."""
    paid: Balance
    submitted_at: BlockNumber
    deadline: BlockNumber
    key: U64
    """Its place in the queue: the lowest is served first; a job that returns keeps its own."""
    wake: BlockNumber
    """The block of the agenda under which it is listed while open."""
    tried: Annotated[tuple[AccountId, ...], Bounded(MAX_ATTEMPTS + MAX_DECLINES)]
    """Providers that had it before, in order."""
    segments: U32
    next_segment: U32
    verdicts: U8
    """Verdicts awaited on a verified segment before it is paid."""
    history: Annotated[tuple[Transition, ...], Bounded(MAX_HISTORY)]
    split: SplitRates | None = None
    """Where its fee goes, locked with the price where that is not as the chain began."""

    @property
    def entered_at(self) -> BlockNumber:
        """The block in which the present state was entered."""
        return self.history[-1].block

    @property
    def rates(self) -> SplitRates:
        """Where its fee goes."""
        return self.split or DEFAULTS.fees

    @property
    def segment_units(self) -> int:
        """The micro-CU of the next segment; a job is cut in equal parts, rounded up."""
        return -(-self.units // self.segments)


def new_job(client: AccountId, spec: JobSpec, tip: int, now: BlockNumber, key: int) -> Job:
    """Write the record of a job that was just ordered; its escrow is still to be fixed."""
    return Job(
        client=client,
        state=JobState.QUEUED,
        market=spec.market,
        latency=spec.latency,
        tip=tip,
        is_direct=False,
        provider=None,
        price=None,
        max_price=spec.max_price,
        units=units(work_of(spec.job_class, spec.params)),
        max_units=spec.max_units,
        escrow=0,
        prepaid=0,
        deposit=0,
        exposure=0,
        paid=0,
        submitted_at=now,
        deadline=spec.deadline,
        key=key,
        wake=0,
        tried=(),
        segments=SEGMENTS_PER_JOB,
        next_segment=0,
        verdicts=0,
        history=(),
    )


class SegmentStatus(Enum):
    """What became of a committed segment. Indices are append-only."""

    COMMITTED = 0
    VERIFIED = 1
    SETTLED = 2
    FAILED = 3


@dataclass(frozen=True, slots=True)
class Output:
    """What a provider commits to when a segment is done."""

    out_root: H256
    """Root of the output leaves, salted with provider, job and segment."""
    aux_root: H256
    """Root of checkpoints; zeros for classes without any."""
    out_bytes: U64


@dataclass(frozen=True, slots=True)
class Segment:
    """A committed segment of a job."""

    provider: AccountId
    units: U64
    output: Output
    committed_at: BlockNumber
    status: SegmentStatus
    proof_hash: H256 | None
    """The proof that every importer checked."""

    @property
    def roots(self) -> tuple[H256, H256]:
        """The roots of its contents; the second is of zeros where there is none."""
        return self.output.out_root, self.output.aux_root

    def commitment(self, job: int, place: int) -> Commitment:
        """Return what the provider gave its word for."""
        output = self.output
        return Commitment(
            job, place, self.provider, output.out_root, output.aux_root, output.out_bytes
        )


@dataclass(frozen=True, slots=True)
class QueueItem:
    """A job that waits."""

    key: U64
    job: U64

    @property
    def order(self) -> tuple[int, int]:
        """Lowest first: by key, then by age."""
        return self.key, self.job


@dataclass(frozen=True, slots=True)
class Lane:
    """The queue of one market, in order."""

    items: Annotated[tuple[QueueItem, ...], Bounded(LANE_SLOTS)]
    scan: U32
    """Where the search for a job that can be matched goes on: a head that nobody can take does
    not block those behind it."""


EMPTY_LANE = Lane((), 0)


@dataclass(frozen=True, slots=True)
class Window:
    """The ends of a queue that is kept in a map by position."""

    first: U64
    end: U64


EMPTY_WINDOW = Window(0, 0)
