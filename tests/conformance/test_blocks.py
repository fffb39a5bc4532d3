"""Headers, compact integers, eras and extrinsics of public chains read as they were made."""

import pytest

from runtime.primitives.block import Header
from runtime.primitives.crypto import KeyKind, verify_signature
from runtime.primitives.extrinsic import Era, decode_era, decode_extrinsic, signing_payload
from runtime.primitives.scale import decode, decode_compact, encode, encode_compact
from runtime.state.trie_build import ordered_root
from tests.conformance.vectors_of import load, unhex


def test_westend_headers_hash_to_the_published_hashes_and_link_up() -> None:
    blocks = load("headers_westend_1_128.json")
    parent = unhex(blocks["genesisHash"])
    for number in range(1, 129):
        block = blocks["blocks"][str(number)]
        raw = unhex(block["header"])
        header = decode(raw, Header)
        assert (header.number, header.parent_hash) == (number, parent)
        assert encode(header, Header) == raw
        extrinsics = [unhex(extrinsic) for extrinsic in block["extrinsics"]]
        assert ordered_root(extrinsics, 0) == header.extrinsics_root
        parent = header.hash
        assert parent == unhex(block["hash"])


@pytest.mark.parametrize("case", [c for c in load("headers_misc.json") if "scale" in c])
def test_other_headers_survive_the_trip(case: dict[str, str]) -> None:
    header = decode(unhex(case["scale"]), Header)
    assert encode(header, Header) == unhex(case["scale"])
    assert (header.number, header.hash) == (case["number"], unhex(case["computedHash"]))


@pytest.mark.parametrize("case", load("scale_compact.json")["cases"], ids=lambda c: c["value"])
def test_compact_integers_are_those_of_other_implementations(case: dict[str, str]) -> None:
    raw = unhex(case["bytes"])
    assert encode_compact(int(case["value"])) == raw
    assert decode_compact(raw, 0) == (int(case["value"]), len(raw))


@pytest.mark.parametrize("case", load("era.json")["cases"], ids=lambda c: c["era"])
def test_eras_are_those_of_other_implementations(case: dict[str, str]) -> None:
    era = Era.mortal(int(case["period"]), int(case["block"]))
    assert era.encode() == unhex(case["era"])
    assert decode_era(era.encode(), 0) == (era, 2)


@pytest.mark.parametrize("case", load("extrinsics.json"), ids=lambda c: c["name"])
def test_payloads_of_other_wallets_bear_their_signatures(case: dict[str, str]) -> None:
    payload = signing_payload(unhex(case["payload"]), b"", b"")
    kind = KeyKind[case["scheme"].upper()]
    assert verify_signature(kind, unhex(case["signature"]), payload, unhex(case["signer"]))


def test_a_transfer_signed_by_polkadot_js_decodes() -> None:
    (case,) = [c for c in load("extrinsics.json") if "mode 0" in c["name"]]
    # that chain's fees may be paid in an asset: one option byte that ours does not have
    extra, call = unhex(case["extra"])[:-1], unhex(case["call"])
    signature = b"\x00" + unhex(case["signature"])
    raw = b"\x84\x00" + unhex(case["signer"]) + signature + extra + call
    extrinsic = decode_extrinsic(raw)
    assert extrinsic.signature is not None
    assert (extrinsic.call, extrinsic.extra_bytes) == (call, extra)
    assert (extrinsic.signature.extra.nonce, extrinsic.signature.extra.tip) == (1, 2)
