"""Writes the man page of `starminer` from the commands themselves.

Run it: `./run docs`, whose environment has docutils; or by hand:
`python -m tests.tools.man_page ENVIRONMENT TARGET`, with any environment that has docutils.
"""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

from cli.main import build_app

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))

HEAD = f"""\
=========
starminer
=========

------------------------------------------------------
a blockchain node whose blocks carry verified GPU work
------------------------------------------------------

:Manual section: 1
:Manual group: StarMiner
:Version: {PROJECT["project"]["version"]}

"""

CONTENTS = re.compile(r"^\.\. contents::.*\n(?:   .*\n)*\n", re.MULTILINE)
WRITE = "from docutils.core import publish_cmdline as p; p(writer='manpage')"


def source() -> str:
    """Return the page in reStructuredText."""
    generated = build_app().generate_docs(output_format="rst", recursive=True)
    _, _, body = generated.partition("::\n")
    return HEAD + "::\n" + CONTENTS.sub("", body)


def main(environment: str, target: str) -> int:
    """Write the page; return the exit code."""
    command = [str(Path(environment) / "bin" / "python"), "-c", WRITE]
    strict = ["--halt=warning", "--report=warning"]
    return subprocess.run(
        [*command, *strict, "-", target], input=source(), text=True, check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
