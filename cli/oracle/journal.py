"""What a member has sealed and must show: on disk before it is sent, so that no crash loses a salt.

A seal that is not shown costs half a percent of the bond. The journal is one small JSON file for
each chain and account, replaced whole; a lock keeps a second process from reporting twice.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from cli.errors import CommandError
from runtime.pallets.oracle.records import Report


class Sealed(msgspec.Struct, frozen=True):
    """A report that was sealed, or is about to be."""

    feed: int
    round: int
    value: str
    """Decimal digits: a value may be wider than what JSON readers keep exact."""
    observed_at: int
    source: bytes
    salt: bytes

    @property
    def report(self) -> Report:
        """Return the report."""
        return Report(int(self.value), self.observed_at, self.source)


class Journal:
    """The reports of one account. Invariant: what `entries` has is on disk."""

    def __init__(self, path: Path, entries: tuple[Sealed, ...]) -> None:
        self._path, self.entries = path, entries

    def add(self, sealed: Sealed) -> None:
        """Keep a report; it is on disk when this returns."""
        self._write((*self.entries, sealed))

    def of_round(self, round_: int) -> tuple[Sealed, ...]:
        """Return the reports of a round."""
        return tuple(one for one in self.entries if one.round == round_)

    def forget_before(self, round_: int) -> None:
        """Drop the reports of rounds that cannot be shown any more."""
        kept = tuple(one for one in self.entries if one.round >= round_)
        if kept != self.entries:
            self._write(kept)

    def _write(self, entries: tuple[Sealed, ...]) -> None:
        fresh = self._path.with_suffix(".new")
        with fresh.open("wb") as file:
            file.write(msgspec.json.encode(entries))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)
        directory = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
        self.entries = entries


@contextmanager
def open_journal(directory: Path, genesis_hash: bytes, account: bytes) -> Iterator[Journal]:
    """Open the journal of an account on a chain, and keep others from it.

    Raises: CommandError if another process has it, or if it is damaged.
    """
    name = f"{genesis_hash.hex()[:16]}-{account.hex()}.json"
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (directory / name).with_suffix(".lock").open("w")
    except OSError as error:
        raise CommandError(f"cannot keep a journal in {directory}: {error}") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CommandError(
                f"another `starminer oracle run` reports for this account with {directory}"
            ) from error
        yield Journal(directory / name, read_entries(directory / name))


def read_entries(path: Path) -> tuple[Sealed, ...]:
    """Return what a journal has; nothing if there is none.

    Raises: CommandError if it is damaged.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=tuple[Sealed, ...])
    except FileNotFoundError:
        return ()
    except (msgspec.DecodeError, OSError) as error:
        raise CommandError(f"{path} is no journal of reports: {error}") from error
