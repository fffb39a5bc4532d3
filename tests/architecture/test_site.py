"""The site holds every page once, fetches nothing, and its tools find what they copy."""

import tomllib
from pathlib import Path

import pytest

from tests.architecture.source import ROOT
from tests.tools import architecture_picture, man_page, site

CONFIG = tomllib.loads(site.CONFIG.read_text(encoding="utf-8"))


def test_every_page_is_in_the_navigation_once() -> None:
    wanted = {path.relative_to(ROOT).as_posix() for path in site.pages()}
    found = site.navigation()
    assert sorted(found) == sorted(wanted)


def test_the_decisions_are_listed_in_their_order() -> None:
    numbers = [int(title.partition(".")[0]) for title, _ in site.decisions()]
    assert numbers == sorted(set(numbers))


def test_no_page_fetches_a_font() -> None:
    assert CONFIG["project"]["theme"]["font"] is False


def test_what_a_page_links_to_is_copied_at_its_place(tmp_path: Path) -> None:
    site.copy_pages(tmp_path)
    copied = {
        path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()
    }
    assert {"README.md", "LICENSE", "docs/explorer.png", "docs/tutorials/marbles.toml"} <= copied
    assert "runtime/compute/network.py" in copied
    assert not any(name.startswith("cli/") for name in copied)


def test_a_record_without_a_number_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "docs" / "adr"
    folder.mkdir(parents=True)
    (folder / "0001-x.md").write_text("# Without a number\n", encoding="utf-8")
    monkeypatch.setattr(site, "ROOT", tmp_path)
    with pytest.raises(AssertionError, match=r"0001-x\.md: wanted a title such as"):
        list(site.decisions())


@pytest.mark.slow
def test_the_man_page_has_a_name_and_every_command() -> None:
    from cli.main import COMMANDS

    page = man_page.source()
    assert page.splitlines()[1] == "starminer"
    assert "contents::" not in page
    assert [path for path in COMMANDS if f"starminer {path}" not in page] == []


def test_the_picture_of_the_architecture_is_that_of_the_import_rules() -> None:
    drawn = architecture_picture.PICTURE.read_text(encoding="utf-8")
    assert drawn == architecture_picture.picture(), (
        "run `python -m tests.tools.architecture_picture`"
    )
    layers = architecture_picture.layers()
    assert sorted(name for row in layers for name in row) == sorted(architecture_picture.WHAT)
