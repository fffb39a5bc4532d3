"""`starminer devnet start`, `kill` and `logs`: one node of a devnet."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from cli.devnet.plan import STATE, Node, load_plan
from cli.devnet.processes import kill as kill_process
from cli.devnet.processes import log_tail, running_pid
from cli.devnet.processes import start as start_process
from cli.devnet.states import finish_load
from cli.errors import CommandError
from cli.options import Output, Verbosity
from cli.printing import progress, show_deed

StatePath = Annotated[Path, Parameter("--state")]

PLAIN, QUIET = Output(), Verbosity()

POLL_SECONDS = 0.2
MOST_BYTES = 1 << 20
"""Of one log at once."""


def start_node(node: str, /, *, state: StatePath = STATE, output: Output = PLAIN) -> None:
    """Start one node again.

    Parameters
    ----------
    node
        Its name, such as bob.
    state
        The directory of the devnet.
    """
    state = state.absolute()
    plan = finish_load(state) or load_plan(state)
    found = plan.node(node)
    if running_pid(found) is not None:
        raise CommandError(f"{node} is running: see `starminer devnet logs {node}`")
    start_process(plan, found)
    progress(f"started {node}: {found.url}")
    show_deed({"started": node, "rpc": found.url}, output.output)


def kill(node: str, /, *, state: StatePath = STATE, output: Output = PLAIN) -> None:
    """Kill one node, as a crash would.

    Parameters
    ----------
    node
        Its name, such as bob.
    state
        The directory of the devnet.
    """
    found = load_plan(state.absolute()).node(node)
    if kill_process(found) is None:
        again = f"starminer devnet start {node}"
        raise CommandError(f"{node} is not running: `{again}` starts it")
    progress(f"killed {node}; start it again: starminer devnet start {node}")
    show_deed({"killed": node}, output.output)


def logs(
    node: str | None = None,
    /,
    *,
    lines: int = 50,
    follow: Annotated[bool, Parameter(["--follow", "-f"], negative="")] = False,
    state: StatePath = STATE,
    verbosity: Verbosity = QUIET,  # noqa: ARG001 (read by cli.main)
) -> None:
    """Show the last lines that nodes wrote.

    Parameters
    ----------
    node
        Its name; all of them when not given.
    lines
        How many of each.
    follow
        Go on with what they write from now on, until Ctrl-C.
    state
        The directory of the devnet.
    """
    plan = load_plan(state.absolute())
    chosen = plan.nodes if node is None else (plan.node(node),)
    if follow:
        show_logs([Reader(each, lines) for each in chosen])
        return
    for each in chosen:
        print(f"==> {each.name} ({each.log_file})")
        print(log_tail(each, lines))


def show_logs(readers: Sequence[Reader]) -> None:
    """Print what nodes write as they write it, under the name of the node; Ctrl-C ends it."""
    shown = None
    while True:
        for reader in readers:
            if text := reader.news():
                if reader is not shown:
                    print(f"==> {reader.node.name} ({reader.node.log_file})")
                print(text, end="", flush=True)
                shown = reader
        time.sleep(POLL_SECONDS)


class Reader:
    """Reads what a node writes. Invariant: each line is given once, when it is whole."""

    def __init__(self, node: Node, lines: int) -> None:
        """Begin with the last lines of the log."""
        self.node = node
        size = log_size(node)
        self._place = max(0, size - MOST_BYTES)
        last = self._read().splitlines(keepends=True)[: -lines or None]
        self._place += sum(len(line) for line in last)

    def news(self) -> str:
        """Return the lines that were written since the last time."""
        if log_size(self.node) < self._place:
            self._place = 0  # begun anew: `devnet load` and `devnet reset` take logs away
        raw = self._read()
        end = raw.rfind(b"\n") + 1 if len(raw) < MOST_BYTES else len(raw)
        self._place += end
        return raw[:end].decode(errors="replace")

    def _read(self) -> bytes:
        if log_size(self.node) <= self._place:
            return b""
        with self.node.log_file.open("rb") as log:
            log.seek(self._place)
            return log.read(MOST_BYTES)


def log_size(node: Node) -> int:
    """Return how many bytes a log has; none if there is no log."""
    return node.log_file.stat().st_size if node.log_file.exists() else 0
