"""The messages of Substrate's telemetry: all that ever leaves a node by it.

Each is an object with `msg` and its fields, in an envelope with the time and a number for who
shares a connection, which nobody does here. Heights are numbers but in `notify.finalized`, where
servers want a string. Source: substrate-telemetry, `telemetry_shard::json_message::node_message`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from runtime.primitives.block import Header

SUBSTRATE_INFO, CONSENSUS_INFO = 0, 1
"""The verbosities that the messages have."""

NODE_ID = 1
"""Of this node on its connection."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message."""

    name: str
    fields: dict[str, object]
    verbosity: int = SUBSTRATE_INFO

    def encoded(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> str:
        """Return it in its envelope, as JSON."""
        payload = {"msg": self.name, **self.fields}
        envelope = {"id": NODE_ID, "ts": now().isoformat(), "payload": payload}
        return msgspec.json.encode(envelope).decode()


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """What a node says of itself when it connects; none of it changes while it runs."""

    name: str
    implementation: str
    version: str
    chain: str
    genesis_hash: bytes
    authority: bool
    """Whether it authors and votes."""
    network_id: str
    """Its peer id."""
    started_ms: int
    """Unix time."""


def system_connected(facts: NodeFacts) -> Message:
    """Return the first message of a connection."""
    fields: dict[str, object] = {
        "name": facts.name,
        "implementation": facts.implementation,
        "version": facts.version,
        "config": "",
        "chain": facts.chain,
        "genesis_hash": _hex(facts.genesis_hash),
        "authority": facts.authority,
        "network_id": facts.network_id,
        "startup_time": str(facts.started_ms),
    }
    return Message("system.connected", fields)


def system_interval(best: Header, final: Header, *, peers: int, waiting: int) -> Message:
    """Return how the node is: `waiting` transactions are ready in its pool."""
    fields: dict[str, object] = {
        "peers": peers,
        "txcount": waiting,
        "best": _hex(best.hash),
        "height": best.number,
        "finalized_hash": _hex(final.hash),
        "finalized_height": final.number,
    }
    return Message("system.interval", fields)


def block_import(best: Header) -> Message:
    """Return the news of a best block."""
    return Message("block.import", {"best": _hex(best.hash), "height": best.number})


def notify_finalized(final: Header) -> Message:
    """Return the news of a final block."""
    return Message("notify.finalized", {"best": _hex(final.hash), "height": str(final.number)})


def authority_set(set_id: int, own: str, voters: Sequence[str]) -> Message:
    """Return who votes on finality, by address, and which of them is this node."""
    fields: dict[str, object] = {
        "authority_id": own,
        "authority_set_id": str(set_id),
        "authorities": msgspec.json.encode(voters).decode(),
    }
    return Message("afg.authority_set", fields, CONSENSUS_INFO)


def _hex(raw: bytes) -> str:
    return f"0x{raw.hex()}"
