"""The doctors: every check has a case in which it finds nothing, and one in which it must."""

import errno
import importlib.util
import json
import os
import resource
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import trio

from cli import doctor as machine
from cli import node_doctor
from cli.errors import CommandError
from cli.findings import Finding, report
from cli.main import release, run
from cli.node_doctor import Reading, is_local, judge, read
from cli.provider import doctor as provider
from cli.sdk.client import open_client
from runtime.pallets.runtime_upgrades import Upgrade
from tests.explorer.support import busy_node
from tests.rpc.support import serving
from tests.support.patience import patient

NOW = 1_000_000.0
MIB = 1 << 20

HEALTHY = Reading(
    url="ws://127.0.0.1:9944",
    now=NOW,
    name="starminer",
    version=release(),
    roles=["Full"],
    health={"peers": 3, "isSyncing": False, "shouldHavePeers": True},
    sync={"currentBlock": 500, "highestBlock": 500, "phase": "idle"},
    head={"best": {"number": 500, "timeMs": (NOW - 2) * 1000}, "lag": 2},
    slot_seconds=3.0,
    pending=0,
    methods=["system_health"],
    indexed=499,
    has_index=True,
    upgrade=None,
)
PROVIDER: dict[str, Any] = {
    "state": "active",
    "bondNeeded": "100000000000000",
    "shortSince": None,
    "uptime": 990_000_000,
    "reputation": 500_000_000,
    "certified": ["batch", "standard", "fast", "realtime"],
    "latencyP95": [0, 2, 1, 1],
    "telemetry": [{"beats": 0}, {"beats": 12}],
}


def head(**best: float) -> dict[str, Any]:
    return {"best": {**HEALTHY.head["best"], **best}, "lag": 2}


def states(found: list[Finding]) -> dict[str, str]:
    return {one.check: one.state for one in found}


def test_a_healthy_node_has_nothing_to_mend():
    assert set(states(judge(HEALTHY)).values()) == {"ok"}
    assert [one.next for one in judge(HEALTHY) if one.next] == []


@pytest.mark.parametrize(
    ("change", "check", "state", "detail", "next_word"),
    [
        ({"version": "0.0.9"}, "version", "warning", "the node runs 0.0.9", "pip install"),
        ({"upgrade": Upgrade(99, 620)}, "upgrade", "error", "lacks it", "within 120 blocks"),
        (
            {"health": {**HEALTHY.health, "peers": 0}},
            *("peers", "error", "none", "--bootnodes"),
        ),
        (
            {"health": {**HEALTHY.health, "peers": 2}},
            *("peers", "warning", "2, wanted 3 or more", "--public-addr"),
        ),
        (
            {"sync": {"currentBlock": 100, "highestBlock": 500, "phase": "blocks"}},
            *("sync", "warning", "block 100 of 500, blocks", "starminer top"),
        ),
        (
            {"head": head(timeMs=(NOW + 60) * 1000)},
            *("clock", "error", "60.0 s ahead of this clock", "timedatectl"),
        ),
        (
            {"head": head(timeMs=(NOW - 600) * 1000)},
            *("blocks", "error", "block 500 is 600 s old", "starminer validator status"),
        ),
        ({"head": head(number=0, timeMs=0)}, "blocks", "warning", "no block", "--validator"),
        (
            {"head": {**HEALTHY.head, "lag": 10}},
            *("finality", "warning", "10 blocks behind", "grandpa_roundState"),
        ),
        (
            {"head": {**HEALTHY.head, "lag": 100}},
            *("finality", "error", "100 blocks behind", "grandpa_roundState"),
        ),
        ({"pending": 5000}, "pool", "warning", "5000 transactions wait", "starminer top"),
        ({"indexed": 450}, "index", "warning", "50 blocks behind", "start the node again"),
        ({"indexed": 0}, "index", "warning", "more than 100 blocks", "start the node again"),
        (
            {"url": "ws://node.example:9944", "methods": ["author_rotateKeys"]},
            *("rpc", "warning", "unsafe methods to other machines", "--rpc-methods auto"),
        ),
        (
            {
                "url": "ws://node.example:9944",
                "methods": ["author_rotateKeys"],
                "roles": ["Authority"],
            },
            *("rpc", "error", "unsafe methods to other machines", "--rpc-methods auto"),
        ),
    ],
)
def test_each_fault_of_a_node_is_found_and_comes_with_what_is_next(
    change: dict[str, Any], check: str, state: str, detail: str, next_word: str
):
    (wrong,) = [one for one in judge(replace(HEALTHY, **change)) if one.state != "ok"]
    assert (wrong.check, wrong.state) == (check, state)
    assert detail in wrong.detail
    assert next_word in wrong.next


def test_old_blocks_of_a_node_that_is_syncing_are_no_error():
    health = {**HEALTHY.health, "isSyncing": True}
    syncing = replace(HEALTHY, health=health, head=head(timeMs=0), indexed=0)
    found = states(judge(syncing))
    assert (found["blocks"], found["sync"], found["index"]) == ("warning", "warning", "ok")


