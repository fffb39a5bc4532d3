"""`starminer devnet`: bring a local network up, look at it, take it down."""

from __future__ import annotations

import shutil
import signal
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import trio
from cyclopts import Parameter
from msgspec import structs

from cli.chain import agreed
from cli.devnet.chain import SPEC_FILE, write_chain
from cli.devnet.network import Load, Network, default_network, load_network, with_pace, with_traffic
from cli.devnet.plan import (
    DOWN_FILE,
    PLAN_FILE,
    STATE,
    Plan,
    Ports,
    load_plan,
    make_plan,
    nodes_below,
    write_plan,
)
from cli.devnet.preflight import refuse_unfit
from cli.devnet.processes import running_pid, start, stop
from cli.devnet.size import USUAL, Size, refuse_beside_file, sized
from cli.devnet.states import finish_load, kept_names
from cli.devnet.traffic import buy_from
from cli.devnet.watch import (
    ProvenBlock,
    counted,
    live,
    slowest,
    standings,
    tail,
    until_answering,
    until_called,
    until_going_on,
    until_proven,
)
from cli.errors import CommandError, UsageError
from cli.options import Format, Output
from cli.printing import progress, show, show_deed
from cli.sdk.causes import the_cause

PLAIN = Output()
PROOF_SECONDS = 60.0
"""By then a verified receipt must be final."""

OWN_PORTS = "--tmp --port 0 --rpc-port 9960 --no-prometheus"
"""How another node on this machine keeps out of the way of the devnet's own."""

TRAFFIC_STAYS = (
    "--traffic lasts as long as the command stays: leave out --detach and --once, or run "
    "`starminer devnet traffic` beside the devnet"
)

COLUMNS = ("node", "role", "best", "final", "peers", "rpc")

Buying = Callable[[], Awaitable[None]]
"""What the clients of the devnet do while it stands."""

Switch = Annotated[bool, Parameter(negative="")]
StatePath = Annotated[Path, Parameter(name=["--state"])]


def up(
    *,
    state: StatePath = STATE,
    spec: Path | None = None,
    block_time: str | None = None,
    ports: Ports = "default",
    deadline: float = PROOF_SECONDS,
    detach: Switch = False,
    once: Switch = False,
    try_state: Switch = False,
    traffic: Load | Literal["none"] | None = None,
    seed: int = 1,
    size: Size = USUAL,
    output: Output = PLAIN,
) -> None:
    """Start a local network and show it working.

    Parameters
    ----------
    state
        Where its nodes keep their data; kept between runs.
    spec
        A file that describes the network; `starminer devnet spec` prints one.
    block_time
        A time such as 3s; instant, a block for each transaction; or manual, by `devnet mine`.
    ports
        default takes the well-known ones, auto takes free ones.
    deadline
        Seconds until a block with a verified receipt must be final.
    detach
        Leave the nodes running and return.
    once
        Stop them again and return, for tests.
    try_state
        Let each node check every invariant of the state after every block.
    traffic
        Let clients buy work from several providers for as long as the command stays, or nobody.
    seed
        What the clients buy follows from it.
    """
    state = state.absolute()
    lasting = chosen_network(state, spec, block_time, size)
    network = lasting if traffic is None else with_traffic(lasting, traffic, seed)
    if network.load is not None and (detach or once):
        raise UsageError(TRAFFIC_STAYS)
    plan = lay_out(state, network, ports, try_state=try_state)
    write_plan(state, structs.replace(plan, network=lasting))
    buying, form = buyers(plan, network), output.output
    if not run_nodes(plan, deadline, buying, detach=detach, once=once, form=form) and not once:
        progress(f"stopped; the state is kept in {state} (delete it: starminer devnet reset)")


def buyers(plan: Plan, network: Network) -> Buying | None:
    """Return what the clients of a network do; None where nobody buys."""
    load = network.load
    return None if load is None else partial(buy_from, plan, load, network.traffic.seed)


