"""Calls that are named before they are made: short ones in full, long ones by their hash.

The bytes behind a hash are a preimage; the pallet Preimage keeps those that somebody paid for.
Source: `frame_support::traits::preimages`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Protocol

from runtime.frame.calls import INNER
from runtime.primitives.record import record
from runtime.primitives.schema import Bounded
from runtime.primitives.types import H256, U32

MAX_INLINE_BYTES = 128
"""A call up to this long travels in full."""


@record
class Legacy:
    """A call by its hash alone, as older chains wrote it."""

    has_named_fields: ClassVar[bool] = True
    index: ClassVar[int] = 0
    hash: H256


@record
class Inline:
    """A call in full."""

    index: ClassVar[int] = 1
    call: Annotated[bytes, Bounded(MAX_INLINE_BYTES)]


@record
class Lookup:
    """A call by its hash and its length in bytes."""

    index: ClassVar[int] = 2
    hash: H256
    len_: U32


BoundedCall = Legacy | Inline | Lookup
"""A call that is named, and made later."""


@dataclass(frozen=True, slots=True)
class BlakeTwo256:
    """The hash function of the chain."""

    type_path: ClassVar[str] = "sp_runtime::traits::BlakeTwo256"


BOUNDED_PARAMETERS: tuple[tuple[str, Any], ...] = (("T", INNER), ("H", BlakeTwo256))
"""The parameters that clients find in the type of a bounded call."""


class Preimages(Protocol):
    """Where the bytes behind hashes are."""

    def bound(self, raw: bytes) -> BoundedCall:
        """Name a call; a long one is stored and requested, or `DispatchError` is raised."""
        ...

    def request(self, bounded: BoundedCall) -> None:
        """Keep the bytes of a call until they are released as often as they were requested."""

    def release(self, bounded: BoundedCall) -> None:
        """Let the bytes of a call go; nothing happens if they were not requested."""

    def peek(self, bounded: BoundedCall) -> bytes | None:
        """Return the bytes of a call, or None if they are not there."""
        ...


def stored_bytes(bounded: BoundedCall) -> int | None:
    """Return how many bytes must be looked up for a call, at most; None if it travels in full."""
    match bounded:
        case Lookup(_, size):
            return size
        case Inline():
            return None
        case Legacy():
            return MAX_PREIMAGE_BYTES


MAX_PREIMAGE_BYTES = 1 << 19
"""The most bytes behind a hash: half of the longest extrinsic that can bring them."""
