"""Lines of text files that strangers wrote: of bounded length, in UTF-8."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from cli.errors import UsageError

MAX_LINE_BYTES = 1 << 20
"""A file without line ends must not fill the memory."""


class Lines:
    """The lines of a file as text; knows the one that was read last."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self._path, self._file = path, file
        self.offset = self.number = 0
        self.raw = b""

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        self.raw = self._file.readline(MAX_LINE_BYTES + 1)
        if not self.raw:
            raise StopIteration
        self.number += 1
        self.offset += len(self.raw)
        if len(self.raw) > MAX_LINE_BYTES:
            raise self.wrong(f"wanted a line of at most {MAX_LINE_BYTES} bytes, got more")
        try:
            text = self.raw.decode("utf-8-sig" if self.number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            byte = self.raw[error.start]
            raise self.wrong(f"wanted UTF-8, got byte {byte:#x} at {error.start + 1}") from error
        return text

    def wrong(self, what: str) -> UsageError:
        """Say what is wrong in the line that was read last."""
        return UsageError(f"{self._path}, line {self.number}: {what}")
