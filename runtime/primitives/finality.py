"""What a block's digest tells about finality: read by consensus, by light readers, by wallets.

Source: `sp_consensus_grandpa::ConsensusLog`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from runtime.primitives.block import GRANDPA_ENGINE, Consensus, Header
from runtime.primitives.scale import DecodeError, decode, encode
from runtime.primitives.types import U32, U64, PublicKey

Authority = tuple[PublicKey, U64]
"""A voting key and its weight."""


@dataclass(frozen=True, slots=True)
class ScheduledChange:
    """The voters change `delay` blocks after the block with this log, once that is final."""

    index: ClassVar[int] = 1
    next_authorities: tuple[Authority, ...]
    delay: U32


def scheduled_change(header: Header) -> ScheduledChange | None:
    """Return the change of voters that a block announces.

    Raises:
        DecodeError: the log is not one that this chain makes.
    """
    logs = [
        item.payload
        for item in header.digest
        if isinstance(item, Consensus) and item.engine == GRANDPA_ENGINE
    ]
    if not logs:
        return None
    if len(logs) > 1 or logs[0][:1] != bytes((ScheduledChange.index,)):
        raise DecodeError(f"wanted one change of voters, got {len(logs)} logs")
    change: ScheduledChange = decode(logs[0][1:], ScheduledChange)
    if change.delay != 0:
        raise DecodeError(f"wanted a change without delay, got {change.delay}")
    return change


def change_payload(change: ScheduledChange) -> bytes:
    """Return the log of a change of voters."""
    return bytes((ScheduledChange.index,)) + encode(change, ScheduledChange)
