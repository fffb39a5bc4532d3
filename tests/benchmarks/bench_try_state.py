"""What it takes to check every invariant of a large state, as `starminer run --try-state` does.

    ./run bench try-state [ACCOUNTS]

The state has 100,000 accounts, 64 validators and 500 referenda, and lies in a trie, in memory.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from runtime.executive import Executive
from runtime.frame.pallet import Pallet, marked
from runtime.genesis_state import genesis_state
from tests.benchmarks.large_state import Size, large_chain

MEGABYTE = 1_000_000
SHOWN = 8
"""Invariants that are listed: the dearest."""


def main(size: Size) -> None:
    """Make the state, check it, print what that took."""
    started = time.process_time()
    chain = large_chain(size)
    entries, number, genesis_hash = chain.state.entries, chain.head.number, chain.genesis_hash
    del chain
    _, trie = genesis_state(entries)
    print(f"{size}\n{len(entries)} keys, made in {time.process_time() - started:.0f} s of CPU")
    runtime = Executive.of_state(trie, genesis_hash).runtime_at(trie, number)
    gc.collect()
    before = reset_peak()
    rows = sorted((seconds, name) for pallet in runtime.pallets for name, seconds in timed(pallet))
    print(f"{len(rows)} invariants: {sum(seconds for seconds, _ in rows):.1f} s of CPU")
    print(f"memory: {before / MEGABYTE:.0f} MB before, {peak() / MEGABYTE:.0f} MB at the most")
    for seconds, name in reversed(rows[-SHOWN:]):
        print(f"  {seconds:6.2f} s  {name}")


def timed(pallet: Pallet) -> Iterator[tuple[str, float]]:
    """Check the invariants of a pallet; yield the name of each, and its CPU seconds."""
    for name, method in marked(type(pallet), "__invariant__"):
        started = time.process_time()
        assert method(pallet), f"{pallet.name}.{name}"
        yield f"{pallet.name}.{name}", time.process_time() - started


def reset_peak() -> int:
    """Let the kernel forget the most memory there was; return what there is, in bytes (Linux)."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return status_of("VmRSS")


def peak() -> int:
    """Return the most resident memory since `reset_peak`, in bytes."""
    return status_of("VmHWM")


def status_of(field: str) -> int:
    """Read a field of this process's status, in bytes."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    (kilobytes,) = (line.split()[1] for line in lines if line.startswith(f"{field}:"))
    return int(kilobytes) * 1024


if __name__ == "__main__":
    arguments = [int(text) for text in sys.argv[1:]]
    main(Size(*arguments))
