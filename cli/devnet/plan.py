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

from cli.errors import CommandError
from cli.peer_id import peer_id_of
from node.net.identity import ensure_node_key

Role = Literal["validator", "full node", "provider", "provider only"]
Load = Literal["light", "heavy"]
Ports = Literal["default", "auto"]

MEMBERS: tuple[tuple[str, Role, str | None], ...] = (
    ("alice", "validator", "Alice"),
    ("bob", "validator", "Bob"),
    ("charlie", "validator", "Charlie"),
    ("full", "full node", None),
    ("gpu0", "provider", "Dave"),
)
"""Name, role and development key of each node; each joins all before it."""

COMPETITORS: dict[Load, tuple[tuple[str, Role, str | None], ...]] = {
    "light": (("gpu1", "provider only", "Eve"),),
    "heavy": (("gpu1", "provider only", "Eve"), ("gpu2", "provider only", "Ferdie")),
}
"""Providers that join for the traffic: they have no vote, so a busy machine stalls nothing."""

DUTIES: dict[Role, tuple[str, ...]] = {
    "validator": ("validator",),
    "full node": (),
    "provider": ("validator", "provider"),
    "provider only": ("provider",),
}
"""What a node does in its role; the provider is the fourth authority, so that any one may fail."""

RPC_PORT, P2P_PORT, METRICS_PORT = 9944, 30333, 9615
"""The first node's ports; each further node takes the next ones."""

STATE = Path(".devnet")
"""Below the current directory: a checkout's devnet is its own."""

CHAIN = "local"
PLAN_FILE, KEY_FILE = "plan.json", "node.key"
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
    def peer_address(self) -> str:
        """Where its peers find it."""
        peer_id = peer_id_of(ensure_node_key(self.key_file))
        return f"/ip4/{HOST}/tcp/{self.p2p_port}/p2p/{peer_id}"


class Plan(Struct, frozen=True):
    """A devnet."""

    chain: str
    nodes: tuple[Node, ...]
    genesis: str = ""
    """Hash of block 0, in hexadecimal: what the databases of the nodes belong to."""
    try_state: bool = False
    """Whether its nodes check every invariant after every block."""

    def node(self, name: str) -> Node:
        """Return the node of that name.

        Raises: CommandError.
        """
        for node in self.nodes:
            if node.name == name:
                return node
        raise CommandError(f"no node is called {name!r}: {', '.join(n.name for n in self.nodes)}")

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
    load: Load | None = None,
    *,
    try_state: bool = False,
) -> Plan:
    """Lay out a devnet below `state` and remember it there; traffic brings more providers.

    Raises: CommandError if a port is taken, or the nodes there have the blocks of another chain.
    """
    refuse_other_chain(state, genesis)
    members = MEMBERS if load is None else (*MEMBERS, *COMPETITORS[load])
    triples = free_ports(len(members)) if ports == "auto" else default_ports(len(members))
    nodes = tuple(
        Node(name, role, key, triple.rpc, triple.p2p, triple.metrics, str(state / name))
        for (name, role, key), triple in zip(members, triples, strict=True)
    )
    for node in nodes:
        Path(node.home).mkdir(parents=True, exist_ok=True)
        ensure_node_key(node.key_file)
    plan = Plan(CHAIN, nodes, genesis, try_state)
    (state / PLAN_FILE).write_bytes(msgspec.json.format(msgspec.json.encode(plan), indent=2))
    return plan


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
    words += ["--try-state"] if plan.try_state else []
    for other in plan.earlier(node):
        words += ["--bootnodes", other.peer_address]
    return words


def default_ports(count: int) -> list[PortTriple]:
    """Return the well-known ports.

    Raises: CommandError naming one that is taken.
    """
    triples = [PortTriple(RPC_PORT + i, P2P_PORT + i, METRICS_PORT + i) for i in range(count)]
    for triple in triples:
        for port in (triple.rpc, triple.p2p, triple.metrics):
            if not is_free(port):
                raise CommandError(
                    f"port {port} is taken, perhaps by another devnet: stop it with "
                    "`starminer devnet down`, or let this one choose with --ports auto"
                )
    return triples


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
