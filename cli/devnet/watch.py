"""Watching a devnet come up, and then live: the proof that it works is a final receipt."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import trio

from cli.devnet.network import DUTIES
from cli.devnet.plan import Node, Plan, is_taken_down
from cli.devnet.processes import log_tail, running_pid
from cli.errors import CommandError, NodeUnreachable, TookTooLong
from cli.printing import progress
from cli.sdk.transport import HttpRpc, RpcRefusal

POLL_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Standing:
    """How a node is; numbers are None while it does not answer."""

    node: Node
    pid: int | None
    best: int | None = None
    final: int | None = None
    peers: int | None = None

    def row(self) -> dict[str, object]:
        """Return it in one line."""
        return {
            "node": self.node.name,
            "role": self.node.role,
            "pid": self.pid,
            "best": None if self.best is None else f"#{self.best}",
            "final": None if self.final is None else f"#{self.final}",
            "peers": self.peers,
            "rpc": self.node.url,
            "address": self.node.peer_address,
        }


@dataclass(frozen=True, slots=True)
class ProvenBlock:
    """A final block with verified work in it."""

    number: int
    hash: str
    receipts: int


async def standing_of(node: Node) -> Standing:
    """Ask a node how it is."""
    pid = running_pid(node)
    rpc = HttpRpc(node.page)
    try:
        health = await rpc.call("system_health")
        head = await rpc.call("starminer_head")
    except (NodeUnreachable, RpcRefusal, TookTooLong):
        return Standing(node, pid)
    best, final = head["best"]["number"], head["finalized"]["number"]
    return Standing(node, pid, best, final, health["peers"])


async def standings(plan: Plan) -> list[Standing]:
    """Ask every node of a devnet how it is."""
    return [await standing_of(node) for node in plan.nodes]


async def until_answering(plan: Plan) -> None:
    """Wait until every node answers.

    Raises: CommandError with the log of a node that ended.
    """
    silent = list(plan.nodes)
    while silent:
        await trio.sleep(POLL_SECONDS)
        refuse_ended(plan)
        found = [await standing_of(node) for node in silent]
        for each in found:
            if each.best is not None:
                progress(f"  {each.node.name:<8} {each.node.role:<10} answers at {each.node.url}")
        silent = [each.node for each in found if each.best is None]


async def until_proven(plan: Plan) -> ProvenBlock:
    """Wait until a block with a verified receipt is final on every node.

    Raises: CommandError with the log of a node that ended.
    """
    first = plan.nodes[0]
    while True:
        await trio.sleep(POLL_SECONDS)
        refuse_ended(plan)
        proven = proven_in(await ask_head(first))
        if proven is not None and await all_final(plan, proven.number):
            return proven


async def until_going_on(plan: Plan, after: int) -> ProvenBlock:
    """Wait until a block after that number is final on every node: of a fork, one of its own.

    Raises: CommandError with the log of a node that ended.
    """
    while True:
        await trio.sleep(POLL_SECONDS)
        refuse_ended(plan)
        head = await ask_head(plan.nodes[0])
        if head is None or (final := head["finalized"])["number"] <= after:
            continue
        if await all_final(plan, final["number"]):
            return ProvenBlock(final["number"], final["hash"], final["receipts"])


async def until_called(plan: Plan) -> ProvenBlock:
    """Have the author make a block, and wait until it is final on every node.

    Raises: CommandError with the log of a node that ended; RpcRefusal.
    """
    block = await HttpRpc(author_of(plan).page).call("dev_mine", 1)
    while not await all_final(plan, block["number"]):
        await trio.sleep(POLL_SECONDS)
        refuse_ended(plan)
    return ProvenBlock(block["number"], block["hash"], 0)


def author_of(plan: Plan) -> Node:
    """Return the node whose blocks are called.

    Raises: CommandError where they come by the clock.
    """
    if not plan.network.is_called:
        raise CommandError(
            f"the blocks of this devnet come by the clock, every {plan.network.block_time}: wanted "
            "one whose blocks are called, such as `starminer devnet up --block-time manual --state "
            ".devnet-manual` begins after `starminer devnet down`; this one is kept"
        )
    return next(node for node in plan.nodes if "validator" in DUTIES[node.role])


async def all_final(plan: Plan, number: int) -> bool:
    """Say whether every node has the block of that number as final."""
    found = await standings(plan)
    return all(each.final is not None and each.final >= number for each in found)


async def ask_head(node: Node) -> dict[str, Any] | None:
    """Return what `starminer_head` says, or None while the node does not answer."""
    try:
        head: dict[str, Any] = await HttpRpc(node.page).call("starminer_head")
    except (NodeUnreachable, RpcRefusal, TookTooLong):
        return None
    return head


def proven_in(head: dict[str, Any] | None) -> ProvenBlock | None:
    """Return the first recent final block with a receipt, or None."""
    if head is None:
        return None
    final = head["finalized"]["number"]
    found = [
        ProvenBlock(block["number"], block["hash"], block["receipts"])
        for block in head["recent"]
        if block["receipts"] and block["number"] <= final
    ]
    return min(found, key=lambda block: block.number, default=None)


def refuse_ended(plan: Plan) -> None:
    """Give up if a node has ended.

    Raises: CommandError with its log.
    """
    for node in plan.nodes:
        if running_pid(node) is None:
            raise CommandError(f"{node.name} has ended; the end of {node.log_file}:\n{tail(node)}")


def slowest(found: list[Standing]) -> Node:
    """Return the node that is furthest behind: the one whose log to read."""
    return min(found, key=lambda each: (each.best is not None, each.final or 0)).node


def tail(node: Node) -> str:
    """Return the end of a node's log, set apart from our own words."""
    return "\n".join(f"    | {line}" for line in log_tail(node).splitlines())


async def live(plan: Plan, is_terminal: bool) -> None:
    """Show one line that changes with each block, until another command takes the devnet down."""
    shown, gone = "", set[str]()
    while not is_taken_down(plan):
        for node in plan.nodes:
            tell_if_gone(node, gone)
        head = await ask_head(next((n for n in plan.nodes if n.name not in gone), plan.nodes[0]))
        if head is not None and (line := live_line(head)) != shown:
            shown = line
            put: Callable[[str], None] = rewrite if is_terminal else progress
            put(line)
        await trio.sleep(POLL_SECONDS)


def tell_if_gone(node: Node, gone: set[str]) -> None:
    """Say once that a node has ended, and once that it is back."""
    is_running = running_pid(node) is not None
    if not is_running and node.name not in gone:
        gone.add(node.name)
        again = f"starminer devnet start {node.name}"
        progress(f"\n{node.name} has ended; the others go on. Start it again: {again}")
    elif is_running and node.name in gone:
        gone.discard(node.name)
        progress(f"\n{node.name} is back")


def live_line(head: dict[str, Any]) -> str:
    """Return the head of the chain in one line."""
    best, final = head["best"], head["finalized"]
    receipts = f"{counted(best['receipts'], 'receipt')} ✓" if best["receipts"] else "no receipts"
    extrinsics = counted(best["extrinsics"], "extrinsic")
    block = f"#{best['number']} {best['hash'][:10]}…"
    return f"{block}  {extrinsics}  {receipts}  final #{final['number']}"


def counted(number: int, noun: str) -> str:
    """Return a number of things: `1 receipt`, `2 receipts`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def rewrite(line: str) -> None:
    """Put a line in the place of the last one."""
    print(f"\r\033[K{line}", end="", file=sys.stderr, flush=True)
