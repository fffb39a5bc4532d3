"""`starminer chain snapshot create|restore`, over a real database."""

from dataclasses import replace
from pathlib import Path

import pytest

from node import snapshot_file
from node.snapshot import (
    begin,
    finish,
    keep_whole,
    restore_snapshot,
    restored_before,
    write_snapshot,
)
from node.snapshot_file import BadSnapshot, Title, begun, read_title
from node.store.aux import VOTER_RECORD, AuxStore
from node.store.columns import AUX
from node.store.db import WRITTEN_KEY, Batch, Database, LevelDatabase, MemoryDatabase
from tests.cli.test_blocks import BLOCKS, Machine, machine

TITLE = Title(bytes([1]) * 32, bytes([2]) * 32, 7, bytes([3]) * 16)


def untold(_done: int) -> None:
    """Hear of no progress."""


@pytest.fixture
def full(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Machine:
    return machine(tmp_path / "full", capsys, blocks=BLOCKS)


def other(full: Machine, directory: Path) -> Machine:
    """Return a machine without a database of the same chain."""
    return Machine(directory / "base", full.spec, full.capture)


def entries(one: Machine) -> list[tuple[bytes, bytes]]:
    """Return all that a database holds, but for the mark that tells it from others."""
    (path,) = one.base.glob("chains/*/db")
    database = LevelDatabase(path)
    found = [entry for entry in database.iterate(b"") if entry[0] != WRITTEN_KEY]
    database.close()
    return found


def write(database: Database, path: Path) -> int:
    with path.open("w+b") as out:
        return write_snapshot(database, begin(TITLE, out), out, untold).entries


def read(path: Path, database: Database) -> None:
    with path.open("rb") as source:
        title = read_title(source)
        restore_snapshot(source, title, begun(title), database, untold)
    finish(database)


def test_a_restored_database_is_the_same_to_the_last_entry(full: Machine, tmp_path: Path) -> None:
    file, fresh = tmp_path / "chain.snapshot", other(full, tmp_path / "fresh")
    made = full.starminer("snapshot", "create", str(file))
    restored = fresh.starminer("snapshot", "restore", str(file))
    assert (made["best"], restored["best"]) == (BLOCKS, BLOCKS)
    assert made["entries"] == restored["entries"] == len(entries(full))
    assert entries(fresh) == entries(full)
    assert fresh.starminer("check-block", str(BLOCKS))["verdict"] == "right"
    assert "exists: `starminer chain purge` deletes it" in fresh.refused(
        "snapshot", "restore", str(file)
    )


@pytest.mark.parametrize("keep", [0, 10, 60, 200, -40, -1])
def test_a_file_that_was_cut_short_leaves_nothing_behind(
    full: Machine, tmp_path: Path, keep: int
) -> None:
    file, fresh = tmp_path / "chain.snapshot", other(full, tmp_path / "fresh")
    full.starminer("snapshot", "create", str(file))
    file.write_bytes(file.read_bytes()[:keep])
    assert str(file) in fresh.refused("snapshot", "restore", str(file))
    assert not list(fresh.base.glob("chains/*/db*"))


def test_what_an_interrupted_restore_left_is_no_hindrance(full: Machine, tmp_path: Path) -> None:
    file, fresh = tmp_path / "chain.snapshot", other(full, tmp_path / "fresh")
    full.starminer("snapshot", "create", str(file))
    (where,) = full.base.glob("chains/*")
    left = fresh.base / "chains" / where.name / "db.part"
    left.mkdir(parents=True)
    (left / "rubbish").write_bytes(b"rubbish")
    fresh.starminer("snapshot", "restore", str(file))
    assert entries(fresh) == entries(full)


def test_a_snapshot_of_another_chain_is_refused_by_its_genesis(
    full: Machine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, fresh = tmp_path / "chain.snapshot", other(full, tmp_path / "fresh")
    full.starminer("snapshot", "create", str(file))
    stranger = machine(tmp_path / "stranger", capsys, blocks=0, validators=2)
    fresh = Machine(fresh.base, stranger.spec, capsys)
    assert "it is of another chain: wanted genesis 0x" in fresh.refused(
        "snapshot", "restore", str(file)
    )


def test_a_file_of_another_kind_is_refused(full: Machine, tmp_path: Path) -> None:
    file, fresh = tmp_path / "chain.snapshot", other(full, tmp_path / "fresh")
    file.write_bytes(b"PK" + bytes(200))
    assert "wanted a file that `chain snapshot create` wrote" in fresh.refused(
        "snapshot", "restore", str(file)
    )


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> MemoryDatabase:
    """A database of fifty entries, whose snapshot has a dozen sections."""
    monkeypatch.setattr(snapshot_file, "SECTION_BYTES", 150)
    database, batch = MemoryDatabase(), Batch()
    for number in range(50):
        batch.put(number.to_bytes(4, "big"), bytes([number]) * number)
    database.write(batch)
    return database


def test_a_changed_byte_is_found_wherever_it_is(small: MemoryDatabase, tmp_path: Path) -> None:
    path = tmp_path / "changed"
    assert write(small, path) == 50
    raw = path.read_bytes()
    for place in range(len(raw)):
        path.write_bytes(raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :])
        with pytest.raises(BadSnapshot):
            read(path, MemoryDatabase())


def test_more_than_the_end_is_found(small: MemoryDatabase, tmp_path: Path) -> None:
    path = tmp_path / "longer"
    write(small, path)
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(BadSnapshot, match="wanted the end of the file, got more"):
        read(path, MemoryDatabase())


def test_wherever_a_snapshot_was_cut_or_damaged_it_becomes_the_whole_file(
    small: MemoryDatabase, tmp_path: Path
) -> None:
    path, kept = tmp_path / "part", set()
    write(small, path)
    whole = path.read_bytes()
    begins = len(TITLE.encoded())
    changed = (
        whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
        for place in range(begins, len(whole))
    )
    for begun_file in (*(whole[:cut] for cut in range(len(whole) + 1)), *changed):
        path.write_bytes(begun_file)
        with path.open("r+b") as part:
            found = keep_whole(TITLE, part)
            assert found is not None
            write_snapshot(small, found, part, untold)
        assert path.read_bytes() == whole
        kept.add(found.reached.entries)
    assert (min(kept), max(kept), len(kept) > 10) == (0, 50, True)


def test_a_part_of_another_state_is_not_gone_on_with(small: MemoryDatabase, tmp_path: Path) -> None:
    path = tmp_path / "part"
    write(small, path)
    with path.open("r+b") as part:
        assert keep_whole(replace(TITLE, mark=bytes(16)), part) is None
        with pytest.raises(BadSnapshot, match="it is of another chain: wanted genesis 0x0000"):
            keep_whole(replace(TITLE, genesis_hash=bytes(32)), part)


def test_a_restore_goes_on_behind_any_section(small: MemoryDatabase, tmp_path: Path) -> None:
    path, stops = tmp_path / "whole", 0
    write(small, path)

    class Stop(Exception):
        """Ends a restore."""

    def stop(_done: int) -> None:
        raise Stop

    fresh = MemoryDatabase()
    before = begun(TITLE)
    while stops < 100:
        with path.open("rb") as source:
            read_title(source)
            try:
                restore_snapshot(source, TITLE, before, fresh, stop)
                break
            except Stop:
                stops += 1
        reached = restored_before(TITLE, fresh)
        assert reached is not None
        assert reached.entries > before.entries
        before = reached
    finish(fresh)
    assert stops > 10
    assert list(fresh.iterate(b"")) == list(small.iterate(b""))
    assert restored_before(TITLE, fresh) is None


def test_what_a_voter_remembers_is_not_restored(tmp_path: Path) -> None:
    database, fresh, path = MemoryDatabase(), MemoryDatabase(), tmp_path / "voter"
    records = AuxStore(database)
    records.put_all({VOTER_RECORD: b"round 7", b"another": b"record"})
    write(database, path)
    read(path, fresh)
    assert dict(fresh.iterate(b"")) == {AUX + b"another": b"record"}
