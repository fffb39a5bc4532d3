"""Account files: those that polkadot-js wrote open, and it opens those that we write."""

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.keystore import polkadot_js
from node.keystore.mnemonic import pair_from_secret
from node.keystore.polkadot_js import (
    MAX_FILE_BYTES,
    Account,
    BadAccountFile,
    Scrypt,
    read_account,
    write_account,
)
from node.keystore.vault import KeystoreError, WrongPassword
from runtime.primitives.crypto import KeyKind, pair_from_uri, verify_signature
from tests.conformance.vectors_of import VECTORS, load, unhex
from tests.support.needs import needs

CLIENTS = VECTORS.parent / "clients"
MADE = load("polkadot_js/accounts.json")
ACCOUNTS = MADE["accounts"]
MESSAGE = MADE["message"].encode()
CHEAP = Scrypt(1 << 13, 10, 8)


def named(made: dict[str, Any]) -> str:
    return f"{made['type']} {made['uri'][-12:]} {made['json']['encoding']['version']}"


def opened(made: dict[str, Any]) -> Account:
    password = made["password"]
    return read_account(
        json.dumps(made["json"]).encode(), None if password is None else password.encode()
    )


@pytest.mark.parametrize("made", ACCOUNTS, ids=named)
def test_a_file_that_polkadot_js_wrote_opens(made: dict[str, Any]) -> None:
    account = opened(made)
    pair = account.pair
    assert (pair.kind.name.lower(), pair.public) == (made["type"], unhex(made["publicKey"]))
    assert pair.secret[:32] == pair_from_secret(pair.kind, made["uri"]).secret[:32]
    assert account.meta == made["json"]["meta"]
    for signature in (unhex(made["signature"]), pair.sign(MESSAGE)):
        assert verify_signature(pair.kind, signature, MESSAGE, pair.account)


@needs(
    shutil.which("node") and (CLIENTS / "node_modules/@polkadot/keyring").is_dir(),
    "@polkadot/keyring is not installed: npm ci --prefix tests/conformance/clients",
)
def test_polkadot_js_opens_a_file_that_we_wrote(tmp_path: Path) -> None:
    password = "pässword"
    pairs = [pair_from_uri(kind, "//Eve//0") for kind in KeyKind]
    files = [
        {
            "json": json.loads(write_account(Account(pair, {"name": "n"}), password.encode())),
            "password": password,
            "message": MESSAGE.decode(),
        }
        for pair in pairs
    ]
    (tmp_path / "accounts.json").write_text(json.dumps(files))
    asked = subprocess.run(
        ["node", "--input-type=module", "-"],
        input=(VECTORS / "polkadot_js/open.mjs").read_text(),
        env={**os.environ, "ACCOUNTS": str(tmp_path / "accounts.json")},
        cwd=CLIENTS,
        text=True,
        capture_output=True,
        check=True,
    )
    for pair, found in zip(pairs, json.loads(asked.stdout), strict=True):
        assert (found["type"], found["meta"]) == (pair.kind.name.lower(), {"name": "n"})
        assert unhex(found["publicKey"]) == pair.public
        signature = unhex(found["signature"])
        assert verify_signature(pair.kind, signature, MESSAGE, pair.account)


@pytest.mark.parametrize("kind", list(KeyKind))
def test_what_is_written_is_read_back(kind: KeyKind, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polkadot_js, "WRITTEN", CHEAP)
    account = Account(pair_from_secret(kind, "//Ferdie//stash"), {"name": "Ferdie"})
    raw = write_account(account, b"password", prefix=7)
    assert read_account(raw, b"password") == account
    assert account.pair.secret.hex() not in raw.decode()


