"""How far a transfer is, as a bar on standard error; nothing where that is no terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from cli.sdk.downloads import Told, untold


@contextmanager
def transfer(what: str, total_bytes: int, done_bytes: int = 0) -> Iterator[Told]:
    """Show a bar for the length of a `with` block; yield what must hear of the bytes.

    What was done before tells nothing of how long the rest will take.
    """
    if not sys.stderr.isatty():
        yield untold
        return
    # Imported here: a script that orders jobs never shows a bar.
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        *(BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn()),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(what, total=total_bytes, completed=done_bytes)
        yield lambda done_bytes: shown.update(task, completed=done_bytes)


@contextmanager
def count(what: str, total: int | None = None, done: int = 0) -> Iterator[Told]:
    """Show a bar for the length of a `with` block; yield what must hear how many are done.

    Without a total, where nobody knows how many there will be, it shows how many there were.
    """
    if not sys.stderr.isatty():
        yield untold
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as Remaining

    done_of = (
        (TextColumn("{task.completed}"),) if total is None else (MofNCompleteColumn(), Remaining())
    )
    columns = (TextColumn("{task.description}"), BarColumn(), *done_of)
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(what, total=total, completed=done)
        yield lambda done: shown.update(task, completed=done)
