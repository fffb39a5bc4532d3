"""What the hook of Jobs costs on a chain where everything bounded is full.

64 markets, 4,096 providers, 4,096 open jobs with every condition; in one block 32 segments are
paid, 32 old jobs forgotten, waiting jobs matched and moved. Prints keys and time beside what the
runtime declares. Run it: `./run bench hook`.
"""

from time import process_time

from runtime.constants import BLOCK_PICOSECONDS
from tests.pallets.full_market import FullMarket

BLOCKS = 8
"""Blocks after the fullest, in which the queues go down."""


def main() -> None:
    """Print a row for the fullest block and for those after it."""
    world = FullMarket()
    print("| block | reads | writes | declared reads | declared writes | of a block | CPU ms |")
    print("|---|---|---|---|---|---|---|")
    for block in range(BLOCKS):
        began = process_time()
        declared, reads, writes = world.hook()
        spent = 1000 * (process_time() - began)
        part = f"{100 * declared.ref_time / BLOCK_PICOSECONDS:.1f} %"
        row = (block, reads, writes, declared.reads, declared.writes, part, f"{spent:.1f}")
        print("| " + " | ".join(map(str, row)) + " |")


if __name__ == "__main__":
    main()