def lay_out(state: Path, network: Network, ports: Ports, *, try_state: bool) -> Plan:
    """Check all that can be checked before anything starts, and plan the nodes.

    Raises: UsageError for what the network cannot be; CommandError for what the machine lacks.
    """
    state.mkdir(parents=True, exist_ok=True)
    refuse_second(state)
    refuse_unfit(state)
    before = load_plan(state) if (state / PLAN_FILE).exists() else None
    if before is not None and before.fork is not None:
        chain, genesis, fork = before.chain, before.genesis, before.fork
    else:
        (chain, genesis), fork = write_chain(network, state), None
    plan = make_plan(state, ports, genesis, network, chain=chain, try_state=try_state, fork=fork)
    progress(f"chain {chain}  genesis 0x{genesis[:8]}…  logs {state}/*/node.log")
    return plan


def chosen_network(
    state: Path, spec: Path | None, block_time: str | None, size: Size = USUAL
) -> Network:
    """Return what the flags describe, or what was there the last time.

    Raises: UsageError; CommandError if the plan of the last time is damaged.
    """
    finish_load(state)
    before = load_plan(state) if (state / PLAN_FILE).exists() else None
    is_as_before = (spec, block_time, size) == (None, None, USUAL)
    if before is not None and before.fork is not None and not is_as_before:
        raise UsageError(
            f"the devnet in {state} is a fork, whose nodes and block time are in its chain: "
            "`starminer devnet reset`, then fork again"
        )
    if spec is not None:
        refuse_beside_file(size)
        network = load_network(spec)
        return network if block_time is None else with_pace(network, block_time)
    if is_as_before and before is not None:
        return before.network
    return sized(default_network(block_time), size)


def run_nodes(
    plan: Plan,
    deadline: float,
    buying: Buying | None,
    *,
    detach: bool,
    once: bool,
    form: Format = "table",
) -> bool:
    """Start all nodes and stay; return whether they are left running."""
    is_left_running = False
    try:
        for node in plan.nodes:
            start(plan, node)
        was_stopped = run_until_stopped(
            plan, deadline, is_brief=detach or once, buying=buying, form=form
        )
        is_left_running = detach and not was_stopped
    finally:
        if not is_left_running:
            progress("stopping …")
            stop(plan.nodes)
    return is_left_running


def run_until_stopped(
    plan: Plan,
    deadline: float,
    *,
    is_brief: bool,
    buying: Buying | None = None,
    form: Format = "table",
) -> bool:
    """Prove that the devnet works, then stay unless brief; return whether a signal ended it."""
    signalled = trio.Event()

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(cancel_on_signal, nursery.cancel_scope, signalled)
            await prove(plan, deadline, form)
            if not is_brief:
                progress("Ctrl-C stops it.")
                if buying is not None:
                    nursery.start_soon(buying)
                await live(plan, sys.stderr.isatty())
                progress("\nanother command took the devnet down")
            nursery.cancel_scope.cancel()

    try:
        trio.run(main)
    except BaseExceptionGroup as group:
        raise the_cause(group) from group
    return signalled.is_set()


async def cancel_on_signal(scope: trio.CancelScope, signalled: trio.Event) -> None:
    """End the scope at Ctrl-C or SIGTERM."""
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for _ in signals:
            signalled.set()
            scope.cancel()


async def prove(plan: Plan, deadline: float, form: Format = "table") -> None:
    """Wait for a final block that shows that the devnet works, and print it.

    Raises: CommandError with the log of the node that is furthest behind.
    """
    proofs: list[ProvenBlock] = []
    with trio.move_on_after(deadline):
        await until_answering(plan)
        proofs.append(await proof_of(plan))
    found = await standings(plan)
    rows = [each.row() for each in found]
    if form == "table":
        show(rows, form, columns=COLUMNS)
    if not proofs:
        node = slowest(found)
        what = "block" if is_shown_by_a_block(plan) else "block with a verified receipt"
        raise CommandError(
            f"no {what} was final after {deadline:.0f} s; the end of {node.log_file}:\n{tail(node)}"
        )
    tell(plan, proofs[0], rows, form)


