"""What a voter must not forget: written before a vote is sent, read at the next start.

A voter that forgot its vote could cast another in the same round, and be slashed for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Protocol

from consensus.finality.ghost import BlockRef, RoundState
from consensus.finality.round import Round, VotingBlock
from consensus.finality.vote import MAX_VOTERS, SignedMessage
from runtime.primitives.finality import scheduled_change
from runtime.primitives.scale import decode, encode
from runtime.primitives.schema import Bounded
from runtime.primitives.types import H256, U32, U64

MAX_KEPT_VOTES = 6 * MAX_VOTERS
"""Three stages, and two votes of every voter in each."""

MARGIN_SLOTS = 2
"""By how much our clock and those of others may differ."""


class VoterStore(Protocol):
    """Keeps one small record over restarts."""

    def load(self) -> bytes | None:
        """Return what was saved last."""
        ...

    def save(self, record: bytes) -> None:
        """Write `record` to disk before returning, and every block that was imported before.

        One database with one log does both by one synced write. A vote for a block that the
        crash took along would be lost to everyone.
        """
        ...


@dataclass(frozen=True, slots=True)
class Memory:
    """Since when this node would know if it had voted."""

    since_slot: int

    def has(self, block: VotingBlock) -> bool:
        """Return whether every honest vote for the block, or above it, was cast since."""
        return block.slot > self.since_slot + MARGIN_SLOTS

    def has_set_of(self, root: VotingBlock) -> bool:
        """Return whether the set that decides above a final block began since, with that block."""
        return scheduled_change(root.header) is not None and self.has(root)


@dataclass(frozen=True, slots=True)
class BlockName:
    """A block by hash and height."""

    hash: H256
    number: U32


@dataclass(frozen=True, slots=True)
class VoterRecord:
    """A voter's own votes in its round, and the round before with which it began."""

    set_id: U64
    round: U64
    votes_from: U64 | None
    """The first round in which a vote cannot be the second; None while we listen for it."""
    own: Annotated[tuple[SignedMessage, ...], Bounded(3)]
    previous_round: U64
    previous_base: BlockName
    previous_votes: Annotated[tuple[SignedMessage, ...], Bounded(MAX_KEPT_VOTES)]
    ghost: BlockName
    finalized: BlockName | None
    estimate: BlockName

    def is_of(self, voter: bytes) -> bool:
        """Return whether the own votes are of that key: another one has other memories."""
        return all(signed.id == voter for signed in self.own)


def record_of(
    set_id: int,
    current: Round,
    previous: Round,
    own: list[SignedMessage],
    votes_from: int | None,
) -> bytes:
    """Return the bytes to save."""
    settled = previous.settled
    assert settled is not None, "a round is left only when it is completable"
    assert settled.ghost is not None, "a completable round has a ghost"
    assert settled.estimate is not None, "a completable round has an estimate"
    record = VoterRecord(
        set_id=set_id,
        round=current.number,
        votes_from=votes_from,
        own=tuple(own),
        previous_round=previous.number,
        previous_base=_name(previous.base),
        previous_votes=tuple(previous.votes()),
        ghost=_name(settled.ghost),
        finalized=None if settled.finalized is None else _name(settled.finalized),
        estimate=_name(settled.estimate),
    )
    return encode(record, VoterRecord)


def read_record(raw: bytes) -> VoterRecord:
    """Return a saved record.

    Raises: DecodeError; the database is corrupt, and voting on would risk the stake.
    """
    record: VoterRecord = decode(raw, VoterRecord)
    return record


def previous_round(record: VoterRecord) -> Round:
    """Rebuild the round before the recorded one."""
    settled = RoundState(
        ghost=_ref(record.ghost),
        finalized=None if record.finalized is None else _ref(record.finalized),
        estimate=_ref(record.estimate),
        is_completable=True,
    )
    previous = Round(record.previous_round, _ref(record.previous_base), settled=settled)
    for signed in record.previous_votes:
        previous.add(signed)
    return previous


def _name(block: BlockRef) -> BlockName:
    return BlockName(block.hash, block.number)


def _ref(block: BlockName) -> BlockRef:
    return BlockRef(block.hash, block.number)
