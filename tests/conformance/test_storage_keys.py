import pytest

from runtime.primitives.hashing import BLAKE2_128_CONCAT, storage_prefix
from tests.conformance.vectors_of import load, unhex

VECTORS = load("storage_keys.json")


@pytest.mark.parametrize("case", VECTORS["prefixes"], ids=lambda c: f"{c['pallet']}.{c['item']}")
def test_prefixes_are_those_found_in_real_genesis_states(case) -> None:
    assert storage_prefix(case["pallet"], case["item"]) == unhex(case["key"])


def test_account_keys_are_those_found_in_a_real_genesis_state() -> None:
    prefix = storage_prefix("System", "Account")
    for case in VECTORS["cases"]:
        assert (case["map"], case["hasher"]) == ("System.Account", "Blake2_128Concat")
        account, key = unhex(case["account"]), unhex(case["key"])
        assert prefix + BLAKE2_128_CONCAT.apply(account) == key
        assert BLAKE2_128_CONCAT.key_of(key.removeprefix(prefix)) == account
