"""Help pages of commands and groups, kept as text.

To make such a page everything that its command needs is imported, which takes a second, and of a
group what draws it; a person who asks for help does not wait for that.
`python -m tests.tools.references` writes them from the commands, and a test compares.
"""

from __future__ import annotations

from pathlib import Path

KEPT = Path(__file__).with_name("help_pages.json")
ASKING = ("--help", "-h")


def kept_page(arguments: list[str]) -> str | None:
    """Return the page that a command line asks for, if that is all it does."""
    if not arguments or arguments[-1] not in ASKING:
        return None
    # Imported here: whoever runs a command reads no page.
    import json

    pages: dict[str, str] = json.loads(KEPT.read_text(encoding="utf-8"))
    return pages.get(" ".join(arguments[:-1]))
