"""The keystore: what it holds, what it signs, and what of it lies on disk."""

import json
import stat

import pytest

from node.keystore import keystore as keystore_module
from node.keystore.keystore import Keystore, KeyType, UnfitKey, UnknownKey, open_keystore
from node.keystore.rpc_adapter import RpcKeystore
from node.keystore.vault import (
    VAULT_FILE,
    Cost,
    DamagedKeystore,
    KeystoreError,
    WrongPassword,
)
from runtime.primitives.crypto import KeyKind, pair_from_uri, verify_signature

CHEAP = Cost(operations=1, memory_bytes=8192)
PASSWORD = b"correct horse"


@pytest.fixture
def directory(tmp_path):
    return tmp_path / "keys"


def opened(directory, password: bytes = PASSWORD) -> Keystore:
    return open_keystore(directory, password, CHEAP)


def key_file(directory):
    (path,) = directory.glob("*.key.json")
    return path


@pytest.mark.parametrize("key_type", list(KeyType))
def test_a_generated_key_signs(key_type):
    keys = Keystore()
    public = keys.generate(key_type)
    signature = keys.sign(key_type, public, b"message")
    kind = keys.kind_of(key_type, public)
    assert verify_signature(kind, signature, b"message", public)
    assert keys.public_keys(key_type) == (public,)


def test_keys_are_kept_apart_by_purpose():
    keys = Keystore()
    alice = pair_from_uri(KeyKind.ED25519, "//Alice")
    keys.insert(KeyType.BABE, alice)
    assert keys.public_keys(KeyType.BABE) == (alice.public,)
    assert keys.public_keys(KeyType.GRANDPA) == ()
    with pytest.raises(UnknownKey, match=f"no gran key 0x{alice.public.hex()}"):
        keys.sign(KeyType.GRANDPA, alice.public, b"message")


def test_a_scheme_that_does_not_fit_is_refused():
    keys = Keystore()
    with pytest.raises(UnfitKey, match="wanted a key of ed25519 for babe, got SR25519"):
        keys.insert(KeyType.BABE, pair_from_uri(KeyKind.SR25519, "//Alice"))
    for kind in (KeyKind.SR25519, KeyKind.ED25519):
        keys.insert(KeyType.PROVIDER, pair_from_uri(kind, "//Alice"))
    assert len(keys.public_keys(KeyType.PROVIDER)) == 2


def test_the_vrf_seed_of_an_author_is_that_of_its_key():
    keys = Keystore()
    alice = pair_from_uri(KeyKind.ED25519, "//Alice")
    keys.insert(KeyType.BABE, alice)
    assert keys.vrf_seed(alice.public) == alice.secret[:32]
    with pytest.raises(UnknownKey):
        keys.vrf_seed(bytes(32))


def test_keys_survive_a_restart(directory):
    keys = opened(directory)
    publics = {key_type: keys.generate(key_type) for key_type in KeyType}
    again = opened(directory)
    for key_type, public in publics.items():
        assert again.public_keys(key_type) == (public,)
        kind = again.kind_of(key_type, public)
        assert verify_signature(kind, again.sign(key_type, public, b"m"), b"m", public)


def test_inserting_a_key_twice_keeps_one(directory):
    keys = opened(directory)
    alice = pair_from_uri(KeyKind.ED25519, "//Alice")
    assert keys.insert(KeyType.BABE, alice) == keys.insert(KeyType.BABE, alice)
    assert len(list(directory.glob("*.key.json"))) == 1


def test_files_are_readable_by_their_owner_only_and_show_no_secret(directory):
    keys = opened(directory)
    alice = pair_from_uri(KeyKind.ED25519, "//Alice")
    keys.insert(KeyType.GRANDPA, alice)
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    names = sorted(path.name for path in directory.iterdir())
    assert names == [f"gran-{alice.public.hex()}.key.json", VAULT_FILE]
    for path in directory.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert alice.secret[:32].hex() not in path.read_text()


def test_the_memory_of_a_key_shows_no_secret():
    alice = pair_from_uri(KeyKind.ED25519, "//Alice")
    assert alice.secret[:32].hex() not in repr(alice)
    assert str(alice.secret[:8])[2:-1] not in repr(alice)


def test_a_wrong_password_is_told_from_damage(directory):
    opened(directory).generate(KeyType.BABE)
    with pytest.raises(WrongPassword, match=r"the password does not open the keystore .*keys"):
        opened(directory, b"wrong")
    with pytest.raises(WrongPassword):
        opened(directory, b"")


@pytest.mark.parametrize("size", [0, 1, 40, -1])
def test_a_truncated_key_file_is_named(directory, size):
    opened(directory).generate(KeyType.BABE)
    path = key_file(directory)
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(DamagedKeystore, match=rf"{path.name} is damaged: it is not JSON, perhaps"):
        opened(directory)