async def proof_of(plan: Plan) -> ProvenBlock:
    """Wait for what shows that a devnet works: a final block, with a receipt where work is done."""
    if plan.network.is_called:
        return await until_called(plan)
    if plan.fork is not None:
        return await until_going_on(plan, plan.fork.number)
    return await (until_proven(plan) if plan.network.has_provider else until_going_on(plan, 0))


def is_shown_by_a_block(plan: Plan) -> bool:
    """Say whether a devnet works without receipts: nobody may be there who makes some."""
    return plan.network.is_called or plan.fork is not None or not plan.network.has_provider


def tell(plan: Plan, proven: ProvenBlock, rows: list[dict[str, object]], form: Format) -> None:
    """Print what was final, where to look at it, and whose keys it has."""
    if form == "table":
        receipts = counted(proven.receipts, "receipt")
        print(f"✓ block #{proven.number} {proven.hash[:10]}… is final, with {receipts}")
        print(f"Explorer {plan.nodes[0].page}", flush=True)
    else:
        fork = None if plan.fork is None else msgspec.to_builtins(plan.fork)
        block = {"number": proven.number, "hash": proven.hash}
        record = {"chain": plan.chain, "genesis": plan.genesis, "fork": fork}
        show({**record, "final": block, "nodes": rows}, form)
    if plan.network.block_time == "manual":
        progress("Blocks come when you say so: starminer devnet mine")
    boot = plan.nodes[0].peer_address
    progress(f"Join it: starminer run --chain {plan.chain} {OWN_PORTS} --bootnodes {boot}")
    held = "1,000,000 AGPU each" if plan.fork is None else "what --agpu and --amax said at least"
    progress(f"//Alice … //Ferdie hold {held}. DEV KEYS ARE PUBLIC.")


def down(*, state: StatePath = STATE, output: Output = PLAIN) -> None:
    """Stop the network; its state is kept.

    Parameters
    ----------
    state
        The directory of the devnet.
    """
    plan = load_plan(state.absolute())
    running = [node for node in plan.nodes if running_pid(node) is not None]
    (state.absolute() / DOWN_FILE).touch()
    stop(running)
    names = [node.name for node in running]
    progress(f"stopped {', '.join(names) or 'nothing: none was running'}")
    show_deed({"stopped": names}, output.output)


def status(*, state: StatePath = STATE, output: Output = PLAIN) -> None:
    """Say how each node is; fail if one does not run.

    Parameters
    ----------
    state
        The directory of the devnet.
    """
    plan = load_plan(state.absolute())
    found = trio.run(standings, plan)
    show([each.row() for each in found], output.output, columns=("pid", *COLUMNS))
    if missing := [each.node.name for each in found if each.pid is None]:
        again = f"starminer devnet start {missing[0]}"
        raise CommandError(f"not running: {', '.join(missing)}; start them again: {again}")


def reset(
    *,
    state: StatePath = STATE,
    yes: Annotated[bool, Parameter(["--yes", "-y"], negative="")] = False,
    output: Output = PLAIN,
) -> None:
    """Stop the network and delete its state, also where its plan is damaged.

    Parameters
    ----------
    state
        The directory of the devnet.
    yes
        Do not ask.
    """
    state = state.absolute()
    nodes = nodes_below(state)
    if not (yes or agreed(f"Delete the devnet in {state}? [y/N] ")):
        raise UsageError("say --yes to delete it")
    stop(nodes)
    for node in nodes:
        shutil.rmtree(node.home, ignore_errors=True)
    for file in (PLAN_FILE, SPEC_FILE, DOWN_FILE):
        (state / file).unlink(missing_ok=True)
    kept = "; kept states stay: starminer devnet states" if kept_names(state) else ""
    progress(f"deleted the devnet in {state}{kept}")
    show_deed({"deleted": str(state)}, output.output)


def refuse_second(state: Path) -> None:
    """Refuse to start what already runs.

    Raises: CommandError.
    """
    if not (state / PLAN_FILE).exists():
        return
    running = [node.name for node in load_plan(state).nodes if running_pid(node) is not None]
    if running:
        raise CommandError(
            f"{', '.join(running)} of the devnet in {state} already run: starminer devnet down"
        )
