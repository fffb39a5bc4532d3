"""`starminer chain snapshot create|restore`, over a real database."""

from pathlib import Path

import pytest

from node.snapshot import MAGIC, BadSnapshot, Title, read_title, restore_snapshot, write_snapshot
from node.store.aux import VOTER_RECORD, AuxStore
from node.store.columns import AUX
from node.store.db import Batch, LevelDatabase, MemoryDatabase
from tests.cli.test_blocks import BLOCKS, Machine, machine

TITLE = Title(bytes([1]) * 32, bytes([2]) * 32, 7)


def untold(_done: int) -> None:
    """Hear of no progress."""


@pytest.fixture
def full(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Machine:
    return machine(tmp_path / "full", capsys, blocks=BLOCKS)


def other(full: Machine, directory: Path) -> Machine:
    """Return a machine without a database of the same chain."""
    return Machine(directory / "base", full.spec, full.capture)


def entries(one: Machine) -> list[tuple[bytes, bytes]]:
    (path,) = one.base.glob("chains/*/db")
    database = LevelDatabase(path)
    found = list(database.iterate(b""))
    database.close()
    return found


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
    with path.open("wb") as out:
        assert write_snapshot(database, TITLE, out, untold) == 50
    raw = bytearray(path.read_bytes())
    raw[place] ^= 1
    path.write_bytes(raw)
    with path.open("rb") as source, pytest.raises(BadSnapshot):
        restore_snapshot(source, read_title(source), MemoryDatabase(), untold)


def test_what_a_voter_remembers_is_not_restored(tmp_path: Path) -> None:
    database, fresh, path = MemoryDatabase(), MemoryDatabase(), tmp_path / "voter"
    records = AuxStore(database)
    records.put_all({VOTER_RECORD: b"round 7", b"another": b"record"})
    with path.open("wb") as out:
        write_snapshot(database, TITLE, out, untold)
    with path.open("rb") as source:
        restore_snapshot(source, read_title(source), fresh, untold)
    assert dict(fresh.iterate(b"")) == {AUX + b"another": b"record"}
