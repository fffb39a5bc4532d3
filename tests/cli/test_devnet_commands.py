"""What devnets refuse: blocks that are not theirs to call, cuts that are none, unfit machines."""

import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from cli.devnet import preflight
from cli.devnet.network import default_network
from cli.devnet.partition import outlook, sides_of
from cli.devnet.plan import make_plan
from cli.errors import CommandError, UsageError
from cli.main import run

GENESIS = "aa" * 32


@pytest.mark.parametrize("words", [["mine"], ["mine", "3"], ["warp", "1h"]])
def test_a_chain_by_the_clock_has_no_called_blocks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    make_plan(tmp_path, "auto", GENESIS)
    assert run(["devnet", *words, "--state", str(tmp_path)]) == 1
    assert capsys.readouterr().err == (
        "error: the blocks of this devnet come by the clock, every 3s: wanted one whose blocks are "
        "called, such as `starminer devnet up --block-time manual --state .devnet-manual` begins "
        "after `starminer devnet down`; this one is kept\n"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["mine", "0"], "blocks: wanted 1 to 100000, got 0"),
        (["mine", "100001"], "blocks: wanted 1 to 100000, got 100001"),
        (["warp", "0"], "distance: wanted 1 to 100000 blocks, or a time such as 90s, 15m, 6h, 2d"),
        (["warp", "3x"], "got '3x'"),
        (["warp", "1.5h"], "got '1.5h'"),
        (["warp", "٣"], "distance: wanted"),
    ],
)
def test_what_is_no_distance_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    make_plan(tmp_path, "auto", GENESIS, default_network("manual"))
    assert run(["devnet", *words, "--state", str(tmp_path)]) == 2
    assert said in capsys.readouterr().err


def test_a_devnet_that_is_down_makes_no_blocks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_plan(tmp_path, "auto", GENESIS, default_network("manual"))
    assert run(["devnet", "mine", "--state", str(tmp_path)]) == 3
    assert "start one with `starminer devnet up`" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("alice,bob", "no side has more than two thirds of 4 authorities: nothing becomes final"),
        ("alice", "bob, charlie, full, gpu0 still makes blocks final; the other side has to wait"),
        ("full", "alice, bob, charlie, gpu0 still makes blocks final"),
        ("gpu0, alice ,bob", "alice, bob, gpu0 still makes blocks final"),
    ],
)
def test_a_cut_says_who_can_make_blocks_final(tmp_path: Path, named: str, said: str) -> None:
    plan = make_plan(tmp_path, "auto", GENESIS)
    assert outlook(plan, sides_of(plan, named)).startswith(said)


def test_a_side_without_nodes_or_of_unknown_ones_is_refused(tmp_path: Path) -> None:
    plan = make_plan(tmp_path, "auto", GENESIS)
    with pytest.raises(CommandError, match="no node is called 'eve': alice, bob"):
        sides_of(plan, "alice,eve")
    with pytest.raises(UsageError, match="wanted the names of one side, got all nodes"):
        sides_of(plan, "alice,bob,charlie,full,gpu0")


@pytest.mark.parametrize("words", [["partition", "alice"], ["heal"]])
def test_who_does_not_run_cannot_be_cut_off(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    make_plan(tmp_path, "auto", GENESIS)
    assert run(["devnet", *words, "--state", str(tmp_path)]) == 1
    assert "not running: alice, bob, charlie, full, gpu0; start them first" in (
        capsys.readouterr().err
    )


def test_programs_hear_who_was_cut_off(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_plan(tmp_path, "auto", GENESIS)
    monkeypatch.setattr("cli.devnet.partition.running_pid", lambda _node: 1)
    monkeypatch.setattr("cli.devnet.partition.settle", lambda _plan, _kept_away: None)
    where = ["--state", str(tmp_path), "--output", "jsonl"]
    assert run(["devnet", "partition", "alice,bob", *where]) == 0
    assert run(["devnet", "heal", *where]) == 0
    assert capsys.readouterr().out.splitlines() == [
        '{"sides":[["alice","bob"],["charlie","full","gpu0"]]}',
        '{"healed":["alice","bob","charlie","full","gpu0"]}',
    ]


def test_a_machine_that_lacks_something_is_told_all_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    preflight.refuse_unfit(tmp_path)
    monkeypatch.setitem(preflight.MODULES, "no_such_package", "a test")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=3 << 20))
    wanted = "no_such_package is not installed (a test); 3 MiB are free in"
    with pytest.raises(CommandError, match=re.escape(wanted)):
        preflight.refuse_unfit(tmp_path)
