"""The state of a block under way: decoded values over a trie, in nested transactions.

A value is decoded once, when it is first read, and encoded once, when the block is done. A
transaction writes what it replaces into a journal, so that opening one costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, Protocol

Encode = Callable[[Any], bytes]
Decode = Callable[[bytes], Any]

_ABSENT = object()
"""In the journal: the key was not cached before."""


class State(Protocol):
    """The state before the block; in production a `Trie`."""

    def get(self, key: bytes) -> bytes | None:
        """Return the bytes under `key`, or None."""
        ...

    def keys(self, prefix: bytes, start: bytes | None = None) -> Iterator[bytes]:
        """Yield the keys that begin with `prefix`, in byte order."""
        ...


class Overlay:
    """Changes over a state that is never touched.

    Invariant: `_values` holds what a reader sees now; `_written` the keys that differ from the
    state below, each with the encoder of its value; `_journal` what undoes the open transactions.
    """

    __slots__ = ("_journal", "_marks", "_state", "_values", "_written")

    def __init__(self, state: State, warm: dict[bytes, Any] | None = None) -> None:
        self._state = state
        self._values: dict[bytes, Any] = {} if warm is None else warm
        self._written: dict[bytes, Encode] = {}
        self._journal: list[tuple[bytes, Any, Encode | None]] = []
        self._marks = 0

    def get(self, key: bytes, decode: Decode) -> Any:
        """Return the decoded value under `key`, or None."""
        value = self._values.get(key, _ABSENT)
        if value is _ABSENT:
            raw = self._state.get(key)
            value = self._values[key] = None if raw is None else decode(raw)
        return value

    def put(self, key: bytes, value: Any, encode: Encode) -> None:
        """Write `value` under `key`; None deletes."""
        if self._marks:
            old = self._values.get(key, _ABSENT)
            self._journal.append((key, old, self._written.get(key)))
        self._values[key] = value
        self._written[key] = encode

    def keys(self, prefix: bytes) -> list[bytes]:
        """Return the live keys that begin with `prefix`, in byte order."""
        below = self._state.keys(prefix)
        if not self._written:
            return list(below)
        found = dict.fromkeys(below, True)
        for key in self._written:
            if key.startswith(prefix):
                found[key] = self._values[key] is not None
        return sorted(key for key, live in found.items() if live)

    def first_keys(self, prefix: bytes, most: int) -> list[bytes]:
        """Return the first `most` live keys that begin with `prefix`, in byte order.

        The state below is read no further than that.
        """
        written = {
            key: self._values[key] is not None for key in self._written if key.startswith(prefix)
        }
        below = (key for key in self._state.keys(prefix) if written.get(key, True))
        live = (key for key, is_live in written.items() if is_live)
        return sorted(dict.fromkeys((*islice(below, most), *live)))[:most]

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep the changes made inside the block, or drop them all if it raises."""
        mark = self.begin()
        try:
            yield
        except BaseException:
            self.roll_back(mark)
            raise
        self.commit()

    def begin(self) -> int:
        """Open a transaction; return the mark to roll back to."""
        self._marks += 1
        return len(self._journal)

    def commit(self) -> None:
        """Close the innermost transaction and keep what it did."""
        self._marks -= 1
        if not self._marks:
            self._journal.clear()

    def roll_back(self, mark: int) -> None:
        """Close the innermost transaction and undo what it did."""
        self._marks -= 1
        values, written, journal = self._values, self._written, self._journal
        while len(journal) > mark:
            key, value, encode = journal.pop()
            if value is _ABSENT:
                del values[key]
            else:
                values[key] = value
            if encode is None:
                del written[key]
            else:
                written[key] = encode

    @property
    def is_changed(self) -> bool:
        """Whether anything was written over the state below."""
        return bool(self._written)

    def changes(self) -> dict[bytes, bytes | None]:
        """Return every change since the state below, encoded, for the trie."""
        assert not self._marks, "a transaction is still open"
        values = self._values
        return {
            key: None if values[key] is None else encode(values[key])
            for key, encode in self._written.items()
        }

    def rebase(self, state: State) -> None:
        """Go on over `state`, the one below with `changes` applied: what was decoded stays so."""
        assert not self._marks, "a transaction is still open"
        self._state = state
        self._written = {}

    def warm(self) -> dict[bytes, Any]:
        """Return the decoded values: they are those of the state with `changes` applied."""
        return self._values
