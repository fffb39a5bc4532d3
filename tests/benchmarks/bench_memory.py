"""How much memory a node holds after many blocks: chain, store, runtime, and libp2p loaded.

    ./run bench memory [BLOCKS] [TRANSFERS]

Blocks are built, executed and written as in a node; the budget is 250 MB for 1,000 blocks of 100.
"""

from __future__ import annotations

import resource
import sys
import tempfile
from pathlib import Path

import p2p.host
from tests.benchmarks.bench_import import ImportBench

MEGABYTE = 1_000_000
REPORTS = 10


def main(arguments: list[str]) -> None:
    """Print the resident memory along the way, and the most there was."""
    blocks, transfers = (int(text) for text in (*arguments, "1000", "100")[:2])
    print(f"{p2p.host.__name__} loaded: {resident() / MEGABYTE:.0f} MB")
    with tempfile.TemporaryDirectory(prefix="starminer-bench-") as directory:
        bench = ImportBench(transfers, Path(directory))
        for number in range(1, blocks + 1):
            bench.import_block(is_known=number % 2 == 0)
            bench.finalize()
            if number % max(1, blocks // REPORTS) == 0:
                print(f"block {number}: {resident() / MEGABYTE:.0f} MB")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(f"peak {peak / MEGABYTE:.0f} MB of 250 MB")


def resident() -> int:
    """Return the resident memory of this process, in bytes (Linux)."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


if __name__ == "__main__":
    main(sys.argv[1:])
