"""Which of two chains is better: most primary slots, most proven work, longest, lowest hash."""

from __future__ import annotations

from dataclasses import dataclass

from runtime.primitives.block import COMPUTE_ENGINE, ComputeDigest, Consensus, Header
from runtime.primitives.scale import decode
from runtime.primitives.types import H256, U32, U64, U128


@dataclass(frozen=True, slots=True)
class Record:
    """A chain's merits, summed from genesis to the block `hash`.

    Candidates share everything up to the last finalized block, so that sums from genesis order
    them as sums above it do.
    """

    primaries: U64
    work: U128
    number: U32
    hash: H256


def genesis_record(header: Header) -> Record:
    """Return the record of a chain that is its genesis block alone."""
    return Record(0, 0, header.number, header.hash)


def extended(parent: Record, header: Header, is_primary: bool) -> Record:
    """Return the record of the chain that ends in `header` on top of `parent`."""
    return Record(
        primaries=parent.primaries + is_primary,
        work=parent.work + proven_work(header),
        number=header.number,
        hash=header.hash,
    )


def is_better(candidate: Record, other: Record) -> bool:
    """Return whether the fork choice prefers `candidate` to `other`."""
    return merit(candidate) < merit(other)


def merit(record: Record) -> tuple[int, int, int, bytes]:
    """Return a sort key under which the best record comes first."""
    return (-record.primaries, -record.work, -record.number, record.hash)


def proven_work(header: Header) -> int:
    """Return the canonical work that the header says its block proves, in micro-CU.

    Raises: DecodeError; execution has compared the digest with the receipts before.
    """
    total = 0
    for item in header.digest:
        if isinstance(item, Consensus) and item.engine == COMPUTE_ENGINE:
            total += decode(item.payload, ComputeDigest).work
    return total
