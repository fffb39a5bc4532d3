"""`starminer docs`: what belongs to this version, without a network."""

import json
import tomllib

import pytest

from cli.docs import CHECKOUT, INSTALLED
from cli.main import run
from tests.architecture.source import ROOT


def test_every_page_is_listed_with_its_title_and_place(capsys):
    assert run(["docs", "-o", "json"]) == 0
    rows = {row["page"]: row for row in json.loads(capsys.readouterr().out)}
    written = {path.relative_to(CHECKOUT).with_suffix("").as_posix() for path in _pages()}
    assert set(rows) == written
    assert rows["howto/keys"]["path"] == str(ROOT / "docs" / "howto" / "keys.md")
    assert (
        (ROOT / "docs" / "howto" / "keys.md")
        .read_text()
        .startswith(f"# {rows['howto/keys']['title']}\n")
    )


def _pages():
    return (ROOT / "docs").rglob("*.md")


def test_a_page_is_found_by_words_and_read(capsys):
    assert run(["docs", "trouble"]) == 0
    assert "howto/troubleshooting" in capsys.readouterr().out
    assert run(["docs", "Troubleshooting", "--read"]) == 0
    shown = capsys.readouterr()
    assert shown.out == (ROOT / "docs" / "howto" / "troubleshooting.md").read_text()
    assert run(["docs", "howto/troubleshooting", "--read", "-o", "jsonl"]) == 0
    assert json.loads(capsys.readouterr().out)["text"] == shown.out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["no such page"], "no page has 'no such page' in its name or title: see `starminer docs`"),
        (["howto", "--read"], "--read wants one page, got "),
    ],
)
def test_what_is_not_one_page_is_told(capsys, words, message):
    assert run(["docs", *words]) == 2
    assert message in capsys.readouterr().err


def test_a_wheel_carries_the_pages_where_they_are_looked_for():
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"][
        "targets"
    ]["wheel"]
    assert wheel["force-include"] == {"docs": INSTALLED.relative_to(ROOT).as_posix()}


def test_an_installation_without_pages_is_told(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr("cli.docs.CHECKOUT", tmp_path / "docs")
    assert run(["docs"]) == 1
    assert "install again" in capsys.readouterr().err
