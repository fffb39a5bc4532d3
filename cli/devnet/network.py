"""What a devnet is made of: its nodes, its chain and its pace, as a file like `net.toml` says.

Every wrong field is told at once, with what was wanted there and what came.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec
from msgspec import Meta, Struct

from cli.errors import UsageError

Role = Literal["validator", "full node", "provider", "provider only"]
Load = Literal["light", "heavy"]
DevKey = Literal["Alice", "Bob", "Charlie", "Dave", "Eve", "Ferdie"]
Preset = Literal["local", "dev"]
Pace = Annotated[str, Meta(pattern=r"^(instant|manual|[1-9][0-9]{0,5}(ms|s))$")]
Port = Annotated[int, Meta(ge=1, le=65535)]
NodeName = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,31}$")]

DUTIES: dict[Role, tuple[str, ...]] = {
    "validator": ("validator",),
    "full node": (),
    "provider": ("validator", "provider"),
    "provider only": ("provider",),
}
"""What a node does in its role; a provider is an authority too, unless it is said to be no more."""

MEMBERS: tuple[tuple[str, Role, DevKey | None], ...] = (
    ("alice", "validator", "Alice"),
    ("bob", "validator", "Bob"),
    ("charlie", "validator", "Charlie"),
    ("full", "full node", None),
    ("gpu0", "provider", "Dave"),
)
"""Name, role and development key of each node; each joins all before it. Four are authorities, so
that any one of them may fail."""

ALONE: tuple[tuple[str, Role, DevKey | None], ...] = (
    ("alice", "validator", "Alice"),
    ("full", "full node", None),
    ("gpu0", "provider only", "Dave"),
)
"""The nodes of a chain whose blocks come when they are called: it has one author."""

COMPETITORS: dict[Load, tuple[tuple[str, Role, DevKey | None], ...]] = {
    "light": (("gpu1", "provider only", "Eve"),),
    "heavy": (("gpu1", "provider only", "Eve"), ("gpu2", "provider only", "Ferdie")),
}
"""Providers that join for the traffic: they have no vote, so a busy machine stalls nothing."""

MAX_NODES = 16
"""As many peers as a node takes from one address."""

MAX_SPEC_BYTES = 1 << 20
"""What is larger describes no devnet."""

LEAST_SLOT_MS = 500
"""Half of it must do for a block's way to all nodes of a busy machine."""

WANTED_PACE = f"a time of {LEAST_SLOT_MS}ms or more such as 3s, or instant, or manual"

WANTED: tuple[tuple[Any, str], ...] = (
    (Pace, WANTED_PACE),
    (NodeName, "up to 32 of a-z, 0-9 and -, a letter first"),
    (Port | None, "a port from 1 to 65535"),
    (tuple[str, ...], "a list of words"),
)
"""What types want, in words."""

OWN_FLAGS = (
    "--chain",
    "--name",
    "--base-path",
    "--node-key-file",
    "--listen-addr",
    "--port",
    "--rpc-port",
    "--prometheus-port",
    "--dev-key",
    "--validator",
    "--provider",
    "--block-time",
    "--tmp",
)
"""What the devnet itself tells each node; fields of the file say it."""


