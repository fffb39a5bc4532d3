"""Every example of docs/examples runs as it stands there."""

import re
import runpy
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from cli.sdk import Devnet, Keypair, agpu, connect, devnet
from cli.sdk.jobs import DEFAULT_MARKET
from tests.node.support import ROOT
from tests.pallets.compute_market import info

EXAMPLES = ROOT / "docs" / "examples"


IDLE = info(bytes(32), market=DEFAULT_MARKET)
"""Capacity that nobody asks for: the price of its market falls."""


def run(name: str, *words: str) -> None:
    """Run an example as Python would from the command line."""
    given, sys.argv = sys.argv, [name, *words]
    try:
        runpy.run_path(str(EXAMPLES / name), run_name="__main__")
    finally:
        sys.argv = given


@contextmanager
def mining(chain: Devnet) -> Iterator[None]:
    """Make block after block for the length of a `with` block."""
    is_over = threading.Event()

    def mine() -> None:
        while not is_over.is_set():
            chain.mine()

    worker = threading.Thread(target=mine)
    worker.start()
    try:
        yield
    finally:
        is_over.set()
        worker.join()


def test_pay(chain: Devnet, capsys: pytest.CaptureFixture[str]) -> None:
    run("pay.py", chain.url)
    paid, has, too_much = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"paid in block \d+, for a fee of 0\.\d+AGPU", paid)
    assert has == "Bob has 1,000,001.5 AGPU"
    assert too_much == "too much: Token.FundsUnavailable: Funds are unavailable."


def test_become_a_provider(chain: Devnet, capsys: pytest.CaptureFixture[str]) -> None:
    run("become_provider.py", chain.url)
    with connect(chain.url) as client:
        address = client.address("//Ferdie")
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith(f"provider {address} since block ")
    assert told[1] == "its bond: 1000AGPU"


def test_watch_prices(chain: Devnet, capsys: pytest.CaptureFixture[str]) -> None:
    with connect(chain.url) as client:
        client.providers.register(Keypair.from_uri("//Eve"), IDLE, agpu(1_000))
    with mining(chain):
        run("watch_prices.py", chain.url, "2")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert all(re.fullmatch(r"block \d+: [\d.]+AGPU per CU", line) for line in lines)
    assert lines[0].split(": ")[1] != lines[1].split(": ")[1]


def test_vote(capsys: pytest.CaptureFixture[str]) -> None:
    with devnet(era_blocks=10) as short, mining(short):
        run("vote.py", short.url)
    phase, tally = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"referendum 0 is (preparing|deciding), until block \d+", phase)
    assert re.fullmatch(r"approval 100%, support 0\.\d+%", tally)


def test_write_a_pallet(capsys: pytest.CaptureFixture[str]) -> None:
    run("write_pallet.py")
    assert capsys.readouterr().out.splitlines() == [
        "was here in block 1",
        "guests: 1",
        "refused: Every account signs once.",
    ]


def test_buy_inference(capsys: pytest.CaptureFixture[str]) -> None:
    with devnet(provider=True) as served:
        run("buy_inference.py", served.url)
    held, paid, checked, *classes = capsys.readouterr().out.splitlines()
    assert held == "job 0: 2AGPU on hold"
    assert re.fullmatch(r"paid 0\.\d+AGPU; the rest came back", paid)
    assert checked == "4 of 20 leaves recomputed, wrong: ()"
    assert len(re.findall(r"\d+", " ".join(classes))) == 32


def test_each_example_is_run_by_a_test() -> None:
    tested = {f"{name.removeprefix('test_')}.py" for name in globals() if name.startswith("test_")}
    spelt = {name.replace("_a_", "_") for name in tested}
    assert {path.name for path in EXAMPLES.glob("*.py")} <= spelt
