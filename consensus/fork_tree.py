"""The tree of blocks above the last finalized one, in memory.

The root is the last finalized block; finality moves the root and drops every other branch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from consensus.errors import TreeFull
from consensus.finality.tally import Handovers
from consensus.fork_choice import Record, is_better, merit
from runtime.primitives.block import Header
from runtime.primitives.finality import Authority, scheduled_change

MAX_NODES = 16_384
"""A day of 6 s slots without finality, and about 30 MB; past it stopping is the better choice."""


@dataclass(frozen=True, slots=True)
class Node:
    """A block in the tree."""

    header: Header
    record: Record
    slot: int
    """0 for the block that the chain begins with, which has none."""

    @property
    def is_first(self) -> bool:
        """Whether the chain begins with this block: number 0, but in forks of other chains."""
        return self.slot == 0

    @property
    def hash(self) -> bytes:
        """Return the block hash."""
        return self.record.hash

    @property
    def number(self) -> int:
        """Return the block number."""
        return self.record.number

    @property
    def parent_hash(self) -> bytes:
        """Return the parent's hash."""
        return self.header.parent_hash


@dataclass(frozen=True, slots=True)
class Pruned:
    """What finality decided."""

    finalized: tuple[Node, ...]
    """From the block after the old root up to the new root."""
    abandoned: tuple[Node, ...]
    """The nodes of all branches that can no longer become final, parents first."""


class ForkTree:
    """Holds every unfinalized block; each node but the root has its parent in the tree."""

    def __init__(self, root: Node, max_nodes: int = MAX_NODES) -> None:
        self._root = root
        self._best = root
        self._max_nodes = max_nodes
        self._nodes: dict[bytes, Node] = {root.hash: root}
        self._children: dict[bytes, list[bytes]] = {root.hash: []}
        self._changes: dict[bytes, tuple[Authority, ...]] = {}
        """Blocks that change the voters, and to whom: the voters stop there until it is final."""
        self._handovers = Handovers()
        self._revision = 0

    @property
    def revision(self) -> int:
        """Return how often the tree changed: what was computed from it holds until it grows."""
        return self._revision

    @property
    def root(self) -> Node:
        """Return the last finalized block."""
        return self._root

    @property
    def best(self) -> Node:
        """Return the head of the best chain."""
        return self._best

    @property
    def handovers(self) -> Handovers:
        """Return the changes of voters that became final since the tree was loaded."""
        return self._handovers

    def __len__(self) -> int:
        return len(self._nodes)

    def __contains__(self, block_hash: object) -> bool:
        return block_hash in self._nodes

    def get(self, block_hash: bytes) -> Node | None:
        """Return the node of that hash."""
        return self._nodes.get(block_hash)

    def children(self, block_hash: bytes) -> tuple[bytes, ...]:
        """Return the hashes of the known children."""
        return tuple(self._children.get(block_hash, ()))

    def check_room(self) -> None:
        """Raise TreeFull unless one more node fits."""
        if len(self._nodes) >= self._max_nodes:
            raise TreeFull(f"{len(self._nodes)} blocks wait for finality, at most so many may")

    def would_be_best(self, record: Record) -> bool:
        """Return whether a new block with that record becomes the head."""
        return is_better(record, self._best.record)

    def insert(self, node: Node) -> bool:
        """Add a block whose parent is in the tree; return whether it is the new head.

        Raises: DecodeError for a change of voters that no runtime makes; the tree stays as it was.
        """
        assert node.parent_hash in self._nodes, "the parent is checked at the door"
        assert node.hash not in self._nodes, "a block is imported once"
        self.check_room()
        change = scheduled_change(node.header)
        if change is not None:
            self._changes[node.hash] = change.next_authorities
        self._revision += 1
        self._nodes[node.hash] = node
        self._children[node.hash] = []
        self._children[node.parent_hash].append(node.hash)
        is_best = self.would_be_best(node.record)
        if is_best:
            self._best = node
        return is_best

    def path_down(self, block_hash: bytes) -> Iterator[Node]:
        """Yield the node and its ancestors down to the root."""
        node: Node | None = self._nodes[block_hash]
        while node is not None:
            yield node
            node = self._nodes.get(node.parent_hash)

    def is_at_or_above(self, block_hash: bytes, ancestor: bytes) -> bool:
        """Return whether `block_hash` is `ancestor` or descends from it; both are in the tree."""
        number = self._nodes[ancestor].number
        for node in self.path_down(block_hash):
            if node.number <= number:
                return node.hash == ancestor
        return False

    def best_above(self, block_hash: bytes) -> Node:
        """Return the head of the best chain that contains `block_hash`."""
        if self.is_at_or_above(self._best.hash, block_hash):
            return self._best
        return _best_of(self._subtree(block_hash))

    def changes_voters(self, block_hash: bytes) -> bool:
        """Return whether the block, above the root, changes the voters."""
        return block_hash in self._changes

    def until_change(self, block_hash: bytes) -> Node:
        """Return the first block on the way from the root to this one that changes the voters.

        If none does it is the block itself: how far the voters of today may vote on this chain.
        """
        first = self._nodes[block_hash]
        if self._changes:
            for node in self.path_down(block_hash):
                if node.hash in self._changes:
                    first = node
        return first

    def finalize(self, block_hash: bytes) -> Pruned:
        """Make `block_hash` the root and forget what does not descend from it."""
        path = tuple(self.path_down(block_hash))
        for node in path[-2::-1]:
            if node.hash in self._changes:
                self._handovers = Handovers(self._handovers.count + 1, self._changes[node.hash])
        keep = {node.hash: node for node in self._subtree(block_hash)}
        gone = {node.hash for node in path[1:]}
        abandoned = tuple(
            node for node in self._nodes.values() if node.hash not in keep and node.hash not in gone
        )
        self._revision += 1
        self._root = self._nodes[block_hash]
        self._children = {each: self._children[each] for each in keep}
        self._nodes = keep
        self._changes = {
            each: voters
            for each, voters in self._changes.items()
            if each in keep and each != block_hash
        }
        if self._best.hash not in keep:
            self._best = _best_of(keep.values())
        return Pruned(finalized=path[-2::-1], abandoned=abandoned)

    def jump(self, root: Node, handovers: Handovers) -> None:
        """Go on at a block far above a root on which nothing is built."""
        assert len(self._nodes) == 1, "nobody jumps away from blocks"
        assert root.number > self._root.number, "a jump goes up"
        self._revision += 1
        self._root = self._best = root
        self._nodes = {root.hash: root}
        self._children = {root.hash: []}
        self._handovers = handovers

    def _subtree(self, block_hash: bytes) -> Iterator[Node]:
        waiting = [block_hash]
        while waiting:
            current = waiting.pop()
            yield self._nodes[current]
            waiting.extend(self._children[current])


def _best_of(nodes: Iterable[Node]) -> Node:
    return min(nodes, key=lambda node: merit(node.record))
