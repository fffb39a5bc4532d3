"""What GRANDPA voters sign and send, byte for byte in Substrate's layout.

A vote names a block; a signature covers the vote, the round and the set of voters, so that it
counts nowhere else. Source: arXiv 2007.01560; Polkadot specification section 6.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from runtime.primitives import crypto
from runtime.primitives.block import Header
from runtime.primitives.finality import (
    Message,
    Precommit,
    Prevote,
    PrimaryPropose,
    signing_payload,
)
from runtime.primitives.scale import encode
from runtime.primitives.schema import Bounded
from runtime.primitives.types import H256, U32, U64, PublicKey, Signature64

__all__ = [
    "MAX_ANCESTRY",
    "MAX_VOTERS",
    "Acquaintance",
    "Authentication",
    "CatchUp",
    "CatchUpRequest",
    "Commit",
    "CommitMessage",
    "CompactCommit",
    "Envelope",
    "GossipMessage",
    "Greeting",
    "Justification",
    "Message",
    "Precommit",
    "Prevote",
    "PrimaryPropose",
    "SignedMessage",
    "SignedPrecommit",
    "SignedPrevote",
    "Stage",
    "VoteMessage",
    "as_signed",
    "greeting_payload",
    "is_greeting_good",
    "is_signed",
    "signing_payload",
]

MAX_VOTERS = 512
"""Bounds every list of votes; a catch-up of so many, 140 kB, still fits a gossip message."""

MAX_ANCESTRY = 16_384
"""Headers in a justification: as many blocks as may wait for finality."""


Stage = type[Prevote] | type[Precommit] | type[PrimaryPropose]


@dataclass(frozen=True, slots=True)
class SignedMessage:
    """A vote and who cast it."""

    message: Message
    signature: Signature64
    id: PublicKey


@dataclass(frozen=True, slots=True)
class SignedPrevote:
    """A prevote in a catch-up message."""

    prevote: Prevote
    signature: Signature64
    id: PublicKey


@dataclass(frozen=True, slots=True)
class SignedPrecommit:
    """A precommit in a justification."""

    precommit: Precommit
    signature: Signature64
    id: PublicKey


@dataclass(frozen=True, slots=True)
class Commit:
    """Precommits that together finalize the target."""

    target_hash: H256
    target_number: U32
    precommits: Annotated[tuple[SignedPrecommit, ...], Bounded(2 * MAX_VOTERS)]
    """Two of one voter are an equivocation, which counts for every block."""


@dataclass(frozen=True, slots=True)
class Justification:
    """Proves to anyone who knows the voters that a block is final."""

    round: U64
    commit: Commit
    votes_ancestries: Annotated[tuple[Header, ...], Bounded(MAX_ANCESTRY)]
    """The headers between the target and the blocks above it that precommits name."""


@dataclass(frozen=True, slots=True)
class VoteMessage:
    """One vote on its way."""

    index: ClassVar[int] = 0
    round: U64
    set_id: U64
    message: SignedMessage


@dataclass(frozen=True, slots=True)
class Authentication:
    """The signature and signer of the precommit at the same place in a compact commit."""

    signature: Signature64
    id: PublicKey


@dataclass(frozen=True, slots=True)
class CompactCommit:
    """A commit for nodes that know the blocks."""

    target_hash: H256
    target_number: U32
    precommits: Annotated[tuple[Precommit, ...], Bounded(2 * MAX_VOTERS)]
    auth_data: Annotated[tuple[Authentication, ...], Bounded(2 * MAX_VOTERS)]


@dataclass(frozen=True, slots=True)
class CommitMessage:
    """Tells nodes that missed votes what a round finalized."""

    index: ClassVar[int] = 1
    round: U64
    set_id: U64
    message: CompactCommit


@dataclass(frozen=True, slots=True)
class CatchUpRequest:
    """Asks for the votes of any round not below `round`, by a voter who fell behind."""

    index: ClassVar[int] = 3
    round: U64
    set_id: U64


@dataclass(frozen=True, slots=True)
class CatchUp:
    """All votes of a completed round: enough to start the next one."""

    index: ClassVar[int] = 4
    set_id: U64
    round: U64
    prevotes: Annotated[tuple[SignedPrevote, ...], Bounded(2 * MAX_VOTERS)]
    precommits: Annotated[tuple[SignedPrecommit, ...], Bounded(2 * MAX_VOTERS)]
    base_hash: H256
    base_number: U32


@dataclass(frozen=True, slots=True)
class Acquaintance:
    """A voter, and since when somebody knows it."""

    voter: PublicKey
    since_slot: U64


@dataclass(frozen=True, slots=True)
class Greeting:
    """Tells the voters of a chain's first set whom its signer knows; Substrate has no such thing.

    The signer knows itself, since it began on its disk.
    """

    index: ClassVar[int] = 5
    set_id: U64
    id: PublicKey
    has_begun: bool
    """Whether the signer may vote."""
    known: Annotated[tuple[Acquaintance, ...], Bounded(MAX_VOTERS)]
    signature: Signature64

    def since_of(self, voter: bytes) -> int | None:
        """Return since which slot the signer knows a voter; None if it does not."""
        return next((each.since_slot for each in self.known if each.voter == voter), None)


GossipMessage = VoteMessage | CommitMessage | CatchUpRequest | CatchUp | Greeting


@dataclass(frozen=True, slots=True)
class Envelope:
    """What is gossiped: `attempt` makes a repeated message new to the gossip's duplicate filter."""

    attempt: U32
    message: GossipMessage


def greeting_payload(set_id: int, has_begun: bool, known: tuple[Acquaintance, ...]) -> bytes:
    """Return what is signed of a greeting: nothing that could be taken for a vote."""
    said = Greeting(set_id, bytes(32), has_begun, known, bytes(64))
    return b"starminer greeting" + encode(said, Greeting)


def is_greeting_good(greeting: Greeting) -> bool:
    """Return whether its signer said it, and names itself, and nobody twice."""
    named = [each.voter for each in greeting.known]
    if greeting.id not in named or len(set(named)) != len(named):
        return False
    payload = greeting_payload(greeting.set_id, greeting.has_begun, greeting.known)
    return crypto.verify_ed25519(greeting.signature, payload, greeting.id)


def is_signed(signed: SignedMessage, round_number: int, set_id: int) -> bool:
    """Return whether the signature is the voter's over this vote in this round."""
    payload = signing_payload(signed.message, round_number, set_id)
    return crypto.verify_ed25519(signed.signature, payload, signed.id)


def as_signed(vote: SignedPrevote | SignedPrecommit) -> SignedMessage:
    """Return a listed vote as the message it was sent as."""
    message = vote.prevote if isinstance(vote, SignedPrevote) else vote.precommit
    return SignedMessage(message, vote.signature, vote.id)
