"""Words that are no command: told in one line, like everything else that goes wrong."""

from __future__ import annotations

from cyclopts import CycloptsError, UnusedCliTokensError

from cli.errors import UsageError


def misuse(error: CycloptsError) -> UsageError:
    """Return what is wrong with the words of a command, and where its help is."""
    command = " ".join(("starminer", *(error.command_chain or ())))
    if isinstance(error, UnusedCliTokensError):
        given = ", ".join(map(repr, error.unused_tokens or ()))
        what = f"wanted no more words after `{command}`, got {given}"
    else:
        what = str(error).rstrip(".")
    return UsageError(f"{what}: `{command} --help` shows what it takes")
