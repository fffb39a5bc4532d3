from collections.abc import Callable
from hashlib import sha256

import pytest

from runtime.primitives.hashing import blake2_128, blake2_256, twox_64, twox_128, twox_256
from tests.conformance.vectors_of import load, unhex

OURS: dict[str, Callable[[bytes], bytes]] = {
    "blake2_128": blake2_128,
    "blake2_256": blake2_256,
    "twox_64": twox_64,
    "twox_128": twox_128,
    "twox_256": twox_256,
    "sha2_256": lambda data: sha256(data).digest(),
}
NOT_USED_HERE = {"keccak_256"}
CASES = load("hashing.json")["cases"]


def test_every_hash_of_the_vectors_is_known() -> None:
    assert {case["hash"] for case in CASES} == set(OURS) | NOT_USED_HERE


@pytest.mark.parametrize("name", sorted(OURS))
def test_hashes_are_those_of_the_host_api_fixtures(name: str) -> None:
    cases = [case for case in CASES if case["hash"] == name]
    assert cases
    for case in cases:
        assert OURS[name](case["input"].encode()) == unhex(case["output"]), case
