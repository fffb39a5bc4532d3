"""`starminer indexer` as people and scripts use it: what it prints, and how it ends."""

from __future__ import annotations

import io
import json
import sqlite3
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from cli.indexer import commands, dialects
from cli.indexer.tables import VERSION
from cli.main import run
from tests.indexer.conftest import Lived
from tests.indexer.support import asked, database, dump

Caught = pytest.CaptureFixture[str]


def index_of(path: Path) -> list[str]:
    return ["--sink", f"sqlite:{path}"]


def node_of(lived: Lived) -> list[str]:
    return ["--rpc", lived.chain.url]


def told(caught: Caught) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(caught.readouterr().out)
    return found


def test_an_index_is_made_looked_at_and_made_anew(
    lived: Lived, tmp_path: Path, capsys: Caught
) -> None:
    path = tmp_path / "chain.db"
    asking = [*index_of(path), *node_of(lived), "--output", "json"]
    assert run(["indexer", "run", *asking, "--until", "9"]) == 0
    assert told(capsys)["last_block"] == 9
    assert run(["indexer", "status", *asking]) == 0
    status = told(capsys)
    final = lived.chain.number
    assert (status["first_block"], status["last_block"], status["final_block"]) == (0, 9, final)
    assert (status["behind"], status["needs_reindex"]) == (final - 9, False)
    before = dump(path)
    assert run(["indexer", "reindex", *asking, "--from", "0", "--until", "9", "--yes"]) == 0
    assert told(capsys)["last_hash"] == status["last_hash"]
    assert dump(path) == before
    assert run(["indexer", "reindex", *asking, "--from", "5", "--until", "6", "--yes"]) == 0
    assert asked(path, "SELECT number FROM blocks") == [(5,), (6,)]


def test_nothing_is_deleted_without_a_yes(lived: Lived, tmp_path: Path, capsys: Caught) -> None:
    path = tmp_path / "chain.db"
    path.write_bytes(lived.index.read_bytes())
    before = dump(path)
    assert run(["indexer", "reindex", *index_of(path), *node_of(lived)]) == 2
    assert "say --yes to delete the index" in capsys.readouterr().err
    words = ["--from", "9", "--until", "3", "--yes"]
    assert run(["indexer", "reindex", *index_of(path), *words]) == 2
    assert "wanted blocks from 0 on in order, got 9 to 3" in capsys.readouterr().err
    nowhere = ["--rpc", "ws://127.0.0.1:1", "--yes"]
    assert run(["indexer", "reindex", *index_of(path), *nowhere]) == 3
    assert dump(path) == before


def test_tables_of_another_version_are_left_alone_until_they_are_made_anew(
    lived: Lived, tmp_path: Path, capsys: Caught
) -> None:
    path = tmp_path / "old.db"
    path.write_bytes(lived.index.read_bytes())
    with database(path) as connection:
        connection.execute("UPDATE index_state SET schema_version = 99")
        connection.commit()
    assert run(["indexer", "run", *index_of(path), *node_of(lived)]) == 1
    wanted = f"the index has tables of version 99, and this release writes version {VERSION}"
    assert wanted in capsys.readouterr().err
    assert run(["indexer", "status", *index_of(path), "-o", "json"]) == 0
    status = told(capsys)
    assert (status["schema_version"], status["needs_reindex"]) == (99, True)
    words = [*node_of(lived), "--until", "2", "--yes", "-o", "json"]
    assert run(["indexer", "reindex", *index_of(path), *words]) == 0
    assert told(capsys)["schema_version"] == VERSION


