"""Where a wallet keeps accounts and addresses: one file of polkadot-js an account, one book."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import msgspec
from cyclopts import Parameter

from cli.errors import CommandError, UsageError
from cli.key_files import write_new
from cli.secrets import read_text
from node.config import DEFAULT_BASE_PATH
from node.keystore.polkadot_js import MAX_FILE_BYTES

DEFAULT_WALLET = DEFAULT_BASE_PATH / "wallet"
SUFFIX = ".json"
BOOK = "addresses"
"""The name of the book's file, which no account may have."""

MOST_ADDRESSES = 1_000
"""A book is read whole by every command that may need a name of it."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,31}")


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Place:
    """Which wallet a command is about."""

    wallet: Annotated[Path, Parameter(env_var="STARMINER_WALLET")] = DEFAULT_WALLET
    """The directory with its accounts and its address book."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An account of a wallet, as far as it can be read without its password."""

    name: str
    address: str
    scheme: str
    file: Path


class Wallet:
    """A directory of account files. Invariant: a name is an account's or the book's, not both."""

    def __init__(self, place: Place) -> None:
        self._root = place.wallet.expanduser()

    def entries(self) -> list[Entry]:
        """Return the accounts, by name.

        Raises: CommandError for a file that is none.
        """
        files = sorted(self._root.glob(f"*{SUFFIX}"))
        return [entry_in(file) for file in files if file.stem != BOOK]

    def file_of(self, name: str) -> Path:
        """Return the file of an account.

        Raises: CommandError if there is none.
        """
        file = self._root / f"{checked_name(name)}{SUFFIX}"
        if not file.is_file():
            known = ", ".join(entry.name for entry in self.entries()) or "no account"
            raise CommandError(
                f"wanted an account of {self._root} ({known}), got {name!r}: "
                f"`starminer wallet create {name}` makes one"
            )
        return file

    def keep(self, name: str, raw: bytes) -> Path:
        """Write the file of a new account.

        Raises: UsageError for a name that is taken; CommandError.
        """
        self.require_free(name)
        try:
            self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise CommandError(f"{self._root}: {error.strerror}") from error
        file = self._root / f"{name}{SUFFIX}"
        write_new(file, raw)
        return file

    def require_free(self, name: str) -> None:
        """Raise UsageError for a name that cannot be given to something new."""
        checked_name(name)
        if (self._root / f"{name}{SUFFIX}").exists():
            raise UsageError(f"{self._root} has an account {name!r} already")
        if name in self.book():
            raise UsageError(f"the address book has {name!r} already: remove it, or take another")

    def book(self) -> dict[str, str]:
        """Return the address book: addresses by name.

        Raises: CommandError if it is damaged.
        """
        file = self._root / f"{BOOK}{SUFFIX}"
        if not file.exists():
            return {}
        try:
            return msgspec.json.decode(read_text(file), type=dict[str, str])
        except msgspec.DecodeError as error:
            raise CommandError(f"{file}: wanted names and addresses: {error}") from error

    def write_book(self, book: dict[str, str]) -> None:
        """Replace the address book as a whole.

        Raises: CommandError if it is too large, or cannot be written.
        """
        raw = json.dumps(dict(sorted(book.items())), indent=2).encode() + b"\n"
        if len(book) > MOST_ADDRESSES or len(raw) > MAX_FILE_BYTES:
            raise CommandError(f"wanted at most {MOST_ADDRESSES} addresses, got {len(book)}")
        part = self._root / f"{BOOK}.part"
        try:
            self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
            part.write_bytes(raw)
            os.replace(part, self._root / f"{BOOK}{SUFFIX}")
        except OSError as error:
            raise CommandError(f"{self._root}: {error.strerror}") from error

    def address_of(self, who: str) -> str:
        """Return the address that a name of this wallet or of its book stands for, or the text.

        Raises: UsageError for a name that neither has.
        """
        if _NAME.fullmatch(who) is None:
            return who
        file = self._root / f"{who}{SUFFIX}"
        if who != BOOK and file.is_file():
            return entry_in(file).address
        if who not in self.book():
            raise UsageError(
                f"wanted an address, a name such as //Alice, or one of {self._root}, got {who!r}: "
                "see `starminer wallet list` and `starminer wallet address-book list`"
            )
        return self.book()[who]


def checked_name(name: str) -> str:
    """Return a name that an account or an address can have.

    Raises: UsageError.
    """
    if _NAME.fullmatch(name) is None or name == BOOK:
        wanted = "wanted a name of up to 32 letters, digits, - and _ that begins with a letter"
        raise UsageError(f"{wanted}, not {BOOK!r}; got {name!r}")
    return name


def entry_in(file: Path) -> Entry:
    """Read what is not encrypted in an account file.

    Raises: CommandError.
    """
    try:
        record: Any = msgspec.json.decode(read_text(file))
        address, scheme = record["address"], record["encoding"]["content"][1]
    except (msgspec.DecodeError, KeyError, IndexError, TypeError) as error:
        raise CommandError(f"{file}: wanted an account file of polkadot-js: {error}") from error
    return Entry(file.stem, str(address), str(scheme), file)
