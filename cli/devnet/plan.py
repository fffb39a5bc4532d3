"""Which nodes a devnet has, where each keeps its things, and how it is started."""

from __future__ import annotations

import socket
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from cli.devnet.network import DEFAULT, DUTIES, Network, NodePart, Role
from cli.errors import CommandError
from cli.peer_id import peer_id_of
from node.net.identity import ensure_node_key

Ports = Literal["default", "auto"]

RPC_PORT, P2P_PORT, METRICS_PORT = 9944, 30333, 9615
"""The first node's ports; each further node takes the next ones."""

STATE = Path(".devnet")
"""Below the current directory: a checkout's devnet is its own."""

CHAIN = "local"
PLAN_FILE, KEY_FILE = "plan.json", "node.key"
DOWN_FILE = ".down"
"""Beside the plan from `down` on until a node is started: who watches the devnet can stop."""
HOST = "127.0.0.1"


class Node(Struct, frozen=True):
    """One node of a devnet."""

    name: str
    role: Role
    dev_key: str | None
    rpc_port: int
    p2p_port: int
    metrics_port: int
    home: str
    """Its directory."""
    options: tuple[str, ...] = ()
    """Further words of `starminer run`."""

    @property
    def url(self) -> str:
        """Where it answers RPC over a WebSocket."""
        return f"ws://{HOST}:{self.rpc_port}"

    @property
    def page(self) -> str:
        """Where it answers HTTP: RPC and the explorer."""
        return f"http://{HOST}:{self.rpc_port}/"

    @property
    def log_file(self) -> Path:
        """What it writes."""
        return Path(self.home) / "node.log"

    @property
    def pid_file(self) -> Path:
        """The process that runs it, while one does."""
        return Path(self.home) / "pid"

    @property
    def key_file(self) -> Path:
        """The key that names it to its peers."""
        return Path(self.home) / KEY_FILE

    @property
    def peer_id(self) -> str:
        """What its peers call it."""
        return peer_id_of(ensure_node_key(self.key_file))

    @property
    def peer_address(self) -> str:
        """Where its peers find it."""
        return f"/ip4/{HOST}/tcp/{self.p2p_port}/p2p/{self.peer_id}"


class Fork(Struct, frozen=True):
    """The block of another chain in whose place a devnet's chain begins."""

    url: str
    """The node that gave its state."""
    name: str
    """What the other chain is called."""
    number: int
    hash: str
    """In hexadecimal, as `genesis`, which names the other chain."""
    genesis: str


class Plan(Struct, frozen=True):
    """A devnet."""

    chain: str
    nodes: tuple[Node, ...]
    genesis: str = ""
    """Hash of block 0, in hexadecimal: what the databases of the nodes belong to."""
    try_state: bool = False
    """Whether its nodes check every invariant after every block."""
    network: Network = DEFAULT
    """What it was made from; the next `up` goes on with it."""
    fork: Fork | None = None
    """What its chain was forked from, if it was."""

    def node(self, name: str) -> Node:
        """Return the node of that name.

        Raises: CommandError.
        """
        for node in self.nodes:
            if node.name == name:
                return node
        known = ", ".join(node.name for node in self.nodes)
        raise CommandError(f"no node is called {name!r}: {known} (see `starminer devnet status`)")

    def earlier(self, node: Node) -> tuple[Node, ...]:
        """Return the nodes that a node joins: so each pair is connected, and no one is needed."""
        return self.nodes[: self.nodes.index(node)]


@dataclass(frozen=True, slots=True)
class PortTriple:
    """The ports of one node."""

    rpc: int
    p2p: int
    metrics: int


def make_plan(
    state: Path,
    ports: Ports,
    genesis: str,
    network: Network = DEFAULT,
    *,
    chain: str = CHAIN,
    try_state: bool = False,
    fork: Fork | None = None,
) -> Plan:
    """Lay out a devnet below `state` and remember it there.

    Raises: CommandError if a port is taken, or the nodes there have the blocks of another chain.
    """
    refuse_other_chain(state, genesis)
    nodes = tuple(
        Node(
            name=part.name,
            role=part.role,
            dev_key=part.key,
            rpc_port=triple.rpc,
            p2p_port=triple.p2p,
            metrics_port=triple.metrics,
            home=str(state / part.name),
            options=part.options,
        )
        for part, triple in zip(network.node, choose_ports(network, ports), strict=True)
    )
    for node in nodes:
        Path(node.home).mkdir(parents=True, exist_ok=True)
        ensure_node_key(node.key_file)
    plan = Plan(chain, nodes, genesis, try_state, network, fork)
    write_plan(state, plan)
    return plan


def write_plan(state: Path, plan: Plan) -> None:
    """Remember a devnet, whole or not at all."""
    partial = state / f"{PLAN_FILE}.partial"
    partial.write_bytes(msgspec.json.format(msgspec.json.encode(plan), indent=2))
    partial.replace(state / PLAN_FILE)