@pytest.fixture
def odd_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that are no index, in the folder that commands are run in."""
    monkeypatch.chdir(tmp_path)
    Path("empty.db").touch()
    Path("text.db").write_text("this is a text, and longer than the header of a database is" * 9)


@pytest.mark.parametrize(
    ("words", "code", "complaint"),
    [
        (["run", "--sink", "mysql://here"], 2, "wanted sqlite:PATH or postgresql://HOST/DATABASE"),
        (["run", "--sink", "sqlite:"], 2, "wanted the path of a file after sqlite:, got none"),
        (["run", "--sink", "sqlite:x.db", "--until", "soon"], 2, "got 'soon'"),
        (["run", "--sink", "sqlite:x.db", "--from", "-1"], 2, "wanted a block from 0 on, got -1"),
        (["run", "--sink", "postgresql://me:secret@here/db"], 2, "put it into PGPASSWORD"),
        (["status", "--sink", "sqlite:nowhere.db"], 1, "nowhere.db does not exist"),
        (["status", "--sink", "sqlite:empty.db"], 1, "there is no index in this database"),
        (["reindex", "--sink", "sqlite:empty.db", "--yes"], 1, "there is no index"),
        (["run", "--sink", "sqlite:text.db"], 1, "text.db: wanted a file of SQLite"),
        (["run", "--sink", "sqlite:x.db", "--rpc", "ws://127.0.0.1:1"], 3, "no node answers"),
    ],
)
@pytest.mark.usefixtures("odd_files")
def test_a_line_that_cannot_be_done_says_what_was_wanted(
    words: list[str], code: int, complaint: str, capsys: Caught
) -> None:
    assert run(["indexer", *words]) == code
    caught = capsys.readouterr().err
    assert complaint in caught
    assert "secret" not in caught


def test_a_url_without_subscriptions_is_refused(
    lived: Lived, tmp_path: Path, capsys: Caught
) -> None:
    url = lived.chain.url.replace("ws:", "http:")
    assert run(["indexer", "run", *index_of(tmp_path / "x.db"), "--rpc", url]) == 1
    assert "following the chain needs a URL of ws://" in capsys.readouterr().err


def test_without_the_driver_the_extra_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: Caught
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)
    assert run(["indexer", "status", "--sink", "postgresql://localhost/chain"]) == 1
    assert "pip install 'starminer[postgres]'" in capsys.readouterr().err


def test_a_database_that_cannot_be_written_is_one_sentence(
    lived: Lived, tmp_path: Path, capsys: Caught
) -> None:
    path = tmp_path / "chain.db"
    path.write_bytes(lived.index.read_bytes())
    with database(path) as other, pytest.MonkeyPatch.context() as patch:
        patch.setattr(dialects, "BUSY_SECONDS", 0.1)
        other.execute("BEGIN IMMEDIATE")
        words = [*index_of(path), *node_of(lived), "--until", "5", "--yes"]
        assert run(["indexer", "reindex", *words]) == 1
    assert "the database of the index: database is locked" in capsys.readouterr().err


class Terminal(io.StringIO):
    """Standard error of a person."""

    def isatty(self) -> bool:
        return True


def test_how_far_it_is_is_a_bar_on_a_terminal_and_few_lines_elsewhere(
    monkeypatch: pytest.MonkeyPatch, capsys: Caught
) -> None:
    times = iter((0.0, 0.0, 1.0, 11.0, 11.0))
    with ExitStack() as stack:
        teller = commands.Teller(stack, clock=lambda: next(times))
        for number in (64, 128, 192):
            teller.tell(number, 5000)
    assert capsys.readouterr().err == "block 64 of 5,000\nblock 192 of 5,000\n"
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    with ExitStack() as stack:
        teller = commands.Teller(stack)
        teller.tell(4999, 5000)
    assert "blocks" in terminal.getvalue()


def test_a_reader_goes_on_while_a_batch_is_written(lived: Lived, tmp_path: Path) -> None:
    path = tmp_path / "chain.db"
    assert run(["indexer", "run", *index_of(path), *node_of(lived), "--until", "9"]) == 0
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("DELETE FROM blocks")
    try:
        assert asked(path, "SELECT count(*) FROM blocks") == [(10,)]
    finally:
        writer.execute("ROLLBACK")
        writer.close()
