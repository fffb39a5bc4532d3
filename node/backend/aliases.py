"""Which blob holds the payload of a chain root: a table on disk that forgets the oldest entry."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from node.store.aux import AuxStore
from runtime.primitives.scale import decode, encode
from runtime.primitives.types import H256, U8, U64

MAX_ALIASES = 16_384
"""Payloads of a day of a busy provider, which must serve what it did; two megabytes on disk."""

WINDOW = b"payload-aliases"
ALIAS = b"payload-alias/"
ORDER = b"payload-order/"
OURS, PROVEN = 1, 2


@dataclass(frozen=True, slots=True)
class Alias:
    """An entry, and its place in the order in which entries were made."""

    place: U64
    blob_root: H256
    marks: U8
    """`OURS` and `PROVEN`, each or neither."""

    @property
    def is_ours(self) -> bool:
        """Say whether this node vouches for it, or only heard it from a peer."""
        return bool(self.marks & OURS)

    @property
    def is_proven(self) -> bool:
        """Say whether the content passed a check against the chain's root: no other can."""
        return bool(self.marks & PROVEN)


@dataclass(frozen=True, slots=True)
class Window:
    """The places in use; those of entries that were dropped or renewed are empty."""

    first: U64
    end: U64


class Aliases:
    """Blob roots by chain root.

    Invariant: at most `MAX_ALIASES` entries; each lies at the place that it names, and every
    place is within the window. `_names` counts the entries of each blob.
    """

    def __init__(self, aux: AuxStore) -> None:
        self._aux = aux
        raw = aux.get(WINDOW)
        self._window: Window = Window(0, 0) if raw is None else decode(raw, Window)
        self._names: Counter[bytes] = Counter()
        for place in range(self._window.first, self._window.end):
            chain_root = aux.get(_order_key(place))
            found = None if chain_root is None else self.get(chain_root)
            if found is not None:
                self._names[found.blob_root] += 1

    def names(self, blob_root: bytes) -> bool:
        """Say whether an entry names a blob."""
        return blob_root in self._names

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
        is_proven: bool = False,
        spared: frozenset[bytes] = frozenset(),
    ) -> tuple[bytes, ...]:
        """Write an entry as the newest; return the blobs that the entries it displaced named.

        Entries of the chain roots in `spared` make room last. Of the same blob, what was proven
        stays proven.
        """
        found = self.get(chain_root)
        is_same = found is not None and found.blob_root == blob_root
        was_proven = is_same and found is not None and found.is_proven
        marks = OURS * is_ours | PROVEN * (is_proven or was_proven)
        if is_same and found is not None and found.marks == marks:
            return ()
        is_full = self._window.end - self._window.first >= MAX_ALIASES
        dropped = self._free_place(spared) if is_full else None
        before = self.get(chain_root)
        changes = self._without(chain_root)
        place = self._window.end
        changes[ALIAS + chain_root] = encode(Alias(place, blob_root, marks), Alias)
        changes[_order_key(place)] = chain_root
        self._write(Window(self._window.first, place + 1), changes)
        self._names[blob_root] += 1
        displaced = [] if before is None else [self._unnamed(before.blob_root)]
        return tuple(root for root in (dropped, *displaced) if root is not None)

    def drop(self, chain_root: bytes) -> None:
        """Remove an entry, if it is there."""
        found = self.get(chain_root)
        if found is not None:
            self._aux.put_all(self._without(chain_root))
            self._unnamed(found.blob_root)

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
        renewed = Alias(end, found.blob_root, found.marks)
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
        return None if found is None else self._unnamed(found.blob_root)

    def _unnamed(self, blob_root: bytes) -> bytes:
        """Count one entry of a blob less, and return the blob."""
        self._names[blob_root] -= 1
        if not self._names[blob_root]:
            del self._names[blob_root]
        return blob_root

    def _without(self, chain_root: bytes) -> dict[bytes, bytes | None]:
        """Return the changes that remove an entry."""
        found = self.get(chain_root)
        return {} if found is None else {ALIAS + chain_root: None, _order_key(found.place): None}

    def _write(self, window: Window, changes: dict[bytes, bytes | None]) -> None:
        self._aux.put_all({**changes, WINDOW: encode(window, Window)})
        self._window = window


def _order_key(place: int) -> bytes:
    return ORDER + place.to_bytes(8, "big")
