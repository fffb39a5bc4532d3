"""`starminer devnet start`, `kill` and `logs`: one node of a devnet."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from cli.devnet.plan import STATE, load_plan
from cli.devnet.processes import kill as kill_process
from cli.devnet.processes import log_tail, running_pid
from cli.devnet.processes import start as start_process
from cli.devnet.states import finish_load
from cli.errors import CommandError
from cli.options import Output, Verbosity
from cli.printing import progress, show_deed

StatePath = Annotated[Path, Parameter("--state")]

PLAIN, QUIET = Output(), Verbosity()


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
    state
        The directory of the devnet.
    """
    plan = load_plan(state.absolute())
    for each in plan.nodes if node is None else (plan.node(node),):
        print(f"==> {each.name} ({each.log_file})")
        print(log_tail(each, lines))
