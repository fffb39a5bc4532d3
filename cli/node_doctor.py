"""`starminer doctor --node`: what keeps a node from its work, from what it answers.

A reading is taken once; each check is a function of it, so that each can be wrong by itself.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from cli.errors import CommandError, NodeUnreachable, UsageError
from cli.findings import Finding
from cli.main import release
from cli.options import Remote
from cli.sdk.client import Client
from cli.sdk.session import ask
from cli.sdk.transport import RpcRefusal
from runtime.pallets.runtime_upgrades import Upgrade
from runtime.versions import VERSIONS

FEW_PEERS = 3
"""Substrate's alert rules warn below it: one more loss and the node hears only one opinion."""
MOST_SLOTS_OLD = 10
"""So old may the newest block be: authors are offline, and some slots have none."""
MOST_DRIFT_SECONDS = 0.5
"""How early a node lets a block be: see `consensus.slots`."""
LAGGING, STALLED = 10, 100
"""Blocks that finality is behind: Substrate's alerts warn at 10; at 100 it is not catching up."""
MOST_WAITING = 4096
"""Transactions in the pool: half of what it holds."""
INDEX_BLOCKS = 100
"""How far back the explorer's index is looked for."""
INDEX_LAG = 20
"""Blocks that the index may be behind: more is not the moment between two of them."""
NO_METHOD = -32601

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a node answered, and when."""

    url: str
    now: float
    """Our clock, in seconds since 1970."""
    name: str
    version: str
    roles: list[str]
    health: Answer
    sync: Answer
    head: Answer
    """The answer to `starminer_head`."""
    slot_seconds: float
    pending: int
    methods: list[str]
    indexed: int | None
    """The newest block of the explorer's index; 0 for none of the last hundred."""
    has_index: bool
    upgrade: Upgrade | None

    @property
    def best(self) -> int:
        """The number of the best block."""
        return int(self.head["best"]["number"])


def look_at(url: str, timeout: float) -> list[Finding]:
    """Ask a node, and judge what it answers; one that does not is a finding itself."""
    try:
        reading = ask(Remote(rpc=url, timeout=timeout), lambda client: read(client, url))
    except (NodeUnreachable, UsageError) as error:
        return [Finding("node", "error", str(error), "starminer run, or starminer devnet up")]
    except CommandError as error:
        return [Finding("node", "error", str(error), "starminer version, on both machines")]
    return judge(reading)


def judge(reading: Reading) -> list[Finding]:
    """Return what every check finds in a reading."""
    found = Finding("node", "ok", f"{reading.name} answers at {reading.url}")
    checks = (release_of, upgrade, peers, sync, clock, blocks, finality, pool, index, exposure)
    return [found, *(check(reading) for check in checks)]


async def read(client: Client, url: str) -> Reading:
    """Ask a node for all that the checks look at.

    Raises: CommandError.
    """
    call = client.rpc.call
    head = await call("starminer_head")
    methods = (await call("rpc_methods"))["methods"]
    has_index = "explorer_points" in methods
    best = int(head["best"]["number"])
    return Reading(
        url=url,
        now=time.time(),
        name=await call("system_name"),
        version=await call("system_version"),
        roles=await call("system_nodeRoles"),
        health=await call("system_health"),
        sync=await call("system_syncState"),
        head=head,
        slot_seconds=client.config.slot_milliseconds / 1000,
        pending=len(await call("author_pendingExtrinsics")),
        methods=methods,
        indexed=await indexed_by(client, best) if has_index else None,
        has_index=has_index,
        upgrade=await client.storage("RuntimeUpgrades", "Scheduled"),
    )


async def indexed_by(client: Client, best: int) -> int | None:
    """Return the newest block in the explorer's index; None where the node keeps none."""
    try:
        first = max(best - INDEX_BLOCKS, 0)
        points = await client.rpc.call("explorer_points", first, best, INDEX_BLOCKS)
    except RpcRefusal as refusal:
        if refusal.code != NO_METHOD:
            raise
        return None
    return max((int(point["number"]) for point in points), default=0)


def release_of(reading: Reading) -> Finding:
    """Compare the node's release with this one."""
    ours = release()
    if reading.version != ours:
        detail = f"the node runs {reading.version}, this command line is {ours}"
        advice = "pip install --upgrade starminer, then start the node again"
        return Finding("version", "warning", detail, advice)
    return Finding("version", "ok", reading.version)


