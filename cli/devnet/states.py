"""`starminer devnet save`, `load`, `states`: the whole state of a devnet, kept under a name.

Nodes are stopped while their files are copied, so a kept state is one that they could start from,
and started again if they ran. A copy is made beside its place and renamed when it is whole: who
interrupts it leaves everything as it was, or as it was to be.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import trio
from cyclopts import Parameter
from msgspec import structs

from cli.chain import agreed
from cli.devnet.chain import SPEC_FILE
from cli.devnet.plan import PLAN_FILE, STATE, Node, Plan, load_plan, write_plan
from cli.devnet.processes import running_pid, start, stop
from cli.devnet.watch import until_answering
from cli.errors import CommandError, TookTooLong, UsageError
from cli.options import Output
from cli.printing import progress, show, show_deed

StatePath = Annotated[Path, Parameter("--state")]
Yes = Annotated[bool, Parameter(["--yes", "-y"], negative="")]
Force = Annotated[bool, Parameter(negative="")]

PLAIN = Output()
KEPT = ".states"
"""Below the devnet's directory; no node can be called that."""
COMING = ".coming"
"""A kept state, whole, that is on its way into the nodes' places."""
PARTIAL = ".partial"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
ANSWER_SECONDS = 60.0
OWN = ("node.log", "pid")
"""Of a node's run, and not of its state."""


def save(
    name: str, /, *, state: StatePath = STATE, force: Force = False, output: Output = PLAIN
) -> None:
    """Keep the state of all nodes under a name.

    Nodes that run are stopped for a moment.

    Parameters
    ----------
    name
        Letters, digits, and _ . - between them.
    state
        The directory of the devnet.
    force
        Replace a state of that name.
    """
    state = state.absolute()
    plan = finish_load(state) or load_plan(state)
    place = place_of(state, name)
    if place.exists() and not force:
        raise CommandError(f"a state called {name} exists: choose another name, or say --force")
    partial = emptied(state / KEPT / PARTIAL)
    try:
        with Pause(plan):
            copy(state, [node.name for node in plan.nodes], partial)
    except OSError as error:
        emptied(partial)
        raise CommandError(f"{name} was not kept: {error}") from error
    replace_directory(partial, place)
    size = megabytes(place)
    progress(f"kept {name}, {size}: go back to it with `starminer devnet load {name}`")
    show_deed({"kept": name, "size": size}, output.output)


def load(
    name: str, /, *, state: StatePath = STATE, yes: Yes = False, output: Output = PLAIN
) -> None:
    """Go back to a state that was kept; what the nodes have now is lost.

    Parameters
    ----------
    name
        As it was saved.
    state
        The directory of the devnet.
    yes
        Do not ask.
    """
    state = state.absolute()
    place = place_of(state, name)
    if not (place / PLAN_FILE).exists():
        known = ", ".join(kept_names(state)) or "none"
        raise CommandError(f"no state is called {name}: {known} (see `starminer devnet states`)")
    before = load_plan(state) if (state / PLAN_FILE).exists() else None
    if before is not None and not (yes or agreed(f"Give up the devnet in {state}? [y/N] ")):
        raise UsageError("say --yes to give up what the nodes have now, or save it first")
    was_running = running_names(before)
    partial = emptied(state / KEPT / PARTIAL)
    try:
        shutil.copytree(place, partial)
    except OSError as error:
        emptied(partial)
        raise CommandError(f"nothing was changed: {name} could not be read: {error}") from error
    if before is not None:
        stop(before.nodes)
    partial.rename(emptied(state / KEPT / COMING))
    plan = finish_load(state)
    assert plan is not None, "the state has just come"
    for gone in () if before is None else before.nodes:
        if Path(gone.home) not in {Path(node.home) for node in plan.nodes}:
            emptied(Path(gone.home))
    restart(plan, was_running)
    progress(f"the devnet in {state} is {name}{'' if was_running else ': starminer devnet up'}")
    show_deed({"loaded": name, "running": sorted(was_running)}, output.output)


def list_states(*, state: StatePath = STATE, output: Output = PLAIN) -> None:
    """List the states that were kept.

    Parameters
    ----------
    state
        The directory of the devnet.
    """
    state = state.absolute()
    rows = []
    for name in kept_names(state):
        plan = load_plan(place_of(state, name))
        nodes = ", ".join(node.name for node in plan.nodes)
        rows.append(
            {
                "name": name,
                "nodes": nodes,
                "genesis": plan.genesis,
                "block_time": plan.network.block_time,
                "size": megabytes(place_of(state, name)),
            }
        )
    show(rows, output.output, columns=("name", "nodes", "block_time", "size"))