def test_a_node_without_an_index_and_one_that_needs_no_peers_are_well():
    alone = {**HEALTHY.health, "peers": 0, "shouldHavePeers": False}
    found = states(judge(replace(HEALTHY, health=alone, has_index=False, indexed=None)))
    assert (found["peers"], found["index"]) == ("ok", "ok")


async def test_a_reading_is_what_a_node_answers():
    node = busy_node()
    best = node.chain.best.number
    async with serving(node) as server:
        url = f"ws://127.0.0.1:{server.port}"
        async with open_client(url) as client:
            with trio.fail_after(
                patient(30)
            ):  # the node brings its index to the best block meanwhile
                while (reading := await read(client, url)).indexed != best:
                    await trio.lowlevel.checkpoint()
    assert (reading.best, reading.indexed, reading.upgrade) == (best, best, None)
    assert reading.slot_seconds == 3.0
    assert states(judge(reading))["node"] == "ok"


@pytest.mark.parametrize(
    ("error", "next_word"),
    [("gopher://127.0.0.1", "starminer run"), ("http://127.0.0.1:1", "starminer run")],
)
def test_a_node_that_does_not_answer_is_a_finding(error: str, next_word: str, capsys, tmp_path):
    words = ["doctor", "--node", error, "-o", "json", "--base-path", str(tmp_path)]
    assert run(words) == 1
    told = capsys.readouterr()
    first = json.loads(told.out)[0]
    assert (first["check"], first["state"]) == ("node", "error")
    assert next_word in first["next"]
    assert "to be mended: node; begin with: starminer run" in told.err


def test_a_runtime_that_this_release_lacks_is_a_finding(monkeypatch):
    def refuse(*_: object) -> None:
        raise CommandError("the next block is executed by starminer 9")

    monkeypatch.setattr(node_doctor, "ask", refuse)
    (found,) = node_doctor.look_at("ws://127.0.0.1:1", 1)
    assert (found.state, found.detail) == ("error", "the next block is executed by starminer 9")


@pytest.mark.parametrize(
    ("url", "local"),
    [
        *(("ws://127.0.0.1:9944", True), ("http://localhost:1", True), ("ws://[::1]:9", True)),
        *(("ws://10.0.0.1:9944", False), ("wss://node.example", False)),
    ],
)
def test_a_node_of_this_machine_is_known_by_its_address(url: str, local: bool):
    assert is_local(url) == local


# -- The machine -----------------------------------------------------------------------------------


def test_this_machine_can_be_looked_at_as_json(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "why_not", lambda _name: "")
    assert run(["doctor", "-o", "json", "--base-path", str(tmp_path)]) in (0, 1)
    found = {row["check"]: row for row in json.loads(capsys.readouterr().out)}
    assert list(found)[:4] == ["python", "memory", "open files", "database"]
    assert {row["state"] for row in found.values()} <= {"ok", "warning", "error"}
    assert all(row["next"] for row in found.values() if row["state"] != "ok")


def test_an_old_python_is_found(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 10, 4))
    found = machine.python()
    assert (found.state, found.next) == ("error", "install Python 3.11, then ./run setup")


def test_little_memory_is_found(monkeypatch):
    monkeypatch.setattr(os, "sysconf", lambda name: 4096 if name == "SC_PAGE_SIZE" else 1000)
    found = machine.memory()
    assert (found.state, found.next) == ("warning", "starminer run --pool-limit 1024")


def test_too_few_open_files_are_found(monkeypatch):
    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, 4096))
    assert machine.open_files().next == "ulimit -n 1024"
    monkeypatch.setattr(resource, "getrlimit", lambda _: (resource.RLIM_INFINITY, -1))
    assert machine.open_files().state == "ok"


def test_a_full_disk_is_found_wherever_the_data_will_be(monkeypatch, tmp_path):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=100 * MIB))
    found = machine.disk(tmp_path / "not" / "there" / "yet")
    assert found.state == "error"
    assert found.detail == f"0.1 GiB free in {tmp_path}, wanted 2"


def test_data_that_cannot_be_written_and_keys_that_others_read_are_found(monkeypatch, tmp_path):
    assert machine.data(tmp_path / "new").state == "ok"
    assert machine.data(tmp_path).state == "ok"
    keys = tmp_path / "chains" / "dev" / "keys"
    keys.mkdir(parents=True)
    key = keys / "babe-1.key.json"
    key.write_text("{}")
    key.chmod(0o600)
    assert machine.data(tmp_path).state == "ok"
    key.chmod(0o644)
    assert machine.data(tmp_path).next == f"chmod 600 {key}"
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)
    assert machine.data(tmp_path).detail == f"{tmp_path} cannot be written"


def test_a_library_that_is_missing_or_does_not_load_is_found(monkeypatch):
    missing = machine.module("database", "no_such_package", "pip install it")
    assert (missing.state, missing.next) == ("error", "pip install it")
    assert machine.why_not("json") == ""
    assert machine.why_not("no_such_package") == (
        "ModuleNotFoundError: No module named 'no_such_package'"
    )
    monkeypatch.setattr(machine, "why_not", lambda name: f"libgmp.so.10 is missing for {name}")
    broken = machine.network()
    assert broken.detail == (
        "fastecdsa is installed and cannot be loaded: libgmp.so.10 is missing for fastecdsa.curve"
    )
    assert broken.next.startswith("apt-get install libgmp10")


