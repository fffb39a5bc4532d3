import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.primitives.hashing import blake2_256
from runtime.state.trie import EMPTY_ROOT, Trie, fetch_nothing
from runtime.state.trie_build import TooDeep, root_of
from runtime.state.trie_node import Value, ValueHash

KEYS = st.binary(max_size=3) | st.lists(st.sampled_from(b"\x00\x01\x10"), max_size=8).map(bytes)


@given(st.dictionaries(KEYS, st.binary(max_size=80), max_size=40), st.sampled_from([0, 1]))
def test_the_root_is_that_of_the_trie(pairs: dict[bytes, bytes], version: int) -> None:
    assert root_of(pairs, version) == Trie(None, fetch_nothing, version).updated(pairs).root


@given(st.dictionaries(KEYS, st.binary(min_size=33, max_size=80), max_size=20))
def test_large_values_may_be_known_by_their_hashes(pairs: dict[bytes, bytes]) -> None:
    hashes: dict[bytes, Value] = {key: ValueHash(blake2_256(pairs[key])) for key in pairs}
    assert root_of(hashes, 1) == root_of(pairs, 1)


def test_no_keys_have_the_empty_root() -> None:
    assert root_of({}, 1) == EMPTY_ROOT


def test_keys_within_each_other_without_end_are_refused() -> None:
    with pytest.raises(TooDeep, match="wanted at most 256 forks above a key"):
        root_of({bytes(i): b"" for i in range(400)}, 1)
