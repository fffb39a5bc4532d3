"""`starminer completion`: what makes a shell complete the command line."""

from __future__ import annotations

from typing import Literal

from cli.main import build_app
from cli.options import Verbosity

QUIET = Verbosity()

Shell = Literal["bash", "zsh", "fish"]


def completion(
    shell: Shell,
    /,
    *,
    verbosity: Verbosity = QUIET,  # noqa: ARG001 (read by cli.main)
) -> None:
    """Print the completion of a shell, to be saved where the shell looks for it.

    For bash: starminer completion bash > ~/.local/share/bash-completion/completions/starminer

    Parameters
    ----------
    shell
        bash, zsh or fish.
    """
    print(build_app().generate_completion(shell=shell))
