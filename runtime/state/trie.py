"""The state of the chain as Substrate's base-16 Merkle-Patricia trie, under one root hash.

A trie is persistent: an update makes a new one that shares with the old what it did not change,
and both stay valid. Nodes are read from a database by their hash when they are first needed and
stay in memory until `collapsed` lets them go.
Source: Polkadot protocol specification, section 2.4 "State storage", state versions 0 and 1.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from runtime.primitives.hashing import blake2_256
from runtime.state.trie_change import Change, NodeWriter
from runtime.state.trie_diff import Difference
from runtime.state.trie_node import (
    HEX_DIGITS,
    NIBBLES,
    WIDTH,
    Branch,
    CorruptNode,
    Leaf,
    Node,
    Value,
    ValueHash,
    decode_node,
    is_hash_ref,
)

__all__ = [
    "EMPTY_ROOT",
    "CorruptNode",
    "Fetch",
    "MissingNode",
    "Trie",
    "fetch_nothing",
]

EMPTY_NODE = b"\0"
"""How Substrate encodes the trie without keys."""

EMPTY_ROOT = blake2_256(EMPTY_NODE)
"""The root of the trie without keys."""

INLINE_BYTES = {0: 1 << 62, 1: 32}
"""By state version: values longer than this are kept apart, under their hash."""

MIN_PRUNED_NODES = 1024
"""Below this many untaken nodes it is not worth looking for those that later updates replaced."""

Fetch = Callable[[bytes], bytes | None]
"""Reads what a database holds under a hash."""


class MissingNode(LookupError):
    """The database does not hold a node or value that the trie refers to."""


class Trie:
    """One version of the state.

    Invariant: `root` is the hash of what the trie maps, and `_untaken` together with the database
    holds every node of it.
    """

    __slots__ = ("_fetch", "_loaded", "_node", "_pruned", "_untaken", "root", "version")

    def __init__(self, root: bytes | None, fetch: Fetch, version: int = 1) -> None:
        if version not in INLINE_BYTES:
            raise ValueError(f"wanted state version 0 or 1, got {version}")
        self.root = EMPTY_ROOT if root is None else root
        """The hash of the whole state."""
        self.version = version
        self._fetch = fetch
        self._node: Node | None = None
        self._loaded = _Count()
        self._untaken: tuple[dict[bytes, bytes], ...] = ()
        self._pruned = 0

    @property
    def loaded(self) -> int:
        """How many nodes this trie and its relatives hold in memory, at most."""
        return self._loaded.nodes

    def get(self, key: bytes) -> bytes | None:
        """Return the value under `key`, or None.

        Raises: MissingNode, CorruptNode.
        """
        node = self._top()
        digits = key.hex()
        depth = 0
        while node is not None:
            partial = node.partial
            if not digits.startswith(partial, depth):
                return None
            depth += len(partial)
            if depth == len(digits):
                return self._value(node.value)
            if isinstance(node, Leaf):
                return None
            x = NIBBLES[digits[depth]]
            depth += 1
            kid = node.kids[x]
            if kid is None and node.refs[x]:
                kid = self._load(node, x)
            node = kid
        return None

    def keys(self, prefix: bytes, start: bytes | None = None) -> Iterator[bytes]:
        """Yield the keys that begin with `prefix` and are above `start`, in byte order.

        What is read from the database on the way is not kept in memory.
        """
        wanted = prefix.hex()
        above = "" if start is None else start.hex()
        top = self._top()
        todo: list[tuple[str, Node | None, bytes]] = [] if top is None else [("", top, b"")]
        while todo:
            path, kid, ref = todo.pop()
            node = self._read(ref) if kid is None else kid
            path += node.partial
            if not _may_hold(path, wanted, above):
                continue
            if isinstance(node, Branch):
                for x in reversed(range(WIDTH)):
                    below = path + HEX_DIGITS[x]
                    if node.refs[x] and _may_hold(below, wanted, above):
                        todo.append((below, node.kids[x], node.refs[x]))
            if node.value is not None and path.startswith(wanted):
                key = bytes.fromhex(path)
                if start is None or key > start:
                    yield key

    def updated(self, changes: Mapping[bytes, bytes | None]) -> Trie:
        """Return the trie after `changes`; None deletes a key.

        Takes time in the number of changes and the depth of the trie. Raises: MissingNode,
        CorruptNode.
        """
        before = self._top()
        keys = sorted(changes)
        values: list[Value | None] = [changes[key] for key in keys]
        writer = NodeWriter(INLINE_BYTES[self.version])
        digits = [key.hex() for key in keys]
        node = Change(digits, values, self._load, writer).apply(before)
        return self if node is before else self._succeeded_by(node, writer)

    def take_nodes(self) -> dict[bytes, bytes]:
        """Hand over what the database does not hold yet of this trie, by hash; then forget it.

        A trie made by `updated` after this expects it in the database; one made before does not.
        """
        nodes = self._reachable() if len(self._untaken) > 1 else dict(*self._untaken)
        self._untaken = ()
        return nodes

    def occurrences_since(self, old: Trie) -> dict[bytes, int]:
        """Return by hash how often more (or, negative, less) than `old` this holds a stored node.

        Values that are kept apart count as nodes. Takes time in the nodes that differ. Raises:
        MissingNode, CorruptNode.
        """
        if self.root == old.root:
            return {}
        top, old_top = self._top(), old._top()
        difference = Difference(old._read, self._read, INLINE_BYTES[self.version])
        found = difference.between(old_top, top)
        for digest, node, sign in ((old.root, old_top, -1), (self.root, top, 1)):
            if node is not None:
                found[digest] = found.get(digest, 0) + sign
        return {digest: count for digest, count in found.items() if count}

    def collapsed(self, keep_nodes: int = 0) -> Trie:
        """Return the same trie with at most `keep_nodes` nodes in memory, the uppermost ones.

        The rest is read again when needed, so the database must hold what was taken.
        """
        assert not self._untaken, "nodes not yet taken cannot be read again"
        trie = Trie(self.root, self._fetch, self.version)
        if self._node is not None and keep_nodes > 0:
            trie._node, trie._loaded.nodes = _copy_top(self._node, keep_nodes)
        return trie

    def closest_merkle_value(self, key: bytes) -> bytes | None:
        """Return the hash, or the bytes if shorter, of the uppermost node at or below `key`."""
        node, ref, path = self._top(), self.root, ""
        wanted = key.hex()
        while node is not None:
            path += node.partial
            if path.startswith(wanted):
                return ref if ref is self.root else ref[1:]
            if isinstance(node, Leaf) or not wanted.startswith(path):
                return None
            digit = wanted[len(path)]
            x = NIBBLES[digit]
            ref, path = node.refs[x], path + digit
            kid = node.kids[x]
            node = self._load(node, x) if kid is None and ref else kid
        return None

    def _top(self) -> Node | None:
        if self._node is None and self.root != EMPTY_ROOT:
            self._node = self._read_node(self.root)
            self._loaded.nodes += 1
        return self._node

    def _load(self, branch: Branch, x: int) -> Node:
        """Return child `x` of `branch`, which is not in memory, and keep it there."""
        kid = self._read(branch.refs[x])
        branch.kids[x] = kid
        self._loaded.nodes += 1
        return kid

    def _read(self, ref: bytes) -> Node:
        return self._read_node(ref[1:]) if is_hash_ref(ref) else decode_node(ref[1:])

    def _read_node(self, digest: bytes) -> Node:
        try:
            return decode_node(self._read_hash(digest))
        except CorruptNode as error:
            raise CorruptNode(f"under {digest.hex()}: {error}") from error

    def _value(self, value: Value | None) -> bytes | None:
        return self._read_hash(value.hash) if isinstance(value, ValueHash) else value

    def _read_hash(self, digest: bytes) -> bytes:
        raw = self._fetch(digest)
        if raw is None:
            raise MissingNode(f"the database holds nothing under {digest.hex()}")
        if blake2_256(raw) != digest:
            raise CorruptNode(f"wanted bytes that hash to {digest.hex()}, got {len(raw)} others")
        return raw

    def _succeeded_by(self, node: Node | None, writer: NodeWriter) -> Trie:
        trie = Trie(None if node is None else writer.root(node), self._fetch, self.version)
        trie._node = node
        trie._loaded = self._loaded
        trie._loaded.nodes += len(writer.nodes)
        trie._untaken = (*self._untaken, writer.nodes)
        trie._pruned = self._pruned
        size = sum(map(len, trie._untaken))
        if len(trie._untaken) > 1 and size > max(MIN_PRUNED_NODES, 2 * self._pruned):
            trie._untaken = (trie._reachable(),)
            trie._pruned = len(trie._untaken[0])
        return trie

    def _reachable(self) -> dict[bytes, bytes]:
        """Return the untaken nodes and values that this version refers to."""
        untaken: dict[bytes, bytes] = {}
        for nodes in self._untaken:
            untaken.update(nodes)
        found: dict[bytes, bytes] = {}
        todo = [self._node]
        if self.root in untaken:
            found[self.root] = untaken[self.root]
        while todo:
            node = todo.pop()
            if node is None:
                continue
            if isinstance(node.value, bytes) and len(node.value) > INLINE_BYTES[self.version]:
                digest = blake2_256(node.value)
                if digest in untaken:
                    found[digest] = node.value
            if isinstance(node, Branch):
                for ref, kid in zip(node.refs, node.kids, strict=True):
                    if not is_hash_ref(ref):
                        todo.append(kid)
                    elif ref[1:] in untaken:
                        found[ref[1:]] = untaken[ref[1:]]
                        todo.append(kid)
        return found


def fetch_nothing(_digest: bytes) -> None:
    """Stand in for the database of a trie that lives in memory only."""


@dataclass(slots=True)
class _Count:
    """The memory that related tries share."""

    nodes: int = 0


def _may_hold(path: str, wanted: str, above: str) -> bool:
    """Return whether a key that begins with `path` can begin with `wanted` and be after `above`."""
    if not path.startswith(wanted[: len(path)]):
        return False
    return path >= above or above.startswith(path)


def _copy_top(top: Node, most: int) -> tuple[Node, int]:
    """Return a copy of the uppermost `most` nodes in memory under `top`, and their number."""
    copy = _childless(top)
    held = 1
    todo = deque([(top, copy)])
    while todo:
        old, new = todo.popleft()
        if isinstance(old, Leaf) or isinstance(new, Leaf):
            continue
        for x, kid in enumerate(old.kids):
            if kid is not None:
                if held == most:
                    return copy, held
                twin = new.kids[x] = _childless(kid)
                todo.append((kid, twin))
                held += 1
    return copy, held


def _childless(node: Node) -> Node:
    """Return `node` with no child in memory; `refs` never change, so they are shared."""
    if isinstance(node, Leaf):
        return node
    return replace(node, kids=[None] * WIDTH)
