"""What is made from the commands: completion for shells, and the reference page."""

import shutil
import subprocess

import pytest

from cli.completion import completion
from cli.main import COMMANDS
from tests.support.patience import patient
from tests.tools import cli_reference

SLOW = pytest.mark.slow
"""A script takes seconds to make: every command is imported for it."""


@pytest.mark.parametrize(
    "shell", ["bash", pytest.param("zsh", marks=SLOW), pytest.param("fish", marks=SLOW)]
)
def test_every_group_and_command_can_be_completed(shell, capsys):
    completion(shell)
    script = capsys.readouterr().out
    missing = {path for path in COMMANDS if path.split()[-1] not in script}
    assert not missing
    program = shutil.which(shell)
    if program is not None:
        read = [program, "-n"] if shell != "fish" else [program, "--no-execute"]
        subprocess.run(read, input=script, text=True, check=True, timeout=patient(60))


def test_the_reference_of_the_command_line_is_up_to_date():
    assert cli_reference.PAGE.read_text(encoding="utf-8") == cli_reference.page(), (
        "run `python -m tests.tools.cli_reference`"
    )
