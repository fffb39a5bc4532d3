"""Keys for programs, from what people have; their secrets are never shown."""

from pathlib import Path

import pytest

from cli.sdk import Keypair
from cli.sdk.failures import Failure, failure_of
from genesis.notation import BadNotation, parse_pair
from node.keystore.polkadot_js import Account, write_account
from node.keystore.vault import KeystoreError
from runtime.frame.outcome import Module, ModuleError
from runtime.primitives.crypto import DEV_PHRASE, KeyKind, verify_signature


@pytest.mark.parametrize("kind", KeyKind)
def test_a_key_of_each_scheme_signs_for_its_account(kind: KeyKind) -> None:
    key = Keypair.from_uri("//Alice", kind)
    assert key.kind is kind
    assert key.account == parse_pair("//Alice", kind).account
    assert verify_signature(kind, key.sign(b"words"), b"words", key.account)


def test_the_phrase_of_the_development_names_leads_to_them() -> None:
    assert Keypair.from_phrase(f"{DEV_PHRASE}//Alice") == Keypair.from_uri("//Alice")


def test_a_key_is_shown_by_its_account() -> None:
    key = Keypair.from_uri("//Alice")
    assert repr(key) == f"Keypair of 0x{key.account.hex()}"


def test_what_is_no_key_is_refused_without_showing_it() -> None:
    for refused in (Keypair.from_phrase, Keypair.from_uri):
        with pytest.raises(BadNotation) as refusal:
            refused("my secret words")
        assert "secret words" not in str(refusal.value)


def test_a_key_lies_in_an_account_file(tmp_path: Path) -> None:
    path, key = tmp_path / "alice.json", Keypair.from_uri("//Alice")
    path.write_bytes(write_account(Account(key.pair), b"password"))
    assert Keypair.from_file(path, b"password") == key
    with pytest.raises(KeystoreError):
        Keypair.from_file(path, b"another")


def test_an_error_of_a_pallet_that_is_not_known_keeps_its_number() -> None:
    unknown = failure_of((), Module(ModuleError(99, bytes((7, 0, 0, 0)))))
    assert unknown == Failure("", "error 7 of pallet 99", "")
    assert str(unknown) == "error 7 of pallet 99"
