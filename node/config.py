"""What an operator decides about a node: every flag of `starminer run`, checked as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from node.telemetry.endpoint import BadEndpoint, Endpoint, parse_endpoint

SyncMode = Literal["full", "fast", "warp"]
"""How an empty node gets to the head; `warp` is Substrate's word for what is `fast` here."""

DEV_KEYS = ("Alice", "Bob", "Charlie", "Dave", "Eve", "Ferdie")
"""The development names whose keys everybody knows."""

DEFAULT_BASE_PATH = Path("~/.local/share/starminer")

P2P_PORT, RPC_PORT, PROMETHEUS_PORT = 30333, 9944, 9615
"""Substrate's ports, which its tools expect."""

MAX_PORT = 65535

MAX_WINDOW = 2**32 - 1
"""Of final blocks with their states or bodies: block numbers are u32."""


LEAST_DEVICE_MIB = 64
"""The known job that shows that a device works, and the smallest canonical product, fit."""

LEAST = {
    "rpc_max_connections": 1,
    "rpc_max_request_size": 1,
    "rpc_max_response_size": 1,
    "rpc_max_subscriptions_per_connection": 1,
    "rpc_rate_limit": 1,
    "db_cache": 1,
    "pool_limit": 1,
    "device_memory_mib": LEAST_DEVICE_MIB,
}
"""What settings must be at least, where they are set."""


