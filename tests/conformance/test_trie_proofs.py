import pytest

from runtime.primitives.scale import decode
from runtime.state.proof import IncompleteProof, proven_trie, verify_read
from runtime.state.trie import MissingNode
from tests.conformance.vectors_of import load, unhex

POLKADOT = load("trie_proofs.json")[0]
ROOT = unhex(POLKADOT["stateRoot"])
NODES = [unhex(node) for node in POLKADOT["nodes"]]
KEY = bytes.fromhex(
    "9c5d795d0297be56027a4b2464e33397"
    "63e6d3c1fb15805edfd024172ea4817d"
    "7081542596adb05d6140c170ac479edf7cfd5aa35357590acfe5d11a804d944e"
)
VALUE = bytes.fromhex("0d1456fdda7b8ec7f9e5c794cd83194f0593e4ea")


def test_a_proof_of_polkadot_genesis_holds() -> None:
    assert decode(unhex(POLKADOT["proof"]), tuple[bytes, ...]) == tuple(NODES)
    assert verify_read(ROOT, NODES, KEY) == VALUE
    assert verify_read(ROOT, NODES, KEY[:-1]) is None


@pytest.mark.parametrize("lost", range(len(NODES)))
def test_a_proof_of_polkadot_genesis_needs_each_of_its_nodes(lost: int) -> None:
    with pytest.raises(IncompleteProof):
        verify_read(ROOT, NODES[:lost] + NODES[lost + 1 :], KEY)


def test_a_prefix_scan_of_another_implementation_gives_its_entries() -> None:
    scan = load("trie_prefix_proof.json.gz")
    nodes = [node for proof in scan["proofs"] for node in decode(unhex(proof), tuple[bytes, ...])]
    trie = proven_trie(unhex(scan["trie_root_hash"]), nodes)
    expected = sorted(unhex(entry) for entry in scan["expected_entries"])
    assert list(trie.keys(unhex(scan["prefix"]))) == expected
    with pytest.raises(MissingNode):
        list(trie.keys(b""))
