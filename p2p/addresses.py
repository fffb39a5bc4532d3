"""The address book file: where peers we once met can be dialled again, one multiaddress a line."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

MAX_ADDRESSES: Final = 1024
"""More than a node will ever dial; the oldest are forgotten."""

MAX_ADDRESS_CHARACTERS: Final = 256


class AddressBook:
    """Remembers `/ip4/…/tcp/…/p2p/…` addresses in a file; without a path, in memory alone.

    Invariant: one address per peer, the most recently met last, at most `MAX_ADDRESSES`.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._addresses: dict[str, str] = {}
        for line in _lines(path):
            self._put(line)

    def all(self) -> tuple[str, ...]:
        """List the addresses, the most recently met first."""
        return tuple(reversed(self._addresses.values()))

    def remember(self, addresses: Iterable[str]) -> None:
        """Take addresses of peers we are connected to and write the file if anything changed."""
        before = dict(self._addresses)
        for address in addresses:
            self._put(address)
        if self._addresses != before or list(self._addresses) != list(before):
            self._save()

    def _put(self, address: str) -> None:
        peer = peer_of(address)
        if peer is None or len(address) > MAX_ADDRESS_CHARACTERS:
            return
        self._addresses.pop(peer, None)
        self._addresses[peer] = address
        while len(self._addresses) > MAX_ADDRESSES:
            del self._addresses[next(iter(self._addresses))]

    def _save(self) -> None:
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_name(self._path.name + ".new")
        draft.write_text("".join(f"{address}\n" for address in self._addresses.values()))
        os.replace(draft, self._path)


def peer_of(address: str) -> str | None:
    """Take the peer id off the end of a multiaddress; None when it names none."""
    head, separator, peer = address.strip().rpartition("/p2p/")
    return peer if head and separator and peer and "/" not in peer else None


def _lines(path: Path | None) -> Iterable[str]:
    if path is None or not path.exists():
        return ()
    return (line.strip() for line in path.read_text(errors="replace").splitlines())
