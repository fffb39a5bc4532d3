"""Which leaves of a committed result must be opened: drawn from randomness younger than the commit.

A provider that knew the draw could compute only those leaves; the draw therefore uses a block
that did not exist when the commitment entered the chain.
"""

from __future__ import annotations

from runtime.compute.job import SAMPLES
from runtime.primitives.hashing import blake2_256

RANDOMNESS_DELAY = 2
"""A commitment of block h is challenged with the randomness of block h + 2: its provider may write
block h + 1 itself, and withholding one's own slot costs a block reward."""
OPENING_FIRST = 3
"""Blocks after the commitment from which an opening is valid: the randomness is then known."""
OPENING_LAST = 12
"""Blocks after the commitment until which it must be opened: finality lags a few blocks, and a
restarted provider needs some; no opening by then is a failure."""
_WORDS = 4
"""64-bit words in one digest."""


def challenge(
    commitment: bytes, randomness: bytes, leaves: int, samples: int = SAMPLES
) -> tuple[int, ...]:
    """Draw `samples` distinct leaf indices without bias, ascending; all when there are no more.

    A word is used only below the largest multiple of `leaves`, so every index is equally likely.
    """
    if leaves <= samples:
        return tuple(range(leaves))
    fair = 2**64 - 2**64 % leaves
    drawn: dict[int, None] = {}
    counter = 0
    while True:
        seed = commitment + randomness + counter.to_bytes(4, "little")
        digest = blake2_256(b"starminer/challenge" + seed)
        for i in range(_WORDS):
            word = int.from_bytes(digest[8 * i : 8 * i + 8], "little")
            if word < fair:
                drawn[word % leaves] = None
            if len(drawn) == samples:
                return tuple(sorted(drawn))
        counter += 1