def test_taken_ports_are_found(monkeypatch):
    monkeypatch.setattr(machine, "is_free", lambda port: port != 9944)
    found = machine.ports()
    assert (found.state, found.detail) == ("warning", "9944 taken: another node may run")
    assert "starminer doctor --node ws://127.0.0.1:9944" in found.next


def test_a_gpu_that_nothing_can_drive_is_found(monkeypatch):
    monkeypatch.setattr(Path, "exists", lambda _: True)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    assert machine.gpu().next == "pip install 'starminer[gpu]'"


# -- The provider ----------------------------------------------------------------------------------


def test_a_provider_that_is_well_has_nothing_to_mend():
    checks = (provider.top_up, provider.heartbeat, provider.certificate, provider.reputation)
    assert {check(PROVIDER).state for check in checks} == {"ok"}


@pytest.mark.parametrize(
    ("check", "change", "state", "detail", "next_word"),
    [
        (
            *(provider.top_up, {"shortSince": 3}, "error"),
            *("since era 3, suspended in era 10", "providers.bond_extra"),
        ),
        (
            *(provider.heartbeat, {"telemetry": [{"beats": 0}, {"beats": 0}]}, "error"),
            *("none in this epoch or the last", "starminer provider start"),
        ),
        (
            *(provider.certificate, {"certified": ["batch", "standard"]}, "warning"),
            *("starts too slow for fast and realtime jobs", "starminer provider status"),
        ),
        (
            *(provider.reputation, {"reputation": 240_000_000}, "warning"),
            *("0.240", "starminer provider slashes"),
        ),
    ],
)
def test_each_fault_of_a_provider_is_found(check, change, state, detail, next_word):
    found = check({**PROVIDER, **change})
    assert found.state == state
    assert detail in found.detail
    assert next_word in found.next


def test_a_provider_that_rests_need_not_be_heard_of():
    assert provider.heartbeat({**PROVIDER, "state": "chilled", "telemetry": []}).state == "ok"


def test_a_market_that_buys_nothing_is_found():
    market = {"tier": 1, "region": 0, "isOpen": True, "price": {"total": "1500000000000"}}
    assert provider.price(market).detail.startswith("1.5 AGPU per CU in tier 1, region 0")
    assert provider.price({**market, "isOpen": False}).state == "error"


def rival(bond: int, **changes: object) -> dict[str, object]:
    """Return what the chain knows of a provider with a bond, a third of which is at stake."""
    known = {"reputation": 500_000_000, "reliability": 10**9, "bond": str(bond)}
    return {**known, "exposure": str(bond // 3), **changes}


def test_a_provider_learns_its_place_in_the_market():
    others = [rival(30), rival(60, reputation=100_000_000), rival(90)]
    found = provider.ranking(rival(60), others)
    assert (found.state, found.detail.partition(",")[0]) == ("ok", "place 2 of 4 in its market")
    assert provider.ranking(rival(60), []).detail.startswith("place 1 of 1 ")
    last = provider.ranking(rival(3), others)
    assert (last.state, last.detail.partition(",")[0]) == ("warning", "place 4 of 4 in its market")
    assert last.next.startswith("starminer tx providers.bond_extra amount=10AGPU")
    assert provider.ranking(rival(3), others[1:]).state == "ok"


def test_a_bond_that_is_all_at_stake_is_found():
    found = provider.ranking(rival(60, exposure="60"), [])
    assert (found.check, found.state) == ("ranking", "warning")
    assert found.detail == "all of its bond is at stake: it gets no work until some is done"


async def test_only_those_who_work_in_the_same_market_are_compared():
    reports = {
        "own": rival(60, account="own", tier=1, region=0, state="active"),
        "same": rival(30, account="same", tier=1, region=0, state="active"),
        "idle": rival(30, account="idle", tier=1, region=0, state="chilled"),
        "far": rival(30, account="far", tier=1, region=2, state="active"),
        "gone": None,
    }

    class Answers:
        async def call(self, method: str, *params: str) -> object:
            if method == "providers_list":
                return [{"account": name} for name in reports]
            return reports[params[0]]

    client = SimpleNamespace(rpc=Answers())
    assert await provider.rivals(client, reports["own"]) == [reports["same"]]


def test_findings_fail_the_command_only_if_one_must_be_mended(capsys):
    mild = [Finding("a", "ok", "fine"), Finding("b", "warning", "hm", "look")]
    report(mild, "jsonl")
    assert capsys.readouterr().out == (
        '{"check":"a","state":"ok","detail":"fine","next":null}\n'
        '{"check":"b","state":"warning","detail":"hm","next":"look"}\n'
    )
    with pytest.raises(CommandError, match=r"^to be mended: c; begin with: starminer run$"):
        report([*mild, Finding("c", "error", os.strerror(errno.EIO), "starminer run")], "json")
