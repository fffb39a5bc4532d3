"""Two who disagree about a tree find one leaf that they disagree about, in few rounds."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from runtime.compute.bisection import (
    LEVELS_AT_ONCE,
    MAX_SHOWN,
    Node,
    are_below,
    hashes_below,
    root_node,
    shown_below,
    step_towards,
)
from runtime.compute.merkle import MerkleTree, leaf_hash

KEY = b"k" * 32
ROOT = "ea3414d951a72434ff2de1ec787edfba36b18e09fa76907a7e9c2e53302d9918"
FIRST = "3057d6888e5011d94896805debbd4db3d39721e402d6992a834629bece0696c6"
"""Of a tree of a thousand numbers: computed when this was written, and never to change."""


def tree_of(count: int, wrong: int | None = None) -> MerkleTree:
    leaves = [index if index != wrong else count for index in range(count)]
    return MerkleTree(leaf_hash(KEY, leaf.to_bytes(4, "little")) for leaf in leaves)


@given(some.integers(1, 1500), some.data())
@settings(max_examples=40, deadline=None)
def test_a_dispute_comes_down_to_the_leaf_that_differs(count: int, data: some.DataObject) -> None:
    wrong = data.draw(some.integers(0, count - 1))
    committed, exact = tree_of(count, wrong), tree_of(count)
    node, node_hash, rounds = root_node(count), committed.root, 0
    while not node.is_leaf:
        shown = hashes_below(committed, count, node)
        assert are_below(count, node, node_hash, shown)
        assert len(shown) == len(shown_below(count, node)) <= MAX_SHOWN
        own = hashes_below(exact, count, node)
        (place,) = [at for at, pair in enumerate(zip(shown, own, strict=True)) if len({*pair}) > 1]
        assert place == step_towards(count, node, wrong)
        node, node_hash, rounds = shown_below(count, node)[place], shown[place], rounds + 1
    assert node == Node(0, wrong)
    assert rounds == -(-(count - 1).bit_length() // LEVELS_AT_ONCE)


@given(some.integers(2, 1500), some.data())
@settings(max_examples=40, deadline=None)
def test_no_other_hashes_pass_for_those_below_a_node(count: int, data: some.DataObject) -> None:
    tree, node = tree_of(count), root_node(count)
    shown = list(hashes_below(tree, count, node))
    assert not are_below(count, node, tree.root, shown[:-1])
    assert not are_below(count, node, tree.root, [*shown, shown[-1]])
    changed = data.draw(some.integers(0, len(shown) - 1))
    shown[changed] = bytes(32)
    assert not are_below(count, node, tree.root, shown)


def test_the_largest_tree_takes_three_rounds() -> None:
    count, node, rounds = 1 << 20, root_node(1 << 20), 0
    while not node.is_leaf:
        node, rounds = shown_below(count, node)[0], rounds + 1
    assert rounds == 3


def test_hashes_of_a_dispute_are_what_they_always_were() -> None:
    tree = tree_of(1000)
    assert tree.root.hex() == ROOT
    first = hashes_below(tree, 1000, root_node(1000))[0]
    assert (len(hashes_below(tree, 1000, root_node(1000))), first.hex()) == (250, FIRST)


def test_a_leaf_has_nothing_below_it() -> None:
    with pytest.raises(AssertionError, match="a leaf has nothing below it"):
        shown_below(10, Node(0, 3))
