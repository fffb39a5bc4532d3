"""What a voter must not forget: written before a vote is sent, read at the next start.

A voter that forgot its vote could cast another in the same round, and be slashed for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Protocol

from consensus.finality.ghost import BlockRef, RoundState
from consensus.finality.round import Round, VotingBlock
from consensus.finality.vote import MAX_VOTERS, Acquaintance, SignedMessage
from runtime.primitives.finality import scheduled_change
from runtime.primitives.scale import DecodeError, decode, encode
from runtime.primitives.schema import Bounded
from runtime.primitives.types import H256, U32, U64, PublicKey

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
    """A voter's own votes in its round, what it had heard, and the round before."""

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
    voter: PublicKey | None
    """Whose record it is; None in one that was saved before this was kept."""
    heard: Annotated[tuple[SignedMessage, ...], Bounded(MAX_KEPT_VOTES)]
    """The votes of others in this round: our own may rest on one that nobody else has."""
    known: Annotated[tuple[Acquaintance, ...], Bounded(MAX_VOTERS)] | None
    """The voters of the chain's first set that we know; None in later sets."""

    def is_of(self, voter: bytes) -> bool:
        """Return whether the record is of that key: another one has other memories."""
        if self.voter is not None:
            return self.voter == voter
        return all(signed.id == voter for signed in self.own)


ADDED = b"\x00\x00\x00"
"""What a record that was saved before `voter`, `heard` and `known` were kept lacks at its end."""


@dataclass(frozen=True, slots=True)
class Voice:
    """Who votes in a round, what it voted there, from which round on it may, and whom it knows."""

    voter: bytes
    own: list[SignedMessage]
    votes_from: int | None
    known: tuple[Acquaintance, ...] | None = None


def record_of(set_id: int, current: Round, previous: Round, voice: Voice) -> bytes:
    """Return the bytes to save."""
    settled = previous.settled
    assert settled is not None, "a round is left only when it is completable"
    assert settled.ghost is not None, "a completable round has a ghost"
    assert settled.estimate is not None, "a completable round has an estimate"
    record = VoterRecord(
        set_id=set_id,
        round=current.number,
        votes_from=voice.votes_from,
        own=tuple(voice.own),
        previous_round=previous.number,
        previous_base=_name(previous.base),
        previous_votes=tuple(previous.votes()),
        ghost=_name(settled.ghost),
        finalized=None if settled.finalized is None else _name(settled.finalized),
        estimate=_name(settled.estimate),
        voter=voice.voter,
        heard=tuple(signed for signed in current.votes() if signed not in voice.own),
        known=voice.known,
    )
    return encode(record, VoterRecord)


def read_record(raw: bytes) -> VoterRecord:
    """Return a saved record.

    Raises: DecodeError; the database is corrupt, and voting on would risk the stake.
    """
    try:
        record: VoterRecord = decode(raw, VoterRecord)
    except DecodeError:
        record = decode(raw + ADDED, VoterRecord)
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
