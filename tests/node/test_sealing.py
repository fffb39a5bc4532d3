"""Sealed boxes: read by the holder of the key, whole, or not at all."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from node.keystore.keystore import Keystore, KeyType, UnknownKey, open_keystore
from node.keystore.sealing import (
    new_pair,
    open_as_signer,
    open_box,
    pair_of,
    seal,
    seal_to_signer,
    x25519_of,
)
from node.keystore.vault import create_vault
from node.log import LogLevels, Logs
from node.sealing import TEST_VENDOR, ProviderSealing, attester_of
from runtime.compute.attestation import Vendor
from runtime.compute.private import SEALING_BYTES, BadBox, BadKey
from runtime.compute.proofs import OpeningContext, verify_proof
from runtime.primitives.crypto import KeyKind, pair_from_uri
from tests.runtime_compute.orders import RANDOMNESS, order
from tests.runtime_compute.private_orders import attested_spec

OWNER, STRANGER = pair_of(b"o" * 32), pair_of(b"s" * 32)
SIGNER, OTHER = (pair_from_uri(KeyKind.ED25519, name) for name in ("//Alice", "//Bob"))
PLAIN = b"what nobody else reads"
BOX = seal(OWNER.public, PLAIN)


@given(some.binary(max_size=500))
def test_what_is_sealed_comes_back(plain: bytes) -> None:
    assert OWNER.open(seal(OWNER.public, plain)) == plain
    assert open_as_signer(SIGNER.secret, seal_to_signer(SIGNER.public, plain)) == plain


def test_a_box_shows_nothing_but_its_length() -> None:
    again = seal(OWNER.public, PLAIN)
    assert len(again) == len(BOX) == len(PLAIN) + SEALING_BYTES
    assert again != BOX, "who seals the same twice cannot be seen to"
    assert not any(PLAIN[at : at + 4] in again for at in range(len(PLAIN) - 3))


def test_the_wrong_key_opens_nothing() -> None:
    with pytest.raises(BadBox, match="wanted a box for this key"):
        STRANGER.open(BOX)
    with pytest.raises(BadBox, match="wanted a box for this key"):
        open_as_signer(OTHER.secret, seal_to_signer(SIGNER.public, PLAIN))


def test_a_box_cut_anywhere_is_refused() -> None:
    for length in range(len(BOX)):
        with pytest.raises(BadBox):
            OWNER.open(BOX[:length])
    with pytest.raises(BadBox, match=f"wanted a box of at least {SEALING_BYTES} bytes, got 47"):
        OWNER.open(BOX[:47])


@given(some.integers(0, len(BOX) - 1), some.integers(0, 7))
def test_a_box_with_any_bit_changed_is_refused(place: int, bit: int) -> None:
    spoilt = BOX[:place] + bytes([BOX[place] ^ 1 << bit]) + BOX[place + 1 :]
    # the top bit of an X25519 key says nothing (RFC 7748), but the nonce of a box covers it
    with pytest.raises(BadBox):
        OWNER.open(spoilt)


@pytest.mark.parametrize("key", [b"", b"k" * 31, bytes(32)])
def test_nothing_is_sealed_to_what_is_no_key(key: bytes) -> None:
    with pytest.raises(BadKey):
        seal(key, PLAIN)


@pytest.mark.parametrize("key", [b"k" * 31, bytes(32), b"\xff" * 32])
def test_only_keys_of_ed25519_have_an_x25519_form(key: bytes) -> None:
    with pytest.raises(BadKey, match="wanted an ed25519 key, got"):
        x25519_of(key)


def test_a_secret_is_32_bytes_and_does_not_show() -> None:
    with pytest.raises(BadKey, match="wanted a secret of 32 bytes, got 31"):
        pair_of(b"s" * 31)
    assert "s" * 32 not in repr(STRANGER)
    assert new_pair() != new_pair()


def test_a_keystore_opens_boxes_with_the_key_that_is_named() -> None:
    keystore = Keystore()
    public = keystore.insert(KeyType.SEALING, SIGNER)
    box = seal_to_signer(public, PLAIN)
    assert keystore.unseal(KeyType.SEALING, public, box) == PLAIN
    with pytest.raises(UnknownKey):
        keystore.unseal(KeyType.AUDIT, public, box)
    with pytest.raises(BadBox):
        open_box(b"x" * 32, box)


def test_a_provider_makes_its_key_once_and_finds_it_again(tmp_path: Path) -> None:
    create_vault(tmp_path, b"password")
    first = ProviderSealing(open_keystore(tmp_path, b"password"))
    second = ProviderSealing(open_keystore(tmp_path, b"password"))
    assert first.public == second.public
    assert second.open(seal(first.public, PLAIN)) == PLAIN


def test_the_test_vendor_attests_where_a_chain_believes_it_and_nowhere_else() -> None:
    log = Logs(levels=LogLevels("off")).logger("test")
    pair = pair_from_uri(KeyKind.ED25519, TEST_VENDOR)
    vendor = Vendor(pair.public, b"m" * 32, 100)
    assert attester_of((), log) is None
    assert attester_of((Vendor(OTHER.public, b"m" * 32, 100),), log) is None
    attester = attester_of((vendor,), log)
    assert attester is not None
    job = order(20, 30, 40)
    spec, commitment = attested_spec(job.spec), job.commitment()
    proof = attester.attest(spec, commitment, RANDOMNESS)
    verify_proof(OpeningContext(spec, commitment, RANDOMNESS, vendors=(vendor,)), proof)