def finish_load(state: Path) -> Plan | None:
    """Put a state that has come into its place, also one whose `load` was interrupted.

    Return the devnet as it is then, or None if no state was on its way.
    """
    coming = state / KEPT / COMING
    if not coming.exists():
        return None
    plan = load_plan(coming)
    for home in coming.iterdir():
        if home.is_dir():
            replace_directory(home, state / home.name)
    if (coming / SPEC_FILE).exists():
        shutil.copy2(coming / SPEC_FILE, state / SPEC_FILE)
    chain = str(state / SPEC_FILE) if Path(plan.chain).name == SPEC_FILE else plan.chain
    nodes = tuple(here(node, state) for node in plan.nodes)
    plan = structs.replace(plan, chain=chain, nodes=nodes)
    write_plan(state, plan)
    coming.rename(emptied(state / KEPT / PARTIAL))
    emptied(state / KEPT / PARTIAL)
    return plan


def here(node: Node, state: Path) -> Node:
    """Return a node that was kept, at home in `state` and at the ports that it has there today."""
    node = structs.replace(node, home=str(state / node.name))
    today = load_plan(state).nodes if (state / PLAN_FILE).exists() else ()
    for other in today:
        if other.name == node.name:
            ports = (other.rpc_port, other.p2p_port, other.metrics_port)
            names = ("rpc_port", "p2p_port", "metrics_port")
            return structs.replace(node, **dict(zip(names, ports, strict=True)))
    return node


@dataclass(slots=True)
class Pause:
    """Keeps the nodes of a devnet stopped for a `with` block; those that ran run again after it."""

    plan: Plan
    names: frozenset[str] = frozenset()

    def __enter__(self) -> None:
        self.names = running_names(self.plan)
        stop(self.plan.nodes)

    def __exit__(self, *_: object) -> None:
        restart(self.plan, self.names)


def restart(plan: Plan, names: Iterable[str]) -> None:
    """Start the nodes of those names, and wait until they answer.

    Raises: CommandError with the log of one that ended; TookTooLong.
    """
    chosen = tuple(node for node in plan.nodes if node.name in names)
    for node in chosen:
        start(plan, node)

    async def main() -> None:
        with trio.move_on_after(ANSWER_SECONDS):
            await until_answering(structs.replace(plan, nodes=chosen))
            return
        raise TookTooLong(f"the nodes did not answer after {ANSWER_SECONDS:.0f} s")

    trio.run(main)


def running_names(plan: Plan | None) -> frozenset[str]:
    """Return the names of the nodes that run."""
    nodes: tuple[Node, ...] = () if plan is None else plan.nodes
    return frozenset(node.name for node in nodes if running_pid(node) is not None)


def copy(state: Path, homes: Iterable[str], to: Path) -> None:
    """Copy the plan of a devnet, its chain and the homes of its nodes."""
    to.mkdir(parents=True)
    for file in (PLAN_FILE, SPEC_FILE):
        if (state / file).exists():
            shutil.copy2(state / file, to / file)
    for home in homes:
        shutil.copytree(state / home, to / home, ignore=shutil.ignore_patterns(*OWN))


def emptied(path: Path) -> Path:
    """Return a path at which nothing is any more."""
    if path.exists():
        shutil.rmtree(path)
    return path


def replace_directory(source: Path, place: Path) -> None:
    """Put a directory where another may be."""
    emptied(place)
    source.rename(place)


def place_of(state: Path, name: str) -> Path:
    """Return where a state of that name is kept.

    Raises: UsageError for what is no name.
    """
    if NAME.fullmatch(name) is None:
        raise UsageError(
            f"name: wanted up to 64 letters, digits, and _ . - between them, got {name!r}"
        )
    return state / KEPT / name


def kept_names(state: Path) -> list[str]:
    """Return the names of the states that were kept whole."""
    return sorted(path.parent.name for path in (state / KEPT).glob(f"[!.]*/{PLAN_FILE}"))


def megabytes(path: Path) -> str:
    """Return the size of a directory's files."""
    size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return f"{size / 1e6:.1f} MB"
