"""A node that syncs fast, in a process of its own, to be killed.

    python -m tests.e2e.sync_process DIRECTORY PEER GOAL

Prints the phase and the number of the best block whenever they change, and stands still where that
begins with the goal: whoever reads it may be slow.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import trio

from node.store.db import LevelDatabase
from p2p.sync import Progress
from tests.node.sync_support import node_on
from tests.support.grown import GrownChain

ACCOUNTS = 3000
"""So many that the state takes a good part of a second."""


def new_chain() -> GrownChain:
    """Return the chain that both processes know, at its genesis."""
    return GrownChain(accounts=ACCOUNTS)


def told(progress: Progress | None, best: int) -> str:
    """Return what to print of a progress."""
    return f"{progress.phase if progress else 'idle'} {best}"


async def main(directory: str, peer: str, goal: str) -> None:
    """Sync until the goal is reached, and wait there to be killed."""
    ground = new_chain().join(LevelDatabase(Path(directory) / "db"))
    print("up", ground.chain.best.number, flush=True)
    last = ""
    async with node_on(ground, 2, Path(directory), sync="fast", peers=(peer,)) as network:
        while True:
            now = told(network.progress, ground.chain.best.number)
            if now != last:
                print(now, flush=True)
                last = now
            if now.startswith(goal):
                signal.pause()
            await trio.sleep(0.002)


if __name__ == "__main__":
    trio.run(main, *sys.argv[1:])
