"""The command line: what is imported when, what is printed where, and what it exits with."""

import importlib
import os
import subprocess
import sys

import pytest

from cli.errors import (
    CommandError,
    DispatchFailed,
    NodeUnreachable,
    TookTooLong,
    UsageError,
    told,
)
from cli.help_pages import kept_page
from cli.main import COMMANDS, GROUPS, build_app, command_paths, run, wants_traceback
from tests.architecture.source import ROOT

HEAVY = ("trio", "libp2p", "numpy", "runtime", "node", "consensus", "p2p", "genesis")

LIST_HEAVY = f"""
import sys
from cli.main import run
run(sys.argv[1:])
print(sorted(name for name in {HEAVY} if name in sys.modules), file=sys.stderr)
"""


@pytest.mark.parametrize(
    "words",
    [
        *(["--help"], ["job", "--help"], ["devnet", "--help"], ["--version"]),
        *(["gov", "vote", "--help"], ["run", "-h"], ["tx", "--help"]),
    ],
)
def test_help_loads_nothing_that_it_does_not_need(words: list[str]) -> None:
    asked = subprocess.run(
        [sys.executable, "-c", LIST_HEAVY, *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert asked.stderr.splitlines()[-1] == "[]"


def test_a_kept_page_is_asked_for_alone() -> None:
    for words in ([], ["gov"], ["gov", "vote"]):
        assert kept_page([*words, "--help"]) == kept_page([*words, "-h"]) is not None
    others = ([], ["gov", "vote"], ["gov", "--help", "vote"], ["jbo", "--help"])
    assert [kept_page(words) for words in others] == [None] * len(others)


@pytest.mark.parametrize("words", [[], ["job"], ["job", "submit", "matmul"]], ids=" ".join)
def test_help_costs_less_than_three_tenths_of_a_second(words: list[str]) -> None:
    """Of a core and not by the clock: who shares the machine does not count; best of three."""
    line = [sys.executable, "-m", "cli.main", *words, "--help"]
    assert min(cpu_seconds_of(line) for _ in range(3)) < 0.3


def cpu_seconds_of(line: list[str]) -> float:
    """Return how long a program used a core, with all that its start costs."""
    with subprocess.Popen(line, cwd=ROOT, stdout=subprocess.DEVNULL) as started:
        _, status, used = os.wait4(started.pid, 0)
        started.returncode = os.waitstatus_to_exitcode(status)
    assert started.returncode == 0
    return used.ru_utime + used.ru_stime


@pytest.mark.parametrize("target", [target for target, _ in COMMANDS.values()])
def test_every_command_has_a_function(target: str) -> None:
    module, _, name = target.partition(":")
    assert callable(getattr(importlib.import_module(module), name))


@pytest.mark.parametrize("path", sorted(COMMANDS), ids=str)
def test_every_command_explains_itself(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*path.split(), "--help"]) == 0
    assert f"Usage: starminer {path}" in capsys.readouterr().out


def test_commands_and_groups_have_the_line_that_the_help_shows(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run(["--help"])
    shown = capsys.readouterr().out
    lines = {path: text for path, (_, text) in COMMANDS.items()} | GROUPS
    assert [text for path, text in lines.items() if " " not in path and text not in shown] == []


def test_an_unknown_command_exits_2_and_suggests(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["jbo"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert 'Did you mean "job"?' in shown.err


def test_a_missing_argument_exits_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["job", "status"]) == 2
    assert capsys.readouterr().out == ""


def test_a_node_that_does_not_answer_exits_3(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["query", "head", "--rpc", "ws://127.0.0.1:1"]) == 3
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("error: no node answers at ws://127.0.0.1:1 (")
    assert shown.err.endswith("start one with `starminer devnet up`, or name another with --rpc\n")


def test_a_node_of_another_kind_of_url_exits_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["query", "head", "--rpc", "gopher://127.0.0.1"]) == 2
    assert capsys.readouterr().err == (
        "error: wanted a URL that begins with ws://, wss:// or http://, such as "
        "ws://127.0.0.1:9944, got 'gopher://127.0.0.1'\n"
    )


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ("job result 7", 'Command "job result" parameter --out requires an argument'),
        ("query head --foo", "Unknown option: --foo"),
        ("provider status 5F 5G", "wanted no more words after `starminer provider status`, got "),
        ("job topup 3 5AGPU", 'Invalid value for UNITS: unable to convert "5AGPU" into int'),
        ("tx decode", "parameter TRANSACTION requires an argument"),
    ],
)
def test_words_that_are_no_command_are_told_in_a_line(
    words: str, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words.split()) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("error: ")
    assert what in shown.err
    command = " ".join(words.split()[:2])
    assert shown.err.endswith(f"`starminer {command} --help` shows what it takes\n")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            OSError(30, "Read-only file system", "/mnt/out.bin"),
            "/mnt/out.bin: Read-only file system",
        ),
        (ExceptionGroup("", [OSError(28, "No space left on device")]), "No space left on device"),
    ],
)
def test_what_the_system_refuses_is_no_bug(
    error: Exception, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told(error) == 1
    assert capsys.readouterr().err == f"error: {said}\n"


def test_each_kind_of_failure_has_its_own_exit_code() -> None:
    kinds = (CommandError, UsageError, NodeUnreachable, DispatchFailed, TookTooLong)
    assert [kind.exit_code for kind in kinds] == [1, 2, 3, 4, 5]


def test_a_traceback_comes_only_with_vv() -> None:
    with pytest.raises(CommandError):
        run(["chain", "spec", "show", "nowhere.json", "-vv"])
    assert run(["chain", "spec", "show", "nowhere.json"]) == 1
    assert [wants_traceback([word]) for word in ("-v", "-vv", "--verbose")] == [False, True, False]


def test_the_words_of_all_commands_are_known() -> None:
    paths = command_paths()
    assert {("run",), ("job", "submit", "matmul"), ("devnet",), ("chain", "spec")} <= paths
    assert build_app().name == ("starminer",)


def test_data_goes_to_standard_output_in_the_form_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["key", "inspect", "//Alice", "--output", "jsonl"]) == 0
    public = "0xd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d"
    address = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"
    shown = capsys.readouterr()
    assert shown.out == (
        f'{{"scheme":"sr25519","public_key":"{public}","address":"{address}","network":42}}\n'
    )
    assert shown.err == ""
