"""Secrets of commands: from files, and their passwords from anywhere but the command line.

The arguments of a process can be read by everybody on the machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cyclopts import Parameter

from cli.errors import CommandError, UsageError
from node.keys import PASSWORD_VARIABLE
from node.keystore.mnemonic import pair_from_secret
from node.keystore.password import (
    NoPassword,
    password_from_descriptor,
    password_from_environment,
    password_from_file,
)
from node.keystore.polkadot_js import MAX_FILE_BYTES, Account, is_encrypted, read_account
from node.keystore.vault import KeystoreError
from runtime.primitives.crypto import BadSecret, KeyKind, Pair

Scheme = Literal["sr25519", "ed25519", "ecdsa"]


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Password:
    """Where the password of an account file comes from: the environment, when nothing is named."""

    password_file: Path | None = None
    """A file with the password as its only line."""

    password_fd: int | None = None
    """An open descriptor to read it from."""

    password_env: str | None = None
    """A variable of the environment; STARMINER_PASSWORD when nothing is named."""


ENVIRONMENT = Password()


def read_password(where: Password) -> bytes:
    """Return the password.

    Raises: UsageError.
    """
    given = [where.password_file, where.password_fd, where.password_env]
    if len([one for one in given if one is not None]) > 1:
        raise UsageError("wanted one of --password-file, --password-fd and --password-env")
    try:
        if where.password_file is not None:
            return password_from_file(where.password_file.expanduser())
        if where.password_fd is not None:
            return password_from_descriptor(where.password_fd)
        return password_from_environment(where.password_env or PASSWORD_VARIABLE)
    except NoPassword as error:
        raise UsageError(str(error)) from error


def read_text(path: Path) -> str:
    """Return what is in a small file.

    Raises: CommandError.
    """
    try:
        with path.expanduser().open("rb") as file:
            raw = file.read(MAX_FILE_BYTES + 1)
        if len(raw) > MAX_FILE_BYTES:
            raise CommandError(f"{path}: wanted at most {MAX_FILE_BYTES} bytes, got more")
        return raw.decode().strip()
    except UnicodeDecodeError as error:
        raise CommandError(f"{path}: wanted text: {error.reason}") from error
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from error


def account_in_file(path: Path, password: Password) -> Account:
    """Return what an account file of polkadot-js holds.

    Raises: CommandError, UsageError.
    """
    text = read_text(path)
    return open_account(text, path, password)


def open_account(text: str, path: Path, password: Password) -> Account:
    """Return what the text of an account file holds; only an encrypted one asks for the password.

    Raises: CommandError, UsageError.
    """
    raw = text.encode()
    try:
        return read_account(raw, read_password(password) if is_encrypted(raw) else None)
    except KeystoreError as error:
        raise CommandError(f"{path}: {error}") from error


def pair_in_file(path: Path, scheme: Scheme, password: Password = ENVIRONMENT) -> Pair:
    """Return the key of a file: a phrase, a seed, a name, or an account file of polkadot-js.

    Raises: CommandError, UsageError.
    """
    text = read_text(path)
    if text.startswith("{"):
        return open_account(text, path, password).pair
    return pair_of_text(text, scheme)


def pair_of_text(secret: str, scheme: Scheme) -> Pair:
    """Return the key of a phrase, a seed or a name, each with its path; `ed25519:` may precede it.

    Raises: UsageError.
    """
    name, colon, rest = secret.partition(":")
    kinds = {kind.name.lower(): kind for kind in KeyKind}
    kind = kinds[scheme]
    if colon and name in kinds:
        kind, secret = kinds[name], rest
    try:
        return pair_from_secret(kind, secret)
    except BadSecret as error:
        raise UsageError(str(error)) from error
