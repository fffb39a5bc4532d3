"""What a class of jobs is to everyone else: sizes, price, and leaves that anyone can recompute.

A class is one frozen dataclass: its fields are the parameters of a job on the wire, its methods
are what follows from them. Jobs, receipts, workers, verifiers and clients know this protocol and
no class; `registry` alone lists them. To add one: write its `Work`, add it there, and give the
CUDA device a program for it.

A job is a function from its input to its output, and to an auxiliary content where checking needs
what lies in between (the activations of a layer, a checkpoint). Each of the three is a Merkle tree
of chunks, and a tree has sections whose chunks have one size. The chunks of the output, and after
them those of the auxiliary content, are the leaves of the job: each is a function of few chunks of
the input and of the auxiliary content, so whoever has those recomputes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Protocol, runtime_checkable

from numpy.typing import NDArray

from runtime.compute.job import SAMPLES, JobClass
from runtime.compute.merkle import HASH_BYTES
from runtime.primitives.hashing import blake2_256

Cells = NDArray[Any]
"""Integers of any type and shape; on the wire little-endian."""


class Tree(StrEnum):
    """Which of the three contents of a job. A string, whose hash is cheaper than an enum's."""

    INPUT = "input"
    OUTPUT = "output"
    AUXILIARY = "auxiliary"


@dataclass(frozen=True, slots=True)
class Section:
    """Consecutive chunks of one size in a tree, such as the bands of one matrix."""

    count: int
    chunk_bytes: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """A place in a tree: chunks are numbered through its sections from 0."""

    tree: Tree
    index: int


@dataclass(frozen=True, slots=True)
class Result:
    """What running a job gives, as it is stored and served."""

    output: bytes
    auxiliary: bytes = b""

    def of(self, tree: Tree) -> bytes:
        """Return the content of one of the two trees that a provider commits to."""
        assert tree is not Tree.INPUT, "the input is the client's"
        return self.output if tree is Tree.OUTPUT else self.auxiliary


@dataclass(frozen=True, slots=True)
class Definition:
    """What a class computes, in words, and the version of its meaning."""

    version: int
    text: str

    @property
    def kernel_id(self) -> bytes:
        """The name of the function: an edit of its text or version is a different kernel."""
        return blake2_256(b"starminer/kernel" + bytes([self.version]) + self.text.encode())


class Work(Protocol):
    """A job of one class and size. Methods are pure, integers only, and equal everywhere.

    Except `check_limits`, nothing need work before the limits are checked. Contents given to
    methods have the right size already.
    """

    job_class: ClassVar[JobClass]
    definition: ClassVar[Definition]

    def check_limits(self) -> None:
        """Refuse sizes that cannot be run or checked, each with a message that says why.

        Raises:
            BadSpec: with the field, what it wanted and what came.
        """

    @property
    def operations(self) -> int:
        """Price: int8 multiply-accumulates, or as much work, from the class's op-count table."""

    @property
    def samples(self) -> int:
        """Leaves opened per segment: `SAMPLES`, or fewer where one leaf is much work."""

    @property
    def proof_bytes(self) -> int:
        """Bound on the encoded size of an opening proof."""

    @property
    def check_gas(self) -> int:
        """Nanoseconds on the reference core to recompute the sampled leaves, beside hashing."""

    @property
    def memory_bytes(self) -> int:
        """Memory that `run` takes, about, with its arguments and results."""

    def content_bytes(self, tree: Tree) -> int:
        """Size of a content as it is stored and served, without padding; 0 if there is none."""

    def sections(self, tree: Tree) -> tuple[Section, ...]:
        """List the sections of a tree in order; none if the class has no such tree."""

    def cut(self, tree: Tree, content: bytes) -> tuple[Cells, ...]:
        """Cut a content in its sections, each (count, ...) cells of `chunk_bytes` per chunk."""

    def needs(self, leaf: int) -> tuple[Chunk, ...]:
        """List the chunks of input and auxiliary content that a leaf is a function of."""

    def recompute(self, leaf: int, chunks: Sequence[bytes], /) -> Cells:
        """Compute the cells of a leaf from the chunks that it needs, in that order."""

    def run(self, content: bytes) -> Result:
        """Compute the whole job on the CPU: the definition that every device must equal.

        Raises:
            BadInput: the content is no input of this class, whatever its root.
        """

    def is_result(self, content: bytes, result: Result, seed: int) -> bool:
        """Check a device's result at a fraction of its price; `seed` is secret to the device."""

    def is_constant(self, leaf: bytes, /) -> bool:
        """Say whether a leaf shows nothing of the input; a job is degenerate if they all do."""


