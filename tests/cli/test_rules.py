"""The rules that every command keeps, found by walking all of them: how it prints and ends."""

import ast
import importlib
import inspect
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import is_dataclass
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import pytest
import trio

from cli import main
from cli.errors import CommandError, UsageError, told
from cli.examples import EXAMPLES
from cli.main import ALIASES, COMMANDS, GROUPS, build_app, run
from cli.options import Output, Signing
from genesis.notation import BadNotation, parse_amount
from tests.architecture.source import ROOT, python_files
from tests.support.patience import patient

SERVICES = {"run", "provider start", "devnet traffic"}
"""They run until they are stopped, and what they write is a log."""
TEXTS = {"completion", "chain spec build", "devnet spec", "devnet logs"}
"""What they print has its own format: a script of a shell, the JSON of a spec, TOML, logs."""
MANY_CALLS = {"econ attack self-deal", "oracle run"}
"""They send calls for as long as they run, on a devnet or as an oracle's service."""

CASES = {"job dispute", "job challenge"}
"""They answer the other side until a case is decided."""

NEVER_LOADED = ("libp2p", "rich", "textual", "structlog", "prometheus_client", "ray", "pycuda")
OPENERS = {
    *("cli.blocks", "cli.purge", "cli.snapshots", "cli.state_export"),
    *("cli.bench.blocks", "cli.bench.machine", "cli.bench.pallets"),
}
"""The commands that open a database of this machine."""

SECRET = re.compile(r"(^|_)(password|passphrase|secret|phrase|mnemonic|private_key)(_|$)")
SECRET_PLACES = re.compile(r"_(file|fd|env)$|^password$")
"""A file, a descriptor, a variable; `password` is what holds the three."""
ABSENT = re.compile(
    r"(there is|\bhas|are) no |no [a-z]+ is (called|open)|does not exist|has nothing|"
    r"best block is|withdrawn in era|it has no|no result"
)
NEXT = re.compile(r"`starminer [a-z]|--[a-z]")
ANSWERS = {
    "live.py: the node has no block …",
    "transactions.py: the transaction has no event …",
}
"""Nodes say so, and nothing that is typed changes it."""
AMOUNTS = ("amount", "value", "bond", "tip", "max_price", "escrow", "deposit", "stake", "fee")

COUNTED = {("asset mint", "amount"), ("asset transfer", "amount")}
"""Of an asset that the line names by its number, in its smallest unit: it need not have another."""


def function_of(path: str) -> Callable[..., object]:
    module, _, name = COMMANDS[path][0].partition(":")
    found: Callable[..., object] = getattr(importlib.import_module(module), name)
    return found


def options_of(path: str) -> dict[str, Any]:
    """Return the flags of a command with their types; those of shared options as well."""
    hints = get_type_hints(function_of(path))
    hints.pop("return", None)
    found = dict(hints)
    for kind in hints.values():
        if is_dataclass(kind):
            found |= get_type_hints(kind)
    return found


def kinds_of(path: str) -> list[type]:
    hints = get_type_hints(function_of(path))
    return [kind for kind in hints.values() if isinstance(kind, type)]


def writes(path: str) -> bool:
    return any(issubclass(kind, Signing) for kind in kinds_of(path))


def test_whatever_answers_takes_output():
    silent = {
        path for path in COMMANDS if not any(issubclass(kind, Output) for kind in kinds_of(path))
    }
    assert silent == SERVICES | TEXTS


def test_whatever_fails_is_told_with_vv():
    assert [path for path in COMMANDS if "verbose" not in options_of(path)] == []
    assert run(["completion", "bash", "-vv"]) == 0
    with pytest.raises(CommandError, match="starminer devnet up"):
        run(["devnet", "kill", "bob", "--state", "nowhere", "-vv"])


def test_what_is_shared_is_a_flag_and_never_a_place():
    """`starminer version json` would otherwise be a format."""
    for path in COMMANDS:
        hints = get_type_hints(function_of(path))
        for name, one in inspect.signature(function_of(path)).parameters.items():
            if isinstance(hints[name], type) and is_dataclass(hints[name]):
                assert one.kind is inspect.Parameter.KEYWORD_ONLY, f"{path}: {name}"


def test_every_flag_of_a_devnet_says_what_it_is():
    for path in COMMANDS:
        if path.startswith("devnet "):
            explained = inspect.getdoc(function_of(path)) or ""
            assert "\nstate\n" in explained or "state" not in options_of(path), path


def test_whatever_signs_can_be_tried_without_sending():
    bold = {path for path in COMMANDS if writes(path) and "dry_run" not in options_of(path)}
    assert bold == MANY_CALLS - {"oracle run"}


