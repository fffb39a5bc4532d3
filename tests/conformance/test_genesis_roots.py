import pytest

from runtime.primitives.hashing import blake2_256
from runtime.state.trie import EMPTY_ROOT, Trie, fetch_nothing
from tests.conformance.vectors_of import load, unhex

CHAINS = load("genesis/index.json")


@pytest.mark.parametrize("chain", CHAINS, ids=lambda chain: chain["file"])
def test_the_genesis_of_a_public_chain_has_its_root_and_hash(chain) -> None:
    pairs = {unhex(key): unhex(value) for key, value in load(chain["file"])["top"].items()}
    assert len(pairs) == chain["keys"]
    whole = Trie(None, fetch_nothing, chain["stateVersion"]).updated(pairs)
    stepwise = Trie(None, fetch_nothing, chain["stateVersion"])
    for key, value in reversed(pairs.items()):
        stepwise = stepwise.updated({key: value})
    root = unhex(chain["stateRoot"])
    header = bytes(32) + b"\0" + root + EMPTY_ROOT + b"\0"
    assert (whole.root, stepwise.root) == (root, root)
    assert blake2_256(header) == unhex(chain["genesisHash"])
