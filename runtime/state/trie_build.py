"""The root of a trie whose keys are all known: one pass over them in order, keeping no node.

A trie in memory takes about a kilobyte a key; this takes what its deepest path does. It serves
where only the root is wanted: that of a block's extrinsics, or of a large chain spec.
Source: Polkadot protocol specification, section 2.4 "State storage", state versions 0 and 1.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence

from runtime.primitives.compact import encode_compact
from runtime.primitives.hashing import blake2_256
from runtime.state.trie import EMPTY_ROOT, INLINE_BYTES
from runtime.state.trie_node import (
    HASH_BYTES,
    HASH_REF,
    NIBBLES,
    WIDTH,
    Branch,
    Value,
    ValueHash,
    encode_branch,
    encode_leaf,
)

MAX_BRANCHES_DEEP = 256
"""Branches above a leaf: those of real chains are below 40, and Python's stack has an end."""

ABOVE_EVERY_DIGIT = "g"
"""Follows `f`: ends a search for keys below a digit."""


class TooDeep(ValueError):
    """Keys that contain each other so often that no real state has them."""


def root_of(pairs: Mapping[bytes, Value], version: int) -> bytes:
    """Return the root of the trie that maps each key to its value, or to a value of that hash.

    Raises: TooDeep.
    """
    if not pairs:
        return EMPTY_ROOT
    keys = sorted(pairs)
    build = _Build([key.hex() for key in keys], [pairs[key] for key in keys], INLINE_BYTES[version])
    return blake2_256(build.node(0, len(keys), 0, 0))


def ordered_root(values: Sequence[bytes], version: int = 1) -> bytes:
    """Return the root of the trie that maps the compact index of each value to it.

    This is the extrinsics root of a header.
    """
    return root_of({encode_compact(i): value for i, value in enumerate(values)}, version)


class _Build:
    """The keys as hex digits in ascending order, and their values."""

    def __init__(self, keys: list[str], values: list[Value], inline_bytes: int) -> None:
        self._keys = keys
        self._values = values
        self._inline_bytes = inline_bytes

    def node(self, low: int, high: int, depth: int, branches: int) -> bytes:
        """Return the bytes of the node over `keys[low:high]`, which agree in `depth` digits."""
        first, last = self._keys[low], self._keys[high - 1]
        if high - low == 1:
            value, hashed = self._stored(low)
            return encode_leaf(first[depth:], value, hashed)
        if branches == MAX_BRANCHES_DEEP:
            raise TooDeep(f"wanted at most {MAX_BRANCHES_DEEP} forks above a key, got more")
        end = depth
        while end < len(first) and first[end] == last[end]:
            end += 1
        own: bytes | None = None
        hashed = False
        if len(first) == end:
            own, hashed = self._stored(low)
            low += 1
        branch = Branch(first[depth:end], None, [], [b""] * WIDTH, 0)
        while low < high:
            digit = self._keys[low][end]
            x = NIBBLES[digit]
            above = self._keys[low][: end + 1] + ABOVE_EVERY_DIGIT
            beyond = bisect_left(self._keys, above, low + 1, high)
            branch.refs[x] = _ref(self.node(low, beyond, end + 1, branches + 1))
            branch.bitmap |= 1 << x
            low = beyond
        return encode_branch(branch, own, hashed)

    def _stored(self, i: int) -> tuple[bytes, bool]:
        """Return what a node holds of value `i`, and whether that is its hash."""
        value = self._values[i]
        if isinstance(value, ValueHash):
            return value.hash, True
        if len(value) > self._inline_bytes:
            return blake2_256(value), True
        return value, False


def _ref(raw: bytes) -> bytes:
    if len(raw) < HASH_BYTES:
        return bytes((len(raw) << 2,)) + raw
    return HASH_REF + blake2_256(raw)