def test_whatever_signs_says_how_long_to_wait():
    hasty = {path for path in COMMANDS if writes(path) and "wait" not in options_of(path)}
    assert hasty == MANY_CALLS | CASES


def test_secrets_stand_in_files_descriptors_and_variables_never_among_the_arguments():
    for path in COMMANDS:
        named = [name for name in options_of(path) if SECRET.search(name)]
        assert [name for name in named if not SECRET_PLACES.search(name)] == [], path


def test_who_names_what_is_not_there_is_told_what_to_type_next():
    """Such an error names a command or a flag."""
    mute = {
        f"{path.name}: {shown}"
        for path in python_files("cli")
        for shown, said in errors_in(ast.parse(path.read_text()))
        if ABSENT.search(shown) and not NEXT.search(said)
    }
    assert mute == ANSWERS


def errors_in(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield what each CommandError says, and the same with the texts that it puts into it."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        texts = {
            ast.unparse(node.targets[0]): text_of(node.value)
            for node in ast.walk(function)
            if isinstance(node, ast.Assign)
        }
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "CommandError":
                names = [one.id for one in ast.walk(node) if isinstance(one, ast.Name)]
                shown = text_of(node.args[0])
                yield shown, " ".join([shown, *(texts.get(name, "") for name in names)])


def text_of(node: ast.expr) -> str:
    """Return a text of the source with … for what is put into it at run time."""
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(part) for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else "…"


def test_amounts_are_text_with_a_unit_and_never_bare_numbers():
    for path in COMMANDS:
        for name, kind in options_of(path).items():
            if name in AMOUNTS and (path, name) not in COUNTED:
                inner = get_args(kind)[0] if get_origin(kind) is Annotated else kind
                assert inner in (str, str | None), f"{path}: {name} is {kind}"
    with pytest.raises(BadNotation, match=r"wanted an amount with its unit, such as 1.5AGPU"):
        parse_amount("1.5")


def test_every_command_and_group_is_summed_up_in_one_sentence():
    summaries = {path: text for path, (_, text) in COMMANDS.items()} | GROUPS
    for path, text in summaries.items():
        assert re.fullmatch(r"[A-Z][^.]*\.", text), f"{path}: {text!r}"
        assert len(text) <= 60, f"{path}: {text!r} does not fit the line of a help page"
    for path in COMMANDS:
        first = (inspect.getdoc(function_of(path)) or "").split("\n\n")[0]
        assert first.rstrip().endswith("."), f"{path}: {first!r}"


def test_what_is_typed_first_has_two_examples():
    asked = {"", "run", "devnet", "doctor", "top", "chain", "key", "wallet", "query", "tx", "job"}
    asked |= {"job submit", "gov", "treasury", "pool", "vault", "oracle", "validator", "provider"}
    assert asked <= {group for group, lines in EXAMPLES.items() if len(lines) >= 2}


