"""`starminer chain snapshot create|restore`, over a real database."""

from pathlib import Path

import pytest

from node.snapshot import begin, finish, restore_snapshot, write_snapshot
from node.snapshot_file import MAGIC, BadSnapshot, Title, begun, read_title
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


@pytest.mark.parametrize("place", [len(MAGIC) + 3, -20, -33])
def test_a_changed_byte_is_found(tmp_path: Path, place: int) -> None:
    database, batch = MemoryDatabase(), Batch()
    for number in range(50):
        batch.put(number.to_bytes(4, "big"), bytes([number]) * number)
    database.write(batch)
    path = tmp_path / "changed"
    assert write(database, path) == 50
    raw = bytearray(path.read_bytes())
    raw[place] ^= 1
    path.write_bytes(raw)
    with pytest.raises(BadSnapshot):
        read(path, MemoryDatabase())


def test_what_a_voter_remembers_is_not_restored(tmp_path: Path) -> None:
    database, fresh, path = MemoryDatabase(), MemoryDatabase(), tmp_path / "voter"
    records = AuxStore(database)
    records.put_all({VOTER_RECORD: b"round 7", b"another": b"record"})
    write(database, path)
    read(path, fresh)
    assert dict(fresh.iterate(b"")) == {AUX + b"another": b"record"}
