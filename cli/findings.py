"""What a doctor finds: a check, how it went, and the command that comes next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from cli.errors import CommandError
from cli.options import Format
from cli.printing import show

State = Literal["ok", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found."""

    check: str
    state: State
    detail: str
    next: str = ""
    """The command or the step that mends it; nothing where nothing is wrong."""


def report(found: Sequence[Finding], form: Format) -> None:
    """Print findings.

    Raises: CommandError naming what must be mended, if something must.
    """
    rows = [
        {"check": one.check, "state": one.state, "detail": one.detail, "next": one.next or None}
        for one in found
    ]
    show(rows, form)
    if wrong := [one for one in found if one.state == "error"]:
        names = ", ".join(one.check for one in wrong)
        first = f"; begin with: {wrong[0].next}" if wrong[0].next else ""
        raise CommandError(f"to be mended: {names}{first}")
