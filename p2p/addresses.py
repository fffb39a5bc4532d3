"""The address book file: where peers we once met can be dialled again.

A line is an address, when the peer was last met in Unix seconds, and how often dialling it has
failed since.
"""

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

MAX_ADDRESSES: Final = 1024
"""More than a node will ever dial; the longest unmet are forgotten."""

MAX_ADDRESS_CHARACTERS: Final = 256

MAX_AGE_SECONDS: Final = 30 * 86_400
"""A node that was not met for a month is gone, or has moved."""

HOPELESS_FAILURES: Final = 10
HOPELESS_SECONDS: Final = 86_400
"""So many dials in vain over a day and more: a machine that was replaced, not one restarting."""

SAVE_SECONDS: Final = 60
"""How stale the times in the file may be; new addresses are written at once."""


@dataclass(frozen=True, slots=True)
class _Entry:
    address: str
    met_at: int
    failures: int = 0


class AddressBook:
    """Remembers `/ip4/…/tcp/…/p2p/…` addresses in a file; without a path, in memory alone.

    Invariant: one address per peer, the most recently met last, at most `MAX_ADDRESSES`, and none
    that was not met for `MAX_AGE_SECONDS`.
    """

    def __init__(self, path: Path | None, unix_seconds: Callable[[], float] = time.time) -> None:
        self._path = path
        self._unix_seconds = unix_seconds
        self._entries: dict[str, _Entry] = {}
        self._saved_at = 0
        for entry in sorted(_entries(path, self._now()), key=lambda entry: entry.met_at):
            self._put(entry)
        self._drop_old()

    def all(self) -> tuple[str, ...]:
        """List the addresses, the most recently met first."""
        return tuple(entry.address for entry in reversed(self._entries.values()))

    def remember(self, addresses: Iterable[str]) -> None:
        """Take addresses of peers we are connected to; new ones are written at once."""
        before = {entry.address for entry in self._entries.values()}
        now = self._now()
        for address in addresses:
            self._put(_Entry(address, now))
        self._drop_old()
        is_new = {entry.address for entry in self._entries.values()} != before
        if is_new or now - self._saved_at >= SAVE_SECONDS:
            self._save()

    def failed(self, peer: str) -> None:
        """Note that a peer could not be dialled."""
        entry = self._entries.get(peer)
        if entry is not None:
            self._entries[peer] = replace(entry, failures=entry.failures + 1)
            self._drop_old()

    def _put(self, entry: _Entry) -> None:
        peer = peer_of(entry.address)
        if peer is None or len(entry.address) > MAX_ADDRESS_CHARACTERS:
            return
        self._entries.pop(peer, None)
        self._entries[peer] = entry

    def _drop_old(self) -> None:
        now = self._now()
        kept = {peer: entry for peer, entry in self._entries.items() if not _is_lost(entry, now)}
        while len(kept) > MAX_ADDRESSES:
            del kept[next(iter(kept))]
        self._entries = kept

    def _save(self) -> None:
        self._saved_at = self._now()
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_name(self._path.name + ".new")
        lines = (f"{e.address} {e.met_at} {e.failures}\n" for e in self._entries.values())
        draft.write_text("".join(lines))
        os.replace(draft, self._path)

    def _now(self) -> int:
        return int(self._unix_seconds())


def peer_of(address: str) -> str | None:
    """Take the peer id off the end of a multiaddress; None when it names none."""
    head, separator, peer = address.strip().rpartition("/p2p/")
    return peer if head and separator and peer and "/" not in peer else None


def _is_lost(entry: _Entry, now: int) -> bool:
    age = now - entry.met_at
    return age > MAX_AGE_SECONDS or (entry.failures >= HOPELESS_FAILURES and age > HOPELESS_SECONDS)


def _entries(path: Path | None, now: int) -> Iterable[_Entry]:
    """Read the file; a line that is not one is passed over, and no peer was met in the future."""
    if path is None or not path.exists():
        return
    for line in path.read_text(errors="replace").splitlines():
        words = line.split()
        if len(words) == 1:
            yield _Entry(words[0], now)
        elif len(words) == 3 and words[1].isdecimal() and words[2].isdecimal():
            yield _Entry(words[0], min(int(words[1]), now), int(words[2]))
