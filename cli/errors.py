"""How a command fails: one exception per exit code, each a sentence that says what to do next."""

from __future__ import annotations

import sys
from typing import ClassVar


class CommandError(Exception):
    """A command could not do what it was asked; exit code 1."""

    exit_code: ClassVar[int] = 1


class UsageError(CommandError):
    """The command line is not one; exit code 2."""

    exit_code = 2


class NodeUnreachable(CommandError):
    """No node answers; exit code 3."""

    exit_code = 3


class DispatchFailed(CommandError):
    """The transaction is in a block, and its call was refused; exit code 4."""

    exit_code = 4


class TookTooLong(CommandError):
    """What was waited for did not come in time; exit code 5."""

    exit_code = 5


def told(error: Exception) -> int:
    """Say on standard error why a command failed; return its exit code."""
    if isinstance(error, ExceptionGroup) and (own := error.subgroup(CommandError)) is not None:
        error = first_of(own)
    if isinstance(error, CommandError):
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    cause = first_of(error)
    if isinstance(cause, OSError) and cause.strerror:
        print(f"error: {refused_by_the_system(cause)}", file=sys.stderr)
    else:
        what = f"{type(error).__name__}: {cause}"
        print(f"error: {what} (a bug: the same with -vv shows where)", file=sys.stderr)
    return 1


def refused_by_the_system(error: OSError) -> str:
    """Return what a directory or a disk refused, as in `/mnt/out.bin: Read-only file system`."""
    place = "" if error.filename is None else f"{error.filename}: "
    return f"{place}{reason_of(error)}"


def reason_of(error: Exception) -> str:
    """Return why something failed: of an error of the system without its number and its file."""
    return (isinstance(error, OSError) and error.strerror) or str(error)


def first_of(error: Exception) -> Exception:
    """Return an error, or the first within a group of them."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error
