"""`starminer docs`: the pages of documentation that belong to this version, from this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from cli.errors import CommandError, UsageError
from cli.main import release
from cli.options import Output
from cli.printing import progress, show

PLAIN = Output()
INSTALLED = Path(__file__).with_name("manual")
"""Where a wheel has the pages: pyproject.toml puts them there."""
CHECKOUT = Path(__file__).resolve().parent.parent / "docs"


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the documentation."""

    name: str
    """Its path below the documentation, without the ending: howto/keys."""
    title: str
    path: Path


def docs(
    words: str = "",
    /,
    *,
    read: Annotated[bool, Parameter(negative="")] = False,
    output: Output = PLAIN,
) -> None:
    """List the pages of this version's documentation, which are on this machine, or read one.

    For example: starminer docs; starminer docs troubleshooting --read | less

    Parameters
    ----------
    words
        Pages whose name or title has these words; all of them when not given.
    read
        Print the page instead: there must be one of that name, or one alone with these words.
    """
    found = [page for page in pages() if is_meant(page, words)]
    if not found:
        raise UsageError(f"no page has {words!r} in its name or title: see `starminer docs`")
    if not read:
        progress(f"documentation of starminer {release()}; --read prints a page")
        rows = [{"page": one.name, "title": one.title, "path": str(one.path)} for one in found]
        show(rows, output.output)
        return
    page = the_one(found, words)
    text = page.path.read_text(encoding="utf-8")
    if output.output == "table":
        print(text, end="")
    else:
        show({"page": page.name, "path": str(page.path), "text": text}, output.output)


def pages() -> list[Page]:
    """Return every page there is, by name.

    Raises: CommandError if this installation has none.
    """
    root = INSTALLED if INSTALLED.is_dir() else CHECKOUT
    if not root.is_dir():
        raise CommandError(f"the pages are neither in {INSTALLED} nor in {CHECKOUT}: install again")
    return [
        Page(path.relative_to(root).with_suffix("").as_posix(), title_of(path), path)
        for path in sorted(root.rglob("*.md"))
    ]


def title_of(path: Path) -> str:
    """Return the first heading of a page."""
    with path.open(encoding="utf-8") as lines:
        heading = next((line for line in lines if line.startswith("# ")), f"# {path.stem}")
    return heading[2:].strip()


def is_meant(page: Page, words: str) -> bool:
    """Say whether all of these words are in the name or the title of a page."""
    text = f"{page.name} {page.title}".lower()
    return all(word in text for word in words.lower().split())


def the_one(found: list[Page], words: str) -> Page:
    """Return the page that is meant.

    Raises: UsageError if it could be several.
    """
    exact = [page for page in found if words.lower() in (page.name.lower(), page.path.stem.lower())]
    chosen = exact if len(exact) == 1 else found
    if len(chosen) != 1:
        names = ", ".join(page.name for page in chosen)
        raise UsageError(f"--read wants one page, got {len(chosen)}: {names}")
    return chosen[0]
