"""A devnet's plan, its processes by their ids, and what counts as proof that it works."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import trio

from cli.devnet.network import MEMBERS
from cli.devnet.plan import (
    PLAN_FILE,
    arguments_of,
    free_ports,
    is_taken_down,
    load_plan,
    make_plan,
)
from cli.devnet.processes import kill, log_tail, running_pid, start, stop
from cli.devnet.watch import ProvenBlock, live, live_line, proven_in
from cli.errors import CommandError, UsageError
from cli.main import run
from cli.sending import ledger_of
from tests.support.patience import patient

GENESIS = "aa" * 32
WITHIN_SECONDS = 20
SLEEPER = "import time; time.sleep(60)"
STUBBORN = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)"


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process whose command names the home of the node alice."""
    home = str(tmp_path / "alice")
    process = subprocess.Popen([sys.executable, "-c", SLEEPER, home])
    yield process
    process.kill()
    process.wait()


def test_a_plan_is_remembered(tmp_path: Path) -> None:
    made = make_plan(tmp_path, "auto", GENESIS)
    assert load_plan(tmp_path) == made
    assert [(n.name, n.role, n.dev_key) for n in made.nodes] == list(MEMBERS)


def test_what_another_version_left_is_not_touched(tmp_path: Path) -> None:
    made = make_plan(tmp_path, "auto", GENESIS)
    assert make_plan(tmp_path, "auto", GENESIS).genesis == made.genesis
    with pytest.raises(CommandError, match=r"wanted genesis bb.*got aa.*starminer devnet reset"):
        make_plan(tmp_path, "auto", "bb" * 32)
    assert load_plan(tmp_path).genesis == made.genesis


def test_no_two_services_of_a_devnet_share_a_port() -> None:
    ports = [port for t in free_ports(5) for port in (t.rpc, t.p2p, t.metrics)]
    assert len(set(ports)) == 15


def test_every_node_joins_all_before_it_so_that_none_is_needed(tmp_path: Path) -> None:
    plan = make_plan(tmp_path, "auto", GENESIS)
    addresses = [node.peer_address for node in plan.nodes]
    for i, node in enumerate(plan.nodes):
        words = arguments_of(plan, node)
        joined = [words[j + 1] for j, word in enumerate(words) if word == "--bootnodes"]
        assert joined == addresses[:i]
    first = f"/ip4/127.0.0.1/tcp/{plan.nodes[0].p2p_port}/p2p/12D3Koo"
    assert addresses[0].startswith(first)


def test_a_node_is_started_in_its_role(tmp_path: Path) -> None:
    plan = make_plan(tmp_path, "auto", GENESIS)
    roles = {"--validator", "--provider"}
    found = {node.name: sorted(roles & set(arguments_of(plan, node))) for node in plan.nodes}
    assert found == {
        "alice": ["--validator"],
        "bob": ["--validator"],
        "charlie": ["--validator"],
        "full": [],
        "gpu0": ["--provider", "--validator"],
    }


def test_a_directory_without_a_devnet_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="start one with `starminer devnet up`"):
        load_plan(tmp_path)


def test_a_process_is_found_stopped_and_gone(
    tmp_path: Path, sleeper: subprocess.Popen[bytes]
) -> None:
    alice = make_plan(tmp_path, "auto", GENESIS).nodes[0]
    alice.pid_file.write_text(str(sleeper.pid))
    assert running_pid(alice) == sleeper.pid
    stop([alice])
    assert running_pid(alice) is None


def test_a_process_of_somebody_else_with_a_reused_id_is_left_alone(
    tmp_path: Path, sleeper: subprocess.Popen[bytes]
) -> None:
    bob = make_plan(tmp_path, "auto", GENESIS).nodes[1]
    bob.pid_file.write_text(str(sleeper.pid))
    assert (running_pid(bob), kill(bob)) == (None, None)
    assert sleeper.poll() is None