@pytest.mark.parametrize("group", sorted(EXAMPLES))
def test_examples_are_shown_by_the_help_and_can_be_typed(
    group: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.chdir(tmp_path)
    Path("node.toml").touch()
    assert run([*group.split(), "--help"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    for line in EXAMPLES[group]:
        assert line in shown
        words = line.split()[1:]
        build_app().parse_args(words, exit_on_error=False, print_error=False)


def test_substrates_spellings_are_known_and_shown_by_no_help(capsys: pytest.CaptureFixture[str]):
    assert set(ALIASES.values()) <= set(COMMANDS)
    for alias in ALIASES:
        _, chosen, _ = build_app().parse_commands(alias.split())
        assert chosen[-1].name[0] == alias.split()[-1]
    assert run(["--help"]) == 0
    assert "build-spec" not in capsys.readouterr().out
    assert run(["build-spec", "--chain", "dev"]) == 0
    assert '"id": "starminer_dev"' in capsys.readouterr().out


def test_only_one_place_asks_and_only_a_person_at_a_terminal():
    """`chain.agreed` looks for a terminal first; without one the answer is no."""
    questions = {"input", "getpass", "getpass.getpass", "sys.stdin.readline", "Prompt.ask"}
    asking = [file.name for file, called in calls_within("cli") if called in questions]
    assert asking == ["chain.py"]


def test_only_services_and_texts_print_past_the_one_place_that_knows_the_formats():
    """Data goes through `printing.show`; the others print text, a stream, or to standard error."""
    allowed = {
        *("printing.py", "main.py", "watch.py", "rpc.py", "completion.py", "chain.py"),
        *("commands.py", "nodes.py", "spec.py", "docs.py"),
    }
    assert {file.name for file, called in calls_within("cli") if called == "print"} <= allowed


def calls_within(package: str) -> Iterator[tuple[Path, str]]:
    """Yield each file with the name of what it calls; `print` to standard error does not count."""
    for file in python_files(package):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and not any(word.arg == "file" for word in node.keywords):
                yield file, ast.unparse(node.func)


def test_no_help_loads_the_network_a_screen_or_a_log():
    """Each command's module at once: what none of them loads, no help page does."""
    modules = sorted({target.partition(":")[0] for target, _ in COMMANDS.values()} - OPENERS)
    script = (
        f"import importlib, sys\nfor name in {modules}: importlib.import_module(name)\n"
        f"print([name for name in {(*NEVER_LOADED, 'plyvel')} if name in sys.modules])"
    )
    words = [sys.executable, "-c", script]
    asked = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    assert asked.stdout == "[]\n"


@pytest.fixture
def mute() -> Iterator[int]:
    """A port that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("scheme", ["ws", "http"])
def test_ctrl_c_ends_with_130_and_without_a_traceback(mute: int, scheme: str):
    """The script says when the question is under way: before, there is nothing to interrupt."""
    script = (
        "import sys, trio\nfrom cli.main import run\nimport cli.query\n"
        "class Heard(trio.abc.Instrument):\n"
        "    def before_io_wait(self, timeout):\n"
        "        if timeout > 1: print('waiting', flush=True)\n"
        "start = trio.run\n"
        "trio.run = lambda task: start(task, instruments=[Heard()])\n"
        f"sys.exit(run(['query', 'head', '--rpc', '{scheme}://127.0.0.1:{mute}']))"
    )
    words = [sys.executable, "-c", script]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, cwd=ROOT, stdout=pipe, stderr=pipe, text=True) as asking:
        assert asking.stdout is not None
        assert asking.stdout.readline() == "waiting\n"
        asking.send_signal(signal.SIGINT)
        _, errors = asking.communicate(timeout=patient(20))
    assert (asking.returncode, errors) == (130, "")


@pytest.mark.parametrize("scheme", ["ws", "http"])
def test_a_node_that_does_not_answer_in_time_exits_5(
    mute: int, scheme: str, capsys: pytest.CaptureFixture[str]
):
    url = f"{scheme}://127.0.0.1:{mute}"
    assert run(["query", "head", "--timeout", "0.2", "--rpc", url]) == 5
    assert capsys.readouterr() == (
        "",
        "error: not done after 0.2 s: give it longer by --timeout, or ask another node by --rpc\n",
    )


def test_a_group_with_ctrl_c_within_is_ctrl_c(monkeypatch: pytest.MonkeyPatch):
    def interrupted(*_words: object, **_options: object) -> None:
        raise BaseExceptionGroup("nursery", [KeyboardInterrupt(), trio.BrokenResourceError()])

    monkeypatch.setattr(main, "build_app", lambda: interrupted)
    assert run(["query", "head"]) == 130


def test_a_bug_is_a_sentence_and_its_traceback_comes_with_vv(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def broken(*_words: object, **_options: object) -> None:
        raise ExceptionGroup("nursery", [KeyError("block")])

    monkeypatch.setattr(main, "build_app", lambda: broken)
    assert run(["query", "head"]) == 1
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == (
        "",
        "error: ExceptionGroup: 'block' (a bug: the same with -vv shows where)\n",
    )
    with pytest.raises(ExceptionGroup):
        run(["query", "head", "-vv"])


def test_a_commands_own_error_keeps_its_code_within_a_group(capsys: pytest.CaptureFixture[str]):
    group = ExceptionGroup("nursery", [OSError("late"), ExceptionGroup("", [UsageError("no")])])
    assert told(group) == 2
    assert capsys.readouterr().err == "error: no\n"
    assert told(CommandError("why")) == 1


def test_without_a_terminal_nothing_is_asked_and_nothing_deleted(
    tmp_path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    database = tmp_path / "chains" / "starminer_dev" / "db"
    monkeypatch.setattr("cli.purge.chain_directory", lambda _base, _spec: database.parent)
    database.mkdir(parents=True)
    assert run(["chain", "purge", "--base-path", str(tmp_path)]) == 2
    assert database.is_dir()
    assert run(["chain", "purge", "--base-path", str(tmp_path), "--yes", "-o", "jsonl"]) == 0
    assert not database.exists()
    assert capsys.readouterr().out == f'{{"deleted":"{database}"}}\n'
