import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.primitives.hashing import blake2_256
from runtime.state.proof import (
    MAX_PROOF_BYTES,
    MAX_PROOF_NODES,
    BadProof,
    IncompleteProof,
    read_proof,
    verify_read,
    verify_reads,
)
from runtime.state.trie import EMPTY_ROOT, MissingNode, Trie, fetch_nothing

KEYS = st.lists(st.sampled_from([0x00, 0x01, 0x10, 0xFF]), max_size=4).map(bytes)
PAIRS = st.dictionaries(KEYS, st.binary(max_size=3) | st.integers(30, 40).map(bytes), max_size=20)
VERSIONS = st.sampled_from([0, 1])


def stored(pairs: dict[bytes, bytes], version: int = 1) -> tuple[bytes, dict[bytes, bytes]]:
    trie = Trie(None, fetch_nothing, version).updated(dict(pairs))
    return trie.root, trie.take_nodes()


@given(pairs=PAIRS, keys=st.lists(KEYS, max_size=5), version=VERSIONS)
def test_a_proof_shows_what_the_trie_has(
    pairs: dict[bytes, bytes], keys: list[bytes], version: int
) -> None:
    root, nodes = stored(pairs, version)
    proof = read_proof(root, nodes.get, keys, version)
    assert verify_reads(root, proof, keys) == {key: pairs.get(key) for key in keys}
    assert {blake2_256(node): node for node in proof}.items() <= nodes.items()


@given(pairs=PAIRS, key=KEYS, data=st.data())
def test_a_proof_without_one_of_its_nodes_is_incomplete(
    pairs: dict[bytes, bytes], key: bytes, data: st.DataObject
) -> None:
    root, nodes = stored(pairs)
    proof = read_proof(root, nodes.get, [key])
    if not proof:
        return
    lost = data.draw(st.integers(0, len(proof) - 1))
    with pytest.raises(IncompleteProof):
        verify_read(root, proof[:lost] + proof[lost + 1 :], key)


@given(pairs=PAIRS, key=KEYS, data=st.data())
def test_an_altered_proof_shows_nothing_false(
    pairs: dict[bytes, bytes], key: bytes, data: st.DataObject
) -> None:
    root, nodes = stored(pairs)
    proof = read_proof(root, nodes.get, [key])
    if not proof:
        return
    altered = bytearray(proof[(i := data.draw(st.integers(0, len(proof) - 1)))])
    altered[data.draw(st.integers(0, len(altered) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(IncompleteProof):
        verify_read(root, [*proof[:i], bytes(altered), *proof[i + 1 :]], key)


def test_the_empty_state_needs_no_proof() -> None:
    assert read_proof(EMPTY_ROOT, fetch_nothing, [b"key"]) == []
    assert verify_read(EMPTY_ROOT, [], b"key") is None


def test_a_proof_begins_with_the_root_and_ends_with_the_value() -> None:
    pairs = {bytes((i,)): bytes((i,)) * 40 for i in range(100)}
    root, nodes = stored(pairs)
    proof = read_proof(root, nodes.get, [b"\x07"])
    assert blake2_256(proof[0]) == root
    assert proof[-1] == pairs[b"\x07"]
    assert len(proof) == 4


def test_a_database_that_lacks_a_node_cannot_prove() -> None:
    with pytest.raises(MissingNode):
        read_proof(bytes(32), fetch_nothing, [b"key"])


def test_a_proof_of_too_many_nodes_is_refused() -> None:
    with pytest.raises(BadProof, match=f"^wanted at most {MAX_PROOF_NODES} nodes, got"):
        verify_read(bytes(32), [b""] * (MAX_PROOF_NODES + 1), b"key")


def test_a_proof_of_too_many_bytes_is_refused() -> None:
    with pytest.raises(BadProof, match=f"^wanted at most {MAX_PROOF_BYTES} bytes of proof, got"):
        verify_read(bytes(32), [bytes(MAX_PROOF_BYTES), b"\0"], b"key")
