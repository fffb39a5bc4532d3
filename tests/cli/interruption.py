"""Commands that end at a given sign of progress: in a process that is killed there, or here."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from cli import blocks, snapshots
from cli.sdk.downloads import Told
from tests.architecture.source import ROOT
from tests.cli.test_blocks import Machine

SECTION_BYTES = 1000
"""Of a snapshot in tests: some hundred for a chain of ten blocks."""

SCRIPT = f"""
import signal, sys
from cli.main import run
from node import block_part, snapshot_file
from tests.cli.interruption import stop_after

def wait():
    print("here", file=sys.stderr, flush=True)
    signal.pause()

stop_after(int(sys.argv[1]), wait, setattr)
block_part.SYNCED_EVERY_BYTES, snapshot_file.SECTION_BYTES = 1, {SECTION_BYTES}
sys.exit(run(sys.argv[2:]))
"""


def stop_after(
    signs: int, stop: Callable[[], None], patch: Callable[[object, str, object], None]
) -> None:
    """Have `stop` called in the place of a bar that was told of progress so often."""
    left = iter(range(signs))

    def told(_done: int) -> None:
        if next(left, None) is None:
            stop()

    @contextmanager
    def bar(*_words: object) -> Iterator[Told]:
        yield told

    patch(blocks, "count", bar)
    patch(snapshots, "transfer", bar)


@dataclass(frozen=True)
class End:
    """How a process ended, and what it wrote on standard error."""

    code: int
    errors: str


def killed(machine: Machine, after: int, by: signal.Signals, *command: str) -> End:
    """Start a command, end it by a signal after so many signs of progress; say how it ended."""
    words = [sys.executable, "-c", SCRIPT, str(after), *machine.words(*command)]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, cwd=ROOT, stdout=pipe, stderr=pipe, text=True) as child:
        assert child.stderr is not None
        said = ""
        while not said.endswith("here\n"):
            line = child.stderr.readline()
            assert line, said
            said += line
        child.send_signal(by)
        _, rest = child.communicate(timeout=60)
    return End(child.returncode, said + rest)


def interrupted(machine: Machine, after: int, *command: str) -> str:
    """Interrupt a command in this process after so many signs of progress; return what it said."""

    def ctrl_c() -> None:
        raise KeyboardInterrupt

    machine.capture.readouterr()
    with pytest.MonkeyPatch.context() as patched:
        stop_after(after, ctrl_c, patched.setattr)
        assert code_of(lambda: machine.attempt(*command)) == 130
    return machine.capture.readouterr().err


def code_of(command: Callable[[], int]) -> object:
    """Return the exit code of a command, which cyclopts may have left the process with."""
    try:
        return command()
    except SystemExit as end:
        return end.code


def part_of(file: Path) -> Path:
    """Return where a file is while it is not whole."""
    return file.with_name(f"{file.name}.part")
