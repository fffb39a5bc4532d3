import pytest

from runtime.primitives.compact import encode_compact
from runtime.primitives.hashing import blake2_256
from runtime.state.trie import (
    EMPTY_ROOT,
    CorruptNode,
    MissingNode,
    Trie,
    fetch_nothing,
)
from runtime.state.trie_build import ordered_root

LONG = bytes(range(40))
PAIRS: dict[bytes, bytes | None] = {
    b"": b"at the root",
    b"a": b"",
    b"ab": LONG,
    b"abc": b"below",
    b"b": LONG * 2,
    b"\xff" * 40: b"far",
}


def trie_of(pairs: dict[bytes, bytes | None], version: int = 1) -> Trie:
    return Trie(None, fetch_nothing, version).updated(pairs)


def contents(trie: Trie) -> dict[bytes, bytes | None]:
    return {key: trie.get(key) for key in trie.keys(b"")}


def stored(trie: Trie) -> Trie:
    """Return the trie as a node finds it after a restart."""
    return Trie(trie.root, trie.take_nodes().get, trie.version)


def test_the_empty_root_is_the_one_of_substrate() -> None:
    known = "03170a2e7597b7b7e3d84c05391d139a62b157e78786d8c082f29dcf4c111314"
    assert EMPTY_ROOT.hex() == known
    for trie in (Trie(None, fetch_nothing), Trie(EMPTY_ROOT, fetch_nothing)):
        assert trie.root == EMPTY_ROOT
        assert (contents(trie), trie.get(b""), trie.take_nodes()) == ({}, None, {})


def test_a_trie_gives_back_what_was_put_in_it() -> None:
    assert contents(trie_of(PAIRS)) == PAIRS
    assert contents(stored(trie_of(PAIRS))) == PAIRS


def test_keys_come_in_byte_order() -> None:
    assert list(trie_of(PAIRS).keys(b"")) == sorted(PAIRS)


@pytest.mark.parametrize(
    ("prefix", "start", "found"),
    [
        (b"a", None, [b"a", b"ab", b"abc"]),
        (b"ab", None, [b"ab", b"abc"]),
        (b"abcd", None, []),
        (b"c", None, []),
        (b"a", b"a", [b"ab", b"abc"]),
        (b"a", b"ab", [b"abc"]),
        (b"a", b"aa", [b"ab", b"abc"]),
        (b"a", b"abc", []),
        (b"a", b"", [b"a", b"ab", b"abc"]),
        (b"b", b"a", [b"b"]),
        (b"a", b"b", []),
        (b"", b"b", [b"\xff" * 40]),
    ],
)
def test_keys_are_those_of_the_prefix_above_the_start(
    prefix: bytes, start: bytes | None, found: list[bytes]
) -> None:
    assert list(trie_of(PAIRS).keys(prefix, start)) == found
    assert list(stored(trie_of(PAIRS)).keys(prefix, start)) == found


@pytest.mark.parametrize("key", [b"aa", b"abcd", b"\xff", b"\xff" * 41, b"c"])
def test_an_absent_key_has_no_value(key: bytes) -> None:
    assert trie_of(PAIRS).get(key) is None


def test_an_empty_value_is_a_value() -> None:
    trie = trie_of({b"key": b""})
    assert (trie.get(b"key"), list(trie.keys(b""))) == (b"", [b"key"])


def test_deleting_everything_leaves_the_empty_trie() -> None:
    trie = trie_of(PAIRS).updated(dict.fromkeys(PAIRS))
    assert (trie.root, trie.take_nodes()) == (EMPTY_ROOT, {})


def test_changes_that_change_nothing_give_the_same_trie() -> None:
    trie = trie_of(PAIRS)
    for changes in ({}, PAIRS, dict.fromkeys([b"aa", b"abcd", b"c"])):
        assert trie.updated(changes) is trie


def test_the_old_trie_stays_as_it_was() -> None:
    old = trie_of(PAIRS)
    new = old.updated({b"a": None, b"ab": b"other", b"new": LONG})
    assert contents(old) == PAIRS
    assert contents(new) == {**{k: v for k, v in PAIRS.items() if k != b"a"}, b"ab": b"other"} | {
        b"new": LONG
    }


