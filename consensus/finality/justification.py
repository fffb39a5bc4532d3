"""Finality proofs: precommits of a supermajority, and the headers that connect them.

Anyone who knows the voters can check one without any chain. Layout: Substrate's
`GrandpaJustification`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from consensus.errors import BadJustification
from consensus.finality.ghost import BlockRef
from consensus.finality.tally import Ballots, VoterSet
from consensus.finality.vote import (
    Authentication,
    Commit,
    CommitMessage,
    CompactCommit,
    Justification,
    Message,
    Precommit,
    SignedMessage,
    SignedPrecommit,
    as_signed,
    is_signed,
)
from runtime.primitives.block import Header
from runtime.primitives.scale import DecodeError, decode, encode


class HeaderNode(Protocol):
    """A block of the tree with its header."""

    @property
    def header(self) -> Header:
        """Return the header."""
        ...


class HeaderTree(Protocol):
    """The part of the fork tree that a proof is built from."""

    def get(self, block_hash: bytes) -> HeaderNode | None:
        """Return a block of the tree."""
        ...


def build(
    round_number: int, target: BlockRef, precommits: Ballots, voters: VoterSet, tree: HeaderTree
) -> Justification:
    """Prove `target` final with the precommits at it, above it, and of equivocators.

    Raises: BadJustification if those are no supermajority.
    """
    chosen: list[SignedPrecommit] = []
    ancestries: dict[bytes, Header] = {}
    weight = 0
    for signed in precommits.single():
        route = _route(signed.message, target, tree)
        if route is not None:
            chosen.append(_listed(signed))
            ancestries.update((header.hash, header) for header in route)
            weight += voters.weight_of(signed.id)
    for voter in precommits.equivocators():
        pair = precommits.pair_of(voter)
        assert pair is not None, "an equivocator has two votes"
        chosen.extend(_listed(signed) for signed in pair)
        weight += voters.weight_of(voter)
    if weight < voters.threshold:
        raise BadJustification(f"wanted a weight of {voters.threshold}, got {weight}")
    commit = Commit(target.hash, target.number, tuple(chosen))
    return Justification(round_number, commit, tuple(ancestries.values()))


def encoded(justification: Justification) -> bytes:
    """Return the bytes under which a justification is kept and sent."""
    return encode(justification, Justification)


def decoded(raw: bytes) -> Justification:
    """Return the justification in `raw`.

    Raises: BadJustification.
    """
    try:
        justification: Justification = decode(raw, Justification)
    except DecodeError as error:
        raise BadJustification(f"the justification does not decode: {error}") from error
    return justification


def verify(justification: Justification, voters: VoterSet) -> None:
    """Check that the voters finalized the target.

    Raises: BadJustification. Cost: a signature check per precommit.
    """
    commit = justification.commit
    target = BlockRef(commit.target_hash, commit.target_number)
    headers = {header.hash: header for header in justification.votes_ancestries}
    if len(headers) != len(justification.votes_ancestries):
        raise BadJustification("a header is listed twice")
    used: set[bytes] = set()
    weight = 0
    for voter, votes in _by_voter(commit.precommits).items():
        if voters.weight_of(voter) == 0:
            raise BadJustification(f"{voter.hex()} is no voter")
        if not _is_equivocation(votes):
            used.update(_proven_route(votes, target, headers))
        weight += voters.weight_of(voter)
    if used != headers.keys():
        raise BadJustification(f"wanted {len(used)} headers, got {len(headers)}")
    if weight < voters.threshold:
        raise BadJustification(f"wanted a weight of {voters.threshold}, got {weight}")
    check_signatures(
        (as_signed(vote) for vote in commit.precommits), justification.round, voters.set_id
    )


def check_signatures(votes: Iterable[SignedMessage], round_number: int, set_id: int) -> None:
    """Raise BadJustification unless every vote is signed for this round."""
    for signed in votes:
        if not is_signed(signed, round_number, set_id):
            raise BadJustification(f"the vote of {signed.id.hex()} has a wrong signature")


def compact(justification: Justification, set_id: int) -> CommitMessage:
    """Return the gossip message that lets others finalize the same block."""
    commit = justification.commit
    message = CompactCommit(
        commit.target_hash,
        commit.target_number,
        tuple(vote.precommit for vote in commit.precommits),
        tuple(Authentication(vote.signature, vote.id) for vote in commit.precommits),
    )
    return CommitMessage(justification.round, set_id, message)


def signed_precommits(commit: CompactCommit) -> list[SignedMessage]:
    """Return the precommits of a gossiped commit.

    Raises: BadJustification if votes and signatures do not pair up.
    """
    if len(commit.precommits) != len(commit.auth_data):
        raise BadJustification(
            f"wanted {len(commit.precommits)} signatures, got {len(commit.auth_data)}"
        )
    return [
        SignedMessage(vote, each.signature, each.id)
        for vote, each in zip(commit.precommits, commit.auth_data, strict=True)
    ]


def from_commit(message: CommitMessage, voters: VoterSet, tree: HeaderTree) -> Justification:
    """Build the justification of a gossiped commit from the blocks we know.

    Raises: BadJustification if too few of its precommits are for known blocks.
    """
    ballots = Ballots()
    for signed in signed_precommits(message.message):
        ballots.add(signed)
    target = BlockRef(message.message.target_hash, message.message.target_number)
    return build(message.round, target, ballots, voters, tree)


def _listed(signed: SignedMessage) -> SignedPrecommit:
    assert isinstance(signed.message, Precommit), "only precommits finalize"
    return SignedPrecommit(signed.message, signed.signature, signed.id)


def _route(vote: Message, target: BlockRef, tree: HeaderTree) -> list[Header] | None:
    """Return the headers from a vote down to above the target; None if it is not above."""
    route: list[Header] = []
    current, number = vote.target_hash, vote.target_number
    while current != target.hash:
        node = tree.get(current)
        if node is None or node.header.number != number or number <= target.number:
            return None
        route.append(node.header)
        current, number = node.header.parent_hash, number - 1
    return route if number == target.number else None


def _by_voter(precommits: Iterable[SignedPrecommit]) -> dict[bytes, list[SignedPrecommit]]:
    votes: dict[bytes, list[SignedPrecommit]] = {}
    for vote in precommits:
        votes.setdefault(vote.id, []).append(vote)
    return votes


def _is_equivocation(votes: list[SignedPrecommit]) -> bool:
    if len(votes) > 2 or (len(votes) == 2 and votes[0].precommit == votes[1].precommit):
        raise BadJustification(f"the vote of {votes[0].id.hex()} is listed {len(votes)} times")
    return len(votes) == 2


def _proven_route(
    votes: list[SignedPrecommit], target: BlockRef, headers: dict[bytes, Header]
) -> list[bytes]:
    """Return the hashes of the headers from the vote down to above the target."""
    precommit = votes[0].precommit
    route: list[bytes] = []
    current, number = precommit.target_hash, precommit.target_number
    while current != target.hash:
        header = headers.get(current)
        if header is None or header.number != number or number <= target.number:
            raise BadJustification(f"no headers lead from {current.hex()} to the target")
        route.append(current)
        current, number = header.parent_hash, number - 1
    if number != target.number:
        raise BadJustification(f"wanted block number {target.number}, got {number}")
    return route
