"""Encryption under a password: argon2id makes the key, secretbox seals with it.

The parameters and the salt stand in one file of the directory, together with a sealed constant by
which a wrong password is told from a damaged file. Source: RFC 9106 (argon2), the NaCl secretbox
(XSalsa20-Poly1305).
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from nacl.exceptions import CryptoError
from nacl.pwhash import argon2id
from nacl.secret import SecretBox
from nacl.utils import random as random_bytes

VAULT_FILE = "keystore.json"

VERSION = 1

CHECK = b"starminer keystore"
"""What every vault seals once, to know its password again."""

MAX_FILE_BYTES = 4096
"""Our files have less than 500 bytes; a larger one is not ours."""


@dataclass(frozen=True, slots=True)
class Cost:
    """How much work a guess of the password is."""

    operations: int = 3
    memory_bytes: int = 64 << 20
    """RFC 9106's second choice: a tenth of a second, and small beside a node's memory."""


MAX_COST = Cost(operations=16, memory_bytes=1 << 30)
"""A file that asks for more would stop the node from starting."""


class KeystoreError(Exception):
    """The keystore cannot be used; the message says why and names the file."""


class WrongPassword(KeystoreError):
    """The password does not open this keystore."""


class DamagedKeystore(KeystoreError):
    """A file is truncated, changed or not ours."""


class Vault:
    """Seals and opens with one password's key."""

    def __init__(self, key: bytes) -> None:
        """Use a 32-byte key."""
        self._box = SecretBox(key)

    def seal(self, plain: bytes) -> bytes:
        """Return the encrypted form, with a fresh nonce."""
        return bytes(self._box.encrypt(plain))

    def open(self, sealed: bytes, path: Path) -> bytes:
        """Return what was sealed; raises DamagedKeystore naming `path`."""
        try:
            return self._box.decrypt(sealed)
        except (CryptoError, ValueError) as error:
            raise DamagedKeystore(f"{path} is damaged: its key cannot be decrypted") from error


def create_vault(directory: Path, password: bytes, cost: Cost | None = None) -> Vault:
    """Write the parameters of a new vault into `directory` and return it."""
    cost = cost or Cost()
    salt = random_bytes(argon2id.SALTBYTES)
    vault = Vault(_derived(password, salt, cost))
    record = {
        "version": VERSION,
        "kdf": "argon2id",
        "operations": cost.operations,
        "memory_bytes": cost.memory_bytes,
        "salt": salt.hex(),
        "check": vault.seal(CHECK).hex(),
    }
    write_privately(directory / VAULT_FILE, record)
    return vault


def open_vault(directory: Path, password: bytes) -> Vault:
    """Return the vault of `directory`; raises WrongPassword, DamagedKeystore."""
    path = directory / VAULT_FILE
    record = read_record(path)
    try:
        kdf, version = record["kdf"], record["version"]
        cost = Cost(_number(record["operations"]), _number(record["memory_bytes"]))
        salt, check = _bytes(record["salt"]), _bytes(record["check"])
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedKeystore(f"{path} is damaged: {type(error).__name__} {error}") from error
    if (kdf, version) != ("argon2id", VERSION):
        raise DamagedKeystore(f"{path}: wanted argon2id version {VERSION}, got {kdf} {version}")
    if cost.operations > MAX_COST.operations or cost.memory_bytes > MAX_COST.memory_bytes:
        raise DamagedKeystore(f"{path}: wanted at most {MAX_COST}, got {cost}")
    if len(salt) != argon2id.SALTBYTES or len(check) != len(CHECK) + SecretBox.NONCE_SIZE + 16:
        raise DamagedKeystore(f"{path} is damaged: salt or check has the wrong length")
    vault = Vault(_derived(password, salt, cost))
    try:
        vault.open(check, path)
    except DamagedKeystore as error:
        raise WrongPassword(f"the password does not open the keystore {directory}") from error
    return vault


def write_privately(path: Path, record: dict[str, object]) -> None:
    """Write a record, entirely or not at all, that only its owner can read; wait for the disk."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
    try:
        descriptor = os.open(temporary, flags, 0o600)
        with open(descriptor, "w") as file:
            os.fchmod(file.fileno(), 0o600)
            json.dump(record, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        _sync_directory(path.parent)
    except OSError as error:
        raise KeystoreError(f"cannot write {path}: {error.strerror}") from error


def read_record(path: Path) -> dict[str, object]:
    """Return a record; raises DamagedKeystore, or KeystoreError where it cannot be read."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise KeystoreError(f"cannot read {path}: {error.strerror}") from error
    if len(raw) > MAX_FILE_BYTES:
        raise DamagedKeystore(f"{path}: wanted at most {MAX_FILE_BYTES} bytes, got more")
    try:
        record = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise DamagedKeystore(f"{path} is damaged: it is not JSON, perhaps truncated") from error
    if not isinstance(record, dict):
        raise DamagedKeystore(f"{path} is damaged: wanted an object, got {type(record).__name__}")
    return record


def _derived(password: bytes, salt: bytes, cost: Cost) -> bytes:
    try:
        return argon2id.kdf(SecretBox.KEY_SIZE, password, salt, cost.operations, cost.memory_bytes)
    except (CryptoError, ValueError) as error:
        raise KeystoreError(f"argon2id cannot run with {cost}: {error}") from error


def _number(value: object) -> int:
    if not isinstance(value, int) or value < 1:
        raise ValueError(f"wanted a positive number, got {value!r}")
    return value


def _bytes(value: object) -> bytes:
    if not isinstance(value, str):
        raise TypeError(f"wanted hex, got {type(value).__name__}")
    return bytes.fromhex(value)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
