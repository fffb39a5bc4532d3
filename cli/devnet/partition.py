"""`starminer devnet partition` and `devnet heal`: a network that is cut in two, and whole again.

Each node is told to talk to none of the other side. Who was restarted has forgotten it, but the
others have not: one refusal is enough to keep two nodes apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated

import trio
from cyclopts import Parameter

from cli.devnet.network import DUTIES
from cli.devnet.plan import STATE, Node, Plan, load_plan
from cli.devnet.processes import running_pid
from cli.errors import CommandError, TookTooLong, UsageError
from cli.options import Output
from cli.printing import progress, show_deed
from cli.sdk.causes import the_cause
from cli.sdk.transport import HttpRpc

StatePath = Annotated[Path, Parameter("--state")]

PLAIN = Output()

Sides = tuple[tuple[Node, ...], tuple[Node, ...]]

SETTLE_SECONDS = 60.0
"""By then connections have ended, or are there again: nodes dial every few seconds."""
POLL_SECONDS = 0.2


def partition(nodes: str, /, *, state: StatePath = STATE, output: Output = PLAIN) -> None:
    """Cut the network in two: these nodes, and all others, do not talk until `devnet heal`.

    Parameters
    ----------
    nodes
        Names of one side, such as alice,bob.
    state
        The directory of the devnet.
    """
    plan = running_plan(state)
    sides = sides_of(plan, nodes)
    one, other = sides
    kept_away = dict.fromkeys(one, other) | dict.fromkeys(other, one)
    settle(plan, kept_away)
    progress(f"{names(one)} | {names(other)}: they do not talk until `starminer devnet heal`")
    progress(outlook(plan, sides))
    show_deed({"sides": [[node.name for node in side] for side in sides]}, output.output)


def heal(*, state: StatePath = STATE, output: Output = PLAIN) -> None:
    """Let all nodes talk to each other again.

    Parameters
    ----------
    state
        The directory of the devnet.
    """
    plan = running_plan(state)
    settle(plan, dict.fromkeys(plan.nodes, ()))
    progress(f"{names(plan.nodes)} talk to each other")
    show_deed({"healed": [node.name for node in plan.nodes]}, output.output)


def running_plan(state: Path) -> Plan:
    """Return the devnet.

    Raises: CommandError unless all of it runs: who does not run cannot be told.
    """
    plan = load_plan(state.absolute())
    if missing := [node.name for node in plan.nodes if running_pid(node) is None]:
        again = f"starminer devnet start {missing[0]}"
        raise CommandError(f"not running: {', '.join(missing)}; start them first: {again}")
    return plan


def sides_of(plan: Plan, named: str) -> Sides:
    """Return the nodes that were named, and the others.

    Raises: CommandError for a name that is none; UsageError for a side without nodes.
    """
    chosen = {plan.node(name.strip()).name for name in named.split(",")}
    one = tuple(node for node in plan.nodes if node.name in chosen)
    other = tuple(node for node in plan.nodes if node.name not in chosen)
    if not other:
        raise UsageError(f"wanted the names of one side, got all nodes: {names(one)}")
    return one, other


def settle(plan: Plan, kept_away: Mapping[Node, tuple[Node, ...]]) -> None:
    """Tell each node whom to keep away, and wait until it has no other peers than it should.

    Raises: TookTooLong, RpcRefusal, NodeUnreachable.
    """

    async def main() -> None:
        for node, others in kept_away.items():
            peers = [other.peer_id for other in others]
            await HttpRpc(node.page).call("dev_isolate", peers)
        wanted = {
            node.name: names(other for other in plan.nodes if other not in (node, *kept_away[node]))
            for node in plan.nodes
        }
        found: dict[str, str] = {}
        with trio.move_on_after(SETTLE_SECONDS):
            while (found := await peers_within(plan)) != wanted:
                await trio.sleep(POLL_SECONDS)
            return
        raise TookTooLong(f"after {SETTLE_SECONDS:.0f} s: wanted peers {wanted}, got {found}")

    try:
        trio.run(main)
    except BaseExceptionGroup as group:
        raise the_cause(group) from group


async def peers_within(plan: Plan) -> dict[str, str]:
    """Return the names of each node's peers, without those that are not of this devnet."""
    found = {}
    for node in plan.nodes:
        ids = {peer["peerId"] for peer in await HttpRpc(node.page).call("system_peers")}
        found[node.name] = names(other for other in plan.nodes if other.peer_id in ids)
    return found


def outlook(plan: Plan, sides: Sides) -> str:
    """Say whether either side can make blocks final."""
    total = len(authors(plan.nodes))
    able = [side for side in sides if 3 * len(authors(side)) > 2 * total]
    if able:
        return f"{names(able[0])} still makes blocks final; the other side has to wait"
    return f"no side has more than two thirds of {total} authorities: nothing becomes final"


def authors(nodes: tuple[Node, ...]) -> list[Node]:
    """Return those that make blocks and vote."""
    return [node for node in nodes if "validator" in DUTIES[node.role]]


def names(nodes: Iterable[Node]) -> str:
    """Return the names of nodes."""
    return ", ".join(node.name for node in nodes)
