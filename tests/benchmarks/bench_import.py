"""What importing a block of transfers costs, in signature checks of the same run.

    ./run bench import [TRANSFERS] [BLOCKS]

Everything is in it: decode, signatures, execute, events, roots, and the atomic batch in LevelDB.
*Cold*: no transfer was seen before. *Warm*: the pool has checked them all. CPU time, one process.
"""

from __future__ import annotations

import gc
import statistics
import sys
import tempfile
import time
from pathlib import Path

from nacl.bindings import crypto_sign_open

from node.chain import Chain
from node.store.blocks import BlockImport, open_block_store
from node.store.db import LevelDatabase
from node.store.states import StateStore
from runtime.executive import Executed
from runtime.primitives.block import Block
from runtime.primitives.extrinsic import Id, decode_extrinsic, signing_payload
from runtime.primitives.types import UNIT
from runtime.validity import Checked
from tests.support.chain import MemoryChain


def main(arguments: list[str]) -> None:
    """Print the cost of a transfer, cold and warm, and the ratio to one ed25519 check."""
    transfers, blocks = (int(text) for text in (*arguments, "1000", "6")[:2])
    with tempfile.TemporaryDirectory(prefix="starminer-bench-") as directory:
        bench = ImportBench(transfers, Path(directory))
        floor = bench.signature_seconds()
        print(f"one ed25519 check: {floor * 1e6:.1f} us; {transfers} transfers a block")
        gc.collect()
        gc.freeze()
        for label, is_known in (("cold", False), ("warm", True)):
            costs = [bench.import_block(is_known) for _ in range(blocks)]
            cost = statistics.median(costs[1:])
            print(
                f"{label}: {cost / transfers * 1e6:6.1f} us a transfer, "
                f"{cost / transfers / floor:.2f} x one check, {transfers / cost:,.0f} a second"
            )


class ImportBench:
    """A chain on disk, and blocks of transfers among its accounts."""

    def __init__(self, transfers: int, directory: Path) -> None:
        self.memory = MemoryChain(transfers, endowment=10**6 * UNIT)
        genesis = Block(self.memory.genesis, ())
        database = LevelDatabase(directory / "db")
        store = open_block_store(database, genesis, self.memory.state.take_nodes)
        self.chain = Chain(store, StateStore(database))
        self.nonce = 0

    def signature_seconds(self) -> float:
        """Return the CPU time of one signature check: the floor of everything here."""
        raw = self._transfers()[0]
        extrinsic = decode_extrinsic(raw)
        assert extrinsic.signature is not None
        additional = self.memory.executive.signatures.additional.encode(self.memory.genesis.hash)
        payload = signing_payload(extrinsic.call, extrinsic.extra_bytes, additional)
        signed, signer = extrinsic.signature.signature + payload, extrinsic.signature.signer
        rounds = []
        for _ in range(5):
            start = time.process_time()
            for _ in range(400):
                crypto_sign_open(signed, signer)
            rounds.append((time.process_time() - start) / 400)
        return min(rounds)

    def import_block(self, is_known: bool) -> float:
        """Build a block, then import it as a peer's would be; return the CPU seconds of that."""
        memory, known = self.memory, dict[bytes, Checked]()
        raws = self._transfers()
        self.nonce += 1
        block, _ = memory.build(raws)
        if is_known:
            for raw in raws:
                _, checked = memory.executive.validate(raw, memory.state, memory.head, {})
                known[checked.extrinsic.hash] = checked
        start = time.process_time()
        executed = memory.execute(block, known)
        self._write(block, executed)
        seconds = time.process_time() - start
        memory.adopt_unchecked(executed.header, executed.state)
        return seconds

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
