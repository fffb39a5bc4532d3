"""`starminer key import|export`: accounts to and from the files of polkadot-js and its wallets."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from cli.chain import chain_directory, checked_spec
from cli.errors import CommandError, UsageError
from cli.key import PREFIX, key_record
from cli.options import Output
from cli.printing import show
from cli.secrets import ENVIRONMENT, Password, Scheme, account_in_file, pair_in_file, read_password
from node.config import DEFAULT_BASE_PATH
from node.directories import Directories
from node.keystore.keystore import KeyType, open_keystore
from node.keystore.polkadot_js import Account, write_account
from node.keystore.vault import KeystoreError

PLAIN = Output()

Purpose = Literal["babe", "gran", "prov"]


def import_account(
    file: Path,
    purpose: Purpose | None = None,
    /,
    *,
    password: Password = ENVIRONMENT,
    keystore_password_file: Path | None = None,
    chain: str = "dev",
    base_path: Path = DEFAULT_BASE_PATH,
    output: Output = PLAIN,
) -> None:
    """Open an account file of polkadot-js, and keep its key in a node's keystore.

    Parameters
    ----------
    file
        What the wallet exported: JSON.
    purpose
        What the node uses the key for: babe signs blocks, gran votes on finality, prov is the
        account of a provider. Without one the key is only shown.
    keystore_password_file
        The password of the keystore; that of the account file when not given.
    chain
        Whose keystore: a preset or the path of a spec.
    base_path
        Where the node keeps its data.
    """
    account = account_in_file(file, password)
    record = {"name": account.meta.get("name"), **key_record(account.pair, PREFIX)}
    if purpose is not None:
        secret = Password(keystore_password_file) if keystore_password_file else password
        directory = Directories(chain_directory(base_path, checked_spec(chain))).keystore
        try:
            keystore = open_keystore(directory, read_password(secret))
            keystore.insert(KeyType(purpose), account.pair)
        except KeystoreError as error:
            raise CommandError(str(error)) from error
        record |= {"inserted": purpose, "keystore": str(directory)}
    show(record, output.output)


def export_account(
    secret_file: Path,
    file: Path,
    /,
    *,
    scheme: Scheme = "sr25519",
    name: str = "",
    password: Password = ENVIRONMENT,
    ss58_prefix: int = PREFIX,
    output: Output = PLAIN,
) -> None:
    """Write the key of a secret as an account file that polkadot-js and its wallets open.

    Parameters
    ----------
    secret_file
        A file with a phrase, a seed or a name.
    file
        The file to write; one that is there is not replaced.
    scheme
        Which keys the secret stands for.
    name
        What wallets show.
    ss58_prefix
        The network of the address.
    """
    pair = pair_in_file(secret_file, scheme, password)
    try:
        raw = write_account(Account(pair, {"name": name}), read_password(password), ss58_prefix)
    except KeystoreError as error:
        raise UsageError(str(error)) from error
    write_new(file.expanduser(), raw)
    show({"file": str(file), **key_record(pair, ss58_prefix)}, output.output)


def write_new(path: Path, raw: bytes) -> None:
    """Write a file that was not there and that only its owner can read.

    Raises: CommandError.
    """
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(raw)
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from error
