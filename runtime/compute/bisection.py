"""Bisection: two who disagree about a committed content find one leaf that they disagree about.

The node in dispute is at first the root of the tree. Whoever committed shows all hashes some
levels below it, which must fold up to it; the other points at one that differs from his own. They
go on until the node is a leaf: that one is recomputed, so nobody has to believe either.
Source: Canetti, Riva, Rothblum, "Practical Delegation of Computation using Multiple Servers"
(2011); several levels at once save rounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from runtime.compute.merkle import MerkleTree, depth_of, folded_up
from runtime.primitives.types import U8, U32

LEVELS_AT_ONCE = 8
"""Levels between two nodes in dispute: 8 KiB of hashes a round, of which a tree of 65,536 leaves
takes two. A round takes two transactions, one after the other; bytes are cheap beside that."""
MAX_SHOWN = 1 << LEVELS_AT_ONCE
"""Hashes that one step shows, at most."""


@dataclass(frozen=True, slots=True)
class Node:
    """A place in a Merkle tree; the leaves are on level 0."""

    level: U8
    index: U32

    @property
    def is_leaf(self) -> bool:
        """Whether there is nothing below it."""
        return self.level == 0


def root_node(count: int) -> Node:
    """Return the root of a tree of `count` leaves."""
    return Node(depth_of(count), 0)


def shown_below(count: int, node: Node) -> tuple[Node, ...]:
    """List the nodes whose hashes the next step shows, for a node that is no leaf."""
    level, places = _row_below(count, node)
    return tuple(Node(level, index) for index in places)


def hashes_below(tree: MerkleTree, count: int, node: Node) -> tuple[bytes, ...]:
    """Return the hashes that a step shows."""
    return tree.nodes(*_row_below(count, node))


def are_below(count: int, node: Node, wanted: bytes, hashes: Sequence[bytes]) -> bool:
    """Say whether hashes are all those below a node, which has the hash `wanted`."""
    level, places = _row_below(count, node)
    return len(hashes) == len(places) and folded_up(hashes, node.level - level) == wanted


def step_towards(count: int, node: Node, leaf: int) -> int:
    """Return which of the nodes that a step shows has a leaf under it."""
    level, places = _row_below(count, node)
    return places.index(leaf >> level)


def _row_below(count: int, node: Node) -> tuple[int, range]:
    """Return the level that a step shows, and the places on it."""
    assert not node.is_leaf, "a leaf has nothing below it"
    level = max(node.level - LEVELS_AT_ONCE, 0)
    width = -(-count >> level)
    span = 1 << (node.level - level)
    return level, range(node.index * span, min((node.index + 1) * span, width))
