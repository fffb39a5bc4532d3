"""Checking receipts: what every importer does, and what is wrong with a bad one.

Each check recomputes a sample of the work, exactly; `gas` is what it may cost.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np

from runtime.compute.classes import (
    Cells,
    Tree,
    Work,
    chunk_count,
    has_auxiliary,
    leaf_count,
    place_of,
    recompute_all,
)
from runtime.compute.contents import key_of_tree, root_on_chain
from runtime.compute.job import MAX_PROOF_BYTES, JobSpec
from runtime.compute.merkle import HASH_BYTES, BadPath, leaf_hash, root_of
from runtime.compute.opening import (
    OpenedTree,
    OpeningProof,
    Sample,
    by_section,
    cut_opened,
    cut_path,
    decode_proof,
    sample_of,
    sample_with,
)
from runtime.compute.private import SALT_BYTES
from runtime.compute.receipt import NO_AUXILIARY, Commitment, Opening, proof_hash
from runtime.compute.reference import tile_digest, work_seed
from runtime.compute.registry import check_spec
from runtime.compute.shares import ShareBatch, ShareParameters
from runtime.primitives.scale import DecodeError

MAX_SALTED_PROOF_BYTES = 2 * MAX_PROOF_BYTES
"""A private opening goes to single witnesses as a blob, and may have as many salts as chunks."""


class BadReceipt(ValueError):
    """A receipt that proves nothing; a block that carries it is bad."""


class WrongProofHash(BadReceipt):
    """The proof beside the block is not the one that the block names."""


class BadOpeningEncoding(BadReceipt):
    """The proof is too long or is no opening proof."""


class BadCommitment(BadReceipt):
    """The commitment cannot be one for its job."""


class WrongLeaves(BadReceipt):
    """Not as many chunks as the challenge asks for."""


class BadOutputPath(BadReceipt):
    """The opened leaves are not among the committed output."""


class BadInputPath(BadReceipt):
    """The opened chunks are not among the ordered input."""


class BadAuxiliaryPath(BadReceipt):
    """The opened chunks are not among the committed auxiliary content."""


BAD_PATHS = {
    Tree.OUTPUT: BadOutputPath,
    Tree.INPUT: BadInputPath,
    Tree.AUXILIARY: BadAuxiliaryPath,
}
"""What is wrong when the opened chunks of a tree do not lead to its root."""


class WrongLeaf(BadReceipt):
    """A committed leaf is not what its chunks give: the work was not done."""


class DegenerateWork(BadReceipt):
    """No opened leaf shows anything of the input: there was nothing to compute."""


class BadShare(BadReceipt):
    """A batch of shares that is out of order, out of range, or does not win."""


def verify_opening(spec: JobSpec, commitment: Commitment, randomness: bytes, proof: bytes) -> None:
    """Check that `proof` answers the challenge of a commitment and that its leaves are exact.

    Raises:
        BadReceipt: one of its kinds above.
        BadSpec: the job itself is none; one on chain never is.
    """
    work = check_spec(spec)
    sample = sample_of(work, commitment, randomness)
    claims = _check_sample(spec, work, sample, commitment, proof)
    if leaf_count(work) > len(claims) and all(map(work.is_constant, claims)):
        raise DegenerateWork(f"wanted leaves that depend on the input, got {len(claims)} constants")


def verify_leaf(spec: JobSpec, commitment: Commitment, leaf: int, proof: bytes) -> None:
    """Check that `proof` opens one leaf of a commitment and that the leaf is exact.

    A leaf that was not computed from the chunks that it needs, as they were committed to, has no
    proof that passes.

    Raises:
        BadReceipt: one of its kinds above.
    """
    work = check_spec(spec)
    _check_sample(spec, work, sample_with(work, (leaf,)), commitment, proof)


def _check_sample(
    spec: JobSpec, work: Work, sample: Sample, commitment: Commitment, proof: bytes
) -> list[bytes]:
    """Check that the leaves of a sample are committed to and exact; return them."""
    _check_commitment(work, commitment)
    opened = _decoded(work, proof, is_private=spec.is_private)
    _check_lengths(work, sample, opened)
    chunks = cut_opened(work, sample, opened)
    for tree, shown in opened.trees.items():
        wanted = spec.input_root if tree is Tree.INPUT else root_on_chain(tree, commitment)
        key, count = key_of_tree(work, tree, commitment), chunk_count(work, tree)
        try:
            _check_path(key, count, _salted(shown, chunks[tree]), shown.path, wanted)
        except BadPath as error:
            raise BAD_PATHS[tree](str(error)) from error
    return _check_leaves(work, sample, chunks)


def check_proof_hash(opening: Opening, proof: bytes) -> None:
    """Check that `proof` is the one that an opening in a block names.

    Raises:
        WrongProofHash: it is another.
    """
    if (came := proof_hash(proof)) != opening.proof_hash:
        raise WrongProofHash(f"wanted proof {opening.proof_hash.hex()}, got {came.hex()}")


def verify_shares(beacon: bytes, batch: ShareBatch, parameters: ShareParameters) -> int:
    """Check every share of a batch; return the work they prove, in micro-CU.

    That `beacon` is the one of the batch's epoch, and that its shares were not counted in an
    earlier block, the chain must check.

    Raises:
        BadShare: one is out of order, out of range, or does not win.
    """
    if not batch.shares:
        raise BadShare("wanted a share, got an empty batch")
    for before, after in pairwise(batch.shares):
        if before.place >= after.place:
            raise BadShare(f"wanted ascending places, got {before.place} before {after.place}")
    side = parameters.tiles_per_side
    for share in batch.shares:
        if share.tile_row >= side or share.tile_column >= side:
            raise BadShare(f"wanted a tile below {side}, got {share.place}")
        seed = work_seed(beacon, batch.provider, share.nonce)
        digest = tile_digest(seed, parameters.size, share.tile_row, share.tile_column)
        if digest >= parameters.target:
            raise BadShare(
                f"wanted a digest below {parameters.target}, got {digest} at {share.place}"
            )
    return len(batch.shares) * parameters.work_per_share


def _check_commitment(work: Work, commitment: Commitment) -> None:
    if commitment.out_bytes != (wanted := work.content_bytes(Tree.OUTPUT)):
        raise BadCommitment(f"wanted {wanted} output bytes, got {commitment.out_bytes}")
    if has_auxiliary(work) == (commitment.aux_root == NO_AUXILIARY):
        article = "an" if has_auxiliary(work) else "no"
        raise BadCommitment(f"wanted {article} auxiliary root, got {commitment.aux_root.hex()}")


def _decoded(work: Work, proof: bytes, *, is_private: bool) -> OpeningProof:
    most = MAX_SALTED_PROOF_BYTES if is_private else MAX_PROOF_BYTES
    if len(proof) > most:
        raise BadOpeningEncoding(f"wanted at most {most} bytes, got {len(proof)}")
    try:
        return decode_proof(work, proof, is_private=is_private)
    except DecodeError as error:
        raise BadOpeningEncoding(f"wanted an opening proof: {error}") from error


def _check_lengths(work: Work, sample: Sample, proof: OpeningProof) -> None:
    """Check the counts first: everything after may cut the parts without looking."""
    for tree, opened in proof.trees.items():
        groups = by_section(work, tree, sample.opened[tree])
        for section, part, group in zip(work.sections(tree), opened.sections, groups, strict=True):
            if len(part) != len(group) * section.chunk_bytes:
                raise WrongLeaves(
                    f"wanted {len(group)} {tree.value} chunks of {section.chunk_bytes} bytes, "
                    f"got {len(part)} bytes"
                )
        if len(opened.path) % HASH_BYTES:
            raise BAD_PATHS[tree](
                f"wanted hashes of {HASH_BYTES} bytes, got {len(opened.path)} bytes"
            )
        salts = len(sample.opened[tree]) * SALT_BYTES
        if opened.salts is not None and len(opened.salts) != salts:
            raise WrongLeaves(f"wanted {salts} bytes of salts, got {len(opened.salts)}")


def _salted(opened: OpenedTree, chunks: Mapping[int, bytes]) -> Mapping[int, bytes]:
    """Put before each opened chunk of a private job, which ascend, its salt."""
    if opened.salts is None:
        return chunks
    salts = (opened.salts[at : at + SALT_BYTES] for at in range(0, len(opened.salts), SALT_BYTES))
    ordered = zip(sorted(chunks), salts, strict=True)
    return {index: salt + chunks[index] for index, salt in ordered}


def _check_path(
    key: bytes, count: int, chunks: Mapping[int, bytes], path: bytes, wanted: bytes
) -> None:
    """Check that opened chunks of a tree lead to its root; one of which nothing is open may rest.

    Raises:
        BadPath: they do not.
    """
    if not chunks and not path:
        return
    hashes = {index: leaf_hash(key, chunk) for index, chunk in chunks.items()}
    if (root := root_of(count, hashes, cut_path(path))) != wanted:
        raise BadPath(f"wanted root {wanted.hex()}, got {root.hex()}")


def _check_leaves(
    work: Work, sample: Sample, chunks: Mapping[Tree, Mapping[int, bytes]]
) -> list[bytes]:
    """Recompute the sampled leaves and compare bit for bit; return what was claimed."""
    places = [place_of(work, leaf) for leaf in sample.leaves]
    claims = [chunks[place.tree][place.index] for place in places]
    needed = [[chunks[chunk.tree][chunk.index] for chunk in needs] for needs in sample.needs]
    recomputed = recompute_all(work, sample.leaves, needed)
    for leaf, claim, exact in zip(sample.leaves, claims, recomputed, strict=True):
        if exact.tobytes() != claim:
            raise WrongLeaf(_difference(leaf, exact, claim))
    return claims


def _difference(leaf: int, exact: Cells, claim: bytes) -> str:
    """Say where a claimed leaf differs from the exact one, which has as many bytes."""
    claimed = np.frombuffer(claim, exact.dtype).reshape(exact.shape)
    place = tuple(int(at) for at in np.argwhere(exact != claimed)[0])
    return f"wanted {int(exact[place])} at {place} of leaf {leaf}, got {int(claimed[place])}"
