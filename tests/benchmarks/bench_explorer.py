"""What the explorer costs: indexing a block of 1,000 transfers, and pages over a long history.

    ./run bench explorer

A view has 200 ms; the loop of the node is held up for one step of the indexing at most, and for the
reading of a block's events.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import trio

from node.explorer import records
from node.explorer.decoding import Decoder
from node.explorer.entries import Gathered, gather, point_after
from node.explorer.index import Index
from node.explorer.records import Tip
from node.store.db import LevelDatabase
from runtime.primitives.extrinsic import Id
from runtime.primitives.types import UNIT
from tests.explorer.support import ExplorerNode

TRANSFERS, BLOCKS = 1000, 100
PAGE = 25


async def main() -> None:
    """Print the milliseconds."""
    node = ExplorerNode()
    decoder = Decoder(node.real.executive, node.chain)
    full = full_block(node)
    started = time.perf_counter()
    block = decoder.block(full)
    assert len(block.events) > TRANSFERS
    assert len(block.outcomes) > TRANSFERS
    decoded = time.perf_counter() - started
    gathered = Gathered()
    total, longest = paced(gather(block, gathered))
    print(f"events of {TRANSFERS} transfers read in {1000 * decoded:.0f} ms")
    print(f"gathered in {1000 * total:.0f} ms, at most {1000 * longest:.1f} ms at a time")
    sender = node.real.maker.pairs[1].public
    point = point_after(block, None, gathered.sums)
    with tempfile.TemporaryDirectory() as place:
        database = LevelDatabase(Path(place) / "db")
        index = Index(database)
        started = time.perf_counter()
        for number in range(1, BLOCKS + 1):
            index.add(Tip(b"1", b"", 1, number, full), moved(gathered, number), point, 0)
        print(f"written in {1000 * (time.perf_counter() - started) / BLOCKS:.1f} ms a block")
        lines = sum(1 for _ in database.iterate(records.ACCOUNT + sender))
        for name, number in (("newest", BLOCKS), ("middle", BLOCKS // 2), ("oldest", 1)):
            start = records.placed(number, records.ALL_PLACES)
            took = milliseconds(lambda start=start: index.account(sender, start, PAGE))  # type: ignore[misc]
            print(f"{name} page of {lines} lines: {took:.2f} ms")
        database.close()


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
    """Return the same lines in another block."""
    width = records.BLOCK_BYTES + records.PLACE_BYTES
    changes = {}
    for key, value in gathered.changes.items():
        if key.startswith(records.ACCOUNT):
            _, place = records.place_of(key[-width:])
            changes[key[:-width] + records.placed(number, place)] = value
    return Gathered(changes)


def milliseconds(action: Callable[[], object]) -> float:
    """Return how long an action takes."""
    started = time.perf_counter()
    action()
    return 1000 * (time.perf_counter() - started)


if __name__ == "__main__":
    trio.run(main)
