"""A bar for a node that catches up, below the lines of its log, where a person reads them."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO, cast

if TYPE_CHECKING:
    from rich.progress import Progress

    from node.sync_screen import Stage

REFRESHES_PER_SECOND = 4
MOST_LINES = 1000
"""Lines of the log that wait for the bar to move: it is drawn anew below them, which takes longer
than many a block."""


class SyncBar:
    """A bar that is there as long as a stage is shown.

    Invariant: `_bar` is on the screen exactly while it is not None; `stream` writes above it, and
    only while there is a bar do lines wait in `_lines`.
    """

    def __init__(self, below: TextIO) -> None:
        self._below = below
        self._bar: Progress | None = None
        self._phase = ""
        self._lines: list[str] = []
        self.stream: TextIO = cast(TextIO, LinesAbove(self))

    def show(self, stage: Stage | None) -> None:
        """Show a stage; None takes the bar away."""
        self._flush()
        if self._bar is not None and (stage is None or stage.phase != self._phase):
            self._bar.stop()
            self._bar = None
        if stage is None:
            return
        if self._bar is None:
            self._bar, self._phase = self._begun(stage), stage.phase
        self._bar.update(self._bar.task_ids[0], completed=stage.done, total=stage.total)

    def write_line(self, line: str) -> None:
        """Write a line of the log; above a bar it stands when the bar moves next."""
        if self._bar is None:
            self._below.write(f"{line}\n")
            self._below.flush()
            return
        self._lines.append(line)
        if len(self._lines) == MOST_LINES:
            self._flush()

    def _flush(self) -> None:
        if self._bar is None or not self._lines:
            return
        from rich.text import Text

        text = "\n".join(self._lines)
        self._lines.clear()
        self._bar.console.print(Text.from_ansi(text), soft_wrap=True)

    def _begun(self, stage: Stage) -> Progress:
        # Imported here: a node that is up to date shows no bar.
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
        from rich.progress import TimeRemainingColumn as Remaining

        known = (TextColumn("{task.completed}"),)
        columns = known if stage.total is None else (MofNCompleteColumn(), Remaining())
        bar = Progress(
            *(TextColumn("sync: {task.description}"), BarColumn(), *columns),
            console=Console(file=self._below),
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
            refresh_per_second=REFRESHES_PER_SECOND,
        )
        bar.add_task(stage.phase, total=stage.total, completed=stage.done)
        bar.start()
        return bar


class LinesAbove(io.TextIOBase):
    """A stream whose lines stand above a bar."""

    def __init__(self, bar: SyncBar) -> None:
        self._bar, self._begun = bar, ""

    def write(self, text: str) -> int:
        """Write the whole lines, and keep what is none yet."""
        *lines, self._begun = (self._begun + text).split("\n")
        for line in lines:
            self._bar.write_line(line)
        return len(text)

    def isatty(self) -> bool:
        """Say that a person reads: for others there is no bar."""
        return True


@contextmanager
def sync_bar(log_format: str) -> Iterator[SyncBar | None]:
    """Yield what shows how far sync is; None where no person reads the log."""
    if log_format == "json" or not sys.stderr.isatty():
        yield None
        return
    bar = SyncBar(sys.stderr)
    try:
        yield bar
    finally:
        bar.show(None)
