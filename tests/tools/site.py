"""Builds the documentation as a site, and the man page, without a network at the time of reading.

Run it: `./run docs`. The pages are copied with whatever they link to, at their places, so that each
relative link is right here, on a forge and in the site; a link or an anchor that leads nowhere
fails. The builder has a lock and an environment of its own: who runs a node needs neither.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "zensical.toml"
LOCK = ROOT / "requirements-docs.lock"
ENVIRONMENT = ROOT / "build" / "docs" / "venv"
STAMP = ENVIRONMENT / "starminer.stamp"
OUT = ROOT / "build" / "docs"
SOURCE, SITE, MAN_PAGE = OUT / "source", OUT / "site", OUT / "starminer.1"

LINK = re.compile(r"\]\((?!https?://|mailto:|#)([^)#\s]+)")
RECORD = re.compile(r"^# (\d+)\. (.*)$", re.MULTILINE)


def main() -> int:
    """Build everything; return the exit code."""
    if not set_up():
        return 1
    shutil.rmtree(SOURCE, ignore_errors=True)
    copy_pages(SOURCE)
    # beside the configuration of the repository, whose relative paths it keeps
    config = OUT / "zensical.toml"
    config.write_text(configuration(), encoding="utf-8")
    steps = (
        [str(ENVIRONMENT / "bin" / "zensical"), "build", "--strict", "--config-file", str(config)],
        [sys.executable, "-m", "tests.tools.man_page", str(ENVIRONMENT), str(MAN_PAGE)],
    )
    for step in steps:
        if subprocess.call(step, cwd=ROOT) != 0:
            print(f"failed: {' '.join(step)}", file=sys.stderr)
            return 1
    print(f"{SITE / 'index.html'}\n{MAN_PAGE}")
    return 0


def set_up() -> bool:
    """Make the builder's environment match its lock; say whether it does."""
    wanted = f"{hashlib.sha256(LOCK.read_bytes()).hexdigest()} {sys.version}"
    if STAMP.is_file() and STAMP.read_text() == wanted:
        return True
    pip = [str(ENVIRONMENT / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
    steps = (
        [sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)],
        [*pip, "install", "--quiet", "--no-deps", "--require-hashes", "-r", str(LOCK)],
    )
    for step in steps:
        if subprocess.call(step, stdout=sys.stderr) != 0:
            print(f"failed: {' '.join(step)}", file=sys.stderr)
            return False
    STAMP.write_text(wanted)
    return True


def pages() -> list[Path]:
    """List the pages: what lies in docs/, and beside it."""
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def copy_pages(target: Path) -> None:
    """Copy the pages and the files that they link to."""
    for path in pages():
        for one in (path, *linked(path)):
            copied = target / one.relative_to(ROOT)
            copied.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(one, copied)


def linked(page: Path) -> Iterator[Path]:
    """Yield the files of the repository that a page links to."""
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        path = Path(os.path.normpath(page.parent / target))
        if path.is_file():
            yield path


def configuration() -> str:
    """Return the builder's configuration, with the decisions and with whole paths."""
    text = CONFIG.read_text(encoding="utf-8")
    listed = ",\n".join(f'        {{ "{title}" = "{path}" }}' for title, path in decisions())
    decided = f'    {{ "Decisions" = [\n        "docs/adr/README.md",\n{listed},\n    ] }},\n]\n# '
    text = text.replace("]\n# tests/tools/site.py", decided + "tests/tools/site.py")
    for name, path in (("docs_dir", SOURCE), ("site_dir", SITE)):
        text = re.sub(rf'^{name} = ".*"$', f'{name} = "{path.name}"', text, flags=re.MULTILINE)
    return text


def decisions() -> Iterator[tuple[str, str]]:
    """Yield the title and the place of each record of a decision."""
    for path in sorted((ROOT / "docs" / "adr").glob("[0-9]*.md")):
        found = RECORD.search(path.read_text(encoding="utf-8"))
        assert found is not None, f"{path.name}: wanted a title such as `# 1. One lock`"
        title = found[2].replace('"', "'").replace("\\", "")
        yield f"{found[1]}. {title}", path.relative_to(ROOT).as_posix()


def in_navigation(nav: list[Any]) -> Iterator[str]:
    """Yield the pages of a navigation, top-down."""
    for entry in nav:
        if isinstance(entry, str):
            yield entry
        else:
            for inner in entry.values():
                yield from in_navigation(inner if isinstance(inner, list) else [inner])


def navigation() -> list[str]:
    """Return the pages of the site's navigation."""
    return list(in_navigation(tomllib.loads(configuration())["project"]["nav"]))


if __name__ == "__main__":
    sys.exit(main())
