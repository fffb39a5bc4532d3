"""Contents of jobs and their Merkle trees: what is stored and served, against what is on chain.

The leaves of each tree are hashed under a key of their own. The key of an input binds the job's
parameters: the same bytes in another shape are another input. The keys of a result bind provider,
job and segment: what one provider committed is of no use to another. The leaves of a private job
are salted besides, by a `secret` of its client and its provider (`private`).
"""

from __future__ import annotations

from collections.abc import Iterator

from runtime.compute.challenge import challenge
from runtime.compute.classes import Result, Tree, Work, chunk_count, leaf_count, place_of
from runtime.compute.merkle import MerkleTree, key_of
from runtime.compute.private import leaf_hashes
from runtime.compute.receipt import NO_AUXILIARY, Commitment
from runtime.primitives.scale import encode
from runtime.primitives.types import U32, U64

COMMITTED = (Tree.OUTPUT, Tree.AUXILIARY)


class BadPayload(ValueError):
    """Bytes of an input or an output that are not what was ordered or committed to."""


class WrongPayloadSize(BadPayload):
    """Not as many bytes as the parameters of the job say."""


class WrongPayloadRoot(BadPayload):
    """Bytes that do not hash to the root on chain."""


def input_key(work: Work) -> bytes:
    """Key of the input's chunks."""
    name = work.job_class.name.lower()
    return key_of(f"{name} input", encode(work, type(work)))


def result_key(work: Work, tree: Tree, place: Commitment) -> bytes:
    """Key of the chunks of an output or auxiliary content; the roots in `place` play no part."""
    salt = (place.provider, encode(place.job, U64), encode(place.segment, U32))
    return key_of(f"{work.job_class.name.lower()} {tree.value}", *salt)


def key_of_tree(work: Work, tree: Tree, commitment: Commitment) -> bytes:
    """Return the key of any tree of a job that was committed to."""
    return input_key(work) if tree is Tree.INPUT else result_key(work, tree, commitment)


def root_on_chain(tree: Tree, commitment: Commitment) -> bytes:
    """Return the root that a commitment gives for one of its trees."""
    return commitment.out_root if tree is Tree.OUTPUT else commitment.aux_root


def chunks_of(work: Work, tree: Tree, content: bytes) -> Iterator[bytes]:
    """Cut a content in its chunks, in their order; there are none of a tree that is not there."""
    if not chunk_count(work, tree):
        return
    for section in work.cut(tree, content):
        for cells in section:
            yield cells.tobytes()


def tree_of(
    work: Work, tree: Tree, key: bytes, content: bytes, secret: bytes | None = None
) -> MerkleTree:
    """Commit to a content under the key of its tree.

    Raises:
        WrongPayloadSize: more or fewer bytes than the parameters say.
    """
    wanted = work.content_bytes(tree)
    if len(content) != wanted:
        raise WrongPayloadSize(f"wanted {wanted} {tree.value} bytes, got {len(content)}")
    return MerkleTree(leaf_hashes(key, chunks_of(work, tree, content), secret))


def input_root(work: Work, content: bytes, secret: bytes | None = None) -> bytes:
    """Return the root by which a client orders work on `content`."""
    return tree_of(work, Tree.INPUT, input_key(work), content, secret).root


def check_input(work: Work, root: bytes, content: bytes, secret: bytes | None = None) -> None:
    """Check an input against the root that the client ordered by.

    Raises:
        BadPayload: the size or the root is another.
    """
    if (came := input_root(work, content, secret)) != root:
        raise WrongPayloadRoot(f"wanted input root {root.hex()}, got {came.hex()}")


def check_output(
    work: Work, commitment: Commitment, content: bytes, secret: bytes | None = None
) -> None:
    """Check an output against the commitment that the chain finalized.

    Raises:
        BadPayload: the size or the root is another.
    """
    check_content(work, Tree.OUTPUT, commitment, content, secret)


def check_content(
    work: Work, tree: Tree, commitment: Commitment, content: bytes, secret: bytes | None = None
) -> None:
    """Check an output or an auxiliary content against its commitment.

    Raises:
        BadPayload: the size or the root is another.
    """
    wanted, key = root_on_chain(tree, commitment), result_key(work, tree, commitment)
    if (came := tree_of(work, tree, key, content, secret).root) != wanted:
        raise WrongPayloadRoot(f"wanted {tree.value} root {wanted.hex()}, got {came.hex()}")


def commit(
    work: Work,
    job: int,
    segment: int,
    provider: bytes,
    result: Result,
    *,
    secret: bytes | None = None,
) -> Commitment:
    """Commit to a result."""
    place = Commitment(job, segment, provider, bytes(32), NO_AUXILIARY, len(result.output))
    roots = [
        tree_of(work, tree, result_key(work, tree, place), result.of(tree), secret).root
        if chunk_count(work, tree)
        else NO_AUXILIARY
        for tree in COMMITTED
    ]
    return Commitment(job, segment, provider, roots[0], roots[1], len(result.output))


def is_degenerate(work: Work, result: Result) -> bool:
    """Say whether most leaves show nothing of the input: such work is refused (`verify`).

    Half is far from all: where fewer are constant, a sample of constants alone is as rare as a
    broken hash, so that a provider that commits need not fear it.
    """
    if leaf_count(work) <= work.samples:
        return False
    leaves = (chunk for tree in COMMITTED for chunk in chunks_of(work, tree, result.of(tree)))
    constant = sum(map(work.is_constant, leaves))
    return 2 * constant > leaf_count(work)


SPOT_CHECKS = 16
"""Leaves that a device's result is tried on, at most: one that fails everywhere is caught."""


def spot_check(work: Work, content: bytes, result: Result, seed: int) -> bool:
    """Recompute some leaves of a result, drawn by a seed, from the contents that it came with."""
    trees = {Tree.INPUT: content, Tree.OUTPUT: result.output, Tree.AUXILIARY: result.auxiliary}
    chunks = {tree: list(chunks_of(work, tree, held)) for tree, held in trees.items()}
    randomness = seed.to_bytes(8, "little")
    for leaf in challenge(
        b"spot check", randomness, leaf_count(work), min(SPOT_CHECKS, work.samples)
    ):
        needed = [chunks[chunk.tree][chunk.index] for chunk in work.needs(leaf)]
        place = place_of(work, leaf)
        if work.recompute(leaf, needed).tobytes() != chunks[place.tree][place.index]:
            return False
    return True
