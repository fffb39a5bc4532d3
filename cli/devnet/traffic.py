"""`starminer devnet traffic`: clients of several kinds, who buy work until they are stopped.

Each client is an account of its own with its class of work, its latency class, its tip and its
patience. What they buy follows from a seed; when, from the chain. A client has a few open jobs at
most, so that a slow devnet is not buried in orders.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import cycle
from pathlib import Path
from random import Random
from typing import Annotated, NamedTuple

import trio
from cyclopts import Parameter

from cli.devnet.network import Load
from cli.devnet.plan import STATE, Node, Plan, load_plan
from cli.devnet.wares import WARES, Ware
from cli.errors import CommandError, DispatchFailed, NodeUnreachable
from cli.options import Verbosity
from cli.printing import progress
from cli.sdk.causes import the_cause
from cli.sdk.client import Client, open_client
from cli.sdk.jobs import deadline_after, order_work, submit_job, upload
from cli.sdk.transactions import prepare, submit
from genesis.notation import format_amount
from runtime.compute.job import LatencyClass
from runtime.primitives.crypto import KeyKind, Pair, pair_from_uri
from runtime.primitives.extrinsic import Id
from runtime.primitives.types import UNIT

STATE_OPTION = Annotated[Path, Parameter(name=["--state"])]

QUIET = Verbosity()

PURSE = "//Charlie"
"""The development account that gives clients their first money."""
ALLOWANCE, LEAST = 1_000 * UNIT, 10 * UNIT
"""What a client is given, and below which it is given again."""
MOST = UNIT // 10
"""What a client pays for a job at most: a hundred times the least fee of the local chain."""
DEADLINE_BLOCKS = 60
"""Blocks until a job is given up."""
RETRY_SECONDS = 3.0
"""After an order that the chain refused, or while a client has its fill of open jobs."""


class Pace(NamedTuple):
    """How much is bought."""

    clients: int
    open_jobs: int
    """Of one client, at most."""
    rest_seconds: float
    """Between two orders of one client, on average."""


PACES: dict[Load, Pace] = {"light": Pace(4, 2, 8.0), "heavy": Pace(8, 6, 1.0)}


class Kind(NamedTuple):
    """A kind of client."""

    name: str
    ware: str
    latency: LatencyClass
    tip: int
    """Parts per billion of the price."""


KINDS = (
    Kind("laboratory", "matmul", LatencyClass.STANDARD, 0),
    Kind("chat", "inference", LatencyClass.REALTIME, 200_000_000),
    Kind("shops", "data", LatencyClass.BATCH, 0),
    Kind("studio", "rendering", LatencyClass.FAST, 50_000_000),
    Kind("trader", "data", LatencyClass.REALTIME, 1_000_000_000),
    Kind("archive", "rendering", LatencyClass.BATCH, 0),
    Kind("assistant", "inference", LatencyClass.FAST, 100_000_000),
    Kind("physicist", "matmul", LatencyClass.BATCH, 0),
)
"""A light devnet has the first four: one for each class of work and of latency."""


def traffic(
    load: Load,
    /,
    *,
    seed: int = 1,
    orders: int = 0,
    state: STATE_OPTION = STATE,
    verbosity: Verbosity = QUIET,  # noqa: ARG001 (read by cli.main)
) -> None:
    """Let clients of several kinds buy work from a running devnet, until stopped.

    Parameters
    ----------
    load
        light: four clients, an order every two seconds. heavy: eight, eight in a second.
    seed
        What they buy follows from it.
    orders
        End after so many orders; 0 for no end.
    state
        Where the devnet keeps its data.
    """
    plan = load_plan(state.absolute())

    async def main() -> None:
        await buy_from(plan, load, seed, orders or None)

    try:
        trio.run(main)
    except BaseExceptionGroup as group:
        raise the_cause(group) from group


async def buy_from(plan: Plan, load: Load, seed: int, orders: int | None = None) -> None:
    """Let the clients of a load buy, each through another node first, until all orders are made.

    Raises: NodeUnreachable when the devnet has ended.
    """
    pace, shares = PACES[load], split(orders, PACES[load].clients)
    await give_allowances(plan.nodes[0], KINDS[: pace.clients])
    async with trio.open_nursery() as nursery:
        for place, (kind, share) in enumerate(zip(KINDS, shares, strict=False)):
            first = place % len(plan.nodes)
            nodes = (*plan.nodes[first:], *plan.nodes[:first])
            customer = Customer(kind, pace, Random(f"{seed} {kind.name}"), share)
            nursery.start_soon(customer.run, nodes)


def split(orders: int | None, clients: int) -> list[int | None]:
    """Divide orders among clients, the first ones having one more."""
    if orders is None:
        return [None] * clients
    return [orders // clients + (place < orders % clients) for place in range(clients)]


async def give_allowances(node: Node, kinds: tuple[Kind, ...]) -> None:
    """Give money to the clients that have little, in one transaction.

    Raises: DispatchFailed if the purse is empty.
    """
    purse = pair_from_uri(KeyKind.SR25519, PURSE)
    async with open_client(node.url) as client:
        gifts = []
        for kind in kinds:
            who = key_of(kind).account
            if (await client.account(who)).data.free < LEAST:
                gift = client.calls.encode("Balances", "transfer_keep_alive", Id(who), ALLOWANCE)
                gifts.append(client.calls.decode(gift))
                progress(f"{kind.name} gets {format_amount(ALLOWANCE)}: {client.address(who)}")
        if gifts:
            call = client.calls.encode("Utility", "batch_all", tuple(gifts))
            (await submit(client, await prepare(client, call, purse), "included")).required()


def key_of(kind: Kind) -> Pair:
    """Return the key of a client; everybody has it."""
    return pair_from_uri(KeyKind.SR25519, f"//Traffic//{kind.name}")


@dataclass(slots=True)
class Customer:
    """A client that buys one kind of work. Invariant: it has made no more orders than it may."""

    kind: Kind
    pace: Pace
    die: Random
    orders: int | None
    """None for no end."""
    made: int = 0

    async def run(self, nodes: Sequence[Node]) -> None:
        """Order through one node after the other, each until it ends.

        Raises: NodeUnreachable when none of them answers.
        """
        silent = 0
        for node in cycle(nodes):
            before = self.made
            try:
                async with open_client(node.url) as client:
                    await self._buy(client)
                    return
            except NodeUnreachable:
                silent = silent + 1 if self.made == before else 0
                if silent == len(nodes):
                    raise

    async def _buy(self, client: Client) -> None:
        """Order, rest, and order again; the chain may refuse."""
        while self.orders is None or self.made < self.orders:
            if await self._has_its_fill(client):
                await trio.sleep(RETRY_SECONDS)
            elif await self._is_ordered(client):
                self.made += 1
                if self.made != self.orders:
                    await trio.sleep(self.die.uniform(0, 2 * self.pace.rest_seconds))

    async def _has_its_fill(self, client: Client) -> bool:
        who = key_of(self.kind).account
        count: int = await client.storage("Jobs", "JobsByClient", who)
        return count >= self.pace.open_jobs

    async def _is_ordered(self, client: Client) -> bool:
        """Order something; return whether the chain took it."""
        ware = await trio.to_thread.run_sync(WARES[self.kind.ware], self.die)
        try:
            job = await self._order(client, ware)
        except NodeUnreachable:
            raise
        except (DispatchFailed, CommandError) as error:
            progress(f"{self.kind.name}: {error}")
            await trio.sleep(RETRY_SECONDS)
            return False
        latency = self.kind.latency.name.lower()
        progress(f"{self.kind.name} ordered job {job}: {self.kind.ware}, {latency}")
        return True

    async def _order(self, client: Client, ware: Ware) -> int:
        until = await deadline_after(client, DEADLINE_BLOCKS)
        order = order_work(*ware, MOST, until)
        order = replace(order, spec=replace(order.spec, latency=self.kind.latency))
        await upload(client, order.payload, order.spec.input_root)
        return (await submit_job(client, order, key_of(self.kind), tip=self.kind.tip)).job