def test_the_root_does_not_depend_on_how_it_was_reached() -> None:
    stepwise = Trie(None, fetch_nothing)
    for key in sorted(PAIRS, reverse=True):
        stepwise = stepwise.updated({key: b"first", b"gone": b"soon"}).updated({b"gone": None})
    for key, value in PAIRS.items():
        stepwise = stepwise.updated({key: value})
    assert stepwise.root == trie_of(PAIRS).root


def test_layouts_differ_from_the_first_value_above_32_bytes() -> None:
    for size in (31, 32):
        assert trie_of({b"k": bytes(size)}, 0).root == trie_of({b"k": bytes(size)}, 1).root
    assert trie_of({b"k": bytes(33)}, 0).root != trie_of({b"k": bytes(33)}, 1).root


def test_a_value_kept_apart_is_read_when_asked_for() -> None:
    nodes = trie_of({b"key": LONG}).take_nodes()
    assert nodes.pop(blake2_256(LONG)) == LONG
    (root,) = nodes
    trie = Trie(root, nodes.get)
    assert list(trie.keys(b"")) == [b"key"]
    with pytest.raises(MissingNode, match=blake2_256(LONG).hex()):
        trie.get(b"key")


def test_a_branch_is_changed_without_reading_the_value_it_keeps_apart() -> None:
    nodes = trie_of({b"a": LONG, b"ab": b"x"}).take_nodes()
    root = trie_of({b"a": LONG, b"ab": b"x"}).root
    del nodes[blake2_256(LONG)]
    changed = Trie(root, nodes.get).updated({b"ac": b"y"})
    assert changed.root == trie_of({b"a": LONG, b"ab": b"x", b"ac": b"y"}).root
    assert blake2_256(LONG) not in changed.take_nodes()


def test_nodes_are_handed_over_once() -> None:
    trie = trie_of(PAIRS)
    first = trie.take_nodes()
    assert first[trie.root]
    assert trie.take_nodes() == {}
    more = trie.updated({b"new": b"value"}).take_nodes()
    assert more
    assert not sorted(set(more) & set(first))


def test_nodes_are_handed_over_without_those_the_database_has() -> None:
    parent = trie_of(PAIRS)
    database = parent.take_nodes()
    child = parent.updated({b"x": LONG}).updated({b"y": bytes(40)}).updated({b"x": None})
    needed = trie_of({**PAIRS, b"y": bytes(40)}).take_nodes()
    assert child.take_nodes() == {h: raw for h, raw in needed.items() if h not in database}


def test_nodes_that_a_later_update_replaced_are_not_handed_over() -> None:
    trie = Trie(None, fetch_nothing)
    for i in range(5000):
        trie = trie.updated({b"counter": i.to_bytes(40, "little")})
    held = sum(map(len, trie._untaken))
    assert held < 3000
    assert trie.take_nodes() == trie_of({b"counter": (4999).to_bytes(40, "little")}).take_nodes()


def test_forks_of_an_untaken_trie_each_hand_over_all_they_need() -> None:
    parent = trie_of(PAIRS)
    left, right = parent.updated({b"l": LONG}), parent.updated({b"r": LONG})
    assert contents(stored(left)) == {**PAIRS, b"l": LONG}
    assert contents(stored(right)) == {**PAIRS, b"r": LONG}
    assert contents(stored(parent)) == PAIRS


def test_a_missing_node_is_named() -> None:
    root = blake2_256(b"not there")
    for use in (
        lambda t: t.get(b"k"),
        lambda t: list(t.keys(b"")),
        lambda t: t.updated({b"k": b""}),
    ):
        with pytest.raises(MissingNode, match=f"^the database holds nothing under {root.hex()}$"):
            use(Trie(root, fetch_nothing))


def test_a_node_under_the_hash_of_another_is_refused() -> None:
    root = trie_of(PAIRS).root
    with pytest.raises(CorruptNode, match=f"wanted bytes that hash to {root.hex()}, got 3 others$"):
        Trie(root, lambda _: b"bad").get(b"k")


