"""`./run`: what it tells a stranger's machine, and when it prepares the environment again."""

from __future__ import annotations

import subprocess
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest

from tests.architecture.source import ROOT

RUN = ROOT / "run"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Load the script as a module."""
    spec = spec_from_loader("run_script", SourceFileLoader("run_script", str(RUN)))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "run_script", module)
    spec.loader.exec_module(module)
    return module


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([RUN, *words], capture_output=True, text=True, check=False)


def test_without_a_command_it_explains_itself_and_exits_2() -> None:
    asked = run()
    assert (asked.returncode, asked.stdout.splitlines()[0]) == (
        2,
        "usage: ./run [--yes] COMMAND [ARGUMENTS]",
    )


def test_an_unknown_command_is_refused_before_anything_is_prepared() -> None:
    asked = run("tset")
    assert (asked.returncode, asked.stderr.splitlines()[0]) == (2, "./run has no command 'tset'.")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], ["up"]),
        (["--deadline", "180"], ["up", "--deadline", "180"]),
        (["mine", "3"], ["mine", "3"]),
        (["partition", "alice,bob"], ["partition", "alice,bob"]),
        (["--help"], ["--help"]),
    ],
)
def test_devnet_without_a_word_is_up_and_every_word_is_passed_on(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: list[str]
) -> None:
    started: list[tuple[str, ...]] = []
    monkeypatch.setattr(script, "become", lambda *said: started.append(said) or 0)
    assert script.devnet(arguments) == 0
    assert started == [("starminer", "devnet", *words)]


def test_chaos_takes_its_length_and_its_seed_and_nothing_else(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    started: list[tuple[str, ...]] = []
    monkeypatch.setattr(script, "become", lambda *words: started.append(words) or 0)
    monkeypatch.setattr(script.os, "environ", {})
    assert script.chaos(["--minutes", "10", "--seed", "x"]) == 0
    assert script.os.environ == {
        "STARMINER_CHAOS_MINUTES": "10",
        "STARMINER_CHAOS_SEED": "x",
    }
    assert [script.chaos(words) for words in (["--minutes"], ["--hours", "1"])] == [2, 2]
    assert capsys.readouterr().err.startswith("./run chaos takes --minutes N and --seed WORD, got")
    assert len(started) == 1


def test_a_machine_without_a_network_measures_its_gpu_with_wheels_it_was_given(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []
    paths: list[str] = []

    def call(words: list[str], **options: dict[str, str]) -> int:
        started.append(words)
        paths.append(options.get("env", {}).get("PYTHONPATH", ""))
        return 0

    monkeypatch.setattr(script.subprocess, "call", call)
    monkeypatch.setattr(script, "set_up", lambda consent: pytest.fail("it prepared something"))
    wheel = tmp_path / "any-1-py3-none-any.whl"
    words = ["bench", "gpu", "--wheels", str(tmp_path), "--minutes", "3"]
    assert (script.main(words), started) == (2, [])
    wheel.touch()
    assert script.main(words) == 0
    install, measure = started
    assert {"--no-index", "--no-deps", str(wheel)} <= set(install)
    assert measure[1:] == ["-m", "tests.benchmarks.gpu", "--minutes", "3"]
    site = install[install.index("--target") + 1]
    assert paths == ["", f"{site}:{ROOT}"]


def test_an_old_python_is_told_what_to_install() -> None:
    asked = subprocess.run(
        ["/bin/sh", RUN, "test"], env={"PATH": ""}, capture_output=True, text=True, check=False
    )
    assert (asked.returncode, asked.stdout) == (1, "")
    assert "StarMiner needs Python 3.11 or newer" in asked.stderr
    assert "apt-get install python3 python3-venv" in asked.stderr


def test_it_needs_nothing_but_the_standard_library() -> None:
    words = [sys.executable, "-S", "-I", str(RUN), "--help"]
    assert subprocess.run(words, capture_output=True, check=False).returncode == 0


def test_a_finished_environment_is_not_made_again(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(script, "STAMP", tmp_path / "stamp")
    monkeypatch.setattr(subprocess, "call", lambda *_, **__: pytest.fail("nothing is to be done"))
    (tmp_path / "stamp").write_text(script.wanted_stamp())
    assert script.set_up(consent=False)


@pytest.mark.parametrize("stamp", [None, "an older lock"])
def test_an_unfinished_or_outdated_environment_is_made_again_and_stamped_last(
    stamp: str | None, script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "stamp"
    seen = []

    def call(step: list[str], **_: object) -> int:
        seen.append((step[1:3], place.exists()))
        return 0

    if stamp is not None:
        place.write_text(stamp)
    monkeypatch.setattr(script, "STAMP", place)
    monkeypatch.setattr(script, "needs", list)
    monkeypatch.setattr(subprocess, "call", call)
    assert script.set_up(consent=False)
    assert seen == [(["-m", "venv"], False), (["-m", "pip"], False), (["-m", "pip"], False)]
    assert place.read_text() == script.wanted_stamp()


def test_a_failed_step_leaves_no_stamp(
    script: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(script, "STAMP", tmp_path / "stamp")
    monkeypatch.setattr(script, "needs", list)
    monkeypatch.setattr(subprocess, "call", lambda *_, **__: 1)
    assert not script.set_up(consent=False)
    assert not (tmp_path / "stamp").exists()
    assert "Run ./run again to retry." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("manager", "user", "steps"),
    [
        (
            "apt-get",
            0,
            [["apt-get", "update"], ["apt-get", "install", "-y", "g++", "libleveldb-dev"]],
        ),
        (
            "apt-get",
            1000,
            [
                ["sudo", "apt-get", "update"],
                ["sudo", "apt-get", "install", "-y", "g++", "libleveldb-dev"],
            ],
        ),
        ("dnf", 0, [["dnf", "install", "-y", "gcc-c++", "leveldb-devel"]]),
        ("brew", 1000, [["brew", "install", "gcc", "leveldb"]]),
        ("none", 0, None),
    ],
)
def test_what_is_missing_comes_with_the_exact_command(
    manager: str,
    user: int,
    steps: list[list[str]] | None,
    script: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(script, "has_program", lambda name: name == manager)
    monkeypatch.setattr(script.os, "geteuid", lambda: user)
    lacking = [
        script.Need("a C++ compiler", False, "g++", "gcc-c++", "gcc"),
        script.Need("LevelDB's headers", False, "libleveldb-dev", "leveldb-devel", "leveldb"),
    ]
    assert script.install_command(lacking) == steps


def test_without_consent_the_command_is_printed_and_not_run(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(script, "has_program", lambda name: name == "apt-get")
    monkeypatch.setattr(script.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(script, "agreed", lambda _: False)
    monkeypatch.setattr(subprocess, "call", lambda *_, **__: pytest.fail("nobody agreed"))
    lacking = [script.Need("a C++ compiler", False, "g++", "gcc-c++", "gcc")]
    assert not script.provide(lacking, consent=False)
    told = capsys.readouterr().err
    assert "missing: a C++ compiler" in told
    assert "    sudo apt-get update && sudo apt-get install -y g++\n" in told


def test_too_full_a_disk_is_told_before_anything_is_downloaded(
    script: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(script, "STAMP", tmp_path / "stamp")
    monkeypatch.setattr(script, "DISK_BYTES", 10**18)
    monkeypatch.setattr(subprocess, "call", lambda *_, **__: pytest.fail("the disk is full"))
    assert not script.set_up(consent=False)
    assert "wanted 1000000000.0 GB free" in capsys.readouterr().err
