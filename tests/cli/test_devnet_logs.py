"""`devnet logs --follow`: each line that a node writes, once and whole, until Ctrl-C."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cli.devnet import nodes
from cli.devnet.nodes import Reader
from cli.devnet.plan import Node, make_plan
from tests.architecture.source import ROOT
from tests.support.patience import patient

GENESIS = "aa" * 32


@pytest.fixture
def alice(tmp_path: Path) -> Node:
    """Return a node that wrote three lines."""
    node = make_plan(tmp_path, "auto", GENESIS).nodes[0]
    node.log_file.write_text("one\ntwo\nthree\n")
    return node


def write(node: Node, text: str) -> None:
    with node.log_file.open("a") as log:
        log.write(text)


@pytest.mark.parametrize(
    ("lines", "shown"), [(0, ""), (2, "two\nthree\n"), (9, "one\ntwo\nthree\n")]
)
def test_it_begins_with_the_last_lines(alice: Node, lines: int, shown: str) -> None:
    assert Reader(alice, lines).news() == shown


def test_each_line_comes_once_and_when_it_is_whole(alice: Node) -> None:
    reader = Reader(alice, 1)
    assert [reader.news(), reader.news()] == ["three\n", ""]
    write(alice, "four\nfi")
    assert [reader.news(), reader.news()] == ["four\n", ""]
    write(alice, "ve\n")
    assert reader.news() == "five\n"


def test_a_log_that_goes_away_is_waited_for(alice: Node) -> None:
    reader = Reader(alice, 3)
    assert reader.news().endswith("three\n")
    alice.log_file.unlink()
    assert reader.news() == ""
    write(alice, "again\n")
    assert reader.news() == "again\n"


def test_a_line_without_an_end_is_given_in_pieces(
    alice: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nodes, "MOST_BYTES", 10)
    reader = Reader(alice, 0)
    write(alice, "x" * 25 + "\n")
    assert [reader.news() for _ in range(3)] == ["x" * 10, "x" * 10, "x" * 5 + "\n"]


def test_ctrl_c_ends_it_with_130_and_without_a_word(alice: Node, tmp_path: Path) -> None:
    words = ["devnet", "logs", "-f", "--lines", "1", "--state", str(tmp_path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-m", "cli.main", *words], cwd=ROOT, stdout=pipe, stderr=pipe, text=True
    ) as following:
        assert following.stdout is not None
        heard = [following.stdout.readline() for _ in range(2)]
        write(alice, "four\n")
        heard.append(following.stdout.readline())
        following.send_signal(signal.SIGINT)
        _, errors = following.communicate(timeout=patient(20))
    assert heard == [f"==> alice ({alice.log_file})\n", "three\n", "four\n"]
    assert (following.returncode, errors) == (130, "")
