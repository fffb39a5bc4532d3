"""Which blob holds the payload of a chain root: a table on disk that forgets the oldest entry."""

from __future__ import annotations

from dataclasses import dataclass

from node.store.aux import AuxStore
from runtime.primitives.scale import decode, encode
from runtime.primitives.types import H256, U64

MAX_ALIASES = 16_384
"""Payloads of a day of a busy provider, which must serve what it did; two megabytes on disk."""

WINDOW = b"payload-aliases"
ALIAS = b"payload-alias/"
ORDER = b"payload-order/"


@dataclass(frozen=True, slots=True)
class Alias:
    """An entry, and its place in the order in which entries were made."""

    place: U64
    blob_root: H256
    is_ours: bool
    """Whether this node vouches for it, or only heard it from a peer."""


@dataclass(frozen=True, slots=True)
class Window:
    """The places in use; those of entries that were dropped or renewed are empty."""

    first: U64
    end: U64


class Aliases:
    """Blob roots by chain root.

    Invariant: at most `MAX_ALIASES` entries; each lies at the place that it names, and every
    place is within the window.
    """

    def __init__(self, aux: AuxStore) -> None:
        self._aux = aux
        raw = aux.get(WINDOW)
        self._window: Window = Window(0, 0) if raw is None else decode(raw, Window)

    def get(self, chain_root: bytes) -> Alias | None:
        """Return an entry, or None."""
        raw = self._aux.get(ALIAS + chain_root)
        return None if raw is None else decode(raw, Alias)

    def put(
        self,
        chain_root: bytes,
        blob_root: bytes,
        *,
        is_ours: bool,
        spared: frozenset[bytes] = frozenset(),
    ) -> bytes | None:
        """Write an entry as the newest; return the blob root of one that made room for it.

        Entries of the chain roots in `spared` make room last.
        """
        found = self.get(chain_root)
        if found is not None and (found.blob_root, found.is_ours) == (blob_root, is_ours):
            return None
        is_full = self._window.end - self._window.first >= MAX_ALIASES
        dropped = self._free_place(spared) if is_full else None
        changes = self._without(chain_root)
        place = self._window.end
        changes[ALIAS + chain_root] = encode(Alias(place, blob_root, is_ours), Alias)
        changes[_order_key(place)] = chain_root
        self._write(Window(self._window.first, place + 1), changes)
        return dropped

    def drop(self, chain_root: bytes) -> None:
        """Remove an entry, if it is there."""
        if changes := self._without(chain_root):
            self._aux.put_all(changes)

    def drop_oldest(self, spared: frozenset[bytes] = frozenset()) -> bytes | None:
        """Remove the oldest entry that is not spared and return its blob root; None if none is."""
        for _ in range(self._window.end - self._window.first):
            if self._aux.get(_order_key(self._window.first)) in spared:
                self._renew_first()
            elif (blob_root := self._drop_first()) is not None:
                return blob_root
        return None

    def _free_place(self, spared: frozenset[bytes]) -> bytes | None:
        """Free one place of the window; return the blob root of the entry there, if any."""
        for _ in range(self._window.end - self._window.first):
            if self._aux.get(_order_key(self._window.first)) not in spared:
                break
            self._renew_first()
        return self._drop_first()

    def _renew_first(self) -> None:
        """Move the entry at the first place of the window to its end."""
        first, end = self._window.first, self._window.end
        chain_root = self._aux.get(_order_key(first))
        found = None if chain_root is None else self.get(chain_root)
        assert chain_root is not None, "only a named entry is spared"
        assert found is not None, "a place names an entry"
        renewed = Alias(end, found.blob_root, found.is_ours)
        changes: dict[bytes, bytes | None] = {
            ALIAS + chain_root: encode(renewed, Alias),
            _order_key(first): None,
            _order_key(end): chain_root,
        }
        self._write(Window(first + 1, end + 1), changes)

    def _drop_first(self) -> bytes | None:
        """Free the first place of the window; return the blob root of the entry there, if any."""
        first = self._window.first
        chain_root = self._aux.get(_order_key(first))
        found = None if chain_root is None else self.get(chain_root)
        changes = {} if chain_root is None else self._without(chain_root)
        self._write(Window(first + 1, self._window.end), changes)
        return None if found is None else found.blob_root

    def _without(self, chain_root: bytes) -> dict[bytes, bytes | None]:
        """Return the changes that remove an entry."""
        found = self.get(chain_root)
        return {} if found is None else {ALIAS + chain_root: None, _order_key(found.place): None}

    def _write(self, window: Window, changes: dict[bytes, bytes | None]) -> None:
        self._aux.put_all({**changes, WINDOW: encode(window, Window)})
        self._window = window


def _order_key(place: int) -> bytes:
    return ORDER + place.to_bytes(8, "big")
