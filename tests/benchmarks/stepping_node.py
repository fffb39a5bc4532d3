"""The ordinary node, which also tells at its end which steps of its event loop took longest.

A step is what a task does between two checkpoints. Its time is that of the thread on a core, so
that what other processes take away does not count.
"""

import json
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import trio

from cli.main import run

KEPT = 20


class Steps(trio.abc.Instrument):
    """Keeps the longest step of each task name."""

    def __init__(self) -> None:
        self.longest: dict[str, float] = {}
        self._began = 0.0

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        """Start the clock."""
        self._began = time.thread_time()

    def after_task_step(self, task: trio.lowlevel.Task) -> None:
        """Stop it."""
        taken = time.thread_time() - self._began
        if taken > self.longest.get(task.name, 0.0):
            self.longest[task.name] = taken

    def worst(self) -> dict[str, float]:
        """Return the longest steps, in seconds, the longest first."""
        ordered = sorted(self.longest.items(), key=lambda item: -item[1])
        return dict(ordered[:KEPT])


def main() -> int:
    """Run the command line with the instrument; write what it saw to the file named first."""
    report, steps, plain = Path(sys.argv[1]), Steps(), trio.run
    stepped: Callable[..., Any] = partial(plain, instruments=[steps])
    trio.run = stepped  # the node is started by the command line, which knows no instruments
    try:
        return run(sys.argv[2:])
    finally:
        report.write_text(json.dumps(steps.worst()))


if __name__ == "__main__":
    sys.exit(main())
