"""A node that cannot start says why in one sentence, and leaves everything as it found it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from genesis.spec import load_spec, to_json
from tests.e2e.commands import (
    HOST,
    LoneNode,
    Ran,
    finalized,
    free_ports,
    lone_node,
    port_words,
    starminer,
    until_final,
)

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

DEV = ("--chain", "dev", "--validator", "--dev-key", "Alice", "--name", "lone")
DATABASE = Path("chains", "starminer_dev", "db")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoneNode]:
    """Run a chain of one validator, whose ports and database others want."""
    with lone_node(tmp_path_factory.mktemp("refusals") / "first", *DEV) as node:
        until_final(node.rpc, 1)
        yield node


def refused(*words: object) -> Ran:
    """Run a node that must refuse to start."""
    ran = starminer("run", *words, "--log", "error", seconds=60)
    assert ran.out == ""
    assert "Traceback" not in ran.err
    assert ran.err.count("\n") == 1, ran.err
    return ran


@pytest.mark.parametrize(
    ("place", "flag"), [(0, "--rpc-port"), (1, "--port"), (2, "--prometheus-port")]
)
def test_a_busy_port_is_named_with_the_flag_that_chooses_another(
    running: LoneNode, tmp_path: Path, place: int, flag: str
) -> None:
    ports = free_ports(3)
    ports[place] = (running.rpc, running.p2p, running.metrics)[place]
    ran = refused(*DEV, "--base-path", tmp_path, *port_words(*ports))
    assert ran.code == 1
    address = f"/ip4/{HOST}/tcp/{ports[place]}" if flag == "--port" else f"{HOST}:{ports[place]}"
    assert f"wanted to listen on {address}, but another process does: stop it, or" in ran.err
    assert f"another {flag}" in ran.err or f"or {flag}" in ran.err
    until_final(running.rpc, (finalized(running.rpc) or 0) + 1)


def test_a_database_that_another_node_uses_is_refused_and_that_node_goes_on(
    running: LoneNode,
) -> None:
    ran = refused(*DEV, "--base-path", running.base, *port_words(*free_ports(3)))
    assert ran.code == 1
    database = running.base / DATABASE
    assert f"database {database} is in use by another process: stop that node, or" in ran.err
    until_final(running.rpc, (finalized(running.rpc) or 0) + 1)


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a database of a few blocks; LevelDB writes tables when it is opened again."""
    base = tmp_path_factory.mktemp("stopped") / "base"
    for blocks in (1, 2):
        with lone_node(base, *DEV) as node:
            until_final(node.rpc, blocks)
    return base


def damage(base: Path, pattern: str) -> tuple[Path, bytes]:
    """Flip half of the bits of the first such file; return it and what was in it."""
    file = min((base / DATABASE).glob(pattern))
    sound = file.read_bytes()
    middle = len(sound) // 2
    file.write_bytes(sound[:middle] + bytes(byte ^ 0xFF for byte in sound[middle:]))
    return file, sound


def refused_as_damaged(base: Path) -> None:
    ran = refused("--chain", "dev", "--base-path", base, *port_words(*free_ports(3)))
    assert ran.code == 1
    assert f"database {base / DATABASE} is damaged: " in ran.err
    assert "remove it with `starminer chain purge` and synchronise again" in ran.err


@pytest.mark.parametrize("pattern", ["MANIFEST-*", "*.log", "CURRENT"])
def test_a_damaged_database_is_refused_and_not_touched(
    stopped: Path, tmp_path: Path, pattern: str
) -> None:
    base = tmp_path / "base"
    shutil.copytree(stopped, base)
    damage(base, pattern)
    before = {file.name: file.read_bytes() for file in (base / DATABASE).glob("[0-9CM]*")}
    refused_as_damaged(base)
    after = {file.name: file.read_bytes() for file in (base / DATABASE).glob("[0-9CM]*")}
    assert after == before


def test_a_damaged_database_that_is_restored_serves_again(stopped: Path, tmp_path: Path) -> None:
    base = tmp_path / "base"
    shutil.copytree(stopped, base)
    table, sound = damage(base, "*.ldb")
    refused_as_damaged(base)
    table.write_bytes(sound)
    with lone_node(base, *DEV) as node:
        until_final(node.rpc, 3)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda spec: spec.pop("id"), "id is missing"),
        (lambda spec: spec["genesis"]["config"].pop("validators"), "validators"),
        (lambda spec: spec["genesis"]["config"]["validators"][0].pop("babe"), "babe is missing"),
        (lambda spec: spec.update(bootNode=[]), "bootNode"),
    ],
    ids=["id", "validators", "babe", "misspelt"],
)
def test_a_chain_spec_with_a_missing_field_is_refused_by_the_name_of_the_field(
    tmp_path: Path, spoil, told: str
) -> None:
    spec = msgspec.json.decode(to_json(load_spec("dev")))
    spoil(spec)
    file = tmp_path / "chain.json"
    file.write_bytes(msgspec.json.encode(spec))
    ran = refused("--chain", file, "--base-path", tmp_path / "base")
    assert ran.code == 2
    assert ran.err.startswith(f"error: {file}: ")
    assert told in ran.err
    assert not (tmp_path / "base").exists()


def test_a_chain_that_there_is_not_is_refused(tmp_path: Path) -> None:
    ran = refused("--chain", "mainnet", "--base-path", tmp_path)
    assert (ran.code, ran.err.startswith("error: wanted one of dev, local, testnet or")) == (
        2,
        True,
    )
