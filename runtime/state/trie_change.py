"""Apply a sorted batch of changes to a trie, reusing every subtree that no change touches.

The changes are two parallel lists, keys as hex digits in order, and each step works on the slice
`low:high` of those that pass through its node. One pass makes the new nodes, hashes them, and
collects their bytes.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from hashlib import blake2b
from typing import TypeAlias

from runtime.state.trie_node import (
    HASH_BYTES,
    HASH_REF,
    HEX_DIGITS,
    NIBBLES,
    WIDTH,
    Branch,
    Leaf,
    Node,
    Value,
    ValueHash,
    encode_branch,
    encode_leaf,
)

_AFTER = {digit: chr(ord(digit) + 1) for digit in HEX_DIGITS}
"""The least string above every string that starts with a digit."""


Keys: TypeAlias = list[str]
Values: TypeAlias = list[Value | None]


class NodeWriter:
    """Encodes and hashes new nodes; `nodes` collects what a database must hold for them."""

    __slots__ = ("inline_bytes", "nodes")

    def __init__(self, inline_bytes: int) -> None:
        self.inline_bytes = inline_bytes
        """Values longer than this are kept apart, under their hash."""
        self.nodes: dict[bytes, bytes] = {}

    def ref(self, node: Node) -> bytes:
        """Return the reference to `node` that its parent holds; keep its bytes."""
        raw = self.encode(node)
        size = len(raw)
        if size < HASH_BYTES:
            return bytes((size << 2,)) + raw
        digest = blake2b(raw, digest_size=32).digest()
        self.nodes[digest] = raw
        return HASH_REF + digest

    def root(self, node: Node) -> bytes:
        """Return the hash of `node`, which has no parent; keep its bytes."""
        raw = self.encode(node)
        digest = blake2b(raw, digest_size=32).digest()
        self.nodes[digest] = raw
        return digest

    def encode(self, node: Node) -> bytes:
        """Return the bytes of `node`; keep its value if that is too long to stand in the node."""
        value = node.value
        hashed = False
        if value is not None:
            if isinstance(value, ValueHash):
                value, hashed = value.hash, True
            elif len(value) > self.inline_bytes:
                digest = blake2b(value, digest_size=32).digest()
                self.nodes[digest] = value
                value, hashed = digest, True
        if isinstance(node, Leaf):
            assert value is not None
            return encode_leaf(node.partial, value, hashed)
        return encode_branch(node, value, hashed)


class Change:
    """One batch of changes: `values[i]` becomes what `keys[i]` holds; None deletes it.

    Invariant: `keys` are strictly ascending, and a node that a method returns has been given to
    the writer as far as its children go, but not itself: that is for its parent to do.
    """

    __slots__ = ("keys", "load", "values", "writer")

    def __init__(
        self,
        keys: Keys,
        values: Values,
        load: Callable[[Branch, int], Node],
        writer: NodeWriter,
    ) -> None:
        self.keys = keys
        self.values = values
        self.load = load
        self.writer = writer

    def apply(self, node: Node | None) -> Node | None:
        """Return the whole trie under root `node` after the changes; `node` itself if none."""
        return self._apply(node, 0, len(self.keys), 0) if self.keys else node

    def _apply(self, node: Node | None, low: int, high: int, depth: int) -> Node | None:
        keys = self.keys
        if node is None:
            return self._insert(keys[low:high], self.values[low:high], depth)
        if isinstance(node, Leaf):
            return self._apply_to_leaf(node, low, high, depth)
        partial = node.partial
        if not partial or (
            keys[low].startswith(partial, depth) and keys[high - 1].startswith(partial, depth)
        ):
            return self._apply_to_branch(node, low, high, depth + len(partial))
        return self._apply_beside_branch(node, low, high, depth)

    def _apply_to_leaf(self, leaf: Leaf, low: int, high: int, depth: int) -> Node | None:
        path = self.keys[low][:depth] + leaf.partial
        merged: dict[str, Value | None] = {path: leaf.value}
        merged.update(zip(self.keys[low:high], self.values[low:high], strict=True))
        keys = sorted(merged)
        new = self._insert(keys, [merged[key] for key in keys], depth)
        return leaf if isinstance(new, Leaf) and _same(new, leaf) else new

    def _apply_to_branch(self, branch: Branch, low: int, high: int, end: int) -> Node | None:
        """Change what lies at and below `branch`, whose path has `end` digits."""
        keys, values = self.keys, self.values
        kids, refs, bitmap = branch.kids.copy(), branch.refs.copy(), branch.bitmap
        value = branch.value
        i, after, touched = low, end + 1, []
        if len(keys[low]) == end:
            value = values[low]
            i += 1
        while i < high:
            key = keys[i]
            digit = key[end]
            j = i + 1
            if j < high and keys[j][end] == digit:
                j = bisect_left(keys, key[:end] + _AFTER[digit], j, high)
            x = NIBBLES[digit]
            old = kids[x]
            if old is None and refs[x]:
                old = kids[x] = self.load(branch, x)
            new: Node | None
            alone = j == i + 1
            if alone and (old is None or (type(old) is Leaf and key[after:] == old.partial)):
                new_value = values[i]
                if new_value is None:
                    new = None
                elif old is None or old.value != new_value:
                    new = Leaf(key[after:], new_value)
                else:
                    new = old
            else:
                new = self._apply(old, i, j, after)
            i = j
            if new is not old:
                kids[x] = new
                touched.append(x)
                bitmap = bitmap & ~(1 << x) if new is None else bitmap | 1 << x
        if not touched and value == branch.value:
            return branch
        return self._settle(Branch(branch.partial, value, kids, refs, bitmap), touched)

    def _settle(self, branch: Branch, touched: list[int]) -> Node | None:
        """Return `branch` as a trie would hold it, its touched children given to the writer."""
        bitmap, kids, refs = branch.bitmap, branch.kids, branch.refs
        if not bitmap:
            return None if branch.value is None else Leaf(branch.partial, branch.value)
        if branch.value is None and not bitmap & (bitmap - 1):
            x = bitmap.bit_length() - 1
            only = kids[x] or self.load(branch, x)
            partial = branch.partial + HEX_DIGITS[x] + only.partial
            return _moved(only, partial)
        ref = self.writer.ref
        for x in touched:
            kid = kids[x]
            refs[x] = b"" if kid is None else ref(kid)
        return branch

    def _apply_beside_branch(self, branch: Branch, low: int, high: int, depth: int) -> Node | None:
        """Make changes of which some do not pass through `branch`."""
        partial = branch.partial
        kept = [
            i
            for i in range(low, high)
            if self.values[i] is not None or self.keys[i].startswith(partial, depth)
        ]
        if not kept:
            return branch
        keys, values = [self.keys[i] for i in kept], [self.values[i] for i in kept]
        cut = min(_common(keys[0], partial, depth), _common(keys[-1], partial, depth))
        change = self._part(keys, values)
        if cut == len(partial):
            return change._apply_to_branch(branch, 0, len(keys), depth + cut)
        end = depth + cut
        path = keys[0][:end]
        inside = bisect_left(keys, path + partial[cut])
        beyond = bisect_left(keys, path + _AFTER[partial[cut]])
        lower: Node | None = _moved(branch, partial[cut + 1 :])
        if inside < beyond:
            lower = change._apply(lower, inside, beyond, end + 1)
        rest = self._part(keys[:inside] + keys[beyond:], values[:inside] + values[beyond:])
        if lower is None:
            return rest._build(0, len(rest.keys), depth)
        upper = _bare(partial[:cut])
        self._attach(upper, NIBBLES[partial[cut]], lower)
        rest._grow(upper, 0, len(rest.keys), end)
        return upper

    def _insert(self, keys: Keys, values: Values, depth: int) -> Node | None:
        """Return a new subtree of those keys that have a value."""
        if None in values:
            live = [i for i, value in enumerate(values) if value is not None]
            keys, values = [keys[i] for i in live], [values[i] for i in live]
        return self._part(keys, values)._build(0, len(keys), depth) if keys else None

    def _build(self, low: int, high: int, depth: int) -> Node:
        first, last = self.keys[low], self.keys[high - 1]
        if high - low == 1:
            value = self.values[low]
            assert value is not None
            return Leaf(first[depth:], value)
        end = depth + _common(last, first[depth:], depth)
        branch = _bare(first[depth:end])
        self._grow(branch, low, high, end)
        return branch

    def _grow(self, branch: Branch, low: int, high: int, end: int) -> None:
        """Put new keys at and below a new `branch`, where it has no child yet."""
        keys = self.keys
        i = low
        if len(keys[low]) == end:
            branch.value = self.values[low]
            i += 1
        while i < high:
            digit = keys[i][end]
            j = bisect_left(keys, keys[i][:end] + _AFTER[digit], i + 1, high)
            self._attach(branch, NIBBLES[digit], self._build(i, j, end + 1))
            i = j

    def _attach(self, branch: Branch, x: int, kid: Node) -> None:
        branch.kids[x] = kid
        branch.refs[x] = self.writer.ref(kid)
        branch.bitmap |= 1 << x

    def _part(self, keys: Keys, values: Values) -> Change:
        return Change(keys, values, self.load, self.writer)


def _bare(partial: str) -> Branch:
    return Branch(partial, None, [None] * WIDTH, [b""] * WIDTH, 0)


def _moved(node: Node, partial: str) -> Node:
    """Return `node` with another partial key; the lists of a branch can be shared."""
    if isinstance(node, Leaf):
        return Leaf(partial, node.value)
    return Branch(partial, node.value, node.kids, node.refs, node.bitmap)


def _same(one: Leaf, other: Leaf) -> bool:
    return one.partial == other.partial and one.value == other.value


def _common(key: str, partial: str, depth: int) -> int:
    """Return how many digits of `partial` are those of `key` from `depth` on."""
    if key.startswith(partial, depth):
        return len(partial)
    n = 0
    for mine, its in zip(key[depth : depth + len(partial)], partial, strict=False):
        if mine != its:
            break
        n += 1
    return n
