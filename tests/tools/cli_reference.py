"""Writes docs/reference/cli.md from the commands themselves.

Run it: `python -m tests.tools.cli_reference`.
"""

import re
from pathlib import Path

from cli.main import build_app

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "cli.md"

INTRODUCTION = """\
# Command line reference

Generated from the code by `python -m tests.tools.cli_reference`; a test compares. `--help` of a
command says the same; `starminer completion bash` prints what completes it.

Data goes to standard output, everything else to standard error. `--output json` or `jsonl` is for
scripts. Amounts need a unit, such as 1.5AGPU. Passwords and secrets come from files or the
environment, never from arguments. `-vv` shows tracebacks.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | failed; the sentence on standard error says why |
| 2 | the command line is wrong |
| 3 | the node cannot be reached |
| 4 | the chain refused the call |
| 5 | it took too long |
| 130 | Ctrl-C |
"""


def page() -> str:
    """Return the whole page."""
    generated = build_app().generate_docs(output_format="markdown", recursive=True)
    _, _, body = generated.partition("## Table of Contents")
    tidied = re.sub(r"[ \t]+$", "", body, flags=re.MULTILINE)
    return f"{INTRODUCTION}\n## Contents{tidied}".rstrip() + "\n"


def main() -> None:
    """Write the page."""
    PAGE.write_text(page())


if __name__ == "__main__":
    main()
