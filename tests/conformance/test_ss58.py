import pytest

from runtime.primitives.ss58 import BadAddress, decode_ss58, encode_ss58
from tests.conformance.vectors_of import load, unhex

CASES = load("ss58.json")["cases"]
ACCOUNTS = [case for case in CASES if len(unhex(case["publicKey"])) >= 32]
INDICES = [case for case in CASES if len(unhex(case["publicKey"])) < 32]


@pytest.mark.parametrize("case", ACCOUNTS, ids=lambda case: case["address"])
def test_addresses_are_those_of_polkadot_js(case) -> None:
    account, prefix = unhex(case["publicKey"]), case["prefix"]
    assert encode_ss58(account, prefix) == case["address"]
    assert decode_ss58(case["address"]) == (account, prefix)


@pytest.mark.parametrize("case", INDICES, ids=lambda case: case["address"])
def test_account_indices_are_refused(case) -> None:
    with pytest.raises(BadAddress, match=r"^wanted 35 to 37 bytes of address"):
        decode_ss58(case["address"])


def test_the_vectors_hold_accounts_of_one_and_two_byte_prefixes_and_indices() -> None:
    assert (len(ACCOUNTS), len(INDICES)) == (13, 5)
    assert {case["prefix"] >= 64 for case in ACCOUNTS} == {True, False}