def refuse_other_chain(state: Path, genesis: str) -> None:
    """Keep nodes away from what another version of this program left below `state`.

    Raises: CommandError.
    """
    if not (state / PLAN_FILE).exists():
        return
    if (found := load_plan(state).genesis) != genesis:
        raise CommandError(
            f"the devnet in {state} is another chain, of another version: wanted genesis "
            f"{genesis or 'none'}, got {found or 'none'}; delete it with `starminer devnet reset`, "
            "or keep it and choose another --state"
        )


def load_plan(state: Path) -> Plan:
    """Return the devnet below `state`.

    Raises: CommandError if there is none.
    """
    try:
        return msgspec.json.decode((state / PLAN_FILE).read_bytes(), type=Plan)
    except FileNotFoundError as error:
        raise CommandError(f"no devnet in {state}: start one with `starminer devnet up`") from error
    except msgspec.DecodeError as error:
        raise CommandError(f"{state / PLAN_FILE}: {error}: starminer devnet reset") from error


def is_taken_down(plan: Plan) -> bool:
    """Say whether `down` or `reset` ended a devnet: a crash, `save` or `load` do not."""
    state = Path(plan.nodes[0].home).parent
    return (state / DOWN_FILE).exists() or not (state / PLAN_FILE).exists()


def nodes_below(state: Path) -> tuple[Node, ...]:
    """Return the nodes of a devnet; without a readable plan, those that left their keys there.

    Raises: CommandError if nothing of a devnet is there.
    """
    try:
        return load_plan(state).nodes
    except CommandError:
        homes = sorted(key.parent for key in state.glob(f"*/{KEY_FILE}"))
        if not homes and not (state / PLAN_FILE).exists():
            raise
        return tuple(Node(home.name, "full node", None, 0, 0, 0, str(home)) for home in homes)


def arguments_of(plan: Plan, node: Node) -> list[str]:
    """Return the command that runs a node."""
    words = [sys.executable, "-m", "cli.main", "run", "--chain", plan.chain, "--name", node.name]
    words += ["--base-path", node.home, "--node-key-file", str(node.key_file)]
    words += ["--listen-addr", f"/ip4/{HOST}/tcp/{node.p2p_port}", "--port", str(node.p2p_port)]
    words += ["--rpc-port", str(node.rpc_port), "--prometheus-port", str(node.metrics_port)]
    words += ["--log-format", "pretty"]
    if node.dev_key is not None:
        words += ["--dev-key", node.dev_key]
    words += [f"--{duty}" for duty in DUTIES[node.role]]
    if plan.network.is_called and "validator" in DUTIES[node.role]:
        words += ["--block-time", plan.network.block_time]
    words += ["--try-state"] if plan.try_state else []
    words += node.options
    for other in plan.earlier(node):
        words += ["--bootnodes", other.peer_address]
    return words


def choose_ports(network: Network, ports: Ports) -> list[PortTriple]:
    """Return the ports of each node: what the network says, and well-known or free ones.

    Raises: CommandError naming those that are taken, or that two services would share.
    """
    count = len(network.node)
    triples = free_ports(count) if ports == "auto" else well_known_ports(count)
    chosen = [given_ports(part, triple) for part, triple in zip(network.node, triples, strict=True)]
    numbers = [port for triple in chosen for port in (triple.rpc, triple.p2p, triple.metrics)]
    if doubles := sorted({port for port in numbers if numbers.count(port) > 1}):
        raise CommandError(
            f"wanted a port of its own for each service, got {listed(doubles)} twice: "
            "give all three ports of a node, or none"
        )
    if taken := [port for port in numbers if not is_free(port)]:
        raise CommandError(
            f"port {listed(taken)} is taken, perhaps by another devnet: stop it with "
            "`starminer devnet down`, or let this one choose with --ports auto"
        )
    return chosen


def given_ports(part: NodePart, otherwise: PortTriple) -> PortTriple:
    """Return the ports that a node was given, and others where it was given none."""
    return PortTriple(
        part.rpc_port or otherwise.rpc,
        part.p2p_port or otherwise.p2p,
        part.metrics_port or otherwise.metrics,
    )


def well_known_ports(count: int) -> list[PortTriple]:
    """Return the ports that tools expect, and those after them."""
    return [PortTriple(RPC_PORT + i, P2P_PORT + i, METRICS_PORT + i) for i in range(count)]


def listed(ports: list[int]) -> str:
    """Return port numbers in words."""
    return ", ".join(map(str, ports))


def free_ports(count: int) -> list[PortTriple]:
    """Return ports that nobody listens on at the moment."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(3 * count)]
        for each in sockets:
            each.bind((HOST, 0))
        numbers = [each.getsockname()[1] for each in sockets]
    return [PortTriple(*numbers[i : i + 3]) for i in range(0, 3 * count, 3)]


def is_free(port: int) -> bool:
    """Say whether a port can be listened on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
