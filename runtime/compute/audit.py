"""Full audits: who is drawn, what an auditor finds, and how it commits to that before it shows it.

An auditor proves with its VRF, and so in private until it speaks, that it is drawn for a segment.
Draws are nested: a larger committee has everyone of the smaller one, so a verdict once given
counts in every later draw. Source: design page "Compute", Protocol, item 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from runtime.primitives.hashing import blake2_256
from runtime.primitives.scale import encode
from runtime.primitives.types import H256, AccountId

COMMITTEE = 10
"""Validators drawn in expectation: all ten are bad once in 59,000 draws where a third is."""
LARGER_COMMITTEE = 20
"""Who decides where the first committee is not of one mind; after it, all."""
OUTPUT_BITS = 128
"""Outputs are compared as numbers of this size, as in the lottery for slots."""

NOT_READ = bytes(32)
"""The tag of a verdict that says that there is nothing to read."""


class Verdict(Enum):
    """What an auditor found. Indices are append-only."""

    GOOD = 0
    """Input, output and auxiliary content are what the chain says, and the result is exact."""
    BAD = 1
    """The contents are those that the provider committed to, and the result is wrong."""
    MISSING = 2
    """Nobody served a content that hashes to its root: the provider serves both while it waits."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict, and what shows that the auditor had the bytes that it judged."""

    verdict: Verdict
    tag: H256
    """Root over all committed leaves, hashed under the auditor's own VRF output (`reading`)."""
    salt: H256
    """Keeps the verdict from being guessed while it is sealed."""


def vrf_input(seed: bytes, commitment: bytes) -> bytes:
    """Return what auditors prove: `seed` is the randomness of the block that drew the audit."""
    return b"starminer/audit" + seed + commitment


def is_audited(seed: bytes, commitment: bytes, rate: int) -> bool:
    """Say whether a segment is drawn, at a rate in parts per billion."""
    drawn = int.from_bytes(blake2_256(b"starminer/audit draw" + seed + commitment)[:8], "little")
    return drawn * 10**9 < rate << 64


def is_drawn(output: bytes, size: int, validators: int) -> bool:
    """Say whether a VRF output is of a committee of about `size` among so many validators.

    Each is drawn with a probability of size/validators, whatever its stake: verdicts are
    independent of stake, so that no whale outvotes nine honest auditors.
    """
    drawn = int.from_bytes(output[: OUTPUT_BITS // 8], "little")
    return drawn * validators < size << OUTPUT_BITS


def seal(seed: bytes, commitment: bytes, auditor: bytes, finding: Finding) -> bytes:
    """Hide a finding: bound to the auditor and the segment, so that nobody can copy it."""
    place = seed + commitment + encode(auditor, AccountId)
    return blake2_256(b"starminer/audit seal" + place + encode(finding, Finding))


def sealed_message(seed: bytes, commitment: bytes, sealed: bytes) -> bytes:
    """Return what the audit key signs beside its VRF proof, which alone binds no verdict."""
    return b"starminer/audit commit" + seed + commitment + sealed
