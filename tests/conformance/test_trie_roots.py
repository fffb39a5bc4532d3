import pytest

from runtime.state.trie import Trie, fetch_nothing
from runtime.state.trie_build import ordered_root
from tests.conformance.vectors_of import load, unhex

CASES = load("trie_roots.json")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["source"].rsplit(" ")[-1])
def test_roots_are_those_of_other_implementations(case) -> None:
    if "ordered" in case:
        root = ordered_root([unhex(value) for value in case["ordered"]], case["version"])
    else:
        pairs = {unhex(key): unhex(value) for key, value in case["pairs"]}
        root = Trie(None, fetch_nothing, case["version"]).updated(pairs).root
    assert root == unhex(case["root"])
