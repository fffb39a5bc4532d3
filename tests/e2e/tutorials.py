"""Tutorials, run as their readers run them: the commands of their `sh` blocks, in order."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.commands import COMMAND_SECONDS, ROOT, Ran

BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Tutorial:
    """A tutorial of this repository, and the folder in which it is followed."""

    name: str
    folder: Path
    url: str
    """Where the devnet answers; a reader's is at the default place."""

    def commands(self) -> list[list[str]]:
        """List the words of its `starminer` commands."""
        text = (ROOT / "docs/tutorials" / self.name).read_text(encoding="utf-8")
        lines = [
            line
            for block in BLOCK.findall(text)
            for line in block.replace("\\\n", " ").splitlines()
        ]
        words = [shlex.split(line, comments=True) for line in lines]
        return [line[1:] for line in words if line[:1] == ["starminer"]]

    def follow(self, replaced: dict[str, str]) -> list[Ran]:
        """Run its commands; words that depend on the devnet's past are replaced."""
        docs = self.folder / "docs"
        if not docs.exists():
            docs.symlink_to(ROOT / "docs")
        return [self.run([replaced.get(word, word) for word in words]) for words in self.commands()]

    def run(self, words: list[str]) -> Ran:
        """Run one command as its reader would, against the test's devnet."""
        command = [sys.executable, "-m", "cli.main", *words, "--rpc", self.url, "--output", "json"]
        ended = subprocess.run(
            command,
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        assert ended.returncode == 0, f"{words}\n{ended.stderr}\n{ended.stdout}"
        return Ran(ended.returncode, ended.stdout, ended.stderr)
