"""The tree of blocks above the last finalized one, in memory.

The root is the last finalized block; finality moves the root and drops every other branch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from consensus.errors import TreeFull
from consensus.fork_choice import Record, is_better, merit
from runtime.primitives.block import Header

MAX_NODES = 16_384
"""A day of 6 s slots without finality, and about 30 MB; past it stopping is the better choice."""


@dataclass(frozen=True, slots=True)
class Node:
    """A block in the tree."""

    header: Header
    record: Record
    slot: int
    """0 for genesis, which has none."""

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

    @property
    def root(self) -> Node:
        """Return the last finalized block."""
        return self._root

    @property
    def best(self) -> Node:
        """Return the head of the best chain."""
        return self._best

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
        """Add a block whose parent is in the tree; return whether it is the new head."""
        assert node.parent_hash in self._nodes, "the parent is checked at the door"
        assert node.hash not in self._nodes, "a block is imported once"
        self.check_room()
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

    def finalize(self, block_hash: bytes) -> Pruned:
        """Make `block_hash` the root and forget what does not descend from it."""
        path = tuple(self.path_down(block_hash))
        keep = {node.hash: node for node in self._subtree(block_hash)}
        gone = {node.hash for node in path[1:]}
        abandoned = tuple(
            node for node in self._nodes.values() if node.hash not in keep and node.hash not in gone
        )
        self._root = self._nodes[block_hash]
        self._children = {each: self._children[each] for each in keep}
        self._nodes = keep
        if self._best.hash not in keep:
            self._best = _best_of(keep.values())
        return Pruned(finalized=path[-2::-1], abandoned=abandoned)

    def _subtree(self, block_hash: bytes) -> Iterator[Node]:
        waiting = [block_hash]
        while waiting:
            current = waiting.pop()
            yield self._nodes[current]
            waiting.extend(self._children[current])


def _best_of(nodes: Iterable[Node]) -> Node:
    return min(nodes, key=lambda node: merit(node.record))