@runtime_checkable
class RecomputesTogether(Protocol):
    """A class of which many leaves at once are much less work than one after the other."""

    def recompute_together(
        self, leaves: Sequence[int], chunks: Sequence[Sequence[bytes]], /
    ) -> Sequence[Cells]:
        """Compute the cells of leaves, each from the chunks that it needs."""


@runtime_checkable
class ChecksWhole(Protocol):
    """A class whose whole result is checked for less than it costs to compute it again."""

    def is_whole_result(self, content: bytes, result: Result, seed: int) -> bool:
        """Say whether every element is right; `seed` was not known when they were computed."""


class BadInput(ValueError):
    """A content of the right size and root that no job of its class can take."""


def recompute_all(
    work: Work, leaves: Sequence[int], chunks: Sequence[Sequence[bytes]]
) -> Sequence[Cells]:
    """Compute the cells of leaves, each from the chunks that it needs, together where that pays."""
    if isinstance(work, RecomputesTogether):
        return work.recompute_together(leaves, chunks)
    return [work.recompute(leaf, of) for leaf, of in zip(leaves, chunks, strict=True)]


def sections_bytes(sections: Sequence[Section]) -> int:
    """Add up sections: the size of a content that is stored with its padding."""
    return sum(section.count * section.chunk_bytes for section in sections)


def chunk_count(work: Work, tree: Tree) -> int:
    """Count the chunks of a tree."""
    return sum(section.count for section in work.sections(tree))


def has_auxiliary(work: Work) -> bool:
    """Say whether its provider commits to something between input and output."""
    return chunk_count(work, Tree.AUXILIARY) > 0


def leaf_count(work: Work) -> int:
    """Count the leaves of a job: what a challenge draws from."""
    return chunk_count(work, Tree.OUTPUT) + chunk_count(work, Tree.AUXILIARY)


def leaf_bytes(work: Work) -> int:
    """Size of the largest leaf."""
    committed = (*work.sections(Tree.OUTPUT), *work.sections(Tree.AUXILIARY))
    return max(section.chunk_bytes for section in committed)


def place_of(work: Work, leaf: int) -> Chunk:
    """Find a leaf in the tree that it is a chunk of."""
    outputs = chunk_count(work, Tree.OUTPUT)
    if leaf < outputs:
        return Chunk(Tree.OUTPUT, leaf)
    return Chunk(Tree.AUXILIARY, leaf - outputs)


def samples_of(work: Work) -> int:
    """Count the leaves that an opening of this job shows."""
    assert work.samples <= SAMPLES
    return min(work.samples, leaf_count(work))


def path_bytes(chunks: int, count: int) -> int:
    """Bound the hashes beside single chunks of a tree of `count`: one for each and each level."""
    return chunks * (count - 1).bit_length() * HASH_BYTES if count else 0


def run_bytes(runs: int, count: int) -> int:
    """Bound the hashes beside runs of neighbours in a tree of `count` chunks.

    A run misses at most one hash at each of its ends in each level, and no level has more hashes
    than nodes.
    """
    levels = range((count - 1).bit_length()) if count else ()
    return HASH_BYTES * sum(min(2 * runs, -(-count >> level)) for level in levels)
