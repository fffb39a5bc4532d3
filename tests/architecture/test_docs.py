"""What the documents say can be typed, followed and found."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source import ROOT, name_of

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\[[^\]]*\]\((?!https?://|mailto:)(?P<target>[^)#]*)(?:#(?P<anchor>[^)]*))?\)")
BLOCK = re.compile(r"^```(?:sh|console|bash)\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(\./run [^`]*|starminer [a-z][^`]*)`")
RUN_WORDS = {
    *("devnet", "test", "check", "simulate", "chaos", "bench", "docs", "starminer", "ci", "setup")
}


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_every_link_inside_the_repository_leads_somewhere(path: Path) -> None:
    dead = [
        match[0]
        for match in LINK.finditer(path.read_text(encoding="utf-8"))
        if not resolves(path, match["target"], match["anchor"])
    ]
    assert dead == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_every_command_in_a_document_exists(path: Path) -> None:
    unknown = [line for line in commands(path.read_text(encoding="utf-8")) if not is_known(line)]
    assert unknown == []


def test_a_decision_record_has_its_number_and_its_parts() -> None:
    records = sorted((ROOT / "docs/adr").glob("[0-9]*.md"))
    assert [path.name[:4] for path in records] == [f"{n:04}" for n in range(1, len(records) + 1)]
    for path in records:
        headings = re.findall(r"^## (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert headings[:3] == ["Context", "Decision", "Consequences"], name_of(path)


def resolves(document: Path, target: str, anchor: str | None) -> bool:
    """Say whether a relative link names a file, and a heading in it if it has an anchor."""
    path = document.parent / target if target else document
    if not path.exists():
        return False
    return not anchor or anchor in anchors(path.read_text(encoding="utf-8"))


def anchors(text: str) -> list[str]:
    """List the anchors that a forge gives to a document's headings."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return [re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in headings]


def commands(text: str) -> Iterator[str]:
    """Yield each command that a document tells its reader to type."""
    for block in BLOCK.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            yield line.strip().removeprefix("$ ")
    yield from INLINE.findall(text)


def is_known(line: str) -> bool:
    """Say whether a line calls something of ours that exists; other programs are not ours."""
    words = shlex.split(line.replace("…", ""), comments=True)
    if words[:1] == ["./run"]:
        words = [word for word in words[1:] if word != "--yes"]
        if not words or words[0] not in RUN_WORDS:
            return False
        return words[0] not in {"devnet", "starminer"} or is_cli_command(words)
    return words[:1] != ["starminer"] or is_cli_command(words)


def is_cli_command(words: list[str]) -> bool:
    """Say whether the words after `starminer` or `devnet` name a command of the command line."""
    from cli.main import command_paths

    known = command_paths()
    path = words[1:] if words[0] == "starminer" else words
    plain = [word for word in path if not word.startswith("-")]
    if not plain:
        return True
    return (plain[0],) in known and (len(plain) == 1 or leads_on(tuple(plain[:2]), known))


def leads_on(pair: tuple[str, ...], known: frozenset[tuple[str, ...]]) -> bool:
    """Say whether the second word is a subcommand, where the first one is a group."""
    from cli.main import NESTED

    if pair[0] in NESTED:
        return pair in known or "." in pair[1] or pair[1].isupper()  # or its first argument
    is_group = any(path[0] == pair[0] and len(path) > 1 for path in known)
    return not is_group or pair in known
