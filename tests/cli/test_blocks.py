"""`starminer chain export-blocks|import-blocks|check-block|revert`, over a real database."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from cli.main import run
from genesis.build import to_raw
from genesis.spec import Genesis, Raw, load_spec, to_json
from node.block_file import MAGIC, BadBlockFile, read_blocks, read_contents
from node.store.db import LevelDatabase
from p2p.messages import encode_block
from runtime.genesis_state import build_genesis, empty_state
from tests.support.grown import GrownChain

BLOCKS, FINAL = 10, 8


@dataclass
class Machine:
    """A directory with the database of a chain, and the commands on it."""

    base: Path
    spec: Path
    capture: pytest.CaptureFixture[str]

    def starminer(self, command: str, *words: str) -> dict[str, Any]:
        """Run a command that succeeds; return what it printed."""
        assert self.attempt(command, *words) == 0, self.capture.readouterr().err
        found: dict[str, Any] = json.loads(self.capture.readouterr().out)
        return found

    def refused(self, command: str, *words: str) -> str:
        """Run a command that fails; return why."""
        self.capture.readouterr()
        assert self.attempt(command, *words) in (1, 2)
        return self.capture.readouterr().err

    def attempt(self, command: str, *words: str) -> int:
        return run(self.words(command, *words))

    def words(self, command: str, *words: str) -> list[str]:
        place = ("--chain", str(self.spec), "--base-path", str(self.base), "--output", "json")
        return ["chain", command, *words, *place]


def spec_of(grown: GrownChain, directory: Path) -> Path:
    """Write the spec of a chain that was grown."""
    storage = build_genesis(grown.genesis_config)
    top = {f"0x{key.hex()}": f"0x{value.hex()}" for key, value in storage.items()}
    spec = structs.replace(to_raw(load_spec("dev")), genesis=Genesis(raw=Raw(top=top)))
    path = directory / "grown.json"
    path.write_text(to_json(spec))
    return path


def machine(
    directory: Path, capture: pytest.CaptureFixture[str], *, blocks: int, validators: int = 3
) -> Machine:
    """Return a machine that has so many blocks, the last two of which are not final."""
    where = directory / "base" / "chains" / load_spec("dev").id / "db"
    where.mkdir(parents=True)
    database = LevelDatabase(where)
    grown = GrownChain(database, validators=validators)
    for number in range(1, blocks + 1):
        grown.grow(*grown.transfers(3), finalize=number == blocks - 2)
    database.close()
    return Machine(directory / "base", spec_of(grown, directory), capture)


@pytest.fixture
def full(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Machine:
    return machine(tmp_path / "full", capsys, blocks=BLOCKS)


@pytest.fixture
def empty(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Machine:
    return machine(tmp_path / "empty", capsys, blocks=0)


def test_blocks_go_from_one_machine_to_another(full: Machine, empty: Machine) -> None:
    file = full.base / "blocks"
    said = full.starminer("export-blocks", str(file), "--to", str(BLOCKS))
    assert (said["from"], said["to"], said["bytes"]) == (1, BLOCKS, file.stat().st_size)
    ends = {"best": BLOCKS, "final": FINAL}
    assert empty.starminer("import-blocks", str(file)) == {"new": BLOCKS, "known": 0, **ends}
    assert empty.starminer("import-blocks", str(file)) == {"new": 0, "known": BLOCKS, **ends}


def test_an_import_goes_on_where_it_was_interrupted(full: Machine, empty: Machine) -> None:
    whole, cut = full.base / "whole", full.base / "cut"
    full.starminer("export-blocks", str(whole), "--to", str(BLOCKS))
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    refused = empty.refused("import-blocks", str(cut))
    said = empty.starminer("import-blocks", str(whole))
    assert 0 < said["known"] < BLOCKS == said["new"] + said["known"] == said["best"]
    assert f"error: {cut}: block {said['known'] + 1}: wanted " in refused
    assert "the file was cut short" in refused


def test_only_final_blocks_are_written_unless_more_is_asked_for(full: Machine) -> None:
    file = full.base / "blocks"
    assert full.starminer("export-blocks", str(file), "--from", "3")["to"] == FINAL
    with file.open("rb") as source:
        contents = read_contents(source)
        numbers = [int(one.justification is not None) for one in read_blocks(source, contents)]
    assert (contents.first, contents.count) == (3, FINAL - 2)
    assert numbers == [0] * (FINAL - 3) + [1]


@pytest.mark.parametrize("range_", [("0", "3"), ("5", "4"), ("3", "11")])
def test_blocks_that_are_not_there_are_not_written(full: Machine, range_: tuple[str, str]) -> None:
    file = full.base / "blocks"
    words = ("--from", range_[0], "--to", range_[1])
    said = full.refused("export-blocks", str(file), *words)
    assert f"wanted blocks between 1 and {BLOCKS}" in said
    assert not list(full.base.glob("blocks*"))


def test_a_file_of_another_chain_is_refused(
    full: Machine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = full.base / "blocks"
    full.starminer("export-blocks", str(file))
    other = machine(tmp_path / "other", capsys, blocks=0, validators=2)
    assert "the blocks are of another chain: wanted genesis" in other.refused(
        "import-blocks", str(file)
    )


def test_a_block_that_does_not_hold_is_refused_and_those_before_it_stay(
    full: Machine, empty: Machine
) -> None:
    file = full.base / "blocks"
    full.starminer("export-blocks", str(file))
    with file.open("rb") as source:
        blocks = list(read_blocks(source, contents := read_contents(source)))
    blocks[4] = replace(blocks[4], extrinsics=blocks[5].extrinsics)
    head = MAGIC + contents.genesis_hash + bytes((1, 0, 0, 0)) + bytes((len(blocks), 0, 0, 0))
    framed = [len(raw).to_bytes(4, "little") + raw for raw in map(encode_block, blocks)]
    file.write_bytes(head + b"".join(framed))
    said = empty.refused("import-blocks", str(file))
    assert "block 5 is refused: WrongExtrinsicsRoot: wanted" in said
    assert empty.starminer("check-block", "4")["verdict"] == "right"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "wanted a file that begins with"),
        (b"number 1, whatever it is", "wanted a file that begins with"),
        (MAGIC + bytes(32) + bytes(2), "the first number: wanted 4 bytes, got 2"),
    ],
)
def test_what_is_no_file_of_blocks_is_told(empty: Machine, content: bytes, message: str) -> None:
    file = empty.base / "blocks"
    file.write_bytes(content)
    assert message in empty.refused("import-blocks", str(file))


def test_a_file_with_more_than_it_says_is_refused(full: Machine) -> None:
    file = full.base / "blocks"
    full.starminer("export-blocks", str(file))
    with file.open("ab") as more:
        more.write(b"\0")
    with (
        file.open("rb") as source,
        pytest.raises(BadBlockFile, match="wanted the end of the file after 8 blocks"),
    ):
        list(read_blocks(source, read_contents(source)))


def test_a_stored_block_is_checked_again(full: Machine) -> None:
    said = full.starminer("check-block", "7")
    assert (said["number"], said["extrinsics"], said["verdict"]) == (7, 4, "right")
    assert full.starminer("check-block", said["hash"])["number"] == 7
    assert full.refused("check-block", "11").endswith(
        "the best block is 10: wanted 0 to 10; `starminer run` fetches those that come\n"
    )
    assert "wanted a block above the genesis" in full.refused("check-block", "0")
    assert "wanted a number or 0x and a hash" in full.refused("check-block", "seven")


def test_what_is_final_is_never_forgotten(full: Machine) -> None:
    assert "say --yes" in full.refused("revert", "1")
    assert full.starminer("revert", "1", "--yes") == {"forgotten": 1, "best": 9, "final": FINAL}
    assert full.starminer("revert", "5", "--yes") == {"forgotten": 1, "best": 8, "final": FINAL}
    assert full.starminer("revert", "5") == {"forgotten": 0, "best": 8, "final": FINAL}
    assert full.attempt("revert", "1") == 0
    assert "block 8 is final and stays: only `starminer chain purge` goes below" in (
        full.capture.readouterr().err
    )
    assert "wanted at least one block, got 0" in full.refused("revert", "0")


def test_what_was_forgotten_can_be_imported_again(full: Machine) -> None:
    file = full.base / "blocks"
    full.starminer("export-blocks", str(file), "--to", str(BLOCKS))
    full.starminer("revert", "2", "--yes")
    assert full.starminer("import-blocks", str(file))["best"] == BLOCKS


def test_a_place_without_a_database_is_told(full: Machine, tmp_path: Path) -> None:
    nowhere = Machine(tmp_path / "nowhere", full.spec, full.capture)
    assert "no node ran there yet: `starminer run --chain " in nowhere.refused("check-block", "1")
    assert not (tmp_path / "nowhere").exists()


def test_the_state_after_a_block_is_exported_entry_by_entry(tmp_path, capsys):
    node = machine(tmp_path, capsys, blocks=4)
    out = tmp_path / "state.json"
    for block, number in (("4", 4), (None, 2)):
        shown = node.starminer("export-state", str(out), *([] if block is None else [block]))
        assert shown["number"] == number
        written = load_spec(str(out)).genesis.raw
        assert written is not None
        entries = {bytes.fromhex(k[2:]): bytes.fromhex(v[2:]) for k, v in written.top.items()}
        assert (len(entries), "0x" + state_root(entries)) == (
            shown["entries"],
            shown["state_root"],
        )
    assert not out.with_name("state.json.part").exists()
    assert "the best block is 4" in node.refused("export-state", str(out), "9")


def state_root(entries: dict[bytes, bytes]) -> str:
    """Return the root of a state that has these entries, computed anew."""
    return empty_state().updated(entries).root.hex()