def upgrade(reading: Reading) -> Finding:
    """Look whether the chain goes on with a runtime that this release does not carry."""
    planned = reading.upgrade
    if planned is None:
        return Finding("upgrade", "ok", "none is scheduled")
    detail = f"runtime {planned.spec_version} executes from block {planned.height} on"
    if planned.spec_version in VERSIONS:
        return Finding("upgrade", "ok", f"{detail}, and is installed")
    left = planned.height - reading.best
    advice = f"install a release that carries it, within {left} blocks: docs/howto/upgrade.md"
    return Finding("upgrade", "error", f"{detail}; this release lacks it", advice)


def peers(reading: Reading) -> Finding:
    """Look whom the node is connected to."""
    count, expected = reading.health["peers"], reading.health["shouldHavePeers"]
    if not expected:
        return Finding("peers", "ok", f"{count}, and none is needed")
    if count == 0:
        advice = "starminer run --bootnodes MULTIADDR; let --port through the firewall"
        return Finding("peers", "error", "none", advice)
    if count < FEW_PEERS:
        advice = "starminer run --bootnodes MULTIADDR --public-addr MULTIADDR"
        return Finding("peers", "warning", f"{count}, wanted {FEW_PEERS} or more", advice)
    return Finding("peers", "ok", str(count))


def sync(reading: Reading) -> Finding:
    """Look how far the node has come."""
    state = reading.sync
    at, goal = state["currentBlock"], state["highestBlock"]
    detail = f"block {at} of {goal}, {state['phase']}"
    if reading.health["isSyncing"] or goal - at > MOST_SLOTS_OLD:
        return Finding("sync", "warning", detail, f"wait: starminer top --rpc {reading.url}")
    return Finding("sync", "ok", detail)


def clock(reading: Reading) -> Finding:
    """Look whether the newest block is from our future."""
    ahead = reading.head["best"]["timeMs"] / 1000 - reading.now
    if ahead > MOST_DRIFT_SECONDS:
        detail = f"the newest block is {ahead:.1f} s ahead of this clock"
        return Finding("clock", "error", detail, "timedatectl set-ntp true")
    return Finding("clock", "ok", "no block is from the future")


def blocks(reading: Reading) -> Finding:
    """Look whether there are new blocks."""
    if not reading.best:
        detail = "no block but the genesis"
        return Finding("blocks", "warning", detail, "starminer run --validator, on a validator")
    age = reading.now - reading.head["best"]["timeMs"] / 1000
    detail = f"block {reading.best} is {max(age, 0):.0f} s old"
    if age <= MOST_SLOTS_OLD * reading.slot_seconds:
        return Finding("blocks", "ok", detail)
    if reading.health["isSyncing"]:
        return Finding("blocks", "warning", detail, f"wait: starminer top --rpc {reading.url}")
    advice = "starminer validator status; timedatectl, if this clock is ahead"
    return Finding("blocks", "error", f"{detail}, and the node is not syncing", advice)


def finality(reading: Reading) -> Finding:
    """Look how far finality is behind."""
    lag = reading.head["lag"]
    detail = f"{lag} blocks behind the best one"
    if lag < LAGGING:
        return Finding("finality", "ok", detail)
    advice = f"starminer rpc grandpa_roundState --rpc {reading.url} shows who did not vote"
    return Finding("finality", "error" if lag >= STALLED else "warning", detail, advice)


def pool(reading: Reading) -> Finding:
    """Look how many transactions wait."""
    detail = f"{reading.pending} transactions wait"
    if reading.pending > MOST_WAITING:
        advice = f"starminer top --rpc {reading.url}: are blocks full, or missing?"
        return Finding("pool", "warning", detail, advice)
    return Finding("pool", "ok", detail)


def index(reading: Reading) -> Finding:
    """Look whether the explorer's index keeps up."""
    if not reading.has_index or reading.indexed is None:
        return Finding("index", "ok", "the node keeps no index for an explorer")
    behind = reading.best - reading.indexed
    if behind > INDEX_LAG and not reading.health["isSyncing"]:
        often = "more than " if not reading.indexed else ""
        detail = f"{often}{min(behind, INDEX_BLOCKS)} blocks behind"
        return Finding("index", "warning", detail, "start the node again: it goes on by itself")
    return Finding("index", "ok", f"{behind} blocks behind")


def exposure(reading: Reading) -> Finding:
    """Look whether a node of another machine lets strangers do what only its operator should."""
    if is_local(reading.url) or "author_rotateKeys" not in reading.methods:
        return Finding("rpc", "ok", "unsafe methods answer to the node's own machine alone")
    is_validator = "Authority" in reading.roles
    detail = "the node answers unsafe methods to other machines"
    advice = "starminer run --rpc-methods auto"
    return Finding("rpc", "error" if is_validator else "warning", detail, advice)


def is_local(url: str) -> bool:
    """Say whether a URL is of this machine."""
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")
