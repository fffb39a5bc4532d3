"""How often each stored node occurs in one version of a trie more than in another.

A node is stored under its hash, once, however often it occurs: equal subtrees under two keys are
one entry of the database. Whoever deletes from the database must therefore count. Both versions
are walked together from the root; where they refer to the same subtree at the same key, nothing
below can differ and the walk ends.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from runtime.primitives.hashing import blake2_256
from runtime.state.trie_node import (
    NIBBLES,
    WIDTH,
    Branch,
    Leaf,
    Node,
    Value,
    ValueHash,
    is_hash_ref,
)

Read: TypeAlias = Callable[[bytes], Node]
"""Reads a child from the database by its parent's reference."""

Place: TypeAlias = tuple[Node, str]
"""A node that was entered, and what of its partial key lies still ahead."""


class Difference:
    """The occurrences that the walk has found so far.

    Invariant: a node is counted when it is entered, by its parent's reference; its value and its
    children when the walk passes its end.
    """

    def __init__(self, read_old: Read, read_new: Read, inline_bytes: int) -> None:
        """Read children that are not in memory as their version does."""
        self._read = {-1: read_old, 1: read_new}
        self._inline_bytes = inline_bytes
        self._counts: dict[bytes, int] = {}
        self._todo: list[tuple[Place | None, Place | None]] = []

    def between(self, old: Node | None, new: Node | None) -> dict[bytes, int]:
        """Return by hash how often more (or, negative, less) `new` holds what lies below its root.

        Takes time in the nodes that differ.
        """
        self._todo.append((_entered(old), _entered(new)))
        while self._todo:
            self._step(*self._todo.pop())
        return {digest: count for digest, count in self._counts.items() if count}

    def _step(self, old: Place | None, new: Place | None) -> None:
        """Compare what lies below two places at one key."""
        if old is None or new is None:
            if old is not None:
                self._whole(old[0], -1)
            if new is not None:
                self._whole(new[0], 1)
            return
        (mine, ahead), (its, further) = old, new
        if ahead == further:
            self._same_end(mine, its)
        elif further.startswith(ahead):
            self._one_is_above(mine, -1, (its, further[len(ahead) :]))
        elif ahead.startswith(further):
            self._one_is_above(its, 1, (mine, ahead[len(further) :]))
        else:
            self._whole(mine, -1)
            self._whole(its, 1)

    def _same_end(self, old: Node, new: Node) -> None:
        """Compare two nodes that end at the same key."""
        if old.value is not new.value and old.value != new.value:
            self._count_value(old.value, -1)
            self._count_value(new.value, 1)
        for x in range(WIDTH):
            mine = old.refs[x] if isinstance(old, Branch) else b""
            its = new.refs[x] if isinstance(new, Branch) else b""
            if mine != its:
                self._todo.append((self._enter(old, x, -1), self._enter(new, x, 1)))

    def _one_is_above(self, upper: Node, sign: int, lower: Place) -> None:
        """Compare a node with one that begins above its end and goes on below."""
        self._count_value(upper.value, sign)
        node, ahead = lower
        onward = NIBBLES[ahead[0]]
        rest = (node, ahead[1:])
        for x in range(WIDTH):
            kid = self._enter(upper, x, sign)
            beside = rest if x == onward else None
            if kid is not None or beside is not None:
                self._todo.append((kid, beside) if sign < 0 else (beside, kid))

    def _whole(self, node: Node, sign: int) -> None:
        """Count everything at and below a node's end."""
        self._count_value(node.value, sign)
        for x in range(WIDTH):
            kid = self._enter(node, x, sign)
            if kid is not None:
                self._todo.append((kid, None) if sign < 0 else (None, kid))

    def _enter(self, node: Node, x: int, sign: int) -> Place | None:
        """Count child `x` of a node and return it, or None where there is none."""
        if isinstance(node, Leaf) or not node.refs[x]:
            return None
        ref = node.refs[x]
        if is_hash_ref(ref):
            self._count(ref[1:], sign)
        return _entered(node.kids[x] or self._read[sign](ref))

    def _count_value(self, value: Value | None, sign: int) -> None:
        if isinstance(value, ValueHash):
            self._count(value.hash, sign)
        elif value is not None and len(value) > self._inline_bytes:
            self._count(blake2_256(value), sign)

    def _count(self, digest: bytes, sign: int) -> None:
        self._counts[digest] = self._counts.get(digest, 0) + sign


def _entered(node: Node | None) -> Place | None:
    return None if node is None else (node, node.partial)
