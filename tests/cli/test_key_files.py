"""Account files, derivation, signatures: `starminer key` with secrets that never meet argv."""

import io
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from cli.errors import UsageError
from cli.main import run
from cli.options import Signing
from cli.tx import signing_pair
from node.keystore import keystore as keystore_module
from node.keystore import polkadot_js
from node.keystore.keystore import KeyType, open_keystore
from node.keystore.polkadot_js import Scrypt
from node.keystore.vault import Cost, Vault, create_vault
from runtime.primitives.crypto import KeyKind, pair_from_uri
from tests.conformance.vectors_of import load

ACCOUNTS = load("polkadot_js/accounts.json")["accounts"]
PHRASE = "seed sock milk update focus rotate barely fade car face mechanic mercy"
DERIVED = [made for made in ACCOUNTS if made["uri"].startswith(PHRASE)]
PRESET = next(made for made in ACCOUNTS if made["password"] == "preset")


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polkadot_js, "WRITTEN", Scrypt(1 << 13, 10, 8))
    cheap = Cost(operations=1, memory_bytes=8192)

    def create_cheaply(directory: Path, password: bytes, _cost: Cost | None) -> Vault:
        return create_vault(directory, password, cheap)

    monkeypatch.setattr(keystore_module, "create_vault", create_cheaply)
    monkeypatch.delenv("STARMINER_PASSWORD", raising=False)


@pytest.fixture
def account(tmp_path: Path) -> Path:
    path = tmp_path / "account.json"
    path.write_text(json.dumps(PRESET["json"]))
    (tmp_path / "password").write_text("preset\n")
    return path


def ran(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> Any:
    assert run([str(one) for one in (*arguments, "-o", "json")]) == 0
    return json.loads(capsys.readouterr().out)


def refused(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    assert run([str(one) for one in arguments]) in (1, 2)
    return capsys.readouterr().err


@pytest.mark.parametrize("made", DERIVED, ids=lambda made: f"{made['type']} {made['uri'][-9:]}")
def test_a_phrase_with_its_path_and_password_is_the_account_of_wallets(
    made, tmp_path: Path, capsys
) -> None:
    (tmp_path / "secret").write_text(made["uri"] + "\n")
    shown = ran(
        capsys, "key", "inspect", "--secret-file", tmp_path / "secret", "--scheme", made["type"]
    )
    assert (shown["scheme"], shown["address"]) == (made["type"], made["address"])


def test_ed25519_has_no_soft_derivation(tmp_path: Path, capsys) -> None:
    (tmp_path / "secret").write_text(f"{PHRASE}/soft")
    error = refused(
        capsys, "key", "inspect", "--secret-file", tmp_path / "secret", "--scheme", "ed25519"
    )
    assert error == "error: ed25519 has no soft derivation: wanted // before each\n"


def test_an_account_file_opens_with_its_password_from_anywhere_but_argv(
    account: Path, tmp_path: Path, capsys, monkeypatch
) -> None:
    inspect = ("key", "inspect", "--secret-file", account)
    monkeypatch.setenv("WALLET", "preset")
    descriptor = os.open(tmp_path / "password", os.O_RDONLY)
    found = [
        ran(capsys, *inspect, "--password-file", tmp_path / "password"),
        ran(capsys, *inspect, "--password-env", "WALLET"),
        ran(capsys, *inspect, "--password-fd", str(descriptor)),
    ]
    monkeypatch.setenv("STARMINER_PASSWORD", "preset")
    found.append(ran(capsys, *inspect))
    assert [one["address"] for one in found] == [PRESET["address"]] * 4


def test_no_password_two_passwords_and_a_wrong_one_are_refused(
    account: Path, tmp_path: Path, capsys
) -> None:
    (tmp_path / "wrong").write_text("wrong")
    wrong, right = tmp_path / "wrong", tmp_path / "password"
    open_it = ("key", "import", account)
    assert "STARMINER_PASSWORD, which is not set" in refused(capsys, *open_it)
    assert "wanted one of --password-file, --password-fd and --password-env" in refused(
        capsys, *open_it, "--password-file", right, "--password-env", "X"
    )
    assert refused(capsys, *open_it, "--password-file", wrong) == (
        f"error: {account}: the password does not open the account file\n"
    )


def test_an_exported_account_is_imported_into_a_keystore(tmp_path: Path, capsys) -> None:
    (tmp_path / "secret").write_text("//Dave")
    (tmp_path / "password").write_text("one")
    (tmp_path / "other").write_text("two")
    file = tmp_path / "dave.json"
    password = ("--password-file", tmp_path / "password")
    made = ran(capsys, "key", "export", tmp_path / "secret", file, "--name", "Dave", *password)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    shown = ran(
        capsys, "key", "import", file, "prov", *password,
        "--keystore-password-file", tmp_path / "other", "--base-path", tmp_path, "--chain", "local",
    )  # fmt: skip
    assert (shown["name"], shown["address"], shown["inserted"]) == ("Dave", made["address"], "prov")
    keystore = open_keystore(Path(shown["keystore"]), b"two")
    pair = pair_from_uri(KeyKind.SR25519, "//Dave")
    assert keystore.public_keys(KeyType.PROVIDER) == (pair.public,)
    assert refused(capsys, "key", "export", tmp_path / "secret", file, *password) == (
        f"error: {file}: File exists\n"
    )


def test_a_key_of_the_wrong_scheme_is_not_imported(account: Path, tmp_path: Path, capsys) -> None:
    password = ("--password-file", tmp_path / "password", "--base-path", tmp_path)
    error = refused(capsys, "key", "import", account, "babe", *password)
    assert error == "error: wanted a key of ed25519 for babe, got SR25519\n"


@pytest.mark.parametrize("scheme", ["sr25519", "ed25519", "ecdsa"])
def test_a_signature_is_its_signers_and_nobody_elses(scheme: str, tmp_path: Path, capsys) -> None:
    (tmp_path / "secret").write_text("//Alice")
    (tmp_path / "message").write_bytes(b"\xffwanted")
    (tmp_path / "other").write_bytes(b"wanted")
    kind = ("--scheme", scheme)
    made = ran(capsys, "key", "sign", tmp_path / "secret", tmp_path / "message", *kind)
    verify = ("key", "verify", made["signature"], made["signer"])
    assert ran(capsys, *verify, tmp_path / "message", *kind)["valid"] is True
    assert f"this is no {scheme} signature" in refused(capsys, *verify, tmp_path / "other", *kind)


def test_a_signature_of_polkadot_js_is_verified_from_standard_input(capsys, monkeypatch) -> None:
    for made in ACCOUNTS[:8]:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"wanted: one signature")))
        verify = ("key", "verify", made["signature"], made["address"], "--scheme", made["type"])
        assert ran(capsys, *verify)["signer"] == made["address"]


def test_a_transaction_may_be_signed_with_an_account_file(account: Path, monkeypatch) -> None:
    monkeypatch.setenv("STARMINER_PASSWORD", "preset")
    assert signing_pair(Signing(signer_file=str(account))) == pair_from_uri(
        KeyKind.SR25519, "//Charlie"
    )
    with pytest.raises(UsageError, match="name who signs"):
        signing_pair(Signing())
