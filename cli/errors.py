"""How a command fails: one exception per exit code, each a sentence that says what to do next."""

from __future__ import annotations

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
