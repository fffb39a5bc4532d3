"""`starminer chain bench`: blocks and calls of a real database, and this machine."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from cli.bench.blocks import row_of as block_row
from cli.bench.machine import Measure, busy, checks, memory, product, speed
from cli.bench.machine import row_of as machine_row
from cli.bench.pallets import row_of as pallet_row
from cli.bench.stretch import stored_at
from cli.blocks import Place, opened
from cli.main import run
from node.assembly import Ground
from node.metering import HOOK, Cost, costs_of
from node.offline import Rerun, Stored, rerun
from runtime.constants import LIMITS
from runtime.frame import Weight
from tests.architecture.source import ROOT
from tests.cli.test_blocks import BLOCKS, Machine, machine

CALLS = 4
"""In each block: the time, and three transfers."""


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    return machine(tmp_path_factory.mktemp("full"), None, blocks=BLOCKS)  # type: ignore[arg-type]


def bench(
    full: Machine, capsys: pytest.CaptureFixture[str], *words: str, fails: bool = False
) -> Any:
    """Run `starminer chain bench`; return the data, or why it failed."""
    place = ("--chain", str(full.spec), "--base-path", str(full.base), "--output", "json")
    code = run(["chain", "bench", *words, *place])
    shown = capsys.readouterr()
    assert (code != 0) == fails, shown.err
    return shown.err if fails else json.loads(shown.out)


def test_blocks_are_executed_again_and_stand_beside_the_weight_in_their_state(full, capsys):
    rows = bench(full, capsys, "block", "--repeat", "1")
    assert [row["number"] for row in rows] == list(range(1, BLOCKS + 1))
    assert {row["extrinsics"] for row in rows} == {CALLS}
    transfers = 3 * (4 * 25 + 4 * 100 + 20 + 100) / 1000
    assert all(transfers < row["declared_ms"] < 200 for row in rows)
    assert all(row["execute_ms"] > 0 and row["gas_ms"] == 0 for row in rows)


def test_blocks_of_a_file_are_measured_without_touching_a_database(full, capsys, tmp_path):
    place = ("--chain", str(full.spec), "--base-path", str(full.base))
    assert run(["chain", "export-blocks", str(tmp_path / "blocks"), *place]) == 0
    capsys.readouterr()
    nowhere = Machine(tmp_path / "nowhere", full.spec, full.capture)
    words = ("block", "--file", str(tmp_path / "blocks"), "--from", "3", "--to", "5")
    rows = bench(nowhere, capsys, *words, "--repeat", "1")
    assert [row["number"] for row in rows] == [3, 4, 5]
    assert not nowhere.base.exists()
    late = tmp_path / "late"
    assert run(["chain", "export-blocks", str(late), "--from", "4", *place]) == 0
    capsys.readouterr()
    said = bench(nowhere, capsys, "pallet", "--file", str(late), fails=True)
    assert "wanted blocks from 1 on, got blocks from 4 on" in said
    (tmp_path / "blocks").write_bytes(b"something else")
    assert "wanted a file that begins with" in bench(nowhere, capsys, *words, fails=True)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--from", "0"), f"wanted blocks between 1 and {BLOCKS}, got 0 to {BLOCKS}"),
        (("--from", "5", "--to", "4"), f"wanted blocks between 1 and {BLOCKS}, got 5 to 4"),
        (("--to", "11"), f"wanted blocks between 1 and {BLOCKS}, got 1 to 11"),
        (("--repeat", "0"), "--repeat: wanted 1 to 100, got 0"),
    ],
)
def test_blocks_that_are_not_there_are_not_measured(full, capsys, words, message):
    for kind in ("block", "pallet"):
        assert message in bench(full, capsys, kind, *words, fails=True)


def test_calls_and_hooks_stand_beside_their_weights(full, capsys):
    rows = {row["what"]: row for row in bench(full, capsys, "pallet", "--repeat", "1")}
    transfer = rows["Balances.transfer_keep_alive"]
    declared = {"reads_declared": 4, "writes_declared": 4, "us_declared": 520}
    assert transfer | declared == transfer
    assert (transfer["times"], transfer["reads"], transfer["writes"]) == (3 * BLOCKS, 2, 2)
    assert rows["Timestamp.set"]["times"] == rows[f"Babe.{HOOK}"]["times"] == BLOCKS
    for row in rows.values():
        assert row["reads"] <= row["reads_declared"], row
        assert row["writes"] <= row["writes_declared"], row


def test_one_pallet_is_measured_and_one_that_is_not_there_is_told(full, capsys):
    rows = bench(full, capsys, "pallet", "balances", "--from", "9", "--repeat", "1")
    assert {row["what"].partition(".")[0] for row in rows} == {"Balances"}
    said = bench(full, capsys, "pallet", "Nothing", fails=True)
    assert "wanted a pallet (System, Babe, " in said
    assert "got 'Nothing'" in said


def cost(*, reads: int = 1, writes: int = 1, us: float = 10) -> Cost:
    """Return a cost of what declares two keys read, one written, and 200 us in all."""
    return Cost("Balances", "burn", Weight(2, 1, 50_000), reads, writes, us / 10**6)


def test_each_number_of_a_row_is_the_dearest_there_was():
    row = pallet_row("Balances.burn", [cost(reads=2), cost(us=100), cost(writes=0)])
    assert row == {
        "what": "Balances.burn",
        "times": 3,
        "reads": 2,
        "reads_declared": 2,
        "writes": 1,
        "writes_declared": 1,
        "us": 100.0,
        "us_declared": 200,
        "used_percent": 50.0,
        "verdict": "ok",
    }


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (cost(reads=3), "reads"),
        (cost(writes=2), "writes"),
        (cost(us=201), "slow"),
        (cost(reads=3, writes=2, us=300), "reads, writes, slow"),
    ],
)
def test_what_is_above_its_declaration_is_said(found, verdict):
    assert pallet_row("Balances.burn", [cost(), found])["verdict"] == verdict


def test_a_block_is_slow_by_the_median_of_its_runs(full):
    run = Rerun(2, 0, 0.001, 0.010, 2_000_000, 20 * 10**9)
    with block_2(full) as (_, stored):
        pass
    row = block_row(stored, [run, replace(run, execute_seconds=9.0), run])
    assert row == {
        "number": 2,
        "extrinsics": 2,
        "declared_ms": 20.0,
        "execute_ms": 10.0,
        "used_percent": 50.0,
        "proofs": 0,
        "gas_ms": 2.0,
        "check_ms": 1.0,
        "verdict": "ok",
    }
    late = replace(run, execute_seconds=0.021, check_seconds=0.003)
    assert block_row(stored, [late])["verdict"] == "slow: execute, check"
    assert block_row(stored, [replace(late, gas_nanoseconds=0)])["verdict"] == "slow: execute"


@contextmanager
def block_2(full: Machine) -> Iterator[tuple[Ground, Stored]]:
    """Open the database of a machine; yield it with block 2."""
    with opened(Place(str(full.spec), full.base)) as ground:
        yield ground, stored_at(ground, 2)


def test_what_is_measured_is_all_that_the_block_declares(full):
    """Hooks are run here as `BlockExecution` runs them: this fails when it runs others."""
    with block_2(full) as (ground, stored):
        state = ground.chain.state_at(stored.parent.hash)
        rules = ground.executive.rules_at(state)
        costs = costs_of(rules, stored, state, with_keys=True)
        declared = sum(cost.declared.ref_time for cost in costs)
        declared += CALLS * LIMITS.extrinsic_picoseconds
        assert declared == rerun(ground, stored).weight_picoseconds
        timed = costs_of(rules, stored, state, with_keys=False)
        assert [replace(one, reads=0, writes=0, seconds=0) for one in costs] == [
            replace(one, seconds=0) for one in timed
        ]


def test_strict_ends_with_1_where_something_is_above_its_declaration(full, capsys, monkeypatch):
    slow = Rerun(1, 0, 0.0, 5.0, 0, 10**9)
    monkeypatch.setattr("cli.bench.blocks.rerun", lambda _ground, _stored: slow)
    words = ("block", "--from", "9", "--repeat", "1")
    assert [row["verdict"] for row in bench(full, capsys, *words)] == ["slow: execute"] * 2
    said = bench(full, capsys, *words, "--strict", fails=True)
    assert "error: slower than declared: 2 blocks, the first is 9" in said


def test_this_machine_is_measured_line_by_line_and_nothing_is_left_behind(
    capsys, tmp_path, monkeypatch
):
    monkeypatch.setattr("cli.bench.machine.RECORDS", 2_000)
    words = ["chain", "bench", "machine", "--base-path", str(tmp_path / "later" / "node")]
    assert run([*words, "--seconds", "0.001", "-o", "jsonl"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["unit"], row["wanted"]) for row in rows] == [
        ("checks/s", 10_000),
        ("checks/s", 10_000),
        ("MB/s", 500),
        ("MB/s", 167),
        ("GB/s", 3.93),
        ("MB/s", 39.32),
        ("MB/s", 39.32),
        ("records/s", 10_000),
        ("records/s", 40_000),
        ("GOPS", 40.96),
    ]
    assert all(row["found"] > 0 for row in rows)
    assert list(tmp_path.iterdir()) == []
    assert run([*words, "--seconds", "0"]) == 2
    assert "--seconds: wanted 0.001 to 60, got 0.0" in capsys.readouterr().err


def test_a_machine_that_is_slower_than_wanted_is_not_ok():
    measure = Measure("sleep", "naps/s", 100.0, 1, lambda: None)
    assert machine_row(measure, 99.9)["verdict"] == "slow"
    assert machine_row(measure, 100.0)["verdict"] == "ok"


def test_a_busy_machine_is_told():
    assert busy(0.9, 2) == ""
    assert busy(7.85, 2) == ("other programs ran: load 7.8 on 2 cores; stop them and measure again")


def test_every_measure_does_what_it_says():
    for measure in (*checks(), *memory(), product()):
        assert speed(measure, 0.001) > 0, measure.what


def test_a_node_and_a_benchmark_multiply_on_one_core():
    script = (
        "import os, sys\nfrom cli import main\n"
        "main.run = lambda words: print(words[0], os.environ.get('OPENBLAS_NUM_THREADS'))\n"
        "main.main()"
    )
    bare = {key: value for key, value in os.environ.items() if key != "OPENBLAS_NUM_THREADS"}
    for words, threads in (
        (["run", "--dev"], "1"),
        (["chain", "bench", "block"], "1"),
        (["chain", "info"], "None"),
    ):
        asked = [sys.executable, "-c", script, *words]
        said = subprocess.run(asked, cwd=ROOT, env=bare, capture_output=True, text=True, check=True)
        assert said.stdout.split() == [words[0], threads]
