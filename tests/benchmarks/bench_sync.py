"""How fast an empty node gets to the head, from one peer in another process, over loopback.

    ./run bench sync [EMPTY_BLOCKS] [BLOCKS_OF_10_TRANSFERS]

*Full* executes every block; *fast* jumps to a recent state, and *bodies* is what it fetches then.
Blocks per second of wall time and of the syncing process's CPU; one block beside one ed25519 check.
Everything is in it: libp2p, decoding, proofs, execution, LevelDB.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trio
from nacl.bindings import crypto_sign_open

from node.config import SyncMode
from node.store.db import LevelDatabase
from tests.node.sync_support import node_on
from tests.support.grown import GrownChain, key

TRANSFERS = 10
ACCOUNTS = 1000
VALIDATORS = 4
POLL_SECONDS = 0.01


def main(arguments: list[str]) -> None:
    """Print blocks per second for chains of empty and of light blocks."""
    empty, light = (int(text) for text in (*arguments, *("3000", "1500")[len(arguments) :]))
    floor = signature_seconds()
    print(f"one ed25519 check: {floor * 1e6:.1f} us; {VALIDATORS} validators")
    for name, blocks, transfers in (("empty", empty, 0), (f"{TRANSFERS} each", light, TRANSFERS)):
        with tempfile.TemporaryDirectory(prefix="starminer-bench-") as directory:
            chain = grown(Path(directory), blocks, transfers)
            print(f"{blocks} blocks, {name}:")
            with serving(Path(directory)) as address:
                for mode in ("full", "fast"):
                    run = Run(chain, Path(directory), address, mode)
                    for label, cost in trio.run(run.measure).items():
                        print(f"  {label:6}: {cost.told(blocks, floor)}")


@dataclass(frozen=True, slots=True)
class Cost:
    """What a stretch of work took."""

    seconds: float
    cpu_seconds: float

    def told(self, blocks: int, floor: float) -> str:
        """Return the rates of `blocks` blocks."""
        checks = self.cpu_seconds / blocks / floor
        return (
            f"{blocks / self.seconds:8,.0f} blocks/s of wall time, "
            f"{blocks / self.cpu_seconds:8,.0f} of CPU; a block costs {checks:.1f} checks"
        )


@dataclass(frozen=True)
class Run:
    """One empty node that syncs."""

    chain: GrownChain
    directory: Path
    address: str
    mode: SyncMode

    async def measure(self) -> dict[str, Cost]:
        """Sync to the head, and with `fast` fetch the bodies after that."""
        database = LevelDatabase(self.directory / self.mode)
        node = self.chain.join(database)
        costs: dict[str, Cost] = {}
        peers = (self.address,)
        async with node_on(node, 2, self.directory, peers=peers, sync=self.mode) as net:
            while not net.network.peers.ready():
                await trio.sleep(POLL_SECONDS)
            target = max(view.best_number for view in net.network.peers.ready())
            clock = Clock()
            while node.chain.best.number < target:
                await trio.sleep(POLL_SECONDS)
            costs[self.mode] = clock.lap()
            while net.history.last_missing:
                await trio.sleep(POLL_SECONDS)
            if self.mode == "fast":
                costs["bodies"] = clock.lap()
        database.close()
        return costs


class Clock:
    """Wall and CPU time since the last lap."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def lap(self) -> Cost:
        """Return what was spent since the start or the last lap."""
        wall, cpu = time.perf_counter(), time.process_time()
        cost = Cost(wall - self._wall, cpu - self._cpu)
        self._wall, self._cpu = wall, cpu
        return cost


def grown(directory: Path, blocks: int, transfers: int) -> GrownChain:
    """Return a chain of some length; it is on disk, closed, under `served`."""
    database = LevelDatabase(directory / "served")
    chain = GrownChain(database, validators=VALIDATORS, accounts=ACCOUNTS)
    for number in range(1, blocks + 1):
        chain.grow(*chain.transfers(transfers, to=number % ACCOUNTS), finalize=number % 2 == 0)
    database.close()
    return chain


@contextmanager
def serving(directory: Path) -> Iterator[str]:
    """Run a node on the chain in a process of its own; yield its address."""
    command = [sys.executable, "-m", "tests.benchmarks.sync_server"]
    words = [str(directory / "served"), str(VALIDATORS), str(ACCOUNTS)]
    with subprocess.Popen([*command, *words], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def signature_seconds() -> float:
    """Return the CPU time of one signature check: the floor of everything here."""
    signer, message = key(0), bytes(100)
    signed = signer.sign(message) + message
    rounds = []
    for _ in range(5):
        start = time.process_time()
        for _ in range(400):
            crypto_sign_open(signed, signer.public)
        rounds.append((time.process_time() - start) / 400)
    return min(rounds)


if __name__ == "__main__":
    main(sys.argv[1:])
