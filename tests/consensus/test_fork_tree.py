import pytest
from hypothesis import given
from hypothesis import strategies as st

from consensus.errors import TreeFull
from consensus.finality.tally import Handovers
from consensus.fork_choice import Record, extended, is_better, proven_work
from consensus.fork_tree import ForkTree
from runtime.primitives.block import COMPUTE_ENGINE, ComputeDigest, Consensus, Header
from runtime.primitives.scale import encode
from tests.consensus.support import ZERO, child, genesis_node, names, tree_of


def record(primaries: int, work: int, number: int, block_hash: int) -> Record:
    return Record(primaries, work, number, bytes([block_hash]) * 32)


def test_primaries_beat_work_beats_length_beats_hash() -> None:
    worst_first = [
        record(1, 1, 1, 9),
        record(1, 1, 1, 1),
        record(1, 1, 2, 9),
        record(1, 2, 1, 9),
        record(2, 0, 0, 9),
    ]
    for index, better in enumerate(worst_first):
        assert not any(is_better(worse, better) for worse in worst_first[: index + 1])
        assert all(is_better(better, worse) for worse in worst_first[:index])


def test_a_record_sums_what_headers_prove() -> None:
    item = Consensus(COMPUTE_ENGINE, encode(ComputeDigest(ZERO, 40, 2), ComputeDigest))
    header = Header(ZERO, 8, ZERO, ZERO, (item,))
    assert proven_work(header) == 40
    assert extended(record(3, 2, 7, 0), header, is_primary=True) == Record(4, 42, 8, header.hash)


def test_a_better_branch_takes_the_head() -> None:
    tree, nodes = tree_of("abc", "ad")
    assert tree.best == nodes["abc"]
    rival = child(nodes["ad"], "x", primary=True)
    assert tree.insert(rival)
    assert tree.best == rival
    assert tree.best_above(nodes["ab"].hash) == nodes["abc"]
    assert tree.best_above(nodes["a"].hash) == rival


def test_finality_moves_the_root_and_drops_the_other_branches() -> None:
    tree, nodes = tree_of("abcd", "abe", "fg")
    pruned = tree.finalize(nodes["abe"].hash)
    assert names(pruned.finalized, nodes) == ["a", "ab", "abe"]
    assert sorted(names(pruned.abandoned, nodes)) == ["abc", "abcd", "f", "fg"]
    assert (tree.root, tree.best, len(tree)) == (nodes["abe"], nodes["abe"], 1)


def test_finality_of_the_root_changes_nothing() -> None:
    tree, nodes = tree_of("ab")
    pruned = tree.finalize(tree.root.hash)
    assert (pruned.finalized, pruned.abandoned, tree.best) == ((), (), nodes["ab"])


def test_a_full_tree_takes_no_more() -> None:
    tree = ForkTree(genesis_node(), max_nodes=2)
    first = child(tree.root)
    tree.insert(first)
    with pytest.raises(TreeFull, match="2 blocks wait"):
        tree.insert(child(first))


@given(st.lists(st.text("ab", min_size=1, max_size=6), min_size=1, max_size=8), st.data())
def test_ancestry_is_the_prefix_relation(branches: list[str], data: st.DataObject) -> None:
    tree, nodes = tree_of(*branches)
    one = data.draw(st.sampled_from(sorted(nodes)))
    other = data.draw(st.sampled_from(sorted(nodes)))
    assert tree.is_at_or_above(nodes[one].hash, nodes[other].hash) == one.startswith(other)


@given(st.lists(st.text("ab", min_size=1, max_size=6), min_size=1, max_size=8), st.data())
def test_a_tree_after_finality_is_the_tree_of_the_descendants(
    branches: list[str], data: st.DataObject
) -> None:
    tree, nodes = tree_of(*branches)
    final = data.draw(st.sampled_from(sorted(nodes)))
    pruned = tree.finalize(nodes[final].hash)
    left = {name for name, node in nodes.items() if node.hash in tree}
    assert left == {name for name in nodes if name.startswith(final)}
    assert len(left) + len(pruned.abandoned) + len(pruned.finalized) == len(nodes)
    assert tree.best in [nodes[name] for name in left]


def test_a_tree_without_branches_may_jump_to_a_far_block() -> None:
    tree, nodes = tree_of()
    far = child(child(child(nodes[""], "a"), "b"), "c")
    before, handovers = tree.revision, Handovers(2, ((b"\x01" * 32, 1),))
    tree.jump(far, handovers)
    assert (tree.root, tree.best, len(tree), tree.handovers) == (far, far, 1, handovers)
    assert tree.revision > before
    above = child(far, "d")
    assert tree.insert(above)
    with pytest.raises(AssertionError, match="nobody jumps away from blocks"):
        tree.jump(child(above, "e"), handovers)
