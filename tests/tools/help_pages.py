"""Writes cli/help_pages.json: what `--help` prints of commands and groups, 80 columns wide.

Run it with all others: `python -m tests.tools.references`.
"""

import io
import json

from rich.console import Console

from cli.help_pages import KEPT
from cli.main import COMMANDS, GROUPS, build_app

PAGE = KEPT
COLUMNS = 80


def page() -> str:
    """Return the whole file."""
    pages = {path: help_of(path) for path in sorted({"", *COMMANDS, *GROUPS})}
    return json.dumps(pages, indent=1, ensure_ascii=False) + "\n"


def help_of(path: str) -> str:
    """Return what the command line would print if nothing were kept."""
    shown = Console(file=io.StringIO(), width=COLUMNS, force_terminal=False)
    build_app().help_print(path.split(), console=shown)
    assert isinstance(shown.file, io.StringIO)
    return "\n".join(line.rstrip() for line in shown.file.getvalue().rstrip().splitlines())
