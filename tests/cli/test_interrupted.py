"""Exports and snapshots whose process is killed, or whose disk is full, go on to the same end."""

import resource
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from cli.sdk.downloads import Told
from node import block_part, snapshot_file
from node.store.db import DatabaseCorrupt, LevelDatabase
from tests.architecture.source import ROOT
from tests.cli.interruption import SECTION_BYTES, code_of, interrupted, killed, part_of
from tests.cli.test_blocks import BLOCKS, FINAL, Machine, machine
from tests.cli.test_snapshots import entries, other

KILL, CTRL_C = signal.SIGKILL, signal.SIGINT


@pytest.fixture
def full(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Machine:
    return machine(tmp_path / "full", capsys, blocks=BLOCKS)


@pytest.fixture
def sections(monkeypatch: pytest.MonkeyPatch) -> None:
    """Snapshots of many sections, as in the processes that are killed."""
    monkeypatch.setattr(snapshot_file, "SECTION_BYTES", SECTION_BYTES)


def database(one: Machine) -> Path:
    (path,) = one.base.glob("chains/*/db")
    return path


def left_of(one: Machine) -> list[str]:
    """Return the names of what a machine keeps of its chain."""
    return sorted(path.name for path in one.base.glob("chains/*/*"))


def test_an_export_that_was_killed_again_and_again_becomes_the_same_file(
    full: Machine, tmp_path: Path
) -> None:
    file, whole = tmp_path / "the blocks", tmp_path / "whole"
    said = full.starminer("export-blocks", str(whole), "--to", str(BLOCKS))
    assert said["reused"] == 0
    for after, by, code in ((3, KILL, -KILL), (2, CTRL_C, 130)):
        end = killed(full, after, by, "export-blocks", str(file), "--to", str(BLOCKS))
        assert (end.code, file.exists()) == (code, False)
    words = ["export-blocks", str(file), "--from", "1", "--to", str(BLOCKS)]
    again = [*words, "--chain", str(full.spec), "--base-path", str(full.base)]
    command = shlex.join(["starminer", "chain", *again])
    assert end.errors.endswith(f"here\ninterrupted; this goes on: {command}\n")
    assert full.starminer(*words)["reused"] == 7
    assert file.read_bytes() == whole.read_bytes()
    assert not part_of(file).exists()


@pytest.mark.usefixtures("sections")
def test_a_snapshot_that_was_killed_again_and_again_becomes_the_same_file(
    full: Machine, tmp_path: Path
) -> None:
    file, whole, chance = tmp_path / "snapshot", tmp_path / "whole", Random(3)
    made = full.starminer("snapshot", "create", str(whole))
    for _ in range(2):
        end = killed(full, chance.randrange(12, 24), KILL, "snapshot", "create", str(file))
        assert (end.code, file.exists()) == (-KILL, False)
    said = full.starminer("snapshot", "create", str(file))
    assert 0 < said["reused"] < said["entries"] == made["entries"]
    assert file.read_bytes() == whole.read_bytes()
    assert not part_of(file).exists()


@pytest.mark.usefixtures("sections")
def test_a_restore_that_was_killed_again_and_again_makes_the_same_database(
    full: Machine, tmp_path: Path
) -> None:
    file, fresh, chance = tmp_path / "snapshot", other(full, tmp_path / "fresh"), Random(5)
    full.starminer("snapshot", "create", str(file))
    for _ in range(2):
        end = killed(fresh, chance.randrange(12, 24), KILL, "snapshot", "restore", str(file))
        assert end.code == -KILL
        assert not list(fresh.base.glob("chains/*/db"))
    said = fresh.starminer("snapshot", "restore", str(file))
    assert 0 < said["reused"] < said["entries"]
    assert entries(fresh) == entries(full)
    assert left_of(fresh) == ["db"]
    assert fresh.starminer("check-block", str(BLOCKS))["verdict"] == "right"


def test_an_import_that_is_interrupted_says_how_it_goes_on(
    full: Machine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, empty = tmp_path / "blocks", machine(tmp_path / "empty", capsys, blocks=0)
    full.starminer("export-blocks", str(file))
    said = interrupted(empty, 3, "import-blocks", str(file))
    assert f"interrupted; this goes on: starminer chain import-blocks {file}" in said
    added = empty.starminer("import-blocks", str(file))
    assert (added["known"], added["new"]) == (4, FINAL - 4)


@pytest.mark.usefixtures("sections")
@pytest.mark.parametrize("after", [0, 7, 31])
def test_making_and_restoring_a_snapshot_go_on_after_ctrl_c(
    full: Machine, tmp_path: Path, after: int
) -> None:
    file, whole, fresh = tmp_path / "file", tmp_path / "whole", other(full, tmp_path / "fresh")
    full.starminer("snapshot", "create", str(whole))
    said = interrupted(full, after, "snapshot", "create", str(file))
    assert f"interrupted; this goes on: starminer chain snapshot create {file}" in said
    assert full.starminer("snapshot", "create", str(file))["reused"] > 0
    assert file.read_bytes() == whole.read_bytes()
    said = interrupted(fresh, after, "snapshot", "restore", str(file))
    assert f"interrupted; this goes on: starminer chain snapshot restore {file}" in said
    assert fresh.starminer("snapshot", "restore", str(file))["reused"] > 0
    assert entries(fresh) == entries(full)


@pytest.mark.usefixtures("sections")
def test_a_snapshot_begins_anew_when_somebody_wrote_to_the_database(
    full: Machine, tmp_path: Path
) -> None:
    file, whole = tmp_path / "snapshot", tmp_path / "whole"
    interrupted(full, 20, "snapshot", "create", str(file))
    full.starminer("revert", "1", "--yes")
    full.starminer("snapshot", "create", str(whole))
    full.capture.readouterr()
    assert full.attempt("snapshot", "create", str(file)) == 0
    said = full.capture.readouterr()
    assert f"was written to since {part_of(file)} was begun: beginning anew" in said.err
    assert '"reused": 0' in said.out
    assert file.read_bytes() == whole.read_bytes()


@pytest.mark.usefixtures("sections")
def test_a_database_that_is_restored_by_half_is_never_opened_as_one(
    full: Machine, tmp_path: Path
) -> None:
    file, fresh = tmp_path / "snapshot", other(full, tmp_path / "fresh")
    full.starminer("snapshot", "create", str(file))
    interrupted(fresh, 20, "snapshot", "restore", str(file))
    assert "no node ran there yet" in fresh.refused("check-block", "1")
    (half,) = fresh.base.glob("chains/*/db.part")
    half.replace(half.with_name("db"))
    assert "a snapshot that was restored by half" in fresh.refused("check-block", "1")


@pytest.mark.usefixtures("sections")
def test_a_restore_of_another_snapshot_begins_anew(full: Machine, tmp_path: Path) -> None:
    old, new, fresh = tmp_path / "old", tmp_path / "new", other(full, tmp_path / "fresh")
    full.starminer("snapshot", "create", str(old))
    full.starminer("revert", "1", "--yes")
    full.starminer("snapshot", "create", str(new))
    interrupted(fresh, 20, "snapshot", "restore", str(old))
    assert fresh.starminer("snapshot", "restore", str(new))["reused"] == 0
    assert entries(fresh) == entries(full)


@pytest.mark.usefixtures("sections")
def test_a_file_of_another_kind_takes_nothing_of_what_was_restored(
    full: Machine, tmp_path: Path
) -> None:
    file, fresh = tmp_path / "snapshot", other(full, tmp_path / "fresh")
    full.starminer("snapshot", "create", str(file))
    interrupted(fresh, 20, "snapshot", "restore", str(file))
    assert "wanted a file that" in fresh.refused("snapshot", "restore", str(full.spec))
    assert fresh.starminer("snapshot", "restore", str(file))["reused"] > 0


@contextmanager
def disk_with(file: Path, more_bytes: int) -> Iterator[None]:
    """Let no file grow beyond what one has and some bytes more."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    most = (file.stat().st_size if file.exists() else 0) + more_bytes
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.usefixtures("sections")
@pytest.mark.parametrize("command", ["export-blocks", "snapshot create"])
def test_a_full_disk_is_no_loss(
    full: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    file, whole, words = tmp_path / "file", tmp_path / "whole", command.split()
    full.starminer(*words, str(whole))
    monkeypatch.setattr(block_part, "SYNCED_EVERY_BYTES", 1)
    bar = "cli.blocks.count" if command == "export-blocks" else "cli.snapshots.transfer"

    @contextmanager
    def filling(*_bar: object) -> Iterator[Told]:
        with disk_with(part_of(file), whole.stat().st_size // 2):
            yield lambda _done: None

    with monkeypatch.context() as patched:
        patched.setattr(bar, filling)
        said = full.refused(*words, str(file))
    assert f"File too large; once that is mended, this goes on: starminer chain {command}" in said
    assert not file.exists()
    assert full.starminer(*words, str(file))["reused"] > 0
    assert file.read_bytes() == whole.read_bytes()


def test_standard_output_gets_the_same_blocks(full: Machine, tmp_path: Path) -> None:
    file = tmp_path / "blocks"
    full.starminer("export-blocks", str(file))
    words = [sys.executable, "-m", "cli.main", *full.words("export-blocks", "-")]
    asked = subprocess.run(words, cwd=ROOT, capture_output=True, check=True)
    assert asked.stdout == file.read_bytes()
    assert b"standard output cannot go on where it was interrupted" in asked.stderr
    assert "wanted a file or -, got --form" in full.refused("export-blocks", "--form")


def test_what_is_no_file_is_not_replaced_by_one(full: Machine, tmp_path: Path) -> None:
    for command in (("export-blocks",), ("snapshot", "create")):
        said = full.refused(*command, str(tmp_path))
        assert f"{tmp_path}: wanted the name of a file, got that of something else" in said


def test_a_part_of_another_kind_is_refused_and_left_alone(full: Machine, tmp_path: Path) -> None:
    file = tmp_path / "file"
    part_of(file).write_bytes(b"a letter to a friend" * 20)
    for command in (("export-blocks",), ("snapshot", "create")):
        assert f"{part_of(file)}: wanted a file" in full.refused(*command, str(file))
    assert part_of(file).read_bytes() == b"a letter to a friend" * 20


def test_a_purge_that_is_interrupted_leaves_nothing_that_a_node_opens(
    full: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stops(path: Path) -> None:
        (path / "CURRENT").unlink()
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("cli.purge.shutil.rmtree", stops)
        assert code_of(lambda: full.attempt("purge", "--yes")) == 130
    assert left_of(full) == ["db.purged"]
    full.starminer("purge", "--yes")
    assert left_of(full) == []


def test_a_purge_takes_what_a_restore_left(full: Machine) -> None:
    left = database(full).with_name("db.part")
    LevelDatabase(left).close()
    full.starminer("purge", "--yes")
    assert left_of(full) == []


def test_a_database_in_use_is_not_purged(full: Machine) -> None:
    held = LevelDatabase(database(full))
    assert "is in use by another process" in full.refused("purge", "--yes")
    held.close()
    assert left_of(full) == ["db"]


def test_a_damaged_database_is_purged(full: Machine) -> None:
    (database(full) / "CURRENT").unlink()
    with pytest.raises(DatabaseCorrupt):
        LevelDatabase(database(full))
    full.starminer("purge", "--yes")
    assert left_of(full) == []
