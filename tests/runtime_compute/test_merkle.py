"""A proof leads from some leaves to the root, and from nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from runtime.compute.merkle import NODE_KEY, PAD, BadPath, MerkleTree, leaf_hash, root_of

KEY = b"k" * 32


def hashes(count: int) -> list[bytes]:
    return [leaf_hash(KEY, index.to_bytes(4, "little")) for index in range(count)]


@some.composite
def picks(draw: some.DrawFn) -> tuple[int, list[int]]:
    count = draw(some.integers(1, 70))
    return count, draw(some.lists(some.integers(0, count - 1), min_size=1, unique=True))


@given(picks())
def test_a_proof_of_any_leaves_leads_to_the_root(pick: tuple[int, list[int]]) -> None:
    count, indices = pick
    leaves = hashes(count)
    tree = MerkleTree(leaves)
    assert root_of(count, {i: leaves[i] for i in indices}, tree.prove(indices)) == tree.root


@given(picks(), some.data())
def test_another_leaf_or_another_hash_leads_elsewhere(
    pick: tuple[int, list[int]], data: some.DataObject
) -> None:
    count, indices = pick
    leaves = hashes(count)
    tree = MerkleTree(leaves)
    opened, proof = {i: leaves[i] for i in indices}, list(tree.prove(indices))
    victim = data.draw(some.sampled_from(indices))
    assert root_of(count, opened | {victim: KEY}, proof) != tree.root
    if proof:
        proof[data.draw(some.integers(0, len(proof) - 1))] = KEY
        assert root_of(count, opened, proof) != tree.root


@given(picks())
def test_a_proof_has_exactly_the_hashes_it_needs(pick: tuple[int, list[int]]) -> None:
    count, indices = pick
    leaves = hashes(count)
    opened, proof = {i: leaves[i] for i in indices}, MerkleTree(leaves).prove(indices)
    with pytest.raises(BadPath, match="wanted fewer"):
        root_of(count, opened, (*proof, KEY))
    if proof:
        with pytest.raises(BadPath, match="wanted more"):
            root_of(count, opened, proof[:-1])


def test_no_leaf_proves_nothing() -> None:
    with pytest.raises(BadPath, match="wanted a leaf, got none"):
        root_of(4, {}, hashes(4))


def test_a_node_cannot_be_passed_off_as_a_leaf() -> None:
    left, right = hashes(2)
    assert leaf_hash(KEY, left + right) != MerkleTree((left, right)).root
    assert leaf_hash(NODE_KEY, left + right) == MerkleTree((left, right)).root


def test_roots_are_what_they_always_were() -> None:
    assert [MerkleTree(hashes(count)).root.hex()[:16] for count in (1, 2, 3, 8)] == [
        "58913ca8d8878f31",
        "9f938e6546190777",
        "888c45143ae697ad",
        "81d0da564f048cd4",
    ]
    assert PAD.hex()[:16] == "17a71972831539c4"
