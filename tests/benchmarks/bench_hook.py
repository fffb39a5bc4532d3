"""What hooks cost where everything that they look at is full.

First all hooks together, in the worst block there is: a pricing period ends, an epoch and an era
begin, with 64 validators, 64 markets and every queue longer than a block can serve; and what they
come to in the blocks after it. Then the hook of Jobs alone, with 4,096 providers and 4,096 open
jobs that have every condition. Prints keys beside what the runtime declares. Run it:
`./run bench hook`.
"""

from time import process_time

from runtime.constants import BLOCK_PICOSECONDS
from tests.pallets.full_market import FullMarket
from tests.support.full_chain import FullChain, Row

BLOCKS = 8
"""Blocks after the fullest, in which the queues go down."""
PROVIDERS_EACH, JOBS_EACH = 64, 64
"""In each of 64 markets: 4,096 of both."""
MILLISECOND = 10**9
"""In picoseconds."""


def main() -> None:
    """Print the hooks of the worst block and of those after it, and those of Jobs alone."""
    chain = FullChain(PROVIDERS_EACH, JOBS_EACH)
    worst(chain)
    after(chain)
    jobs_alone()


def worst(chain: FullChain) -> None:
    """Print a row for each hook that declares anything."""
    began = process_time()
    rows = chain.hooks()
    spent = 1000 * (process_time() - began)
    print("| hook | can wait | declared, ms | reads: declared, found | writes: declared, found |")
    print("|---|---|---|---|---|")
    for row in rows:
        if row.declared.ref_time:
            cells = (
                row.pallet,
                "yes" if row.can_wait else "",
                f"{row.declared.ref_time / MILLISECOND:.1f}",
                f"{row.declared.reads}, {row.reads}",
                f"{row.declared.writes}, {row.writes}",
            )
            print("| " + " | ".join(cells) + " |")
    print(f"all: {milliseconds(rows):.1f} ms of {BLOCK_PICOSECONDS / MILLISECOND:.0f} declared,")
    print(f"of it cannot wait: {milliseconds([r for r in rows if not r.can_wait]):.1f} ms;")
    print(f"took {spent:.1f} ms of CPU\n")


def after(chain: FullChain) -> None:
    """Print what all hooks come to in the blocks after the worst."""
    print("| block | cannot wait, ms | can wait, ms | of a block |")
    print("|---|---|---|---|")
    for _ in range(BLOCKS):
        chain.close(is_checked=False)
        rows = chain.hooks()
        must, whole = milliseconds([r for r in rows if not r.can_wait]), milliseconds(rows)
        part = f"{100 * whole * MILLISECOND / BLOCK_PICOSECONDS:.1f} %"
        print(f"| {chain.number} | {must:.1f} | {whole - must:.1f} | {part} |")
    print()


def jobs_alone() -> None:
    """Print a row for the fullest block of Jobs and for those after it."""
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


def milliseconds(rows: list[Row]) -> float:
    """Return what hooks declare together."""
    return sum(row.declared.ref_time for row in rows) / MILLISECOND


if __name__ == "__main__":
    main()
