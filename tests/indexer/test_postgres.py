"""The same index in PostgreSQL, on a server that the tests start for themselves."""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import trio

from cli.errors import CommandError
from cli.indexer.dialects import opened
from cli.indexer.running import Work, index
from cli.indexer.sink import sink_at
from cli.indexer.tables import TABLES
from tests.architecture.source import ROOT
from tests.indexer.conftest import Lived
from tests.indexer.support import Dump, dump, unheard
from tests.indexer.test_page import JOBS, SUMS, TREASURY
from tests.support.needs import missing
from tests.support.patience import patient

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

START_SECONDS = 15
INSTALL_SECONDS = 120
DRIVER = ROOT / "build" / "clients" / "psycopg"
REQUIREMENTS = Path(__file__).with_name("requirements-postgres.txt")
UNPRIVILEGED = ("postgres", "nobody")


def programs() -> Path | None:
    """Return the folder of a server's programs; Debian keeps them out of the path."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    return next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)


@pytest.fixture(scope="module")
def driver() -> Iterator[Any]:
    """Return the driver: the installed one, or one in a folder of its own, made once."""
    if importlib.util.find_spec("psycopg") is not None:
        yield importlib.import_module("psycopg")
        return
    stamp, wanted = DRIVER / "stamp", REQUIREMENTS.read_text()
    if not stamp.exists() or stamp.read_text() != wanted:
        install = (sys.executable, "-m", "pip", "install", "--quiet", "--target", DRIVER)
        try:
            words = (*install, "--upgrade", "--no-deps", "-r", REQUIREMENTS)
            subprocess.run(words, check=True, timeout=INSTALL_SECONDS)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            missing(f"psycopg cannot be installed here: {error}")
        stamp.write_text(wanted)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(DRIVER)
        yield importlib.import_module("psycopg")


@pytest.fixture(scope="module")
def server() -> Iterator[Path]:
    """Run a server on a socket in a folder of its own, as somebody who is not root."""
    folder = programs()
    if folder is None:
        missing("no PostgreSQL server: apt-get install postgresql")
    with tempfile.TemporaryDirectory(prefix="starminer-pg-") as made:
        home = Path(made)
        who = owner(home)
        run = {"user": who, "cwd": home, "check": True, "stdout": subprocess.DEVNULL}
        data = home / "data"
        subprocess.run([folder / "initdb", "-D", data, "-A", "trust", "-U", "me", "-N"], **run)
        options = f"-k {home} -c listen_addresses='' -c fsync=off"
        control = [folder / "pg_ctl", "-D", data, "-w", "-t", f"{patient(START_SECONDS):.0f}"]
        subprocess.run([*control, "-l", home / "log", "-o", options, "start"], **run)
        try:
            yield home
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], **run)


def owner(home: Path) -> int | None:
    """Give the folder to somebody without privileges, where the tests run as root."""
    if os.geteuid() != 0:
        return None
    for name in UNPRIVILEGED:
        try:
            who = pwd.getpwnam(name)
        except KeyError:
            continue
        os.chown(home, who.pw_uid, who.pw_gid)
        return who.pw_uid
    pytest.skip(f"root may run no server, and there is none of {UNPRIVILEGED}")


@contextmanager
def asking(url: str) -> Iterator[Any]:
    connection, _ = opened(url)
    with closing(connection):
        yield connection


@pytest.fixture
def url(server: Path, driver: Any) -> str:
    """An empty database."""
    address = f"postgresql://me@/{{}}?host={server}"
    with driver.connect(address.format("postgres"), autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS chain")
        connection.execute("CREATE DATABASE chain")
    return address.format("chain")


def test_it_holds_what_the_index_in_sqlite_holds(lived: Lived, url: str) -> None:
    with sink_at(url, makes=True) as sink:
        trio.run(index, lived.chain.url, sink, Work(0, 40), unheard)
    with sink_at(url) as sink:
        place = trio.run(index, lived.chain.url, sink, Work(0, lived.chain.number), unheard)
        assert sink.place() == place
    assert alike(postgres_dump(url)) == alike(dump(lived.index))


def test_amounts_are_numbers_and_the_queries_of_the_page_run(lived: Lived, url: str) -> None:
    with sink_at(url, makes=True) as sink:
        trio.run(index, lived.chain.url, sink, Work(0, lived.chain.number), unheard)
    with asking(url) as connection:
        ((issued,),) = connection.execute(
            "SELECT sum(free + held) FROM balances WHERE token = 'AGPU'"
        ).fetchall()
        assert issued == Decimal(lived.client.do(total_issuance))
        for query in (JOBS, TREASURY):
            assert connection.execute(query).fetchall()
        assert "substr" in SUMS, "the rule of SQLite, which has no such numbers"
        (shown,) = connection.execute(
            "SELECT arguments->'value'->>'symbol' FROM extrinsics WHERE pallet = 'Amax'"
        ).fetchall()
        assert shown == ("AMAX",)


def test_a_kill_in_the_middle_of_a_batch_leaves_nothing_of_it(lived: Lived, url: str) -> None:
    with sink_at(url, makes=True) as sink:
        place = trio.run(index, lived.chain.url, sink, Work(0, 9), unheard)
        assert place is not None
        sink._connection.execute("BEGIN")
        sink._connection.execute("DELETE FROM blocks")
    with sink_at(url) as sink:
        assert sink.place() == place
        with asking(url) as connection:
            assert connection.execute("SELECT count(*) FROM blocks").fetchall() == [(10,)]
        sink.drop()
        assert sink.version() is None


@pytest.mark.usefixtures("driver")
def test_a_server_that_does_not_answer_is_named_without_a_traceback(server: Path) -> None:
    with pytest.raises(CommandError, match=r"PostgreSQL at a socket/nowhere: .*does not exist"):
        with_nothing(f"postgresql://me@/nowhere?host={server}")


def with_nothing(url: str) -> None:
    with sink_at(url):
        raise AssertionError("there is no such database")


async def total_issuance(core: Any) -> int:
    at = await core.block_hash("final")
    issued: int = await core.storage("Balances", "TotalIssuance", at=at)
    return issued


def postgres_dump(url: str) -> Dump:
    """Return everything in an index, in no order."""
    with asking(url) as connection:
        return {
            table.name: connection.execute(f"SELECT * FROM {table.name}").fetchall()
            for table in TABLES
        }


def alike(found: Dump) -> Dump:
    """Return what two databases say in the same words: numbers as digits, JSON in one order."""
    return {
        name: sorted((tuple(map(plain, row)) for row in rows), key=repr)
        for name, rows in found.items()
    }


def plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, str) and value[:1] in ("{", "["):
        value = json.loads(value)
    return json.dumps(value, sort_keys=True) if isinstance(value, dict | list) else value