class Part(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the file: unknown fields are refused, since they are misspelt known ones."""


class NodePart(Part, frozen=True, kw_only=True):
    """One node."""

    name: NodeName
    role: Role = "full node"
    key: DevKey | None = None
    """A development name, whose key everybody has."""
    rpc_port: Port | None = None
    """Without one the next of the well-known ports, or a free one; so the others."""
    p2p_port: Port | None = None
    metrics_port: Port | None = None
    options: tuple[str, ...] = ()
    """Further words of `starminer run`."""

    @property
    def is_author(self) -> bool:
        """Whether it makes blocks."""
        return "validator" in DUTIES[self.role]

    @property
    def is_provider(self) -> bool:
        """Whether it computes."""
        return "provider" in DUTIES[self.role]


class ChainPart(Part, frozen=True, kw_only=True):
    """The chain: a preset, and what is different from it."""

    preset: Preset = "local"
    config: dict[str, Any] = {}
    """Tables of `genesis.config` as in a chain spec; each value stands instead of the preset's."""


class TrafficPart(Part, frozen=True, kw_only=True):
    """Clients that buy for as long as `devnet up` stays."""

    load: Literal["none", "light", "heavy"] = "none"
    seed: int = 1


class Network(Part, frozen=True, kw_only=True):
    """A devnet."""

    block_time: Pace = "3s"
    """Time between blocks; or instant, a block for each transaction; or manual, when asked."""
    chain: ChainPart = ChainPart()
    traffic: TrafficPart = TrafficPart()
    node: Annotated[tuple[NodePart, ...], Meta(min_length=1, max_length=MAX_NODES)]

    @property
    def is_called(self) -> bool:
        """Whether blocks come when they are called, and not by the clock."""
        return self.block_time in ("instant", "manual")

    @property
    def has_provider(self) -> bool:
        """Whether somebody makes receipts."""
        return any(node.is_provider for node in self.node)

    @property
    def load(self) -> Load | None:
        """What its clients buy; None for nothing."""
        return None if self.traffic.load == "none" else self.traffic.load

    @property
    def authors(self) -> tuple[NodePart, ...]:
        """The nodes that make blocks."""
        return tuple(node for node in self.node if node.is_author)

    @property
    def slot_ms(self) -> int | None:
        """Milliseconds between blocks; None where they are called."""
        if self.is_called:
            return None
        number = self.block_time.rstrip("ms")
        return int(number) * (1 if self.block_time.endswith("ms") else 1000)


def nodes_of(members: tuple[tuple[str, Role, DevKey | None], ...]) -> tuple[NodePart, ...]:
    """Return nodes of these names, roles and keys."""
    return tuple(NodePart(name=name, role=role, key=key) for name, role, key in members)


DEFAULT = Network(node=nodes_of(MEMBERS))
"""What `starminer devnet up` starts when nobody says otherwise."""


def default_network(block_time: str | None = None) -> Network:
    """Return the network that has blocks of that time.

    Raises: UsageError.
    """
    if block_time is None:
        return DEFAULT
    members = ALONE if block_time in ("instant", "manual") else MEMBERS
    return with_pace(Network(node=nodes_of(members)), block_time)


def with_pace(network: Network, block_time: str) -> Network:
    """Return the network with another time between blocks.

    Raises: UsageError.
    """
    changed = msgspec.structs.replace(network, block_time=block_time)
    found = list(leaf_problems("--block-time", block_time, Pace)) or list(pace_problems(changed))
    if found:
        raise UsageError("; ".join(found))
    return changed


def with_traffic(network: Network, load: Load | Literal["none"], seed: int) -> Network:
    """Return the network with clients, and the providers that compete for them; or with none."""
    if load == "none":
        return msgspec.structs.replace(network, traffic=TrafficPart())
    names = {node.name for node in network.node} | {node.key for node in network.node}
    more = [one for one in nodes_of(COMPETITORS[load]) if not {one.name, one.key} & names]
    traffic = TrafficPart(load=load, seed=seed)
    return msgspec.structs.replace(network, node=(*network.node, *more), traffic=traffic)


def load_network(path: Path) -> Network:
    """Read the file that describes a devnet.

    Raises: UsageError, a line for each wrong field.
    """
    try:
        with path.open("rb") as file:
            text = file.read(MAX_SPEC_BYTES + 1)
    except OSError as error:
        raise UsageError(f"--spec {path}: {error.strerror}: see `starminer devnet spec`") from error
    if len(text) > MAX_SPEC_BYTES:
        raise UsageError(f"--spec {path}: wanted at most {MAX_SPEC_BYTES} bytes")
    return parse_network(text, str(path))


def parse_network(text: bytes, source: str) -> Network:
    """Read a network; `source` is what messages call it.

    Raises: UsageError, a line for each wrong field.
    """
    try:
        raw = tomllib.loads(text.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{source} is not TOML: {error}") from error
    found = list(table_problems("", raw, Network))
    if not found:
        network = msgspec.convert(raw, Network)
        found = [*pace_problems(network), *node_problems(network), *option_problems(network)]
        if not found:
            return network
    lines = "\n".join(f"  {problem}" for problem in found)
    raise UsageError(f"{source} describes no devnet:\n{lines}")


def table_problems(place: str, given: object, kind: type[Struct]) -> Iterator[str]:
    """Say what is wrong with each field of a table, and of the tables below it."""
    if not isinstance(given, dict):
        yield f"{place or 'the file'}: wanted a table, got {shown(given)}"
        return
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    for name in sorted(given.keys() - fields.keys()):
        yield f"{join(place, name)}: wanted one of {', '.join(fields)}, got this name"
    for name, field in fields.items():
        if name in given:
            yield from value_problems(join(place, name), given[name], field.type)
        elif field.required:
            yield f"{join(place, name)}: is missing"


def value_problems(place: str, given: object, kind: Any) -> Iterator[str]:
    """Say what is wrong with a value that may be a table or a list of tables."""
    bare = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    item = get_args(bare)[0] if get_origin(bare) is tuple else None
    if isinstance(bare, type) and issubclass(bare, Struct):
        yield from table_problems(place, given, bare)
    elif isinstance(item, type) and issubclass(item, Struct) and isinstance(given, list):
        if not 1 <= len(given) <= MAX_NODES:
            yield f"{place}: wanted 1 to {MAX_NODES} of them, got {len(given)}"
        for i, one in enumerate(given):
            yield from table_problems(f"{place}[{i}]", one, item)
    else:
        yield from leaf_problems(place, given, kind)


def leaf_problems(place: str, given: object, kind: Any) -> Iterator[str]:
    """Say what is wrong with a value."""
    try:
        msgspec.convert(given, kind)
    except msgspec.ValidationError as error:
        yield f"{place}: wanted {wanted_of(kind, error)}, got {shown(given)}"


def wanted_of(kind: Any, error: msgspec.ValidationError) -> str:
    """Return what a field of that type wants."""
    for known, words in WANTED:
        if kind == known:
            return words
    choices = [part for part in (kind, *get_args(kind)) if get_origin(part) is Literal]
    allowed = [str(one) for part in choices for one in get_args(part)]
    return f"one of {', '.join(allowed)}" if allowed else reason_of(error)


def reason_of(error: msgspec.ValidationError) -> str:
    """Return what msgspec wanted, in our words."""
    reason = str(error).partition(", got ")[0].partition(" - at `")[0]
    return reason.removeprefix("Expected ").replace("`", "")


def pace_problems(network: Network) -> Iterator[str]:
    """Say why blocks cannot come as they should."""
    if network.slot_ms is not None and network.slot_ms < LEAST_SLOT_MS:
        yield f"block_time: wanted {WANTED_PACE}, got {network.block_time}"
    if network.is_called and len(network.authors) != 1:
        names = ", ".join(node.name for node in network.authors) or "none"
        yield (
            f"node: wanted one validator, since {network.block_time} blocks have one author, "
            f"got {names}"
        )


def node_problems(network: Network) -> Iterator[str]:
    """Say which nodes cannot stand beside each other, or cannot do their duty."""
    for field in ("name", "key", "rpc_port", "p2p_port", "metrics_port"):
        values = Counter(getattr(node, field) for node in network.node)
        for value, count in values.items():
            if value is not None and count > 1:
                yield f"node.{field}: wanted each once, got {count} times {value}"
    for i, node in enumerate(network.node):
        ports = [port for port in (node.rpc_port, node.p2p_port, node.metrics_port) if port]
        if len(ports) != len(set(ports)):
            yield f"node[{i}]: wanted three different ports, got {', '.join(map(str, ports))}"
        if DUTIES[node.role] and node.key is None:
            keys = ", ".join(get_args(DevKey))
            yield f"node[{i}].key: wanted one of {keys} for a {node.role}, got none"
    if not network.authors:
        yield "node: wanted a validator or a provider among them, since one must make blocks"


def option_problems(network: Network) -> Iterator[str]:
    """Say which words `starminer run` would not understand."""
    from cyclopts import CycloptsError

    from cli.main import build_app

    for i, node in enumerate(network.node):
        place = f"node[{i}].options"
        own = [word for word in node.options if word.partition("=")[0] in OWN_FLAGS]
        if own:
            yield f"{place}: wanted what the devnet does not say itself, got {', '.join(own)}"
            continue
        try:
            build_app().parse_args(
                ["run", *node.options], exit_on_error=False, print_error=False, verbose=False
            )
        except CycloptsError as error:
            yield f"{place}: wanted options of `starminer run`: {error}"


def join(place: str, name: str) -> str:
    """Return the path of a field."""
    return f"{place}.{name}" if place else name


def shown(value: object) -> str:
    """Return a value as it stands in the file, near enough."""
    return msgspec.json.encode(value, enc_hook=str).decode()
