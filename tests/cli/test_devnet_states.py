"""States of a devnet that are kept by name: whole or not at all, and gone back to."""

import shutil
from pathlib import Path

import msgspec
import pytest

from cli.devnet.network import default_network
from cli.devnet.plan import Plan, load_plan, make_plan
from cli.devnet.states import COMING, KEPT, finish_load
from cli.main import run

GENESIS = "aa" * 32


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """Return a devnet that is down, with a file in each node's home."""
    (tmp_path / "net").mkdir()
    found = make_plan(tmp_path / "net", "auto", GENESIS, default_network("manual"))
    write(found, "first")
    return found


def write(plan: Plan, text: str) -> None:
    """Give each node a database of one file, and a log."""
    for node in plan.nodes:
        database = Path(node.home) / "chains" / "db"
        database.mkdir(parents=True, exist_ok=True)
        (database / "CURRENT").write_text(f"{node.name} {text}")
        node.log_file.write_text(text)


def written(plan: Plan) -> list[str]:
    """Return what each node has in its database."""
    return [(Path(node.home) / "chains" / "db" / "CURRENT").read_text() for node in plan.nodes]


def asked(plan: Plan, *words: str) -> int:
    """Run a command of the devnet."""
    return run(["devnet", *words, "--state", str(Path(plan.nodes[0].home).parent)])


def test_a_state_is_kept_and_gone_back_to(
    plan: Plan, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asked(plan, "save", "one") == 0
    before = written(plan)
    write(plan, "second")
    assert asked(plan, "load", "one", "--yes") == 0
    assert written(plan) == before == ["alice first", "full first", "gpu0 first"]
    assert load_plan(tmp_path / "net") == plan
    assert not plan.nodes[0].log_file.exists()
    capsys.readouterr()
    assert asked(plan, "states", "--output", "jsonl") == 0
    assert '"name":"one","nodes":"alice, full, gpu0"' in capsys.readouterr().out


def test_what_was_done_is_told_to_programs_too(
    plan: Plan, capsys: pytest.CaptureFixture[str]
) -> None:
    """A person hears it in a sentence on standard error; standard output is for data."""
    words = (["save", "one"], ["load", "one", "--yes"], ["down"], ["reset", "--yes"])
    assert [asked(plan, *one, "--output", "jsonl") for one in words] == [0] * len(words)
    told = capsys.readouterr()
    assert [msgspec.json.decode(line) for line in told.out.splitlines()] == [
        {"kept": "one", "size": "0.0 MB"},
        {"loaded": "one", "running": []},
        {"stopped": []},
        {"deleted": str(Path(plan.nodes[0].home).parent)},
    ]
    assert len(told.err.splitlines()) == len(words)


def test_a_node_keeps_the_ports_that_it_has_today(plan: Plan, tmp_path: Path) -> None:
    assert asked(plan, "save", "one") == 0
    today = make_plan(tmp_path / "net", "auto", GENESIS, default_network("manual"))
    assert asked(plan, "load", "one", "--yes") == 0
    assert [
        (n.rpc_port, n.p2p_port, n.metrics_port) for n in load_plan(tmp_path / "net").nodes
    ] == [(n.rpc_port, n.p2p_port, n.metrics_port) for n in today.nodes]


def test_a_name_that_exists_is_refused_without_force(
    plan: Plan, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asked(plan, "save", "one") == 0
    write(plan, "second")
    assert asked(plan, "save", "one") == 1
    assert "a state called one exists: choose another name, or say --force" in (
        capsys.readouterr().err
    )
    assert asked(plan, "save", "one", "--force") == 0
    write(plan, "third")
    assert asked(plan, "load", "one", "--yes") == 0
    assert written(plan) == ["alice second", "full second", "gpu0 second"]


def test_nothing_is_lost_without_a_word(plan: Plan, capsys: pytest.CaptureFixture[str]) -> None:
    assert asked(plan, "save", "one") == 0
    write(plan, "second")
    assert asked(plan, "load", "one") == 2
    assert "say --yes to give up what the nodes have now" in capsys.readouterr().err
    assert written(plan)[0] == "alice second"


def test_a_state_survives_a_reset(plan: Plan, capsys: pytest.CaptureFixture[str]) -> None:
    assert asked(plan, "save", "one") == 0
    assert asked(plan, "reset", "--yes") == 0
    assert "kept states stay: starminer devnet states" in capsys.readouterr().err
    assert asked(plan, "load", "one") == 0
    assert written(plan)[0] == "alice first"


def test_a_node_that_the_state_did_not_have_is_gone(plan: Plan, tmp_path: Path) -> None:
    assert asked(plan, "save", "one") == 0
    other = make_plan(tmp_path / "net", "auto", GENESIS)
    assert asked(other, "load", "one", "--yes") == 0
    assert not Path(other.node("bob").home).exists()
    assert written(plan)[0] == "alice first"


@pytest.mark.parametrize("name", ["", "../one", ".one", "a b", "x" * 65])
def test_what_is_no_name_is_told(plan: Plan, capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert asked(plan, "save", name) == 2
    assert "name: wanted up to 64 letters, digits" in capsys.readouterr().err


def test_a_state_that_is_not_there_is_told_with_those_that_are(
    plan: Plan, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asked(plan, "load", "two", "--yes") == 1
    assert asked(plan, "save", "one") == 0
    assert asked(plan, "load", "two", "--yes") == 1
    said = capsys.readouterr().err
    assert "no state is called two: none" in said
    assert "no state is called two: one" in said


def test_a_save_that_fails_leaves_no_half_of_a_state(
    plan: Plan, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "copytree", full)
        assert asked(plan, "save", "one") == 1
    assert "no space left on device" in capsys.readouterr().err
    assert asked(plan, "states") == 0
    assert capsys.readouterr().out == "(none)\n"
    assert asked(plan, "save", "one") == 0


@pytest.mark.parametrize("moved", [0, 1, 3])
def test_a_load_that_was_interrupted_is_finished_by_the_next_command(
    plan: Plan, tmp_path: Path, moved: int
) -> None:
    assert asked(plan, "save", "one") == 0
    state = tmp_path / "net"
    coming = state / KEPT / COMING
    shutil.copytree(state / KEPT / "one", coming)
    write(plan, "second")
    for node in plan.nodes[:moved]:
        shutil.rmtree(node.home)
        (coming / node.name).rename(node.home)
    assert finish_load(state) == plan
    assert written(plan) == ["alice first", "full first", "gpu0 first"]
    assert finish_load(state) is None
