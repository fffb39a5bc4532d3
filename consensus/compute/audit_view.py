"""What an auditor needs to see and to use: the audits of one block, and its ports.

The node gives it these; tests give it others. A view holds all that is to be done, so an auditor
that restarts finds its duties in the next one: its salts follow from its key, its tags from the
contents, and so nothing needs to be kept.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from consensus.compute.provider_view import Blobs, Log
from runtime.compute.audit import Finding
from runtime.compute.classes import Result, Work
from runtime.compute.job import JobSpec
from runtime.compute.reading import Reading
from runtime.compute.receipt import Commitment


@dataclass(frozen=True, slots=True)
class Duty:
    """An audit under way, as one of this node's auditors sees it."""

    audit: int
    auditor: bytes
    """The validator's account."""
    key: bytes
    """Its audit key."""
    spec: JobSpec
    commitment: Commitment
    seed: bytes
    size: int
    """Validators drawn in expectation."""
    validators: int
    until: int
    """The last block of the phase."""
    takes_commits: bool
    """Whether the time to commit is not over."""
    sealed: bytes | None
    """What this auditor committed to; None if it has not."""
    is_shown: bool
    """Whether its verdict is on the chain, or is not heard any more."""
    randomness: bytes | None
    """What says which leaves to show, once there is such a block."""


@dataclass(frozen=True, slots=True)
class AuditorView:
    """The best block as the auditors of a node see it."""

    number: int
    duties: tuple[Duty, ...]


class Views(Protocol):
    """The chain as this node's auditors see it."""

    def best(self) -> AsyncIterator[AuditorView]:
        """Yield the newest view whenever there is a newer one; views may be skipped."""


class Keys(Protocol):
    """The audit keys of this node."""

    def prove(self, key: bytes, alpha: bytes) -> bytes:
        """Return the VRF proof of a key, 80 bytes."""
        ...

    def sign(self, key: bytes, message: bytes) -> bytes:
        """Return the ed25519 signature of a key, 64 bytes."""
        ...


class Submit(Protocol):
    """The way onto the chain. Each may raise `SubmissionRefused`."""

    async def commit(self, duty: Duty, proof: bytes, sealed: bytes, signature: bytes) -> None:
        """Commit to a verdict."""

    async def reveal(self, duty: Duty, finding: Finding, reading: Reading) -> None:
        """Show a verdict."""


class AuditDevice(Protocol):
    """A device as an auditor uses it; raises `DeviceError`."""

    async def run(self, work: Work, content: bytes) -> Result:
        """Do a job on its input; raises `BadInput` if that is none."""


@dataclass(frozen=True, slots=True)
class AuditPorts:
    """Everything an auditor reaches the world through."""

    views: Views
    keys: Keys
    blobs: Blobs
    submit: Submit
    device: AuditDevice
    log: Log
