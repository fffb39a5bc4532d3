"""How much the pool takes in, and how much work it does for each block."""

from __future__ import annotations

from dataclasses import dataclass

from runtime.primitives.extrinsic import MAX_EXTRINSIC_BYTES

VALIDATIONS_PER_SLICE = 32
"""A validation takes about 100 µs: the event loop is never held for much more than 3 ms."""


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """The bounds of a pool; the defaults are Substrate's where it has the same limit."""

    extrinsic_bytes: int = MAX_EXTRINSIC_BYTES
    ready_count: int = 8192
    ready_bytes: int = 20 << 20
    future_count: int = 1024
    """Nobody has paid for what cannot be applied yet."""
    future_bytes: int = 2 << 20
    per_sender: int = 512
    """Ready and future of one account: the most that one sender may crowd out."""
    banned_count: int = 8192
    ban_seconds: float = 600.0
    """Long enough that a bad extrinsic has left the other nodes' pools too."""
    revalidated_per_block: int = 64
    """Two milliseconds of work; the whole pool in some minutes."""
    revalidated_of_touched_senders: int = 512
    """Extrinsics of accounts that a block touched, whose nonces may be stale."""