def test_a_killed_node_is_gone_at_once(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    alice = make_plan(tmp_path, "auto", GENESIS).nodes[0]
    alice.pid_file.write_text(str(sleeper.pid))
    assert kill(alice) == sleeper.pid
    assert sleeper.wait() != 0


def test_a_node_that_is_killed_and_started_is_named_to_programs(
    tmp_path: Path, sleeper: subprocess.Popen[bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    plan = make_plan(tmp_path, "auto", GENESIS)
    alice = plan.nodes[0]
    alice.pid_file.write_text(str(sleeper.pid))
    where = ["--state", str(tmp_path), "--output", "jsonl"]
    assert run(["devnet", "kill", "alice", *where]) == 0
    sleeper.wait()
    assert run(["devnet", "start", "alice", *where]) == 0
    kill(alice)
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [
        {"killed": "alice"},
        {"started": "alice", "rpc": alice.url},
    ]


def test_the_tail_of_a_log_is_its_last_lines(tmp_path: Path) -> None:
    alice = make_plan(tmp_path, "auto", GENESIS).nodes[0]
    assert log_tail(alice) == "(it wrote nothing)"
    alice.log_file.write_text("".join(f"line {i}\n" for i in range(100)))
    assert log_tail(alice, 2) == "line 98\nline 99"


def block(number: int, receipts: int) -> dict[str, object]:
    return {"number": number, "hash": f"0x{number:064x}", "receipts": receipts, "extrinsics": 1}


def test_only_a_final_block_with_a_receipt_is_proof() -> None:
    recent = [block(9, 1), block(8, 0), block(7, 2)]
    assert proven_in(None) is None
    assert proven_in({"finalized": block(6, 0), "recent": recent}) is None
    proof = ProvenBlock(7, f"0x{7:064x}", 2)
    assert proven_in({"finalized": block(9, 0), "recent": recent}) == proof


def test_the_live_line_shows_best_and_final() -> None:
    line = live_line({"best": block(9, 2), "finalized": block(7, 0)})
    assert line == "#9 0x00000000…  1 extrinsic  2 receipts ✓  final #7"


def test_a_devnet_that_is_not_there_cannot_be_stopped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["devnet", "down", "--state", str(tmp_path)]) == 1
    assert "start one with `starminer devnet up`" in capsys.readouterr().err


def test_a_reset_deletes_the_nodes_and_asks_before(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = make_plan(tmp_path, "auto", GENESIS)
    assert run(["devnet", "reset", "--state", str(tmp_path)]) == 2
    assert Path(plan.nodes[0].home).exists()
    assert run(["devnet", "reset", "--yes", "--state", str(tmp_path)]) == 0
    assert list(tmp_path.iterdir()) == []
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("damage", ["{", "[]", '{"chain": 1}'])
def test_a_reset_cures_a_damaged_plan(tmp_path: Path, damage: str) -> None:
    plan = make_plan(tmp_path, "auto", GENESIS)
    (tmp_path / PLAN_FILE).write_text(damage)
    (tmp_path / "notes").mkdir()  # not a node's
    assert run(["devnet", "status", "--state", str(tmp_path)]) == 1
    assert run(["devnet", "reset", "--yes", "--state", str(tmp_path)]) == 0
    assert [one.name for one in tmp_path.iterdir()] == ["notes"]
    assert not Path(plan.nodes[0].home).exists()


def test_what_is_paid_names_its_token_and_has_a_unit() -> None:
    assert ledger_of("2AGPU") == ("balances", 2 * 10**12)
    assert ledger_of("1.5AGPU") == ("balances", 3 * 10**12 // 2)
    assert ledger_of("0.5AMAX") == ("amax", 5 * 10**11)
    assert ledger_of("2 AMAX") == ("amax", 2 * 10**12)
    for text in ("2", "1.5", "AGPU", "xAGPU", "2 BTC", "5DOT", "-1AGPU"):
        with pytest.raises(UsageError, match="wanted one with its unit, such as 100AGPU"):
            ledger_of(text)


def test_an_up_that_stays_ends_when_another_command_takes_the_devnet_down(
    tmp_path: Path, sleeper: subprocess.Popen[bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    plan = make_plan(tmp_path, "auto", GENESIS)
    plan.nodes[0].pid_file.write_text(f"{sleeper.pid}\n")

    async def stay() -> bool:
        with trio.move_on_after(patient(WITHIN_SECONDS)) as within:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(live, plan, False)
                await trio.to_thread.run_sync(run, ["devnet", "down", "--state", str(tmp_path)])
        return not within.cancelled_caught

    assert trio.run(stay)
    assert "stopped alice" in capsys.readouterr().err


@pytest.mark.parametrize("leave", ["nothing", "no pids"])
def test_an_up_that_stays_outlives_nodes_that_are_stopped_for_a_moment(
    tmp_path: Path, leave: str
) -> None:
    """`save` stops them, and `load` also takes their directories away: both start them again."""
    plan = make_plan(tmp_path, "auto", GENESIS)
    if leave == "nothing":
        for node in plan.nodes:
            shutil.rmtree(node.home)

    async def stay() -> bool:
        with trio.move_on_after(0.2) as within:
            await live(plan, False)
        return within.cancelled_caught

    assert trio.run(stay)


def test_an_up_that_stays_ends_with_the_state_that_it_watches(tmp_path: Path) -> None:
    plan = make_plan(tmp_path, "auto", GENESIS)
    assert run(["devnet", "reset", "--yes", "--state", str(tmp_path)]) == 0
    trio.run(live, plan, False)
    assert list(tmp_path.iterdir()) == []


def test_who_starts_a_node_again_is_not_told_that_the_devnet_is_down(tmp_path: Path) -> None:
    plan = make_plan(tmp_path, "auto", GENESIS)
    assert run(["devnet", "down", "--state", str(tmp_path)]) == 0
    assert is_taken_down(plan)
    start(plan, plan.nodes[0])
    kill(plan.nodes[0])
    assert not is_taken_down(plan)
