"""The report: printed as it grows, and written whole after each part, so that nothing is lost."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path


class Report:
    """Markdown with one table for each part. A part that fails is said so, and the next begins."""

    def __init__(self, path: Path | None, seconds: float) -> None:
        self.failures: list[str] = []
        self._path, self._lines = path, list[str]()
        self._ends = time.monotonic() + seconds

    def part(self, title: str, measure: Callable[[], None]) -> None:
        """Write a heading, and run what fills it unless the time is over."""
        self.line(f"\n### {title}\n")
        if time.monotonic() >= self._ends:
            self._fail(title, "left out: the time is over")
            return
        began = time.monotonic()
        try:
            measure()
        except Exception as error:  # a lost context fails what follows, and that is said as well
            self._fail(title, f"{type(error).__name__}: {error}")
        self.line(f"\n({time.monotonic() - began:.1f} s)")

    def table(self, *columns: str) -> None:
        """Begin a table."""
        self.row(*columns)
        self.row(*("---" for _ in columns))

    def row(self, *cells: object) -> None:
        """Add a row."""
        self.line("| " + " | ".join(map(str, cells)) + " |")

    def line(self, text: str) -> None:
        """Add a line, and write all of them out."""
        print(text, flush=True)
        self._lines.append(text)
        if self._path is not None:
            self._path.write_text("\n".join(self._lines) + "\n")

    def same(self, what: str, is_same: bool) -> str:
        """Return the word for a comparison; one that failed fails the report."""
        if not is_same:
            self.failures.append(f"{what} differs")
        return "yes" if is_same else "NO"

    def _fail(self, title: str, why: str) -> None:
        self.failures.append(f"{title}: {why}")
        self.line(f"{why}")


def numbers(values: Sequence[float | None], digits: int = 1) -> list[str]:
    """Format numbers; what was not measured is a dash."""
    return ["-" if value is None else f"{value:.{digits}f}" for value in values]