@pytest.mark.parametrize("size", [0, 1, 100])
def test_a_truncated_vault_is_named(directory, size):
    opened(directory).generate(KeyType.BABE)
    path = directory / VAULT_FILE
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(DamagedKeystore, match=r"keystore\.json is damaged"):
        opened(directory)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("sealed", "00" * 100, "its key cannot be decrypted"),
        ("sealed", "zz", "is damaged"),
        ("sealed", None, "is damaged"),
        ("type", "gran", "its public part was changed"),
        ("public", "00" * 32, "its public part was changed"),
        ("kind", "SR25519", "its public part was changed"),
        ("version", 2, "wanted version 1, got 2"),
    ],
)
def test_a_changed_key_file_is_refused(directory, field, value, message):
    opened(directory).generate(KeyType.BABE)
    path = key_file(directory)
    record = json.loads(path.read_text())
    path.write_text(json.dumps({**record, field: value}))
    with pytest.raises(DamagedKeystore, match=message):
        opened(directory)


def test_a_renamed_key_file_is_refused(directory):
    opened(directory).generate(KeyType.BABE)
    path = key_file(directory)
    path.rename(path.with_name(path.name.replace("babe", "gran")))
    with pytest.raises(DamagedKeystore, match="holds another key than its name says"):
        opened(directory)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("kdf", "scrypt", "wanted argon2id version 1, got scrypt 1"),
        ("version", 2, "wanted argon2id version 1, got argon2id 2"),
        ("operations", 1000, "wanted at most"),
        ("memory_bytes", 1 << 40, "wanted at most"),
        ("memory_bytes", -1, "is damaged"),
        ("salt", "00", "wrong length"),
        ("check", "00", "wrong length"),
        ("salt", 7, "is damaged"),
    ],
)
def test_a_changed_vault_is_refused(directory, field, value, message):
    opened(directory)
    path = directory / VAULT_FILE
    record = json.loads(path.read_text())
    path.write_text(json.dumps({**record, field: value}))
    with pytest.raises(DamagedKeystore, match=message):
        opened(directory)


def test_keys_without_their_vault_are_not_given_up(directory):
    opened(directory).generate(KeyType.BABE)
    (directory / VAULT_FILE).unlink()
    with pytest.raises(DamagedKeystore, match=r"has keys but no keystore\.json"):
        opened(directory)
    assert key_file(directory).exists()


def test_files_of_others_are_left_alone(directory):
    opened(directory).generate(KeyType.BABE)
    (directory / "notes.txt").write_text("mine")
    (directory / ".babe-00.key.json.7.new").write_text("half written")
    assert len(opened(directory).public_keys(KeyType.BABE)) == 1


def test_too_large_a_file_is_not_read(directory):
    opened(directory).generate(KeyType.BABE)
    key_file(directory).write_text(" " * 5000)
    with pytest.raises(DamagedKeystore, match="wanted at most 4096 bytes"):
        opened(directory)


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("not a directory")
    with pytest.raises(KeystoreError, match=r"cannot create keystore .*file"):
        opened(tmp_path / "file")


def test_the_number_of_keys_is_limited(monkeypatch, directory):
    monkeypatch.setattr(keystore_module, "MAX_KEYS", 1)
    keys = opened(directory)
    keys.generate(KeyType.BABE)
    with pytest.raises(KeystoreError, match="wanted at most 1 keys"):
        keys.generate(KeyType.BABE)


def test_over_rpc_a_full_keystore_says_so(monkeypatch):
    monkeypatch.setattr(keystore_module, "MAX_KEYS", 1)
    with pytest.raises(ValueError, match="wanted at most 1 keys"):
        RpcKeystore(Keystore()).rotate_keys()


def test_over_rpc_session_keys_are_made_and_put_in():
    keys = Keystore()
    rpc = RpcKeystore(keys)
    made = rpc.rotate_keys()
    kinds = (KeyType.BABE, KeyType.GRANDPA, KeyType.AUDIT)
    assert made == b"".join(keys.public_keys(kind)[0] for kind in kinds)
    assert rpc.has_key(made[:32], "babe")
    assert not rpc.has_key(made[:32], "gran")
    alice = pair_from_uri(KeyKind.SR25519, "//Alice")
    rpc.insert_key("prov", "//Alice", alice.public)
    assert keys.public_keys(KeyType.PROVIDER) == (alice.public,)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("aura", "//Alice", bytes(32)),
            "wanted a key type of babe, gran, audi, prov, seal, got 'aura'",
        ),
        (("babe", "//Alice", bytes(32)), "the secret does not belong to the public key 0x0000"),
        (("babe", "no secret", bytes(32)), "wanted a BIP39 phrase"),
    ],
)
def test_over_rpc_a_key_that_does_not_fit_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        RpcKeystore(Keystore()).insert_key(*arguments)
