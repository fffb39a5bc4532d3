from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from runtime.state.trie import EMPTY_ROOT, Trie, fetch_nothing
from runtime.state.trie_node import Branch, ValueHash, decode_node, is_hash_ref

KEYS = st.lists(st.sampled_from(b"\x00\x01\x10\x11"), max_size=4).map(bytes)
VALUES = st.sampled_from(
    [b"", b"short", b"thirty-two bytes are not apart..", b"long" * 9, b"L" * 99]
)
CHANGES = st.dictionaries(KEYS, VALUES | st.none(), max_size=12)


def occurrences(root: bytes, nodes: dict[bytes, bytes]) -> Counter[bytes]:
    """Walk a whole trie and count what it refers to by hash."""
    found: Counter[bytes] = Counter()
    todo = [b"\x80" + root] if root != EMPTY_ROOT else []
    while todo:
        ref = todo.pop()
        if is_hash_ref(ref):
            found[ref[1:]] += 1
        node = decode_node(nodes[ref[1:]] if is_hash_ref(ref) else ref[1:])
        if isinstance(node.value, ValueHash):
            found[node.value.hash] += 1
        if isinstance(node, Branch):
            todo.extend(ref for ref in node.refs if ref)
    return found


@given(CHANGES, CHANGES, st.booleans(), st.sampled_from([0, 1]))
def test_the_difference_is_that_of_two_whole_walks(first, second, is_read_back, version) -> None:
    nodes: dict[bytes, bytes] = {}
    old = Trie(None, nodes.get, version).updated(first)
    nodes.update(old.take_nodes())
    new = old.updated(second)
    nodes.update(new.take_nodes())
    before, after = occurrences(old.root, nodes), occurrences(new.root, nodes)
    if is_read_back:
        old, new = Trie(old.root, nodes.get, version), Trie(new.root, nodes.get, version)
    wanted = {
        digest: after[digest] - before[digest]
        for digest in before | after
        if after[digest] != before[digest]
    }
    assert new.occurrences_since(old) == wanted


def test_a_shared_subtree_is_neither_read_nor_counted() -> None:
    old = Trie(None, fetch_nothing).updated(
        {bytes([i, j]): bytes(40) for i in (0, 1) for j in range(9)}
    )
    new = old.updated({b"\x01\x00": b"x" * 40})
    assert len(new.occurrences_since(old)) == 2 * 4
