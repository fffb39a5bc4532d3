"""What the explorer costs: indexing a block of 1,000 transfers, and views over 100,000 of them.

    ./run bench explorer

A view has 200 ms, from the click to the last answer on the page, or the exit code is 1. The loop of
the node is held up for one step of the indexing at most, and for the reading of a block's events.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import trio

from node.explorer import records
from node.explorer.decoding import Decoder
from node.explorer.entries import Gathered, gather, point_after
from node.explorer.flows import row_after
from node.explorer.index import Index
from node.explorer.records import VERSION, Point, Tip
from node.explorer.service import Explorer
from node.store.db import LevelDatabase
from runtime.primitives.extrinsic import Id
from runtime.primitives.ss58 import encode_ss58
from runtime.primitives.types import UNIT
from tests.explorer.browser import CHROMIUM, Tab, browsing
from tests.explorer.support import ExplorerNode
from tests.explorer.visits import visit
from tests.rpc.support import serving

TRANSFERS, BLOCKS = 1000, 100
VIEW_MS = 200
TICK_SECONDS = 0.0005
"""Of the clock beside the writing: how long the loop is held up is seen to this."""

ROUNDS = 5
"""Visits of each page, of which the middle one counts."""

PAGES = [
    *("", "account/{who}", "account/{who}?from={middle}", "block/1", "extrinsic/1-500"),
    *("events/Balances.Transfer", "supply", "prices", "treasury", "validators"),
]
"""Views of the history: of its account, and of the middle of what that account did."""


async def main() -> int:
    """Print the milliseconds; return how many views took too many of them."""
    node = ExplorerNode()
    full = full_block(node)
    with tempfile.TemporaryDirectory() as place:
        database = LevelDatabase(Path(place) / "db")
        gathered, point = read(node, full)
        await write(node, full, database, gathered, point)
        node.explorer = Explorer(node.real.executive, node.chain, database, node.blobs)
        slow = await look(node, Path(place))
        database.close()
    return slow


def read(node: ExplorerNode, full: bytes) -> tuple[Gathered, Point]:
    """Decode a block and collect what is kept of it."""
    started = time.perf_counter()
    block = Decoder(node.real.executive, node.chain).block(full)
    assert len(block.events) > TRANSFERS
    assert len(block.outcomes) > TRANSFERS
    decoded = time.perf_counter() - started
    gathered = Gathered()
    total, longest = paced(gather(block, gathered))
    print(f"events of {TRANSFERS} transfers read in {1000 * decoded:.0f} ms")
    print(f"gathered in {1000 * total:.0f} ms, at most {1000 * longest:.1f} ms at a time")
    return gathered, point_after(block, None, gathered.sums)


async def write(
    node: ExplorerNode, full: bytes, database: LevelDatabase, gathered: Gathered, point: Point
) -> None:
    """Write a history of such blocks, whose last is the node's best one, as the indexer does."""
    index, row = Index(database), row_after(Decoder(node.real.executive, node.chain).best(), None)
    genesis, took, held = node.chain.genesis_hash, 0.0, list[float]()
    for number in range(BLOCKS, 0, -1):
        tip, lines = Tip(VERSION, genesis, 1, 1, full), moved(gathered, number)
        started = time.perf_counter()
        async with ticking() as late:
            await trio.to_thread.run_sync(lambda: index.add(tip, lines, point, row, final=0))  # noqa: B023
        took += time.perf_counter() - started
        held.append(max(late))
    print(
        f"written in {1000 * took / BLOCKS:.1f} ms a block, in a thread; "
        f"the loop waited {1000 * median(held):.1f} ms at most"
    )


async def look(node: ExplorerNode, place: Path) -> int:
    """Ask for that history, then visit pages over it; return how many were too slow."""
    who = encode_ss58(node.real.maker.pairs[1].public, 42)
    middle = (records.placed(BLOCKS // 2, records.ALL_PLACES) if BLOCKS > 1 else b"").hex()
    calls: list[tuple[Any, ...]] = [
        ("explorer_history", who),
        ("explorer_history", who, middle),
        ("explorer_events", "Balances.Transfer"),
        ("explorer_block", "best"),
        ("explorer_extrinsic", "1-500"),
        ("explorer_search", who),
        ("explorer_supply",),
        ("explorer_points", 0, None, 300),
    ]
    async with serving(node) as server:
        for call in calls:
            times = [await milliseconds(server.call(*call)) for _ in range(ROUNDS)]
            print(f"{call[0]}{call[1:2]}: {median(times):.1f} ms")
        if CHROMIUM is None:
            print("no chromium: views are not measured")
            return 0
        async with browsing(f"http://127.0.0.1:{server.port}/", place / "profile") as tab:
            await tab.show_as(1280)
            pages = [page.format(who=who, middle=middle) for page in PAGES]
            return sum([await is_slow(tab, page) for page in pages])


async def is_slow(tab: Tab, page: str) -> bool:
    """Visit a page some times and print what a reader waits for; say whether it is too long."""
    times = []
    for _ in range(ROUNDS):
        await visit(tab, "nowhere")
        times.append(await milliseconds(visit(tab, page)))
    too_long = median(times) > VIEW_MS
    verdict = f"  MORE THAN {VIEW_MS} ms" if too_long else ""
    print(f"view {page[:40] or 'home'}: {median(times):.0f} ms{verdict}")
    return too_long


@asynccontextmanager
async def ticking() -> AsyncIterator[list[float]]:
    """Note how late a clock on the loop is, while something else goes on."""
    late = [0.0]

    async def tick() -> None:
        last = time.perf_counter()
        while True:
            await trio.sleep(TICK_SECONDS)
            now = time.perf_counter()
            late.append(now - last - TICK_SECONDS)
            last = now

    async with trio.open_nursery() as nursery:
        nursery.start_soon(tick)
        yield late
        nursery.cancel_scope.cancel()


async def milliseconds(action: object) -> float:
    """Return how long an action takes."""
    started = time.perf_counter()
    await action  # type: ignore[misc]
    return 1000 * (time.perf_counter() - started)


def paced(steps: Iterator[None]) -> tuple[float, float]:
    """Return the seconds of some steps together, and of the longest."""
    longest = total = 0.0
    while True:
        started = time.perf_counter()
        ended = next(steps, "ended") == "ended"
        took = time.perf_counter() - started
        longest, total = max(longest, took), total + took
        if ended:
            return total, longest


def full_block(node: ExplorerNode) -> bytes:
    """Build a block of transfers by one account; return its hash."""
    to, sender, *_ = node.real.maker.pairs
    call = node.real.maker.call("Balances", "transfer_keep_alive", Id(to.public), UNIT // 100)
    signed = [node.real.maker.sign(sender, call, nonce) for nonce in range(TRANSFERS)]
    return node.real.grow(*signed).header.hash


def moved(gathered: Gathered, number: int) -> Gathered:
    """Return the same lines, and hashes of others, in another block."""
    width = records.BLOCK_BYTES + records.PLACE_BYTES
    changes = {}
    for key, value in gathered.changes.items():
        if key.startswith(records.EXTRINSIC):
            changes[key[:-width] + number.to_bytes(width, "big")] = value
        else:
            _, place = records.place_of(key[-width:])
            held = value if value[:1] == b"{" else value[:-width] + records.placed(number, place)
            changes[key[:-width] + records.placed(number, place)] = held
    return replace(gathered, changes=changes)


if __name__ == "__main__":
    sys.exit(1 if trio.run(main) else 0)
