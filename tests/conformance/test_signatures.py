import pytest

from runtime.primitives.crypto import KeyKind, verify_signature
from runtime.primitives.ss58 import decode_ss58
from tests.conformance.vectors_of import load, unhex

CASES = load("signatures.json")["cases"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["scheme"])
def test_signatures_of_polkadot_js_verify_and_altered_ones_do_not(case) -> None:
    kind = KeyKind[case["scheme"].upper()]
    signature, account = unhex(case["sig"]), unhex(case["accountId"])
    message = case["message"].encode()
    assert decode_ss58(case["address"])[0] == account
    assert verify_signature(kind, signature, message, account)
    assert not verify_signature(kind, signature, message + b"!", account)
    for i in range(0, len(signature) * 8, 37):
        altered = bytearray(signature)
        altered[i // 8] ^= 1 << i % 8
        assert not verify_signature(kind, bytes(altered), message, account)