def test_the_cost_of_a_guess_is_the_one_that_wallets_pay() -> None:
    raw = write_account(Account(pair_from_uri(KeyKind.SR25519, "//Alice")), b"password")
    encoded = base64.b64decode(json.loads(raw)["encoded"])
    assert encoded[32:44] == bytes.fromhex("000002000100000008000000")
    with pytest.raises(KeystoreError, match="wanted a password for the account file"):
        write_account(Account(pair_from_uri(KeyKind.SR25519, "//Alice")), b"")


@pytest.mark.parametrize("password", [b"wrong", b"", None])
def test_another_password_does_not_open(password: bytes | None) -> None:
    preset = next(made for made in ACCOUNTS if made["password"] == "preset")
    with pytest.raises(WrongPassword):
        read_account(json.dumps(preset["json"]).encode(), password)


Change = Callable[[dict[str, Any]], None]


def changed(**fields: Any) -> Change:
    return lambda record: record.update(fields)


def encoding(**fields: Any) -> Change:
    return lambda record: record["encoding"].update(fields)


def encoded(change: Callable[[bytes], bytes]) -> Change:
    def apply(record: dict[str, Any]) -> None:
        raw = change(base64.b64decode(record["encoded"]))
        record["encoded"] = base64.b64encode(raw).decode()

    return apply


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (changed(encoding=None), "it has no field encoding"),
        (changed(encoded=None), "it has no field encoded"),
        (changed(encoded="?"), "encoded: wanted base64 or hex"),
        (changed(encoded="0x1"), "encoded: wanted base64 or hex"),
        (encoding(version="4"), "encoding.version: wanted 0, 1, 2, 3, got 4"),
        (encoding(content=["batch-pkcs8"]), "encoding.content: wanted pkcs8 and"),
        (encoding(content=["pkcs8", "ethereum"]), "encoding.content: wanted pkcs8 and"),
        (encoding(type=["rot13"]), "encoding.type: wanted scrypt and xsalsa20-poly1305"),
        (encoded(lambda raw: raw[:40]), "encoded: wanted a preset of scrypt"),
        (encoded(lambda raw: raw[:34] + b"\x10" + raw[35:]), "got N=1056768 p=10 r=8"),
        (encoded(lambda raw: raw[:60]), "encoded: it ends too early, after 16 bytes"),
        (changed(address="nonsense"), "address: "),
        (changed(address=7), "address: wanted text"),
        (
            changed(address="5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty"),
            "address: wanted the key's own, got 5FHneW46",
        ),
    ],
)
def test_a_damaged_file_is_refused_by_what_is_wrong(change: Change, message: str) -> None:
    preset = next(made for made in ACCOUNTS if made["password"] == "preset")
    record = json.loads(json.dumps(preset["json"]))
    change(record)
    with pytest.raises(BadAccountFile) as raised:
        read_account(json.dumps(record).encode(), b"preset")
    assert message in str(raised.value)


@pytest.mark.parametrize("raw", [b"", b"[1]", b"{}", b"[" * 60_000, b" " * (MAX_FILE_BYTES + 1)])
def test_what_is_no_account_file_is_refused(raw: bytes) -> None:
    with pytest.raises(BadAccountFile):
        read_account(raw, b"password")


PLAIN = next(made for made in ACCOUNTS if made["password"] is None)["json"]


@given(
    st.integers(0, 130),
    st.integers(0, 255),
    st.sampled_from(["ed25519", "sr25519", "ecdsa"]),
)
@settings(max_examples=200, deadline=None)
def test_no_changed_byte_makes_another_key(at: int, byte: int, kind: str) -> None:
    raw = bytearray(base64.b64decode(PLAIN["encoded"]))
    at %= len(raw)
    raw[at] = byte
    record = {**PLAIN, "encoded": base64.b64encode(raw).decode()}
    record["encoding"] = {**PLAIN["encoding"], "content": ["pkcs8", kind]}
    try:
        found = read_account(json.dumps(record).encode(), None)
    except BadAccountFile:
        return
    assert found.pair.public == read_account(json.dumps(PLAIN).encode(), None).pair.public
