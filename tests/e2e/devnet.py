"""The devnet that the tests share: five processes, brought up and down by the commands for it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from cli.devnet.plan import Node, Plan, load_plan
from cli.devnet.processes import kill, running_pid
from tests.e2e.commands import Ran, finalized, rpc, starminer, until, until_final

AGPU = 10**12
"""Planck in one AGPU."""


@dataclass(frozen=True, slots=True)
class Devnet:
    """A running devnet."""

    state: Path

    @property
    def plan(self) -> Plan:
        """Its nodes and their ports."""
        return load_plan(self.state)

    def node(self, name: str) -> Node:
        """Return one of its nodes."""
        return self.plan.node(name)

    def port(self, name: str = "alice") -> int:
        """Return where a node answers RPC."""
        return self.node(name).rpc_port

    def url(self, name: str = "alice") -> str:
        """Return where a node answers over a WebSocket."""
        return self.node(name).url

    def rpc(self, method: str, *params: object, node: str = "alice") -> Any:
        """Call a node."""
        return rpc(self.port(node), method, *params)

    def cli(self, *words: object, node: str = "alice") -> Ran:
        """Run a command, printing JSON, against a node that knows what any other may have told."""
        until_final(self.port(node), self.highest_final())
        return starminer(*words, "--rpc", self.url(node), "--output", "json")

    def final(self, node: str = "alice") -> int:
        """Return the number of a node's last final block."""
        number = finalized(self.port(node))
        assert number is not None, f"{node} does not answer"
        return number

    def highest_final(self) -> int:
        """Return the last block that is final for any of its nodes that run."""
        running = [node for node in self.plan.nodes if running_pid(node) is not None]
        return max(finalized(node.rpc_port) or 0 for node in running)

    def advance(self, blocks: int, node: str = "alice", seconds: float = 120.0) -> int:
        """Wait until that many more blocks are final."""
        return until_final(self.port(node), self.final(node) + blocks, seconds)

    def kill(self, name: str) -> None:
        """End a node as a crash would: with SIGKILL, by its id."""
        node = self.node(name)
        assert kill(node) is not None, f"{name} does not run"
        until(f"{name} is gone", lambda: running_pid(node) is None, 10)

    def start(self, name: str) -> None:
        """Start a node again, unless it runs."""
        if running_pid(self.node(name)) is None:
            assert starminer("devnet", "start", name, "--state", self.state).code == 0

    def storage(self, item: str, *keys: object, at: str = "final", node: str = "alice") -> Any:
        """Read a value of the state."""
        return self.cli("query", "storage", item, *keys, "--at", at, node=node).json()

    def balance(self, who: str, at: object = "best") -> dict[str, Any]:
        """Return what an account holds in AGPU."""
        account = self.cli("query", "account", who, "--at", at).json()
        (agpu,) = [one for one in account["balances"] if one["token"] == "AGPU"]
        return {name: planck(agpu[name]) for name in ("free", "held", "frozen")}

    def escrowed(self, who: str, at: object = "best") -> int:
        """Return what an account has on hold for its jobs, in planck."""
        holds = self.storage("Balances.Holds", who, at=str(at))["value"]
        return sum(int(hold["amount"]) for hold in holds if hold["id"] == "job_escrow")


def planck(shown: str) -> int:
    """Return an amount as it is shown, `1,234.5 AGPU`, in planck."""
    number, _, symbol = shown.replace(",", "").partition(" ")
    assert symbol == "AGPU", shown
    return int(Decimal(number).scaleb(12))


def provider_info(public_key: str, market: dict[str, int]) -> str:
    """Write the record of a plain provider, as the command line reads it."""
    info = {
        "node_key": public_key,
        "market": market,
        "memory_mib": 1024,
        "rating": 1,
        "hardware": "0x",
        "energy": "unknown",
        "payout": "free",
        "referrer": None,
    }
    return f"info={json.dumps(info)}"