def test_bytes_that_are_no_node_are_refused_under_their_hash() -> None:
    root = blake2_256(b"\x01")
    with pytest.raises(CorruptNode, match=f"^under {root.hex()}: wanted a trie node, got 01"):
        Trie(root, lambda _: b"\x01").get(b"k")


def test_a_version_other_than_0_and_1_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^wanted state version 0 or 1, got 2$"):
        Trie(None, fetch_nothing, 2)


def test_memory_is_given_back_down_to_the_bound() -> None:
    pairs: dict[bytes, bytes | None] = {blake2_256(bytes((i,))): LONG for i in range(200)}
    trie = trie_of(pairs)
    nodes = trie.take_nodes()
    trie = Trie(trie.root, nodes.get)
    assert contents(trie) == pairs
    assert trie.loaded > 200
    for bound in (0, 1, 17, 30):
        small = trie.collapsed(bound)
        assert small.loaded == bound
        assert contents(small) == pairs
    changed = trie.collapsed(30).updated({b"k": b"v"})
    assert contents(changed) == {**pairs, b"k": b"v"}
    assert contents(trie) == pairs


def test_what_was_given_back_is_read_again() -> None:
    trie = trie_of({blake2_256(bytes((i,))): b"short" for i in range(200)})
    nodes = trie.take_nodes()
    key = blake2_256(b"\x07")
    trie = Trie(trie.root, nodes.get)
    assert trie.get(key) == b"short"
    held = trie.loaded
    whole, *smalls = (trie.collapsed(bound) for bound in reversed(range(held + 1)))
    nodes.clear()
    assert (trie.get(key), whole.get(key)) == (b"short", b"short")
    for small in smalls:
        with pytest.raises(MissingNode):
            small.get(key)


def test_listing_keys_keeps_nothing_in_memory() -> None:
    trie = stored(trie_of({blake2_256(bytes((i,))): LONG for i in range(200)}))
    assert len(list(trie.keys(b""))) == 200
    assert trie.loaded == 1


def test_a_trie_with_untaken_nodes_does_not_collapse() -> None:
    with pytest.raises(AssertionError, match=r"^nodes not yet taken cannot be read again$"):
        trie_of(PAIRS).collapsed()


def test_keys_that_extend_each_other_nest_deeply() -> None:
    pairs: dict[bytes, bytes | None] = {bytes(size): bytes((size % 256,)) for size in range(150)}
    trie = trie_of(pairs)
    assert contents(trie) == pairs
    assert contents(trie.updated({bytes(149): b"changed"})) == {**pairs, bytes(149): b"changed"}


def test_a_long_key_is_kept_and_one_too_long_for_the_codec_refused() -> None:
    assert contents(trie_of({bytes(32_767): b"v"})) == {bytes(32_767): b"v"}
    with pytest.raises(ValueError, match=r"^wanted a partial key of at most 65535 nibbles, got"):
        trie_of({bytes(32_768): b"v"})


@pytest.mark.parametrize("version", [0, 1])
def test_an_ordered_root_is_that_of_compact_indices(version: int) -> None:
    values = [bytes((i % 256,)) * (i % 70) for i in range(300)]
    pairs: dict[bytes, bytes | None] = {encode_compact(i): v for i, v in enumerate(values)}
    assert ordered_root(values, version) == trie_of(pairs, version).root
    assert ordered_root([], version) == EMPTY_ROOT


def test_the_closest_merkle_value_is_that_of_the_uppermost_node_at_or_below() -> None:
    trie = trie_of({b"aa": LONG, b"ab": b"x", b"b": b"y"})
    assert trie.closest_merkle_value(b"") == trie.root
    below = trie.closest_merkle_value(b"a")
    assert below == trie.closest_merkle_value(b"a\x60"[:1])
    assert below is not None
    assert blake2_256(trie.take_nodes()[below]) == below
    assert trie.closest_merkle_value(b"c") is None
    assert trie.closest_merkle_value(b"aaa") is None
    leaf = trie.closest_merkle_value(b"b")
    assert leaf is not None
    assert len(leaf) < 32
    assert trie.updated({b"b": b"z"}).closest_merkle_value(b"a") == below
