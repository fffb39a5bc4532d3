"""Merkle trees over BLAKE3, and proofs of many leaves at once.

A tree of `count` leaves has a fixed shape, so that a position needs no proof of its own; a level
of odd width is filled up with one `PAD`. Leaves and nodes are hashed under different BLAKE3 keys:
a leaf is never a node. A proof holds each hash that the verifier cannot compute, once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from blake3 import blake3

HASH_BYTES = 32


def key_of(domain: str, *fields: bytes) -> bytes:
    """Derive the hashing key of a domain and of what it is salted with."""
    return blake3(b"".join(fields), derive_key_context=f"starminer 2026 {domain}").digest()


NODE_KEY = key_of("merkle node")
PAD = key_of("merkle pad")
"""Stands in for the missing right-hand neighbour; the hash of nothing that anyone can present."""


class BadPath(ValueError):
    """The hashes beside the leaves are too few or too many."""


class MerkleTree:
    """A tree kept whole, by who must open it. Invariant: level i+1 hashes the pairs of level i."""

    def __init__(self, leaves: Iterable[bytes]) -> None:
        self._levels = [list(leaves)]
        assert self._levels[0], "a tree has a leaf"
        while len(self._levels[-1]) > 1:
            self._levels.append(_parents(self._levels[-1]))

    @property
    def root(self) -> bytes:
        """The hash that stands for all leaves in their order."""
        return self._levels[-1][0]

    def nodes(self, level: int, places: range) -> tuple[bytes, ...]:
        """Return consecutive hashes of a level; level 0 are the leaves."""
        return tuple(self._levels[level][places.start : places.stop])

    def prove(self, indices: Iterable[int]) -> tuple[bytes, ...]:
        """Return the hashes that lead from the leaves at `indices` to the root."""
        proof, known = [], sorted(set(indices))
        assert known, "a proof is of some leaf"
        assert 0 <= known[0] <= known[-1] < len(self._levels[0])
        for level in self._levels[:-1]:
            missing = _missing(known, len(level))
            proof += [level[index] for index in missing]
            known = sorted({index // 2 for index in known})
        return tuple(proof)


def leaf_hash(key: bytes, content: bytes) -> bytes:
    """Hash the content of a leaf under the key of its tree."""
    return blake3(content, key=key).digest()


def depth_of(count: int) -> int:
    """Count the levels of a tree of `count` leaves above them: the level of its root."""
    return (count - 1).bit_length()


def folded_up(hashes: Sequence[bytes], levels: int) -> bytes:
    """Compute a node from all the hashes that lie `levels` levels below it, in order."""
    assert 0 < len(hashes) <= 1 << levels, "a node has one to two nodes below it on each level"
    row = list(hashes)
    for _ in range(levels):
        row = _parents(row)
    return row[0]


def root_of(count: int, leaves: Mapping[int, bytes], proof: Sequence[bytes]) -> bytes:
    """Compute the root of a tree of `count` leaves from the hashes of some and a proof.

    Raises:
        BadPath: the proof has not exactly the hashes it needs.
    """
    if not leaves:
        raise BadPath("wanted a leaf, got none")
    rest, width, known = iter(proof), count, dict(leaves)
    while width > 1:
        known.update(zip(_missing(sorted(known), width), rest, strict=False))
        known, width = _folded(known, width), -(-width // 2)
    if next(rest, None) is not None:
        raise BadPath(f"wanted fewer than {len(proof)} hashes beside the leaves")
    return known[0]


def _folded(known: Mapping[int, bytes], width: int) -> dict[int, bytes]:
    """Hash the pairs of one level; every left one must know its right one."""
    parents = {}
    for index in sorted({index // 2 for index in known}):
        left, right = known.get(2 * index), known.get(2 * index + 1)
        if right is None and 2 * index + 1 == width:
            right = PAD
        if left is None or right is None:
            raise BadPath("wanted more hashes beside the leaves")
        parents[index] = blake3(left + right, key=NODE_KEY).digest()
    return parents


def _missing(known: Sequence[int], width: int) -> list[int]:
    """List the neighbours of `known` that are not known themselves, in order."""
    present = dict.fromkeys(known)
    return [i ^ 1 for i in known if i ^ 1 not in present and i ^ 1 < width]


def _parents(level: list[bytes]) -> list[bytes]:
    if len(level) % 2:
        level = [*level, PAD]
    return [blake3(level[i] + level[i + 1], key=NODE_KEY).digest() for i in range(0, len(level), 2)]
