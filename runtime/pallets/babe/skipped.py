"""Which session an epoch was: an epoch without a block is skipped, a session is not.

Source: FRAME, `pallet_babe::SkippedEpochs`.
"""

from __future__ import annotations

from typing import Annotated

from runtime.primitives.schema import Bounded
from runtime.primitives.types import U32, U64

MAX_SKIPPED = 100
"""Gaps that are known; before the first of more, no report is accepted."""

Skipped = tuple[U64, U32]
"""The first epoch after a gap, and its session."""

SkippedEpochs = Annotated[tuple[Skipped, ...], Bounded(MAX_SKIPPED)]


def with_epoch(epoch: int, session: int, known: SkippedEpochs) -> SkippedEpochs:
    """Note that a session is an epoch, where epochs were skipped since the last one noted."""
    if session_of(epoch, known) == session:
        return known
    return (*known, (epoch, session))[-MAX_SKIPPED:]


def session_of(epoch: int, known: SkippedEpochs) -> int:
    """Return the session that an epoch was, or will be if it is not skipped."""
    before = [noted for noted in known if noted[0] <= epoch]
    if not before:
        return epoch
    noted_epoch, noted_session = before[-1]
    return noted_session + epoch - noted_epoch
