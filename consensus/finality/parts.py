"""What the voter stands on: fork tree, import queue, network, its record and its key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from consensus.equivocation import VoteEquivocation
from consensus.finality.gossip import VoteNetwork
from consensus.finality.justification import HeaderNode
from consensus.finality.record import VoterStore
from consensus.finality.round import VotingTree
from consensus.finality.rounds import VoteKey
from consensus.finality.tally import Handovers, VoterSet
from consensus.finality.vote import Justification


class FinalityTree(VotingTree, Protocol):
    """The fork tree as the voter uses it: it also builds proofs from headers."""

    @property
    def handovers(self) -> Handovers:
        """Return the changes of voters that became final since the tree was loaded."""
        ...

    def get(self, block_hash: bytes) -> FinalityNode | None:
        """Return a block of the tree."""
        ...


class FinalityNode(HeaderNode, Protocol):
    """A block of the tree with all that votes need."""

    @property
    def hash(self) -> bytes:
        """Return its hash."""
        ...

    @property
    def number(self) -> int:
        """Return its height."""
        ...

    @property
    def parent_hash(self) -> bytes:
        """Return its parent's hash."""
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
    key: VoteKey | None = None
    """Ours, if this node is a voter; others follow finality without a voice."""
    gossip_seconds: float = 1.0
    """T, the time in which a message reaches everyone."""
    key_for: Callable[[VoterSet], VoteKey | None] | None = None
    """Ours in a set of voters, where it may change with the set."""

    def key_in(self, voters: VoterSet) -> VoteKey | None:
        """Return our key in a set."""
        return self.key if self.key_for is None else self.key_for(voters)
