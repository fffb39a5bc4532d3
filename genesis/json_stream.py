"""JSON read piece by piece, so that a document takes no more memory than what is kept of it.

The caller walks the document in its own order: `members` yields the keys of an object, and before
the next key its value must have been read by `members`, `items`, `string`, `scalar` or `skip`.
Source: RFC 8259.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import BinaryIO

CHUNK_BYTES = 1 << 20
"""Read at once: most strings are shorter, and a megabyte is nothing."""

MAX_STRING_BYTES = 64 << 20
"""Longer than the code of any runtime in hex, of which Substrate takes 5 MB at most."""

MAX_DEPTH = 64
"""No chain spec is deeper than 10; Python's stack has an end."""

_TOKEN = re.compile(
    rb"[ \t\r\n]*(?:"
    rb"(?P<mark>[{}\[\]:,])"
    rb'|(?P<string>"[^"\\\x00-\x1f]*(?:\\.[^"\\\x00-\x1f]*)*")'
    rb"|(?P<scalar>true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)"
    rb"(?=[ \t\r\n,}\]])"
    rb")"
)

_SPACE = re.compile(rb"[ \t\r\n]*")


class BadJson(ValueError):
    """Bytes that are not the JSON wanted; the message says where."""


class JsonStream:
    """A reader's place in a document.

    Invariant: `_buffer[_at:]` is what follows, as far as it was read from the file.
    """

    def __init__(self, file: BinaryIO) -> None:
        """Read from `file`."""
        self._file = file
        self._buffer = b""
        self._at = 0
        self._before = 0
        self._depth = 0

    def members(self) -> Iterator[str]:
        """Yield the keys of the object that stands next; raises BadJson."""
        self._enter(b"{")
        is_first = True
        while not self._ends(b"}", is_first):
            is_first = False
            key = self.string()
            self._expect(b":")
            yield key

    def items(self) -> Iterator[int]:
        """Count the items of the array that stands next; raises BadJson."""
        self._enter(b"[")
        i = 0
        while not self._ends(b"]", i == 0):
            yield i
            i += 1

    def string(self) -> str:
        """Return the string that stands next; raises BadJson."""
        kind, raw = self._next()
        if kind != "string":
            raise self._wrong("a string", raw)
        try:
            if b"\\" in raw:
                text = json.loads(raw)
                assert isinstance(text, str)
                return text
            return raw[1:-1].decode()
        except ValueError as error:
            raise BadJson(f"at byte {self._place()}: a string is not UTF-8 text") from error

    def number(self) -> int:
        """Return the whole number that stands next; raises BadJson."""
        kind, raw = self._next()
        if kind != "scalar" or not raw.isdigit():
            raise self._wrong("a whole number", raw)
        return int(raw)

    def skip(self) -> None:
        """Pass over the value that stands next, whatever it is; raises BadJson."""
        first = self.peek()
        if first == b"{":
            for _ in self.members():
                self.skip()
        elif first == b"[":
            for _ in self.items():
                self.skip()
        else:
            kind, raw = self._next()
            if kind == "mark":
                raise self._wrong("a value", raw)

    def peek(self) -> bytes:
        """Return the first byte of what stands next, or nothing at the end of the document."""
        while True:
            self._at = _SPACE.match(self._buffer, self._at).end()  # type: ignore[union-attr]
            if self._at < len(self._buffer) or not self._more():
                return self._buffer[self._at : self._at + 1]

    def end(self) -> None:
        """Expect that nothing follows; raises BadJson."""
        if self.peek():
            raise self._wrong("the end", self._buffer[self._at : self._at + 20])

    def _enter(self, mark: bytes) -> None:
        self._expect(mark)
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise BadJson(f"at byte {self._place()}: wanted at most {MAX_DEPTH} levels, got more")

    def _ends(self, mark: bytes, is_first: bool) -> bool:
        """Say whether the object or array ends here; else expect the comma before what follows."""
        if self.peek() == mark:
            self._expect(mark)
            self._depth -= 1
            return True
        if not is_first:
            self._expect(b",")
        return False

    def _expect(self, mark: bytes) -> None:
        _, raw = self._next()
        if raw != mark:
            raise self._wrong(f"`{mark.decode()}`", raw)

    def _next(self) -> tuple[str, bytes]:
        """Return the kind and the bytes of the next token."""
        while True:
            found = _TOKEN.match(self._buffer, self._at)
            if found is not None:
                assert found.lastgroup is not None
                self._at = found.end()
                return found.lastgroup, found[found.lastgroup]
            if not self._more():
                raise self._wrong("JSON", self._buffer[self._at : self._at + 20])

    def _more(self) -> bool:
        """Read on, as much again as is waiting, so that a long string costs linear time."""
        rest = self._buffer[self._at :]
        if len(rest) > MAX_STRING_BYTES:
            raise BadJson(
                f"at byte {self._place()}: wanted strings of at most {MAX_STRING_BYTES} bytes"
            )
        read = self._file.read(max(CHUNK_BYTES, len(rest)))
        self._before += self._at
        self._buffer, self._at = rest + read, 0
        return bool(read)

    def _place(self) -> int:
        return self._before + self._at

    def _wrong(self, wanted: str, came: bytes) -> BadJson:
        shown = came[:20].decode(errors="replace") or "the end of the file"
        return BadJson(f"at byte {self._place()}: wanted {wanted}, got {shown}")
