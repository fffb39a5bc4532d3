"""Databases: batches, order, damage and locks."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import plyvel
import pytest

from node.store.db import (
    SCHEMA_KEY,
    WRITTEN_KEY,
    Batch,
    Database,
    DatabaseCorrupt,
    DatabaseError,
    DatabaseLocked,
    LevelDatabase,
    MemoryDatabase,
)
from tests.support.patience import patient


@pytest.fixture(params=["level", "memory"])
def db(request, tmp_path):
    database = LevelDatabase(tmp_path / "db") if request.param == "level" else MemoryDatabase()
    yield database
    database.close()


def put(db: Database, **entries: bytes) -> None:
    batch = Batch()
    for key, value in entries.items():
        batch.put(key.encode(), value)
    db.write(batch)


def test_what_is_written_is_read_and_the_rest_is_none(db):
    put(db, a=b"1", b=b"")
    assert [db.get(key) for key in (b"a", b"b", b"c")] == [b"1", b"", None]


def test_the_last_change_of_a_key_in_a_batch_counts(db):
    put(db, gone=b"old")
    batch = Batch()
    batch.put(b"gone", b"new")
    batch.delete(b"gone")
    batch.delete(b"kept")
    batch.put(b"kept", b"here")
    db.write(batch, sync=True)
    assert (db.get(b"gone"), db.get(b"kept")) == (None, b"here")


def test_iteration_is_ordered_within_the_prefix(db):
    put(db, c2=b"2", b=b"x", c1=b"1", d=b"y", c10=b"10")
    assert list(db.iterate(b"c")) == [(b"c1", b"1"), (b"c10", b"10"), (b"c2", b"2")]


def test_iteration_does_not_see_later_writes(db):
    put(db, c1=b"1", c2=b"2")
    entries = db.iterate(b"c")
    first = next(entries)
    put(db, c2=b"changed", c3=b"3")
    assert [first, *entries] == [(b"c1", b"1"), (b"c2", b"2")]


def test_a_mapping_is_put_under_a_prefix(db):
    batch = Batch()
    batch.put_all(b"n", {b"1": b"one", b"2": b"two"})
    db.write(batch)
    assert list(db.iterate(b"n")) == [(b"n1", b"one"), (b"n2", b"two")]


def test_a_closed_database_opens_again_with_its_entries(tmp_path):
    first = LevelDatabase(tmp_path / "a" / "db")
    put(first, key=b"value")
    first.close()
    second = LevelDatabase(tmp_path / "a" / "db")
    assert second.get(b"key") == b"value"
    second.close()


def test_the_mark_is_another_once_somebody_wrote_since_it_was_opened(tmp_path):
    marks = []
    for written in ({}, {"key": b"value"}, {}, {"key": b"value"}):
        db = LevelDatabase(tmp_path / "db")
        for _ in range(2):
            if written:
                put(db, **written)
            marks.append(db.get(WRITTEN_KEY))
        assert db.get(b"key") in (None, b"value")
        db.close()
    made, _, first, again, _, kept, second, _ = marks
    assert made == marks[1]
    assert first == again == kept == marks[4]
    assert second == marks[7]
    assert len({made, first, second}) == 3


def test_a_database_in_use_names_its_path_and_what_to_do(tmp_path):
    path = tmp_path / "db"
    held = LevelDatabase(path)
    program = (
        "import sys; from pathlib import Path; from node.store.db import *\n"
        "try: LevelDatabase(Path(sys.argv[1]))\n"
        "except DatabaseLocked as error: print(error)"
    )
    command = [sys.executable, "-c", program, str(path)]
    said = subprocess.run(
        command, capture_output=True, text=True, timeout=patient(30), check=True
    ).stdout
    held.close()
    assert said == (
        f"database {path} is in use by another process: stop that node, or give this one "
        "its own --base-path\n"
    )


def test_the_same_process_cannot_open_a_database_twice(tmp_path):
    held = LevelDatabase(tmp_path / "db")
    with pytest.raises(DatabaseLocked, match="is in use by another process"):
        LevelDatabase(tmp_path / "db")
    held.close()


@pytest.fixture
def filled(tmp_path):
    """A closed database with data in tables and in the log."""
    path = tmp_path / "db"
    for session in (b"table", b"log"):  # what one session logged, the next moves into a table
        db = LevelDatabase(path)
        for i in range(10):
            batch = Batch()
            for j in range(10):
                batch.put(b"%s%d%d" % (session, i, j), bytes([i, j]) * 100)
            db.write(batch)
        db.close()
    return path


def flip(path: Path, offset: int) -> None:
    damaged = bytearray(path.read_bytes())
    damaged[offset] ^= 1
    path.write_bytes(damaged)


def only(path: Path, pattern: str) -> Path:
    return min(path.glob(pattern))


DAMAGE = {
    "no CURRENT": lambda path: (path / "CURRENT").unlink(),
    "no MANIFEST": lambda path: only(path, "MANIFEST-*").unlink(),
    "no table": lambda path: only(path, "*.ldb").unlink(),
    "a flipped bit in the manifest": lambda path: flip(only(path, "MANIFEST-*"), 30),
    "a flipped bit in the log": lambda path: flip(only(path, "*.log"), 20),
    "an empty CURRENT": lambda path: (path / "CURRENT").write_bytes(b""),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_database_is_refused_and_left_alone(filled, damage):
    DAMAGE[damage](filled)
    before = sorted(entry.name for entry in filled.iterdir() if entry.suffix == ".ldb")
    with pytest.raises(DatabaseCorrupt, match=r"db .*`starminer chain purge`"):
        LevelDatabase(filled)
    assert sorted(entry.name for entry in filled.iterdir() if entry.suffix == ".ldb") == before


def test_a_flipped_bit_in_a_table_is_found_when_it_is_read(filled):
    flip(only(filled, "*.ldb"), 10_000)
    db = LevelDatabase(filled)
    with pytest.raises(DatabaseCorrupt, match="checksum"):
        list(db.iterate(b"table"))
    db.close()


def test_a_torn_last_write_is_forgotten_and_the_rest_stays(filled):
    log = only(filled, "*.log")
    os.truncate(log, log.stat().st_size - 5)
    db = LevelDatabase(filled)
    assert (db.get(b"log89"), db.get(b"log90")) == (bytes([8, 9]) * 100, None)
    db.close()


def test_a_database_of_another_program_is_refused(tmp_path):
    foreign = plyvel.DB(str(tmp_path / "db"), create_if_missing=True)
    foreign.put(b"key", b"value")
    foreign.close()
    with pytest.raises(DatabaseCorrupt, match="wanted version 1, got none"):
        LevelDatabase(tmp_path / "db")


def test_a_database_of_a_later_schema_is_refused(tmp_path):
    db = LevelDatabase(tmp_path / "db")
    batch = Batch()
    batch.put(SCHEMA_KEY, (9).to_bytes(4, "big"))
    db.write(batch)
    db.close()
    with pytest.raises(DatabaseCorrupt, match="wanted version 1, got 9"):
        LevelDatabase(tmp_path / "db")


def test_a_kill_in_the_middle_of_creation_is_no_damage(tmp_path):
    LevelDatabase(tmp_path / "whole").close()
    unborn = tmp_path / "unborn"
    unborn.mkdir()
    for name in ("LOCK", "LOG"):
        shutil.copy(tmp_path / "whole" / name, unborn / name)
    db = LevelDatabase(unborn)
    assert db.get(SCHEMA_KEY) == (1).to_bytes(4, "big")
    db.close()


def test_a_kill_before_the_schema_was_written_is_no_damage(tmp_path):
    plyvel.DB(str(tmp_path / "db"), create_if_missing=True).close()
    db = LevelDatabase(tmp_path / "db")
    assert db.get(SCHEMA_KEY) == (1).to_bytes(4, "big")
    db.close()


def test_a_path_that_is_a_file_is_named(tmp_path):
    (tmp_path / "db").write_text("not a directory")
    with pytest.raises(DatabaseError, match="cannot create database"):
        LevelDatabase(tmp_path / "db")


def test_a_directory_with_other_files_is_not_taken_over(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(DatabaseCorrupt, match="no CURRENT file"):
        LevelDatabase(tmp_path)
