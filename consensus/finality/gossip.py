"""The door for vote gossip: size, form, voter, round and signature, before anything is kept.

Synchronous and without side effects on the voter, so that the network can use it as a validator.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol, TypeVar

from consensus.errors import BadJustification
from consensus.finality import justification as proofs
from consensus.finality.tally import VoterSet
from consensus.finality.vote import (
    CatchUp,
    CatchUpRequest,
    CommitMessage,
    Envelope,
    GossipMessage,
    Greeting,
    SignedMessage,
    VoteMessage,
    as_signed,
    is_greeting_good,
    is_signed,
)
from runtime.primitives.hashing import blake2_256
from runtime.primitives.scale import DecodeError, decode, encode

MAX_MESSAGE_BYTES = 256 * 1024
"""The gossip's own limit; a catch-up of 512 voters has 140 kB."""

MAX_SEEN = 8192
"""Messages remembered as checked: two rounds of 512 voters, three stages, with room to spare."""

MAX_VOTES_PER_STAGE = 2
"""Two different votes of a voter prove its fault; a third would only be noise."""


class Verdict(Enum):
    """What the network does with a message, and what it thinks of its sender."""

    ACCEPT = "accept"
    """Pass it on."""
    IGNORE = "ignore"
    """Drop it; nobody is to blame."""
    REJECT = "reject"
    """Drop it; whoever sent it did not check it."""


class VoteNetwork(Protocol):
    """Sends to every peer that follows votes."""

    def broadcast(self, payload: bytes) -> None:
        """Queue `payload` for all peers; it may get lost."""
        ...


@dataclass(frozen=True, slots=True)
class Window:
    """What the voter still has use for."""

    round: int
    final: int
    """The height of the last finalized block."""


class Gate:
    """Judges payloads; what it accepted once is neither checked nor passed on again too soon."""

    def __init__(
        self,
        voters: VoterSet,
        now: Callable[[], float],
        repeat_seconds: float,
        on_other_set: Callable[[int], None],
    ) -> None:
        """Hear messages for `voters`; `on_other_set` is told of those for others, unchecked."""
        self._voters, self._on_other_set = voters, on_other_set
        self._now = now
        self._repeat_seconds = repeat_seconds
        self._seen: OrderedDict[bytes, float] = OrderedDict()
        self._votes: OrderedDict[tuple[bytes, int, type], int] = OrderedDict()
        self._said_at: dict[tuple[bytes, type], float] = {}

    def judge(self, payload: bytes, window: Window) -> tuple[Verdict, GossipMessage | None]:
        """Return the verdict and, if accepted, the message."""
        if len(payload) > MAX_MESSAGE_BYTES:
            return Verdict.REJECT, None
        try:
            message: GossipMessage = decode(payload, Envelope).message
        except DecodeError:
            return Verdict.REJECT, None
        if message.set_id != self._voters.set_id:
            self._on_other_set(message.set_id)
            return Verdict.IGNORE, None
        if not _is_useful(message, window):
            return Verdict.IGNORE, None
        name = blake2_256(encode(message, GossipMessage))
        seen_at = self._seen.get(name)
        if seen_at is not None and self._now() - seen_at < self._repeat_seconds:
            return Verdict.IGNORE, None
        if seen_at is None and not self._is_valid(message):
            return Verdict.REJECT, None
        if isinstance(message, VoteMessage) and self._is_flood(message, window, seen_at is None):
            return Verdict.IGNORE, None
        if isinstance(message, Greeting) and self._is_too_soon(message.id, Greeting):
            return Verdict.IGNORE, None
        self._seen[name] = self._now()
        _keep_newest(self._seen, name)
        return Verdict.ACCEPT, message

    def _is_valid(self, message: GossipMessage) -> bool:
        match message:
            case VoteMessage():
                vote = message.message
                is_voter = self._voters.weight_of(vote.id) > 0
                return is_voter and is_signed(vote, message.round, message.set_id)
            case CommitMessage():
                try:
                    votes = proofs.signed_precommits(message.message)
                except BadJustification:
                    return False
                return self._is_supermajority(votes, message.round)
            case CatchUp():
                prevotes = [as_signed(vote) for vote in message.prevotes]
                precommits = [as_signed(vote) for vote in message.precommits]
                return self._is_supermajority(prevotes, message.round) and (
                    self._is_supermajority(precommits, message.round)
                )
            case Greeting():
                voters = {message.id, *(each.voter for each in message.known)}
                return all(map(self._voters.weight_of, voters)) and is_greeting_good(message)
            case CatchUpRequest():
                return True

    def _is_supermajority(self, votes: list[SignedMessage], round_number: int) -> bool:
        if len({(vote.id, vote.message) for vote in votes}) != len(votes):
            return False
        weight = sum(self._voters.weight_of(voter) for voter in {vote.id for vote in votes})
        if weight < self._voters.threshold:
            return False
        return all(
            self._voters.weight_of(vote.id) > 0
            and is_signed(vote, round_number, self._voters.set_id)
            for vote in votes
        )

    def _is_flood(self, message: VoteMessage, window: Window, is_new: bool) -> bool:
        """Return whether a voter says more than one voter can mean."""
        voter = message.message.id
        if message.round > window.round + 1 and self._is_too_soon(voter, VoteMessage):
            return True
        stage = (voter, message.round, type(message.message.message))
        count = self._votes.get(stage, 0) + is_new
        if count > MAX_VOTES_PER_STAGE:
            return True
        self._votes[stage] = count
        _keep_newest(self._votes, stage)
        return False

    def _is_too_soon(self, voter: bytes, kind: type[GossipMessage]) -> bool:
        """Return whether the voter said something of that kind just now, and note that it did."""
        last = self._said_at.get((voter, kind), -float("inf"))
        if self._now() - last < self._repeat_seconds:
            return True
        self._said_at[voter, kind] = self._now()
        return False


K = TypeVar("K")
V = TypeVar("V")


def _keep_newest(entries: OrderedDict[K, V], key: K) -> None:
    entries.move_to_end(key)
    if len(entries) > MAX_SEEN:
        entries.popitem(last=False)


def _is_useful(message: GossipMessage, window: Window) -> bool:
    match message:
        case CommitMessage():
            return message.message.target_number >= window.final
        case VoteMessage():
            return message.round + 1 >= window.round
        case CatchUp():
            return message.round + 2 >= window.round
        case CatchUpRequest():
            return message.round <= window.round
        case Greeting():
            return True
