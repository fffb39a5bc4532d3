"""The tutorials and the README are true: their blocks of code run, in order, against a devnet."""

import os
import re
import shutil
import signal
import stat
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.e2e.commands import ROOT
from tests.e2e.devnet import Devnet
from tests.support.needs import missing
from tests.support.patience import patient

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

TUTORIALS = sorted((ROOT / "docs" / "tutorials").glob("*.md"))
BLOCK = re.compile(r"^```(python|sh)(?: title=\"([\w.]+)\")?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
"""A block of code, and the file that it is if it has a name."""
INFERENCE, ANOTHER_NODE = "Buy an inference", "Send tokens, lose a node"
"""What stands before the blocks of the README that follow on its devnet."""

VERIFY = "./run starminer job verify 0 "
"""Right on a new devnet; that of the tests has had jobs before."""

PROGRAM = f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m cli.main "$@"\n'


@pytest.mark.parametrize("page", TUTORIALS, ids=lambda page: page.stem)
def test_a_tutorial_runs_as_it_is_written(page: Path, devnet: Devnet, tmp_path: Path) -> None:
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    (tmp_path / ".devnet").symlink_to(devnet.state)
    program = tmp_path / "bin" / "starminer"
    program.parent.mkdir()
    program.write_text(PROGRAM)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    environment = os.environ | {
        "PATH": f"{program.parent}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "STARMINER_RPC": devnet.url("full"),
        "PYTHONPATH": f"{tmp_path}:{ROOT}",
    }
    blocks = BLOCK.findall(page.read_text())
    assert blocks, f"{page} has no code to run"
    try:
        run_blocks(blocks, tmp_path, environment)
    finally:
        end_what_runs(tmp_path)
        devnet.start("gpu0")


def run_blocks(
    blocks: list[tuple[str, str, str]], directory: Path, environment: dict[str, str]
) -> None:
    """Save blocks that are files; run the others, each in a shell or an interpreter of its own."""
    for language, name, code in blocks:
        if name:
            (directory / name).write_text(code)
            continue
        command = [sys.executable, "-c", code] if language == "python" else ["sh", "-ec", code]
        said_by(command, directory, environment)


def said_by(command: list[str], directory: Path, environment: dict[str, str]) -> str:
    """Run a block to its end and return what it said; one that fails is an error."""
    ran = subprocess.run(
        command,
        cwd=directory,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=patient(300),
        check=False,
    )
    assert ran.returncode == 0, f"{command[-1]}\n{ran.stdout}"
    return ran.stdout


def end_what_runs(directory: Path) -> None:
    """End the processes whose ids a page wrote to files, if it did not come to its end."""
    for file in directory.glob("*.pid"):
        with suppress(ProcessLookupError):
            os.kill(int(file.read_text()), signal.SIGTERM)


def test_the_readme_buys_an_inference_and_loses_a_node_as_it_is_written(
    devnet: Devnet, tmp_path: Path
) -> None:
    like_a_checkout(tmp_path, devnet)
    environment = os.environ | {"STARMINER_RPC": devnet.url("full")}
    environment.pop("STARMINER_VENV", None)
    environment.pop("PYTHONPATH", None)
    inference, another_node = block_after(INFERENCE), block_after(ANOTHER_NODE)
    bought, verify, rest = inference.partition(VERIFY)
    assert verify, inference
    said = said_by(["sh", "-ec", bought], tmp_path, environment)
    assert said.splitlines()[-1] == "the pr che che che ch"
    (number,) = re.findall(r"^job (\d+) is in block", said, re.MULTILINE)
    said_by(["sh", "-ec", verify.replace("0", number) + rest], tmp_path, environment)
    try:
        said_by(["sh", "-ec", another_node], tmp_path, environment)
    finally:
        devnet.start("bob")


def like_a_checkout(directory: Path, devnet: Devnet) -> None:
    """Lay out a folder in which `./run` finds this environment, the devnet and the documents."""
    for name in ("docs", "requirements.lock"):
        (directory / name).symlink_to(ROOT / name)
    (directory / ".devnet").symlink_to(devnet.state)
    shutil.copy(ROOT / "run", directory / "run")
    here, stamp = directory / ".venv", "starminer.stamp"
    here.mkdir()
    for entry in Path(sys.prefix).iterdir():
        if entry.name != stamp:
            (here / entry.name).symlink_to(entry)
    made = Path(sys.prefix) / stamp
    if not made.is_file():
        missing("this environment was not made by ./run setup")
    (here / stamp).write_text(made.read_text().replace(f" {ROOT}\n", f" {directory}\n"))


def block_after(words: str) -> str:
    """Return the first block for the shell that stands behind some words of the README."""
    _, found, rest = (ROOT / "README.md").read_text().partition(words)
    assert found, f"the README does not say {words!r}"
    language, _, code = next(iter(BLOCK.findall(rest)))
    assert language == "sh"
    return str(code)
