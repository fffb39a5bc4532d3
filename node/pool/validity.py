"""What the pool asks of the runtime, and the ways in which it refuses an extrinsic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from runtime.validity import Invalid, ValidTransaction


class Source(Enum):
    """Where an extrinsic came from."""

    OWN = "own"
    """This node itself: it may report offences without a signature."""
    LOCAL = "local"
    """A client of this node."""
    GOSSIP = "gossip"
    """Another node."""
    RETRACTED = "retracted"
    """A block that is no longer on the best chain."""


class Validator(Protocol):
    """Judges extrinsics on the state of the best block."""

    def validate(self, raw: bytes, source: Source) -> ValidTransaction:
        """Return what the runtime says of the extrinsic; raises InvalidTransaction."""

    def sender(self, raw: bytes) -> bytes | None:
        """Return the account that signed, unchecked, or None for a bare or unreadable extrinsic."""


class SignatureCheck(Protocol):
    """Checks signatures ahead of validation, many at once, and remembers the good ones."""

    async def check(self, raws: Sequence[bytes]) -> Sequence[bool]:
        """Say for each extrinsic whether its signature is good or is left to `validate`."""


class RefusalKind(Enum):
    """Why the pool did not take an extrinsic."""

    TOO_LARGE = "too large"
    ALREADY_KNOWN = "already in the pool"
    BANNED = "temporarily banned, as it was invalid or in a block not long ago"
    INVALID = "invalid"
    TOO_LOW_PRIORITY = "priority too low to replace another extrinsic"
    SENDER_LIMIT = "too many extrinsics of one sender"
    POOL_FULL = "dropped at once, the pool is full of better ones"


class Refused(Exception):
    """The pool did not take an extrinsic; `kind` says which rule, `invalid` the runtime's word."""

    def __init__(self, kind: RefusalKind, detail: str, invalid: Invalid | None = None) -> None:
        super().__init__(f"{kind.value}: {detail}")
        self.kind = kind
        self.invalid = invalid


@dataclass(frozen=True, slots=True)
class Pooled:
    """An extrinsic in the pool."""

    hash: bytes
    raw: bytes
    validity: ValidTransaction
    sender: bytes | None
    source: Source
    sequence: int
    """Counts arrivals: of two equals the earlier goes first."""
    valid_until: int
    """The best block number at which it can no longer go into the next block."""
