"""Work that is interrupted: what was done stays, and the person is told what goes on from it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from cli.errors import CommandError
from cli.printing import progress
from node.store.db import DatabaseError


@contextmanager
def goes_on_with(words: list[str]) -> Iterator[None]:
    """Tell the command that goes on where Ctrl-C or trouble with the disk ends the `with` block.

    Raises: CommandError for an OSError and a DatabaseError.
    """
    advice = f"this goes on: {shlex.join(words)}"
    try:
        yield
    except (KeyboardInterrupt, BaseExceptionGroup) as end:
        if isinstance(end, KeyboardInterrupt) or end.subgroup(KeyboardInterrupt) is not None:
            progress(f"interrupted; {advice}")
        raise
    except BrokenPipeError:
        raise  # who read standard output is gone, and so is what was written to it
    except (OSError, DatabaseError) as error:
        raise CommandError(f"{error}; once that is mended, {advice}") from error


@contextmanager
def part_of(out: Path) -> Iterator[BinaryIO]:
    """Open what was begun of a file, or begin it; at the end of the `with` block it is the file.

    Where that end is not reached, it stays beside it as `NAME.part`.

    Raises: CommandError if something else than a file has that name, OSError.
    """
    if out.exists() and not out.is_file():
        raise CommandError(f"{out}: wanted the name of a file, got that of something else")
    part = part_path(out)
    part.touch()
    with part.open("r+b") as file:
        yield file
    part.replace(out)


def part_path(out: Path) -> Path:
    """Return where a file is until it is whole."""
    return out.with_name(f"{out.name}.part")
