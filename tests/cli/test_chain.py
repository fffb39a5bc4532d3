"""`starminer chain inspect`, as a person types it."""

import json
from pathlib import Path

import pytest

from cli.main import run
from genesis.build import build_block, to_raw
from genesis.spec import load_spec, to_json
from runtime.primitives.block import Header
from runtime.primitives.scale import decode


def test_inspect_prints_what_a_raw_spec_commits_to(tmp_path: Path, capsys) -> None:
    spec, path = load_spec("local"), tmp_path / "local.json"
    path.write_text(to_json(to_raw(spec)))
    assert run(["chain", "inspect", str(path), "-o", "json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    header = build_block(spec).header
    assert decode(bytes.fromhex(shown.pop("genesis_header")[2:]), Header) == header
    assert shown == {
        "name": spec.name,
        "id": spec.id,
        "runtime": "starminer 1",
        "storage_keys": len(build_block(spec).storage),
        "child_tries": 0,
        "state_version": 1,
        "state_version_source": "the runtime is StarMiner's",
        "state_root": "0x" + header.state_root.hex(),
        "extrinsics_root": "0x" + header.extrinsics_root.hex(),
        "genesis_hash": "0x" + header.hash.hex(),
    }


def test_inspect_takes_the_layout_that_no_code_tells(tmp_path: Path, capsys) -> None:
    path = tmp_path / "spec.json"
    path.write_text('{"name": "n", "genesis": {"raw": {"top": {"0x01": "0x02"}}}}')
    assert run(["chain", "inspect", str(path)]) == 1
    assert capsys.readouterr().err == (
        f"error: {path}: genesis.raw.top has no :code (0x3a636f6465): say --state-version 0 or 1\n"
    )
    assert run(["chain", "inspect", str(path), "--state-version", "0", "-o", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["state_version"] == 0


@pytest.mark.parametrize("version", ["2", "V1"])
def test_there_are_two_layouts(tmp_path: Path, capsys, version: str) -> None:
    assert run(["chain", "inspect", str(tmp_path), "--state-version", version]) == 2


def test_a_file_that_is_not_there_is_named(tmp_path: Path, capsys) -> None:
    path = tmp_path / "none.json"
    assert run(["chain", "inspect", str(path)]) == 1
    assert capsys.readouterr().err == f"error: {path}: No such file or directory\n"


def test_a_new_spec_is_a_plain_one_of_that_name(tmp_path: Path, capsys) -> None:
    out = tmp_path / "ours.json"
    words = ["chain", "spec", "new", str(out), "--name", "Our chain", "--id", "our_chain"]
    assert run([*words, "-o", "json"]) == 0
    made, model = load_spec(str(out)), load_spec("local")
    assert (made.name, made.id, made.protocol_id) == ("Our chain", "our_chain", "our-chain")
    assert (made.genesis, made.chain_type) == (model.genesis, "Local")
    assert build_block(made).hash != bytes(32)
    assert run(words) == 1  # it is not replaced
    assert "File exists" in capsys.readouterr().err


def test_a_spec_with_an_id_that_no_directory_has_is_refused(tmp_path: Path, capsys) -> None:
    out = tmp_path / "ours.json"
    assert run(["chain", "spec", "new", str(out), "--name", "Ours", "--id", "../x"]) == 2
    assert "id: " in capsys.readouterr().err
    assert not out.exists()


def test_a_live_spec_refuses_development_keys_when_it_is_built(tmp_path: Path, capsys) -> None:
    out = tmp_path / "ours.json"
    words = ["chain", "spec", "new", str(out), "--name", "Ours", "--id", "ours", "--live"]
    assert run(words) == 0
    assert run(["chain", "spec", "build", str(out)]) == 1
    assert "error: " in capsys.readouterr().err
