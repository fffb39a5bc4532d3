"""Settings of a node: flags before the environment, before a file, before the default."""

import json
import tomllib
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from cli import run as run_module
from cli.config import flag_of, lines, names, setting_rows, toml
from cli.errors import UsageError
from cli.layers import sources_in
from cli.main import run
from cli.run import Shorthands
from node.config import NodeConfig


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "node.toml"
    made.write_text(
        'rpc-port = 1000\nname = "filed"\nbootnodes = ["/dns/a", "/dns/b"]\n'
        'chain = "local"\nvalidator = true\nprometheus = true\nrpc_cors = []\n'
    )
    return made


def shown(capsys: Any, *words: str) -> dict[str, tuple[object, str]]:
    assert run(["config", "show", "-o", "json", *words]) == 0
    rows = json.loads(capsys.readouterr().out)
    return {row["setting"]: (row["value"], row["from"]) for row in rows}


def test_each_layer_goes_before_the_next(file, capsys, monkeypatch):
    monkeypatch.setenv("STARMINER_RUN_NAME", "by the environment")
    monkeypatch.setenv("STARMINER_RUN_RPC_PORT", "2000")
    found = shown(capsys, "--config", str(file), "--rpc-port", "9944")
    assert found["--rpc-port"] == (9944, "flag")
    assert found["--name"] == ("by the environment", "STARMINER_RUN_NAME")
    assert found["--bootnodes"] == (["/dns/a", "/dns/b"], str(file))
    assert found["--chain"] == ("local", str(file))  # the name of a command as well
    assert found["--validator"] == (True, str(file))
    assert found["--rpc-cors"] == ([], str(file))
    assert found["--sync"] == ("full", "default")
    assert list(found) == [flag_of(item.name) for item in fields(NodeConfig)]


def test_a_variable_may_name_the_file_and_a_no_is_a_flag(file, capsys, monkeypatch):
    monkeypatch.setenv("STARMINER_CONFIG", str(file))
    found = shown(capsys, "--no-prometheus", "--changed")
    assert found["--rpc-port"] == (1000, str(file))
    assert found["--prometheus"] == (False, "flag")
    assert "--sync" not in found


def test_shorthands_are_said_to_be_some(capsys):
    found = shown(capsys, "--dev", "--changed")
    assert found == {
        "--validator": (True, "flag (shorthand)"),
        "--provider": (True, "flag (shorthand)"),
        "--dev-key": ("Alice", "flag (shorthand)"),
    }


def test_run_starts_with_what_show_shows(file, monkeypatch):
    started: list[NodeConfig] = []
    monkeypatch.setattr(run_module, "start", started.append)
    assert run(["run", "--config", str(file), "--alice", "-l", "p2p=debug"]) == 0
    assert started == [
        NodeConfig(
            chain="local",
            validator=True,
            rpc_port=1000,
            rpc_cors=(),
            name="filed",
            bootnodes=("/dns/a", "/dns/b"),
            dev_key="Alice",
            log=("p2p=debug",),
        )
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("rpc-prt = 1\n", "there is no setting 'rpc-prt': see `starminer config init`"),
        ("sources = 'x'\n", "there is no setting 'sources'"),
        ("verbose = 2\n", "there is no setting 'verbose'"),
        ("output = 'json'\n", "there is no setting 'output'"),
        ("rpc-port = \n", "Invalid value"),
        ('rpc-port = "many"\n', "many"),
        ("rpc-port = true\n", "true"),
        ("rpc-port = []\n", "wanted one value for rpc-port, got []"),
        ("bootnodes = '/dns/a'\n", "wanted a list, as [...], for bootnodes, got /dns/a"),
        ("[chain]\nname = 1\n", "wanted a value for chain, got a table"),
        ("rpc-port = 1\nrpc-port = 2\n", "Cannot overwrite a value"),
    ],
)
def test_a_wrong_file_is_refused_with_what_is_wrong(text, complaint, tmp_path, capsys):
    file = tmp_path / "node.toml"
    file.write_text(text)
    assert run(["config", "show", "--config", str(file)]) == 2
    told = capsys.readouterr()
    assert complaint in told.err
    assert told.out == ""


def test_a_file_that_is_not_there_is_refused(tmp_path, capsys):
    assert run(["run", "--config", str(tmp_path / "no.toml")]) == 2
    assert f"there is no file {tmp_path}/no.toml" in capsys.readouterr().err


def test_settings_that_cannot_go_together_are_refused(capsys):
    assert run(["config", "show", "--port", "9944"]) == 2
    assert "Each service wants a port of its own" in capsys.readouterr().err
    with pytest.raises(UsageError, match="wanted one development key, got Alice and Bob"):
        Shorthands(alice=True, bob=True).apply(NodeConfig())


def test_the_file_that_init_writes_is_every_setting_and_changes_none(tmp_path, capsys):
    file = tmp_path / "node.toml"
    assert run(["config", "init", str(file)]) == 0
    assert run(["config", "init", str(file)]) == 1  # it is not replaced
    capsys.readouterr()
    assert {origin for _, origin in shown(capsys, "--config", str(file)).values()} == {"default"}
    written = file.read_text()
    assert [name for name in names() if f"# {flag_of(name)[2:]} = " not in written] == []


def test_each_commented_line_is_toml_and_says_the_default():
    settings = [line[2:] for line in lines() if line.startswith("# ") and " = " in line]
    defaults = NodeConfig()
    for line in settings[1:] if "FILE" in settings[0] else settings:
        ((key, value),) = tomllib.loads(line).items()
        default = getattr(defaults, key.replace("-", "_"))
        wanted = "" if default is None else default
        assert value == (list(wanted) if isinstance(wanted, tuple) else wanted) or isinstance(
            default, Path
        )


def test_texts_with_quotes_stay_whole():
    assert tomllib.loads(f"a = {toml(Path('C:' + chr(92) + chr(34)))}") == {"a": 'C:\\"'}


def test_what_nobody_said_is_a_default():
    config = NodeConfig()
    rows = setting_rows(config, replace(config, chain="local"), sources_in(""))
    assert rows[0] == {"setting": "--chain", "value": "local", "from": "flag (shorthand)"}
    assert {row["from"] for row in rows[1:]} == {"default"}
