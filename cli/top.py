"""`starminer top`: a node as it lives, on one screen."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import trio

from cli.errors import CommandError, UsageError
from cli.options import Remote
from cli.printing import show
from cli.sdk.client import Client, open_client
from cli.sdk.session import ask
from cli.sdk.transport import RpcRefusal
from genesis.notation import format_amount

if TYPE_CHECKING:
    from rich.console import Group

LOCAL = Remote()
BLOCKS_SHOWN = 10
JOBS_COUNTED = 200
"""Newest jobs whose states are counted."""
MICRO = 10**6
OPEN_STATES = ("queued", "assigned", "running", "committed", "verifying")

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a node answers at one moment."""

    chain: str
    version: str
    head: Answer
    health: Answer
    pending: int
    jobs: Counter[str]
    """How many of the newest jobs are in each state."""
    providers: list[Answer]


def top(*, interval: float = 1.0, once: bool = False, remote: Remote = LOCAL) -> None:
    """Show a node as it lives: blocks, finality, peers, transactions, jobs, providers.

    Ctrl-C leaves. Where the output is no terminal, or is to be JSON, it shows one reading.

    Parameters
    ----------
    interval
        Seconds between two readings.
    once
        Show one reading and leave.
    """
    if not 0.1 <= interval <= 3600:
        raise UsageError(f"--interval: wanted 0.1 to 3600 seconds, got {interval}")
    if once or remote.output != "table" or not sys.stdout.isatty():
        show(facts(ask(remote, read)), remote.output)
        return
    trio.run(_live, remote.rpc, interval)


async def read(client: Client) -> Reading:
    """Ask a node for all that is shown.

    Raises: CommandError, if the node does not answer.
    """
    call = client.rpc.call
    jobs = await call("jobs_list", JOBS_COUNTED)
    return Reading(
        chain=await call("system_chain"),
        version=await call("system_version"),
        head=await call("starminer_head"),
        health=await call("system_health"),
        pending=len(await call("author_pendingExtrinsics")),
        jobs=Counter(job["state"] for job in jobs),
        providers=await call("providers_list"),
    )


def facts(reading: Reading) -> dict[str, object]:
    """Return a reading as a record: numbers that a script can compare."""
    head, recent = reading.head, reading.head["recent"]
    active = [one for one in reading.providers if one["state"] == "active"]
    return {
        "chain": reading.chain,
        "version": reading.version,
        "best": head["best"]["number"],
        "final": head["finalized"]["number"],
        "lag": head["lag"],
        "block_seconds": seconds_per_block(recent),
        "peers": reading.health["peers"],
        "syncing": reading.health["isSyncing"],
        "transactions_waiting": reading.pending,
        "receipts": sum(block["receipts"] for block in recent),
        "cu_proven": sum(block["units"] for block in recent) / MICRO,
        "jobs": {state: reading.jobs[state] for state in sorted(reading.jobs)},
        "providers": len(reading.providers),
        "providers_active": len(active),
    }


def seconds_per_block(recent: list[Answer]) -> float | None:
    """Return the mean time between blocks, newest first; None for fewer than two with a time."""
    times: list[int] = [block["timeMs"] for block in recent if block["timeMs"]]
    if len(times) < 2:
        return None
    return round((times[0] - times[-1]) / (len(times) - 1) / 1000, 2)


def screen(reading: Reading) -> Group:
    """Draw a reading."""
    # Imported here: nothing else of the command line draws.
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    found = facts(reading)
    pace = "–" if found["block_seconds"] is None else f"{found['block_seconds']:.1f} s a block"
    state = "syncing" if found["syncing"] else "in sync"
    title = Text(f"{reading.chain}  {reading.version}", style="bold")
    chain = Text(
        f"best #{found['best']}  final #{found['final']} ({found['lag']} behind)  {pace}  "
        f"{found['peers']} peers, {state}  {reading.pending} transactions wait"
    )
    states = "  ".join(f"{reading.jobs[one]} {one}" for one in OPEN_STATES)
    jobs = Text(f"jobs: {states}  {reading.jobs['completed']} completed of the newest")
    blocks = Table("block", "hash", "extrinsics", "receipts", "CU", box=None, pad_edge=False)
    for block in reading.head["recent"][:BLOCKS_SHOWN]:
        is_final = block["number"] <= reading.head["finalized"]["number"]
        blocks.add_row(
            f"#{block['number']}",
            block["hash"][:14] + "…",
            str(block["extrinsics"]),
            str(block["receipts"]),
            f"{block['units'] / MICRO:g}",
            style="" if is_final else "dim",
        )
    return Group(title, chain, jobs, Text(), blocks, Text(), _providers(reading.providers))


def _providers(providers: list[Answer]) -> Any:
    from rich.table import Table

    table = Table("provider", "state", "bond", "CU/s", "done", "failed", box=None, pad_edge=False)
    for one in providers[:BLOCKS_SHOWN]:
        bond = format_amount(int(one["bond"]))
        speed = f"{one['rating'] / MICRO:g}"
        done, failed = str(one["jobsDone"]), str(one["failures"])
        table.add_row(one["account"], one["state"], bond, speed, done, failed)
    return table


async def _live(url: str, interval: float) -> None:
    """Draw readings until Ctrl-C; a node that goes away is said, and waited for."""
    from rich.live import Live
    from rich.text import Text

    with Live(Text(f"asking {url} …"), screen=True, auto_refresh=False) as shown:
        while True:
            try:
                async with open_client(url) as client:
                    while True:
                        shown.update(screen(await read(client)), refresh=True)
                        await trio.sleep(interval)
            except (CommandError, RpcRefusal) as error:
                shown.update(Text(f"{error}\nasking again …"), refresh=True)
                await trio.sleep(interval)
