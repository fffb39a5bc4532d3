"""What a provider's worker needs to see and to use: one finalized view, and four ports.

The node gives it these; tests give it others. Everything in a view is derived from finalized
state, so a worker that restarts finds all it needs in the next one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from consensus.compute.device import DeviceError
from consensus.compute.executor import JobExecutor
from runtime.compute.bisection import Node
from runtime.compute.classes import BadInput, Tree
from runtime.compute.contents import BadPayload
from runtime.compute.job import BadSpec, JobSpec
from runtime.compute.receipt import Commitment, Opening
from runtime.compute.shares import ShareBatch, ShareParameters

SegmentId = tuple[int, int]
"""Job and segment."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """A segment that this provider is to compute and has not committed to."""

    job: int
    segment: int
    spec: JobSpec
    is_started: bool

    @property
    def id(self) -> SegmentId:
        """What names it."""
        return self.job, self.segment


@dataclass(frozen=True, slots=True)
class Awaiting:
    """A commitment of this provider that has not been opened."""

    commitment: Commitment
    spec: JobSpec
    committed_at: int
    """The block that it is in."""
    randomness: bytes | None
    """That of the block two later, once there is one."""
    witnesses: tuple[bytes, ...] = ()
    """The drawn seats, if witnesses prove it, once there is the randomness."""

    @property
    def id(self) -> SegmentId:
        """What names it."""
        return self.commitment.job, self.commitment.segment


@dataclass(frozen=True, slots=True)
class Demand:
    """What somebody demands to see of a result of this provider, which is convicted otherwise."""

    case: int
    commitment: Commitment
    spec: JobSpec
    tree: Tree
    node: Node
    """The node below which hashes are to be shown; a leaf is to be opened."""
    leaf: int | None
    """The number of that leaf among all leaves of the job."""


@dataclass(frozen=True, slots=True)
class Lottery:
    """What canonical work is seeded with at present."""

    epoch: int
    beacon: bytes
    parameters: ShareParameters
    counted_below: int
    """Nonces below it no longer count for this provider in this epoch."""


@dataclass(frozen=True, slots=True)
class ProviderView:
    """A finalized block as one provider sees it."""

    number: int
    assigned: tuple[Assignment, ...]
    """In the order in which they are to be done."""
    awaiting: tuple[Awaiting, ...]
    lottery: Lottery | None
    """None while there is nothing to mine for."""
    takes_jobs: bool = True
    """Whether the provider is active on chain, so that it may be given a job."""
    demands: tuple[Demand, ...] = ()
    kept: frozenset[bytes] = frozenset()
    """Roots of contents that may still be demanded: they must not be lost."""
    beat_due: int | None = None
    """The interval of heartbeats under way, while the chain has none of it."""


class BlobUnavailable(Exception):
    """Nobody served these bytes in time, or there is no room to keep them."""


class SubmissionRefused(Exception):
    """The pool did not take it; a later view may show that it need not."""


UNANSWERED = (
    *(BadInput, BadSpec, BadPayload),
    *(BlobUnavailable, DeviceError, SubmissionRefused),
)
"""What may keep a commitment or a leaf from being opened; it is tried again with the next view."""


class Views(Protocol):
    """The chain as this provider sees it."""

    def finalized(self) -> AsyncIterator[ProviderView]:
        """Yield the newest view whenever there is a newer one; views may be skipped."""


Check = Callable[[bytes], Awaitable[None]]
"""Raises `BadPayload` for bytes that are not what the chain's root says."""


class Blobs(Protocol):
    """Bulk bytes by the root that the chain knows them by: whoever serves them says so."""

    async def get(self, root: bytes, size_bytes: int, check: Check | None = None) -> bytes:
        """Return the bytes, at most that many, from here or from peers; or `BlobUnavailable`.

        Of peers whose bytes do not pass a check the next one is asked; if nobody's do, it raises
        what the check did. Without a check, whoever asks must look himself.
        """

    async def put(self, root: bytes, content: bytes) -> None:
        """Keep the bytes on disk and serve them; or `BlobUnavailable`, if there is no room."""

    def keep(self, roots: frozenset[bytes]) -> None:
        """Make room at the cost of others than these, until told otherwise."""


class Submit(Protocol):
    """The way onto the chain. Each may raise `SubmissionRefused`."""

    async def call(self, pallet: str, call: str, arguments: Mapping[str, Any]) -> None:
        """Submit a call signed by the provider."""

    async def opening(self, opening: Opening, proof: bytes) -> None:
        """Publish an opening and its proof for the next author."""

    async def shares(self, batch: ShareBatch) -> None:
        """Publish canonical shares for the next author."""


class Sealing(Protocol):
    """Sealed boxes: those for this provider, and those for others."""

    def open(self, box: bytes) -> bytes:
        """Return what was sealed to this provider's key; raises `private.BadBox`."""
        ...

    def seal(self, key: bytes, plain: bytes) -> bytes:
        """Seal bytes to an X25519 key; raises `private.BadKey`."""
        ...

    def seal_to_signer(self, key: bytes, plain: bytes) -> bytes:
        """Seal bytes to an ed25519 key; raises `private.BadKey`."""
        ...


class Attester(Protocol):
    """Confidential hardware of a vendor."""

    def attest(self, spec: JobSpec, commitment: Commitment, randomness: bytes) -> bytes:
        """Return the document that proves a segment: an encoded `attestation.Attestation`."""
        ...


class Testimonies(Protocol):
    """What witnesses have said of private segments."""

    def signed(self, job: int, segment: int) -> tuple[bytes, ...]:
        """Return the witnesses that have signed."""
        ...

    def proof(self, job: int, segment: int) -> bytes | None:
        """Return the proof of a segment, or None while too few have signed."""
        ...


class Log(Protocol):
    """Structured log lines."""

    def info(self, event: str, **fields: Any) -> None:
        """Say what happened."""

    def warning(self, event: str, **fields: Any) -> None:
        """Say what somebody should look at."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything a worker reaches the world through."""

    views: Views
    blobs: Blobs
    submit: Submit
    device: JobExecutor
    log: Log
    sealing: Sealing | None = None
    """Without it private jobs are declined."""
    testimonies: Testimonies | None = None
    attester: Attester | None = None
    """Without it jobs that want an attestation are declined."""
