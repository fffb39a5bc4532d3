"""Writes that are gathered: read at once, written together, in their order or not at all."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.store.db import Batch, Database, LevelDatabase, MemoryDatabase
from node.store.gathered import GatheredDatabase
from tests.node.sync_support import DyingDatabase, Killed

KEYS = st.sampled_from([letter + digit for letter in (b"a", b"b", b"c") for digit in (b"", b"1")])
CHANGES = st.dictionaries(KEYS, st.none() | st.binary(max_size=2), max_size=4)
STEPS = st.lists(st.tuples(CHANGES, st.booleans()), max_size=6)
PREFIXES = (b"", b"a", b"a1", b"b", b"x")


def batch_of(changes: dict[bytes, bytes | None]) -> Batch:
    batch = Batch()
    batch.changes.update(changes)
    return batch


def write_all(gathered: GatheredDatabase, *keys: tuple[bytes, bool]) -> None:
    with gathered.gathered():
        for key, sync in keys:
            gathered.write(batch_of({key: b"1"}), sync=sync)


def contents(database: Database, prefix: bytes = b"") -> list[tuple[bytes, bytes]]:
    return list(database.iterate(prefix))


@given(before=STEPS, inside=STEPS)
def test_readers_see_no_difference(before, inside) -> None:
    below, plain = MemoryDatabase(), MemoryDatabase()
    gathered = GatheredDatabase(below)
    for changes, sync in before:
        for database in (gathered, plain):
            database.write(batch_of(changes), sync=sync)
    assert contents(below) == contents(plain), "outside everything passes"
    with gathered.gathered():
        for changes, sync in inside:
            for database in (gathered, plain):
                database.write(batch_of(changes), sync=sync)
            for prefix in PREFIXES:
                assert contents(gathered, prefix) == contents(plain, prefix)
                assert list(gathered.iterate(prefix, prefix + b"1")) == list(
                    plain.iterate(prefix, prefix + b"1")
                )
            assert [gathered.get(key) for key, _ in contents(plain)] == [
                value for _, value in contents(plain)
            ]
            assert [gathered.get(key) for key, value in changes.items() if value is None] == [
                None for value in changes.values() if value is None
            ]
            if sync:
                assert contents(below) == contents(plain), "what was to be synced is on disk"
    assert contents(below) == contents(plain)


def test_what_is_gathered_is_one_write() -> None:
    below = MemoryDatabase()
    gathered = GatheredDatabase(DyingDatabase(below, writes=1))
    with gathered.gathered():
        with gathered.gathered():
            gathered.write(batch_of({b"a": b"1", b"b": b"1"}))
        gathered.write(batch_of({b"b": b"2", b"a": None}))
        assert contents(below) == [], "the inner end is not the end"
    assert contents(below) == [(b"b", b"2")]


def test_of_what_was_gathered_when_the_process_was_killed_nothing_is_there(tmp_path: Path) -> None:
    below = LevelDatabase(tmp_path / "db")
    gathered = GatheredDatabase(DyingDatabase(below, writes=2))
    gathered.write(batch_of({b"a": b"1"}))
    with pytest.raises(Killed):
        write_all(gathered, (b"b", False), (b"c", True), (b"d", False), (b"e", True))
    assert [below.get(key) for key in (b"a", b"b", b"c")] == [b"1", b"1", b"1"]
    assert [below.get(key) for key in (b"d", b"e")] == [None, None]
    below.close()


def test_an_iteration_does_not_see_what_is_written_after_it_began() -> None:
    gathered = GatheredDatabase(MemoryDatabase())
    gathered.write(batch_of({b"a": b"1", b"c": b"1"}))
    with gathered.gathered():
        gathered.write(batch_of({b"b": b"1"}))
        begun = gathered.iterate(b"")
    gathered.write(batch_of({b"a": b"2", b"b": b"2", b"c": None}))
    assert list(begun) == [(b"a", b"1"), (b"b", b"1"), (b"c", b"1")]


def test_closing_writes_what_waits(tmp_path: Path) -> None:
    gathered = GatheredDatabase(LevelDatabase(tmp_path / "db"))
    with gathered.gathered():
        gathered.write(batch_of({b"a": b"1"}))
        gathered.close()
        again = LevelDatabase(tmp_path / "db")
        assert again.get(b"a") == b"1"
        again.close()