class BadConfig(ValueError):
    """Flags that cannot go together; the message has a sentence for each reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeConfig:
    """What an operator decides about a node."""

    chain: str = "dev"
    """A preset (dev, local, testnet) or the path of a chain spec."""
    base_path: Path = DEFAULT_BASE_PATH
    """Where the node keeps its database, keys and addresses."""
    tmp: bool = False
    """Keep everything in a temporary directory, deleted at the end."""
    name: str | None = None
    """What the node calls itself in logs and to its peers; made up when not given."""

    validator: bool = False
    """Author blocks and vote on finality, with keys from the keystore or a development name."""
    provider: bool = False
    """Compute for payment, on the GPU where there is one."""
    executor: Literal["local", "ray"] = "local"
    """Where a provider computes: on this machine, or on the machines of a Ray cluster."""
    ray_address: str = "auto"
    """The Ray cluster to join: HOST:PORT, or auto for one that this machine is part of."""
    device: Literal["auto", "cuda", "numpy"] = "auto"
    """What a provider computes on: auto takes a GPU where there is one."""
    device_memory_mib: int = 2048
    """The most memory that one job may take, in MiB; larger jobs are given back."""
    register: bool = True
    """Register a provider that is none, with the least bond."""
    dev_key: str | None = None
    """Use the public keys of Alice, Bob, Charlie, Dave, Eve or Ferdie."""
    block_time: Literal["slots", "instant", "manual"] = "slots"
    """When to author: in the slots that the clock gives; or, on development chains of one
    authority, as soon as a transaction waits, or when `starminer devnet mine` asks."""
    password_file: Path | None = None
    """The password of the keystore; without it STARMINER_PASSWORD is asked."""

    port: int = P2P_PORT
    """Where peers connect."""
    listen_addr: tuple[str, ...] = ()
    """Multiaddresses to listen on, instead of all interfaces on --port."""
    public_addr: tuple[str, ...] = ()
    """Multiaddresses to announce, where peers cannot see the real ones."""
    bootnodes: tuple[str, ...] = ()
    """Multiaddresses of nodes to join, besides those of the chain spec."""
    reserved_nodes: tuple[str, ...] = ()
    """Multiaddresses of peers to stay connected to."""
    mdns: bool | None = None
    """Find nodes of this chain on the local network; by default for a local chain alone."""
    upnp: bool = False
    """Ask the home router to lead its port to this node, so that peers outside can dial it."""
    node_key_file: Path | None = None
    """The key that names this node to its peers: 64 hex digits; made and kept when not given."""

    rpc_port: int = RPC_PORT
    """Where RPC and the explorer answer; 0 takes a free port."""
    rpc_external: bool = False
    """Let other machines call, not only this one."""
    rpc_methods: Literal["auto", "safe", "unsafe"] = "auto"
    """Which methods answer: auto offers unsafe ones to this machine only."""
    rpc_cors: tuple[str, ...] = ("http://localhost:*", "http://127.0.0.1:*")
    """Origins of web pages that may call; `all` lets every page."""
    rpc_max_connections: int = 100
    """WebSockets open at once."""
    rpc_max_request_size: int = 8
    """MiB of one request at most; chunks of jobs' payloads take 6."""
    rpc_max_response_size: int = 16
    """MiB of one reply at most, a batch of them likewise."""
    rpc_max_subscriptions_per_connection: int = 1024
    """Subscriptions of one WebSocket."""
    rpc_rate_limit: int | None = None
    """Calls a minute that one connection may make; any number when not given."""
    explorer: bool | None = None
    """Serve the explorer on the RPC port, and keep its index; by default on development chains."""

    prometheus: bool = True
    """Serve metrics."""
    prometheus_port: int = PROMETHEUS_PORT
    """Where metrics answer; 0 takes a free port."""
    prometheus_external: bool = False
    """Let other machines read metrics."""

    telemetry_url: tuple[str, ...] = ()
    """A server of Substrate's telemetry to tell how this node is, as "URL VERBOSITY"; again for
    more of them. Nobody is told where none is named."""
    telemetry: bool = True
    """Whether the servers of --telemetry-url are told."""

    sync: SyncMode = "full"
    """How an empty node gets to the head: full executes every block; fast fetches the state of a
    block that headers prove final, executes from there on, and gets the bodies of old blocks
    afterwards. Substrate calls that warp, which may be said too."""
    state_pruning: int | Literal["archive"] | None = None
    """How many final blocks to keep the state of, or archive for all; when not given, what the
    database was made for, and a new one is an archive on development chains and 256 elsewhere."""
    blocks_pruning: int | Literal["archive", "archive-canonical"] | None = None
    """Of how many final blocks to keep the bodies; archive-canonical for all final ones, archive
    for those of abandoned forks too; when not given, what the database was made for, and a new one
    keeps all on development chains and all final ones elsewhere. Headers stay in any case."""
    try_state: bool = False
    """Check every invariant of the whole state after every block, on development chains alone;
    a node that finds one broken says which, and ends."""
    db_cache: int = 16
    """MiB of the database that stay in memory, besides what the system caches of its files."""
    pool_limit: int = 8192
    """Transactions that may wait."""
    log_format: Literal["auto", "pretty", "json"] = "auto"
    """Logs as people or as machines read them; auto decides by the terminal."""
    log: tuple[str, ...] = ()
    """How much to log, as LEVEL or TARGET=LEVEL."""

    def check(self) -> NodeConfig:
        """Return this configuration if its parts go together.

        Raises: BadConfig.
        """
        reasons = [
            *(*self._role_problems(), *self._port_problems()),
            *(*self._least_problems(), *self._log_problems(), *self._telemetry_problems()),
        ]
        if reasons:
            raise BadConfig(" ".join(reasons))
        return self

    @property
    def node_name(self) -> str:
        """What the node is called."""
        return self.name or (self.dev_key or "node").lower()

    def _role_problems(self) -> list[str]:
        found = []
        if self.dev_key is not None and self.dev_key.capitalize() not in DEV_KEYS:
            found.append(f"--dev-key wants one of {', '.join(DEV_KEYS)}, got {self.dev_key!r}.")
        if self.dev_key is not None and self.chain == "testnet":
            found.append("The development keys are public: they cannot serve a public network.")
        if self.validator and self.rpc_external and self.rpc_methods != "unsafe":
            found.append(
                "--rpc-external on a validator lets strangers reach it: run RPC on a full node, "
                "or say --rpc-methods unsafe if you know the risk."
            )
        for flag, words, kept in (
            ("--state-pruning", "archive", self.state_pruning),
            ("--blocks-pruning", "archive, archive-canonical", self.blocks_pruning),
        ):
            if isinstance(kept, int) and not 1 <= kept <= MAX_WINDOW:
                found.append(f"{flag} wants {words} or 1 to {MAX_WINDOW}, got {kept}.")
        if self.block_time != "slots" and not self.validator:
            found.append(
                f"--block-time {self.block_time} wants --validator: others author nothing."
            )
        if self.tmp and self.base_path != DEFAULT_BASE_PATH:
            found.append("--tmp and --base-path exclude each other.")
        return found

    def _port_problems(self) -> list[str]:
        ports = {"--port": self.port, "--rpc-port": self.rpc_port}
        if self.prometheus:
            ports["--prometheus-port"] = self.prometheus_port
        found = [
            f"{flag} wants 0 to {MAX_PORT}, got {port}."
            for flag, port in ports.items()
            if not 0 <= port <= MAX_PORT
        ]
        chosen = [port for port in ports.values() if port]
        if len(chosen) != len(dict.fromkeys(chosen)):
            listed = ", ".join(f"{flag} {port}" for flag, port in ports.items())
            found.append(f"Each service wants a port of its own: {listed}.")
        return found

    def _least_problems(self) -> list[str]:
        return [
            f"--{name.replace('_', '-')} wants {least} or more, got {value}."
            for name, least in LEAST.items()
            if (value := getattr(self, name)) is not None and value < least
        ]

    @property
    def telemetry_endpoints(self) -> tuple[Endpoint, ...]:
        """Who is told how this node is.

        Raises: BadEndpoint.
        """
        return tuple(map(parse_endpoint, self.telemetry_url)) if self.telemetry else ()

    def _telemetry_problems(self) -> list[str]:
        found = []
        for words in self.telemetry_url:
            try:
                parse_endpoint(words)
            except BadEndpoint as error:
                found.append(str(error))
        return found

    def _log_problems(self) -> list[str]:
        levels = ("debug", "info", "warning", "error")
        return [
            f"-l wants TARGET=LEVEL with a level of {', '.join(levels)}, got {entry!r}."
            for entry in self.log
            if entry.rpartition("=")[2].lower() not in levels
        ]
