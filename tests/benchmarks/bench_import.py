"""What importing a block of transfers costs, in signature checks of the same run.

    ./run bench import [TRANSFERS] [BLOCKS]

Everything is in it: decode, signatures, extrinsics root, execute, events, state root, and the
atomic batch in LevelDB. *Cold*: no transfer was seen before. *Warm*: the pool has checked them
all. CPU time, one process; the importer did not build the blocks, and imports one after the other.
The floor is measured beside each block, over the signatures of that block, since the machine's
speed moves while this runs; the ratio told is the median of those of the blocks.
"""

from __future__ import annotations

import gc
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from nacl.bindings import crypto_sign_open

from node.chain import Chain
from node.store.blocks import BlockImport
from node.store.db import LevelDatabase
from node.store.opening import open_block_store
from node.store.states import StateStore
from runtime.block_execution import extrinsics_root
from runtime.executive import Executed, Executive
from runtime.primitives.block import Block
from runtime.primitives.extrinsic import Id, decode_extrinsic, signing_payload
from runtime.primitives.types import UNIT
from runtime.validity import Checked
from tests.support.chain import MemoryChain

SAMPLE = 500
"""Signatures checked before and after each block."""


def main(arguments: list[str]) -> None:
    """Print the cost of a transfer, cold and warm, and the ratio to one ed25519 check."""
    transfers, blocks = (int(text) for text in (*arguments, "1000", "8")[:2])
    with tempfile.TemporaryDirectory(prefix="starminer-bench-") as directory:
        bench = ImportBench(transfers, Path(directory))
        bench.import_block(is_known=False)
        gc.collect()
        gc.freeze()
        print(f"{transfers} transfers a block, {blocks} blocks")
        for label, is_known in (("cold", False), ("warm", True)):
            print(f"{label}: {summary([bench.import_block(is_known) for _ in range(blocks)])}")


class Cost(NamedTuple):
    """CPU seconds for one transfer of a block, and for checking one of its signatures."""

    transfer: float
    check: float


def summary(costs: list[Cost]) -> str:
    """Return the median cost and the median ratio to a check."""
    transfer = statistics.median(cost.transfer for cost in costs)
    check = statistics.median(cost.check for cost in costs)
    ratios = [cost.transfer / cost.check for cost in costs]
    return (
        f"{transfer * 1e6:6.1f} us a transfer, one ed25519 check {check * 1e6:.1f} us: "
        f"{statistics.median(ratios):.2f} x ({min(ratios):.2f} to {max(ratios):.2f}), "
        f"{1 / transfer:,.0f} a second"
    )


class ImportBench:
    """A chain on disk, and blocks of transfers among its accounts."""

    def __init__(self, transfers: int, directory: Path) -> None:
        self.memory = MemoryChain(transfers, endowment=10**5 * UNIT)
        self.importer = Executive.of_state(self.memory.state, self.memory.genesis.hash)
        genesis = Block(self.memory.genesis, ())
        database = LevelDatabase(directory / "db")
        store = open_block_store(database, genesis, self.memory.state.take_nodes)
        self.chain = Chain(store, StateStore(database))
        self.nonce = 0

    def import_block(self, is_known: bool) -> Cost:
        """Build a block, then import it as a peer's would be."""
        memory, known = self.memory, dict[bytes, Checked]()
        raws = self._transfers()
        self.nonce += 1
        block, _ = memory.build(raws)
        if is_known:
            for raw in raws:
                _, checked = memory.executive.validate(raw, memory.state, memory.head, {})
                known[checked.extrinsic.hash] = checked
        before = self._check_seconds(raws)
        extrinsics_root.cache_clear()  # building asked for it; an importer has yet to
        start = time.process_time()
        executed = memory.execute(block, known, by=self.importer)
        self._write(block, executed)
        seconds = time.process_time() - start
        after = self._check_seconds(raws)
        memory.adopt_unchecked(executed.header, executed.state)
        return Cost(seconds / len(raws), (before + after) / 2)

    def _check_seconds(self, raws: list[bytes]) -> float:
        """Return the CPU time of one signature check: the floor of everything here."""
        additional = self.memory.rules.signatures.additional.encode(self.memory.genesis.hash)
        signed = []
        for raw in raws[:SAMPLE]:
            extrinsic = decode_extrinsic(raw)
            assert extrinsic.signature is not None
            payload = signing_payload(extrinsic.call, extrinsic.extra_bytes, additional)
            signature = extrinsic.signature
            signed.append((signature.signature + payload, signature.signer))
        start = time.process_time()
        for message, signer in signed:
            crypto_sign_open(message, signer)
        return (time.process_time() - start) / len(signed)

    def finalize(self) -> None:
        """Make the last block final, as validators do soon after."""
        self.chain.finalize(self.chain.best.hash)

    def _write(self, block: Block, executed: Executed) -> None:
        state = executed.state
        imported = BlockImport(block, (), state.take_nodes(), b"", is_best=True)
        self.chain.import_block(imported, state)

    def _transfers(self) -> list[bytes]:
        memory = self.memory
        pairs = memory.pairs
        return [
            memory.sign(
                one,
                memory.call(
                    "Balances", "transfer_keep_alive", Id(pairs[n - 1].public), UNIT + self.nonce
                ),
                self.nonce,
            )
            for n, one in enumerate(pairs)
        ]


if __name__ == "__main__":
    main(sys.argv[1:])
