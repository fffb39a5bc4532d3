import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.state.trie_node import (
    HEX_DIGITS,
    MAX_PARTIAL,
    WIDTH,
    Branch,
    CorruptNode,
    Leaf,
    Node,
    Value,
    ValueHash,
    decode_node,
    encode_branch,
    encode_leaf,
)

PARTIALS = st.text(HEX_DIGITS, max_size=80) | st.integers(0, 1000).map(lambda n: "7" * n)
VALUES: st.SearchStrategy[Value] = st.binary(max_size=100) | st.binary(
    min_size=32, max_size=32
).map(ValueHash)
REFS = st.one_of(
    st.just(b""),
    st.binary(min_size=32, max_size=32).map(lambda digest: b"\x80" + digest),
    st.binary(min_size=1, max_size=31).map(lambda raw: bytes((len(raw) << 2,)) + raw),
)
REF_LISTS = st.lists(REFS, min_size=WIDTH, max_size=WIDTH).filter(any)


def branch_of(partial: str, value: Value | None, refs: list[bytes]) -> Branch:
    bitmap = sum(1 << i for i, ref in enumerate(refs) if ref)
    return Branch(partial, value, [None] * WIDTH, refs, bitmap)


LEAVES = st.builds(Leaf, PARTIALS, VALUES)
BRANCHES = st.builds(branch_of, PARTIALS, st.none() | VALUES, REF_LISTS)


def encode(node: Node) -> bytes:
    value = node.value
    hashed = isinstance(value, ValueHash)
    raw = value.hash if isinstance(value, ValueHash) else value
    if isinstance(node, Branch):
        return encode_branch(node, raw, hashed)
    assert raw is not None
    return encode_leaf(node.partial, raw, hashed)


def parts(node: Node) -> tuple[object, ...]:
    if isinstance(node, Leaf):
        return (Leaf, node.partial, node.value)
    return (Branch, node.partial, node.value, node.kids, node.refs, node.bitmap)


@given(node=LEAVES | BRANCHES)
def test_a_node_survives_its_encoding(node: Node) -> None:
    assert parts(decode_node(encode(node))) == parts(node)


@given(raw=st.binary(max_size=120))
def test_bytes_are_the_one_encoding_of_their_node_or_refused(raw: bytes) -> None:
    try:
        node = decode_node(raw)
    except CorruptNode:
        return
    assert encode(node) == raw


@given(node=LEAVES | BRANCHES, data=st.data())
def test_an_altered_node_is_another_node_or_refused(node: Node, data: st.DataObject) -> None:
    raw = bytearray(encode(node))
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        again = decode_node(bytes(raw))
    except CorruptNode:
        return
    assert encode(again) == raw


@given(node=LEAVES | BRANCHES, data=st.data())
def test_a_cut_or_extended_node_is_refused(node: Node, data: st.DataObject) -> None:
    raw = encode(node)
    cut = data.draw(st.integers(0, len(raw) - 1))
    for wrong in (raw[:cut], raw + b"\0"):
        with pytest.raises(CorruptNode):
            decode_node(wrong)


@pytest.mark.parametrize("length", [0, 1, 14, 15, 30, 31, 62, 63, 64, 317, 318, 319, MAX_PARTIAL])
def test_every_kind_of_node_holds_partial_keys_of_every_length(length: int) -> None:
    partial = "5" * length
    refs = [b"\x04x"] * WIDTH
    nodes: list[Node] = [Leaf(partial, b"v"), Leaf(partial, ValueHash(bytes(32)))]
    values: list[Value | None] = [None, b"v", ValueHash(bytes(32))]
    nodes += [branch_of(partial, value, refs) for value in values]
    assert [parts(decode_node(encode(node))) for node in nodes] == [parts(node) for node in nodes]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("", "it ends too early"),
        ("00", "no node starts with byte 0x00"),
        ("01", "no node starts with byte 0x01"),
        ("411104", "an odd partial key that is not padded with zero"),
        ("800000", "a branch without children"),
        ("80010000", "wanted a child of 1 to 32 bytes, got 0x00"),
        ("80010084", "wanted a child of 1 to 32 bytes, got 0x84"),
        ("80010001", "wanted a child of 1 to 32 bytes, got 0x01"),
        ("40047800", "1 bytes after the node"),
        ("40010078", "compact integer 0 is not in its shortest form"),
        ("4008", "wanted 2 bytes at 2, got 0"),
    ],
)
def test_what_substrate_never_writes_is_refused_with_the_reason(raw: str, reason: str) -> None:
    with pytest.raises(CorruptNode) as caught:
        decode_node(bytes.fromhex(raw))
    assert str(caught.value) == f"wanted a trie node, got {raw}: {reason}"


def test_a_partial_key_above_the_bound_is_refused() -> None:
    with pytest.raises(CorruptNode, match=r"a partial key above 65535 nibbles$"):
        decode_node(b"\x7f" + b"\xff" * 300)
    with pytest.raises(ValueError, match=r"^wanted a partial key of at most 65535 nibbles"):
        encode_leaf("0" * 65_536, b"", False)
