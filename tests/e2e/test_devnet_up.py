"""Point 1: a devnet comes up, shows a final receipt and its page, or says which node failed."""

import re
from pathlib import Path
from typing import Any

import pytest

from cli.devnet.plan import load_plan
from cli.devnet.processes import running_pid
from tests.e2e.commands import http, starminer, until
from tests.e2e.conftest import DEADLINE
from tests.e2e.devnet import Devnet

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def test_req_c5_a_devnet_shows_a_final_block_with_a_receipt_and_stops_again(tmp_path: Path) -> None:
    ran = starminer("devnet", "up", "--once", "--ports", "auto", "--state", tmp_path, *DEADLINE)
    assert ran.code == 0, ran.err
    assert re.search(r"✓ block #\d+ 0x[0-9a-f]{8}… is final, with \d+ receipt", ran.out)
    rows = [line.split("  ")[0] for line in ran.out.splitlines()[1:6]]
    assert rows == ["alice", "bob", "charlie", "full", "gpu0"]
    assert [running_pid(node) for node in load_plan(tmp_path).nodes] == [None] * 5


def test_a_devnet_whose_node_cannot_start_ends_with_the_log_of_that_node(tmp_path: Path) -> None:
    database = tmp_path / "bob" / "chains" / "starminer_local" / "db"
    database.mkdir(parents=True)
    (database / "CURRENT").write_text("not a database\n")
    ran = starminer("devnet", "up", "--once", "--ports", "auto", "--state", tmp_path)
    assert ran.code == 1
    assert f"bob has ended; the end of {tmp_path / 'bob' / 'node.log'}:" in ran.err
    assert f"| error: the node could not run: database {database} is damaged" in ran.err
    assert [running_pid(node) for node in load_plan(tmp_path).nodes] == [None] * 5


def test_a_second_devnet_in_the_same_directory_is_refused(devnet: Devnet) -> None:
    ran = starminer("devnet", "up", "--once", "--ports", "auto", "--state", devnet.state)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("error: alice, bob, charlie, full, gpu0 of the devnet in")


def test_the_status_of_a_devnet_shows_five_processes(devnet: Devnet) -> None:
    words = ("devnet", "status", "--state", devnet.state, "--output", "json")

    def connected() -> list[dict[str, Any]] | None:
        rows = starminer(*words).json()
        return rows if all(row["peers"] == 4 for row in rows) else None

    shown = until("each of them has met the four others", connected)
    assert [(row["node"], row["role"]) for row in shown] == [
        ("alice", "validator"),
        ("bob", "validator"),
        ("charlie", "validator"),
        ("full", "full node"),
        ("gpu0", "provider"),
    ]
    assert len({row["pid"] for row in shown}) == 5


@pytest.mark.parametrize("node", ["alice", "full"])
def test_req_c6_the_explorer_is_served_on_the_rpc_port(devnet: Devnet, node: str) -> None:
    status, headers, page = http(devnet.port(node), "/")
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert headers["content-security-policy"].startswith(
        "default-src 'self'; script-src 'self' 'sha256-"
    )
    assert b"<title>" in page
