"""Readings: how an auditor shows that it had all the bytes of a result that it judged.

Before its verdict is known it commits to a tag: the root over all committed leaves, each hashed
under a key that only its own VRF output gives. Which leaves it must then show, in the tag's tree
and in the provider's, is drawn from a block that is younger than the tag. Who had not read a part
of them made up their hashes, and has nothing to show; what others read helps nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from runtime.compute.challenge import challenge
from runtime.compute.classes import (
    Result,
    Tree,
    Work,
    chunk_count,
    leaf_bytes,
    leaf_count,
    place_of,
)
from runtime.compute.contents import COMMITTED, chunks_of, result_key, root_on_chain
from runtime.compute.merkle import HASH_BYTES, BadPath, MerkleTree, key_of, leaf_hash, root_of
from runtime.compute.opening import cut_path
from runtime.compute.receipt import Commitment
from runtime.primitives.schema import Bounded

SHOWN_LEAVES = 4
"""Leaves that a reading shows: who has read half of them passes once in sixteen times."""
SHOWN_BYTES = 128 * 1024
"""Of all shown leaves; where one leaf is larger, the tag alone must do."""
PATH_BYTES = SHOWN_LEAVES * 32 * HASH_BYTES
"""Hashes beside the leaves in a tree of up to 2**32 leaves."""


class BadReading(ValueError):
    """A reading that does not show what it should: the auditor did not have these bytes."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The leaves that a challenge asks for, and their places in the trees."""

    leaves: Annotated[bytes, Bounded(SHOWN_BYTES)]
    """Back to back, ascending."""
    tag_path: Annotated[bytes, Bounded(PATH_BYTES)]
    output_path: Annotated[bytes, Bounded(PATH_BYTES)]
    auxiliary_path: Annotated[bytes, Bounded(PATH_BYTES)]


NOTHING_READ = Reading(b"", b"", b"", b"")
"""What goes with the verdict that there was nothing to read."""


def tag_of(work: Work, result: Result, output: bytes) -> bytes:
    """Return the tag of an auditor, by its VRF output; takes a hash of every leaf."""
    return _tag_tree(work, result, output).root


def prove_reading(
    work: Work, commitment: Commitment, result: Result, output: bytes, randomness: bytes
) -> Reading:
    """Show the leaves that `randomness` asks for of a tag that was committed to before."""
    tree = _tag_tree(work, result, output)
    places = _chosen(work, tree.root, randomness)
    if not places:
        return NOTHING_READ
    chunks = {of: list(chunks_of(work, of, result.of(of))) for of in COMMITTED}
    shown = [place_of(work, leaf) for leaf in places]
    paths = {}
    for of in COMMITTED:
        indices = [chunk.index for chunk in shown if chunk.tree is of]
        key = result_key(work, of, commitment)
        held = MerkleTree(leaf_hash(key, chunk) for chunk in chunks[of]) if indices else None
        paths[of] = b"".join(held.prove(indices)) if held is not None else b""
    return Reading(
        leaves=b"".join(chunks[chunk.tree][chunk.index] for chunk in shown),
        tag_path=b"".join(tree.prove(places)),
        output_path=paths[Tree.OUTPUT],
        auxiliary_path=paths[Tree.AUXILIARY],
    )


@dataclass(frozen=True, slots=True)
class Tag:
    """The word of an auditor that it had all the bytes of a result."""

    output: bytes
    """Its VRF output."""
    root: bytes


def check_reading(
    work: Work, commitment: Commitment, tag: Tag, randomness: bytes, reading: Reading
) -> None:
    """Check that the leaves asked for are in the tag's tree and in the provider's.

    Raises:
        BadReading: they are not.
    """
    leaves = _cut(work, _chosen(work, tag.root, randomness), reading.leaves)
    key, count = _reading_key(tag.output), leaf_count(work)
    _check_root(key, count, leaves, reading.tag_path, tag.root)
    paths = {Tree.OUTPUT: reading.output_path, Tree.AUXILIARY: reading.auxiliary_path}
    for tree in COMMITTED:
        shown = {
            place_of(work, leaf).index: chunk
            for leaf, chunk in leaves.items()
            if place_of(work, leaf).tree is tree
        }
        key, wanted = result_key(work, tree, commitment), root_on_chain(tree, commitment)
        _check_root(key, chunk_count(work, tree), shown, paths[tree], wanted)


def _reading_key(output: bytes) -> bytes:
    return key_of("audit reading", output)


def _tag_tree(work: Work, result: Result, output: bytes) -> MerkleTree:
    key = _reading_key(output)
    return MerkleTree(
        leaf_hash(key, chunk)
        for tree in COMMITTED
        for chunk in chunks_of(work, tree, result.of(tree))
    )


def _chosen(work: Work, tag: bytes, randomness: bytes) -> tuple[int, ...]:
    """Draw the leaves to be shown: as many as fit."""
    count = min(SHOWN_LEAVES, SHOWN_BYTES // leaf_bytes(work))
    return challenge(tag, randomness, leaf_count(work), count) if count else ()


def _cut(work: Work, places: tuple[int, ...], shown: bytes) -> dict[int, bytes]:
    """Cut the shown bytes in leaves; their sizes follow from their places."""
    sizes = [_size_of(work, leaf) for leaf in places]
    if len(shown) != sum(sizes):
        raise BadReading(f"wanted {sum(sizes)} bytes of leaves, got {len(shown)}")
    leaves, start = {}, 0
    for leaf, size in zip(places, sizes, strict=True):
        leaves[leaf] = shown[start : start + size]
        start += size
    return leaves


def _size_of(work: Work, leaf: int) -> int:
    place = place_of(work, leaf)
    first = 0
    for section in work.sections(place.tree):
        first += section.count
        if place.index < first:
            return section.chunk_bytes
    raise AssertionError(f"leaf {leaf} is in no section")


def _check_root(
    key: bytes, count: int, leaves: Mapping[int, bytes], path: bytes, wanted: bytes
) -> None:
    if not leaves:
        if path:
            raise BadReading(f"wanted no hashes beside no leaves, got {len(path)} bytes")
        return
    if len(path) % HASH_BYTES:
        raise BadReading(f"wanted hashes of {HASH_BYTES} bytes, got {len(path)} bytes")
    hashes = {index: leaf_hash(key, chunk) for index, chunk in leaves.items()}
    try:
        root = root_of(count, hashes, cut_path(path))
    except BadPath as error:
        raise BadReading(str(error)) from error
    if root != wanted:
        raise BadReading(f"wanted root {wanted.hex()}, got {root.hex()}")
