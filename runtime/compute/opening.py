"""The opening proof: the sampled leaves of a result and all that is needed to recompute them.

A provider makes it once the challenge is known; whoever imports the block checks it with nothing
but the job, the commitment and the randomness (`verify`).

On the wire a proof is the parts of the output tree, of the input tree, and of the auxiliary tree
if there is one. The parts of a tree are the opened chunks of each of its sections, one after the
other in ascending order, each once; then the hashes beside all of them (`merkle`). Each part is
preceded by its length. In a proof of a private job the salts of the opened chunks, in their order,
are one more part of each tree.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated

from runtime.compute.challenge import challenge
from runtime.compute.classes import (
    Chunk,
    Result,
    Tree,
    Work,
    chunk_count,
    leaf_count,
    path_bytes,
    place_of,
)
from runtime.compute.contents import chunks_of, key_of_tree
from runtime.compute.job import MAX_PROOF_BYTES, JobSpec
from runtime.compute.merkle import HASH_BYTES, MerkleTree
from runtime.compute.private import leaf_hashes, salt_of
from runtime.compute.receipt import Commitment
from runtime.compute.registry import check_spec
from runtime.primitives.scale import DecodeError, decode_at, encode
from runtime.primitives.schema import Bounded

TREES = (Tree.OUTPUT, Tree.INPUT, Tree.AUXILIARY)
"""In the order of a proof."""
LENGTH_BYTES = 4
"""Of a part, as a compact integer: a part is shorter than 2**30 bytes."""
_Part = Annotated[bytes, Bounded(MAX_PROOF_BYTES)]


@dataclass(frozen=True, slots=True)
class OpenedTree:
    """What a proof shows of one tree."""

    sections: tuple[bytes, ...]
    """For each section, its opened chunks back to back."""
    path: bytes
    """Hashes beside them, 32 bytes each."""
    salts: bytes | None = None
    """Of a private job: those of the opened chunks, 32 bytes each."""

    @property
    def parts(self) -> tuple[bytes, ...]:
        """What of it goes on the wire, in order."""
        salts = () if self.salts is None else (self.salts,)
        return (*self.sections, self.path, *salts)


@dataclass(frozen=True, slots=True)
class OpeningProof:
    """The trees of a job as far as a challenge opens them; the auxiliary one if there is one."""

    trees: Mapping[Tree, OpenedTree]

    def encode(self) -> bytes:
        """Encode for the wire."""
        parts = (part for tree in TREES if tree in self.trees for part in self.trees[tree].parts)
        return b"".join(encode(part, _Part) for part in parts)


@dataclass(frozen=True, slots=True)
class Sample:
    """What a challenge asks for."""

    leaves: tuple[int, ...]
    needs: tuple[tuple[Chunk, ...], ...]
    """Of each leaf."""
    opened: Mapping[Tree, tuple[int, ...]]
    """Indices of the opened chunks of each tree, ascending, each once."""


def decode_proof(work: Work, raw: bytes, *, is_private: bool = False) -> OpeningProof:
    """Decode a proof for some work; that of a private job has salts.

    Raises:
        DecodeError: it is short, long or not canonical.
    """
    trees, offset = {}, 0
    for tree in trees_of(work):
        parts = []
        sections = len(work.sections(tree))
        for _ in range(sections + 1 + is_private):
            part, offset = decode_at(raw, offset, _Part)
            parts.append(part)
        trees[tree] = OpenedTree(tuple(parts[:sections]), *parts[sections:])
    if offset != len(raw):
        raise DecodeError(f"wanted a proof of {offset} bytes, got {len(raw)}")
    return OpeningProof(trees)


def trees_of(work: Work) -> tuple[Tree, ...]:
    """List the trees that a proof shows parts of."""
    return tuple(tree for tree in TREES if chunk_count(work, tree))


def sample_of(work: Work, commitment: Commitment, randomness: bytes) -> Sample:
    """Draw the leaves that must be opened, and list the chunks that they are functions of."""
    return sample_with(work, challenge(commitment.hash, randomness, leaf_count(work), work.samples))


def sample_with(work: Work, leaves: tuple[int, ...]) -> Sample:
    """List the chunks that leaves are functions of."""
    opened: dict[Tree, dict[int, None]] = {tree: {} for tree in trees_of(work)}
    needs = tuple(work.needs(leaf) for leaf in leaves)
    for leaf, needed in zip(leaves, needs, strict=True):
        for chunk in (place_of(work, leaf), *needed):
            opened[chunk.tree][chunk.index] = None
    return Sample(leaves, needs, {tree: tuple(sorted(indices)) for tree, indices in opened.items()})


def prove_opening(
    spec: JobSpec,
    commitment: Commitment,
    randomness: bytes,
    content: bytes,
    result: Result,
    *,
    secret: bytes | None = None,
) -> bytes:
    """Answer the challenge for a committed result of the input `content`.

    Costs a hash of every chunk of all trees. A wrong result gives a proof that fails. The leaves
    of a private job are salted by its secret.
    """
    assert spec.is_private == (secret is not None), "a private job has a secret, others none"
    work = check_spec(spec)
    sample = sample_of(work, commitment, randomness)
    return _proof(work, sample, commitment, content, result, secret=secret)


def prove_leaf(
    spec: JobSpec, commitment: Commitment, leaf: int, content: bytes, result: Result
) -> bytes:
    """Open the one leaf that a dispute or a challenge of its availability asks for.

    Costs a hash of every chunk of all trees. A wrong leaf gives a proof that fails.
    """
    work = check_spec(spec)
    return _proof(work, sample_with(work, (leaf,)), commitment, content, result)


def leaf_proof_bytes(work: Work, leaf: int) -> int:
    """Bound the size of the proof of one leaf: its chunks, their paths, and the lengths of both."""
    size = 0
    for tree, indices in sample_with(work, (leaf,)).opened.items():
        sections = work.sections(tree)
        groups = zip(sections, by_section(work, tree, indices), strict=True)
        chunks = sum(section.chunk_bytes * len(group) for section, group in groups)
        paths = path_bytes(len(indices), chunk_count(work, tree))
        size += chunks + paths + LENGTH_BYTES * (len(sections) + 1)
    return size


def _proof(
    work: Work,
    sample: Sample,
    commitment: Commitment,
    content: bytes,
    result: Result,
    *,
    secret: bytes | None = None,
) -> bytes:
    trees = {}
    for tree in trees_of(work):
        held = content if tree is Tree.INPUT else result.of(tree)
        key = key_of_tree(work, tree, commitment)
        chunks = list(chunks_of(work, tree, held))
        trees[tree] = _opened(work, tree, chunks, sample.opened[tree], key, secret=secret)
    return OpeningProof(trees).encode()


def by_section(work: Work, tree: Tree, indices: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Split the indices of a tree's chunks, ascending, by its sections."""
    start = first = 0
    for section in work.sections(tree):
        first += section.count
        end = start
        while end < len(indices) and indices[end] < first:
            end += 1
        yield indices[start:end]
        start = end


