"""Calls that nobody signs and nobody pays for: a pallet says which of them may enter a block.

An inherent is vouched for by the author. Any other unsigned call must prove by itself that it is
worth a place, and that it can enter once only; else blocks could be filled for nothing. The pallet
is asked by the pool, and again for each such call of a block, whoever built it.
Source: `sp_runtime::traits::ValidateUnsigned`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum

from runtime.frame.dispatch import DispatchError, PalletError
from runtime.primitives.types import U64, U64_MAX

ADMITTED_BLOCKS = 600
"""After so many blocks an unsigned call is out of time; who still needs it submits it again."""


@dataclass(frozen=True, slots=True)
class Admission:
    """An unsigned call may enter; how it stands among others in the pool."""

    provides: bytes
    """Of calls that provide the same, one enters."""
    longevity: U64 = ADMITTED_BLOCKS
    """Blocks for which this holds."""
    priority: U64 = U64_MAX


class Why(Enum):
    """Why an unsigned call may not enter."""

    NOT_ALLOWED = "nobody may make this call without a signature"
    BAD_PROOF = "what the call proves by itself does not hold"
    STALE = "the chain knows it already"


class NotAdmitted(Exception):
    """An unsigned call may not enter a block on this state."""

    def __init__(self, why: Why, detail: str = "") -> None:
        super().__init__(f"{why.value}: {detail}" if detail else why.value)
        self.why = why


@contextmanager
def admitted(reasons: Mapping[PalletError, Why]) -> Iterator[None]:
    """Turn the pallet's own refusal inside into that of an unsigned call.

    Raises:
        NotAdmitted: the block inside was refused with an error of `reasons`.
    """
    try:
        yield
    except DispatchError as refusal:
        why = reasons.get(refusal.error, Why.NOT_ALLOWED)
        raise NotAdmitted(why, str(refusal)) from refusal
