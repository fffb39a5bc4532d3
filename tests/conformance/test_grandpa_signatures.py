import struct

from runtime.primitives.crypto import verify_ed25519
from tests.conformance.vectors_of import load, unhex

PRECOMMIT_BYTES = 32 + 4 + 64 + 32


def test_the_precommits_of_a_real_justification_are_signed() -> None:
    case = load("grandpa.json")[0]
    raw = unhex(case["bytes"])
    assert struct.unpack("<Q", raw[:8]) == (case["round"],)
    assert raw[8:44] == unhex(case["targetHash"]) + struct.pack("<I", case["targetNumber"])
    count, start = raw[44] >> 2, 45
    assert count == case["precommits"]
    for i in range(start, start + count * PRECOMMIT_BYTES, PRECOMMIT_BYTES):
        vote, signature, public = raw[i : i + 36], raw[i + 36 : i + 100], raw[i + 100 : i + 132]
        signed = b"\x01" + vote + struct.pack("<QQ", case["round"], case["setId"])
        assert verify_ed25519(signature, signed, public)
        assert not verify_ed25519(signature, signed[:-1] + b"\x01", public)