def cut_opened(work: Work, sample: Sample, proof: OpeningProof) -> dict[Tree, dict[int, bytes]]:
    """Cut the parts of a proof, whose lengths are right, in the chunks that were asked for."""
    chunks: dict[Tree, dict[int, bytes]] = {tree: {} for tree in proof.trees}
    for tree, opened in proof.trees.items():
        groups = by_section(work, tree, sample.opened[tree])
        for section, part, group in zip(work.sections(tree), opened.sections, groups, strict=True):
            size = section.chunk_bytes
            starts = range(0, len(part), size)
            chunks[tree].update(zip(group, (part[at : at + size] for at in starts), strict=True))
    return chunks


def cut_path(path: bytes) -> tuple[bytes, ...]:
    """Cut a path in its hashes."""
    return tuple(path[start : start + HASH_BYTES] for start in range(0, len(path), HASH_BYTES))


def _opened(
    work: Work,
    tree: Tree,
    chunks: list[bytes],
    indices: tuple[int, ...],
    key: bytes,
    *,
    secret: bytes | None,
) -> OpenedTree:
    salts = None if secret is None else b"".join(salt_of(secret, key, each) for each in indices)
    if not indices:
        return OpenedTree(tuple(b"" for _ in work.sections(tree)), b"", salts)
    path = MerkleTree(leaf_hashes(key, chunks, secret)).prove(indices)
    parts = (
        b"".join(chunks[index] for index in group) for group in by_section(work, tree, indices)
    )
    return OpenedTree(tuple(parts), b"".join(path), salts)
