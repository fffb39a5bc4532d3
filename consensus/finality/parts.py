"""What the voter stands on: fork tree, import queue, network, its record and its key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from consensus.equivocation import VoteEquivocation
from consensus.finality.gossip import VoteNetwork
from consensus.finality.record import VoterStore
from consensus.finality.round import VotingTree
from consensus.finality.tally import Handovers, VoterSet
from consensus.finality.vote import Justification
from consensus.finality.vote_key import VoteKey


class FinalityTree(VotingTree, Protocol):
    """The fork tree as the voter uses it."""

    @property
    def handovers(self) -> Handovers:
        """Return the changes of voters that became final since the tree was loaded."""
        ...


class Finalizer(Protocol):
    """The import queue, as the voter sees it."""

    def request_finality(self, justification: Justification) -> bool:
        """Queue a proof that is known to hold; return whether there was room."""
        ...


@dataclass(frozen=True, slots=True)
class VoterParts:
    """What the node gives the voter."""

    voters: VoterSet
    """Who decides on the blocks above the root that the tree was loaded with."""
    tree: FinalityTree
    chain: Finalizer
    network: VoteNetwork
    store: VoterStore
    report: Callable[[VoteEquivocation], None]
    want: Callable[[bytes, int], None]
    """Fetch the block of that hash and height from a peer: someone voted for it."""
    started_in_slot: int
    """When this node started: what it signed before it knows from its record, or not at all."""
    peers_final: Callable[[], tuple[int, ...]]
    """The height that each of our peers says is final."""
    tell_of_stranger: Callable[[bytes, bytes], None]
    """Hear that our key, the first, found the record of another, the second, and listens."""
    key: VoteKey | None = None
    """Ours, if this node is a voter; others follow finality without a voice."""
    gossip_seconds: float = 1.0
    """T, the time in which a message reaches everyone."""
    key_for: Callable[[VoterSet], VoteKey | None] | None = None
    """Ours in a set of voters, where it may change with the set."""

    def key_in(self, voters: VoterSet) -> VoteKey | None:
        """Return our key in a set."""
        return self.key if self.key_for is None else self.key_for(voters)
