"""A node that others sync from, in a process of its own.

python -m tests.benchmarks.sync_server DATABASE VALIDATORS ACCOUNTS
"""

from __future__ import annotations

import sys
from pathlib import Path

import trio

from node.store.db import LevelDatabase
from tests.node.sync_support import node_on
from tests.support.grown import GrownChain


async def main(directory: str, validators: int, accounts: int) -> None:
    """Serve until killed; the first line printed is where."""
    database = LevelDatabase(Path(directory))
    chain = GrownChain(database, validators=validators, accounts=accounts)
    async with node_on(chain.ground, 1, Path(directory).parent) as network:
        print(network.network.addresses[0], flush=True)
        await trio.sleep_forever()


if __name__ == "__main__":
    trio.run(main, sys.argv[1], *map(int, sys.argv[2:]))
