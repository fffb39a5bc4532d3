"""The tutorials are true: every block of code in them runs, in order, against a devnet."""

import os
import re
import signal
import stat
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.e2e.commands import ROOT
from tests.e2e.devnet import Devnet
from tests.support.patience import patient

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

TUTORIALS = sorted((ROOT / "docs" / "tutorials").glob("*.md"))
BLOCK = re.compile(r"^```(python|sh)(?: title=\"([\w.]+)\")?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
"""A block of code, and the file that it is if it has a name."""
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
        ran = subprocess.run(
            command,
            cwd=directory,
            env=environment,
            capture_output=True,
            text=True,
            timeout=patient(300),
            check=False,
        )
        assert ran.returncode == 0, f"{code}\n{ran.stdout}\n{ran.stderr}"


def end_what_runs(directory: Path) -> None:
    """End the processes whose ids a page wrote to files, if it did not come to its end."""
    for file in directory.glob("*.pid"):
        with suppress(ProcessLookupError):
            os.kill(int(file.read_text()), signal.SIGTERM)
